/* Which run `run --resume` goes on with: the newest of the same file, unless it ended in success.
 * One that was begun with another text, other params or another selection is not it: it would run
 * what nobody asked for any more. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "value/value.h"

static json_t *read_frozen(const struct run_folder *folder)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    if (!run_folder_read(folder, "frozen.json", &text, &length, NULL))
        return NULL;
    return value_from_json(text, length, NULL);
}

static const char *base_name(const char *file)
{
    const char *slash = file != NULL ? strrchr(file, '/') : NULL;
    return slash != NULL ? slash + 1 : file;
}

static bool is_of_file(const json_t *frozen, const struct loaded *loaded)
{
    const char *file = base_name(json_string_value(json_object_get(frozen, "file")));
    const char *directory = json_string_value(json_object_get(frozen, "directory"));
    return file != NULL && directory != NULL && strcmp(file, base_name(loaded->file)) == 0 &&
           strcmp(directory, loaded->directory) == 0;
}

static bool has_ended_well(const struct run_folder *folder)
{
    struct journal_reader journal;
    if (!journal_open(&journal, folder, NULL))
        return true; /* it has not begun: nothing is lost */
    for (struct input in; journal_next(&journal, &in);)
        continue;
    bool is_good = journal.has_ended && journal.end.exit_status == EXIT_STATUS_SUCCESS;
    journal_reader_close(&journal);
    return is_good;
}

static bool is_same_selection(const json_t *names, const char *const *selection, uint32_t count)
{
    if (json_array_size(names) != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name == NULL || strcmp(name, selection[i]) != 0)
            return false;
    }
    return true;
}

static bool is_same_params(const json_t *then, const json_t *now)
{
    if (json_object_size(then) == 0 && json_object_size(now) == 0)
        return true;
    return json_equal(then, now);
}

static bool is_same_text(const struct run_folder *folder, const struct source *source)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    return run_folder_read(folder, "workflow/main.yml", &text, &length, NULL) &&
           length == source->length && memcmp(text, source->text, length) == 0;
}

static void tell_changed(const struct run_folder *folder, const char *what)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text,
                  "run %s began with %s: a new run begins ('pargraph resume %s' goes on with that "
                  "one as it was)\n",
                  folder->id, what, folder->id);
    file_write_all(STDERR_FILENO, text.bytes, text.length);
}

/* The newest run of the file, opened. */
static bool open_newest(struct run_folder *ret, json_t **ret_frozen, const char *state,
                        const struct loaded *loaded)
{
    char **ids;
    uint32_t count;
    bool is_found = false;
    if (!run_folder_list(state, &ids, &count, NULL))
        return false;
    for (uint32_t i = count; i > 0 && !is_found; i--) {
        if (!run_folder_open(ret, state, ids[i - 1], NULL))
            continue;
        *ret_frozen = read_frozen(ret);
        is_found = is_of_file(*ret_frozen, loaded);
        if (is_found)
            break;
        json_decref(*ret_frozen);
        run_folder_close(ret);
    }
    for (uint32_t i = 0; i < count; i++)
        memory_free(ids[i]);
    memory_free(ids);
    return is_found;
}

bool cli_find_unfinished(struct run_folder *ret, const char *state, const struct loaded *loaded,
                         const struct common_options *common, const char *const *selection,
                         uint32_t selection_count)
{
    json_t *frozen = NULL;
    if (!open_newest(ret, &frozen, state, loaded))
        return false;
    const char *changed = NULL;
    bool is_unfinished = !has_ended_well(ret);
    if (!is_same_text(ret, &loaded->sources.items[0]))
        changed = "another text of the workflow";
    else if (!is_same_params(json_object_get(frozen, "params"), common->params))
        changed = "other params";
    else if (!is_same_selection(json_object_get(frozen, "selection"), selection, selection_count))
        changed = "another selection of tasks";
    json_decref(frozen);
    if (is_unfinished && changed != NULL)
        tell_changed(ret, changed);
    if (is_unfinished && changed == NULL)
        return true;
    run_folder_close(ret);
    return false;
}
