/* Answers about the outside world, each asked for once. What was answered stays true for the plan,
 * whatever happens to the files in the meantime. */
#include "value/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "value/glob.h"

enum { LARGEST_FILE = 64 * 1024 * 1024 };

void snapshot_init(struct snapshot *snapshot, const char *directory)
{
    *snapshot = (struct snapshot){
        .directory = memory_text(directory),
        .answers = json_pack("{s:{}, s:{}, s:{}}", "env", "glob", "read"),
    };
}

void snapshot_release(struct snapshot *snapshot)
{
    memory_free(snapshot->directory);
    json_decref(snapshot->answers);
    *snapshot = (struct snapshot){0};
}

void snapshot_freeze(struct snapshot *snapshot, json_t *answers)
{
    json_incref(answers);
    json_decref(snapshot->answers);
    snapshot->answers = answers;
    snapshot->is_frozen = true;
}

static json_t *ask_env(const char *directory, const char *variable, struct error *error)
{
    (void)directory;
    const char *text = getenv(variable);
    if (text == NULL)
        return json_null();
    json_t *answer = json_string(text);
    if (answer == NULL)
        error_set(error, PLACE_NONE, "the environment variable %s is not UTF-8", variable);
    return answer;
}

static json_t *ask_glob(const char *directory, const char *pattern, struct error *error)
{
    return glob_paths(directory, pattern, error);
}

/* Waiting for a writer of a fifo, or reading a device without end, is nothing a plan may do. */
static bool is_plain_file(const char *path, const char *name, struct error *error)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return error_set_system(error, errno, "cannot read %s", name);
    return S_ISREG(status.st_mode) || error_set(error, PLACE_NONE, "%s is not a file", name);
}

static json_t *ask_read(const char *directory, const char *name, struct error *error)
{
    /* To file_read a lone "-" is standard input. */
    CLEANUP_FREE char *path = file_join(directory, strcmp(name, "-") == 0 ? "./-" : name);
    CLEANUP_FREE char *text = NULL;
    size_t length;
    if (!is_plain_file(path, name, error) || !file_read(path, LARGEST_FILE, &text, &length, error))
        return NULL;
    if (memchr(text, '\0', length) != NULL)
        error_set(error, PLACE_NONE, "%s holds a NUL byte: it is not text", name);
    else if (text_valid_utf8(text, length) < length)
        error_set(error, PLACE_NONE, "%s is not UTF-8", name);
    else
        return json_stringn(text, length);
    return NULL;
}

struct kind {
    const char *name, *question;
    json_t *(*ask)(const char *directory, const char *question, struct error *error);
};

static json_t *answer(struct snapshot *snapshot, const struct kind *kind, const char *question,
                      struct error *error)
{
    if (text_valid_utf8(question, strlen(question)) < strlen(question)) {
        error_set(error, PLACE_NONE, "%s is asked for a name that is not UTF-8", kind->question);
        return NULL;
    }
    if (snapshot->is_forgetful)
        return kind->ask(snapshot->directory, question, error);
    json_t *known = json_object_get(snapshot->answers, kind->name);
    json_t *found = json_object_get(known, question);
    if (found != NULL)
        return json_incref(found);
    if (snapshot->is_frozen) {
        error_set(error, PLACE_NONE, "%s '%s' was not asked for when this run was planned",
                  kind->question, question);
        return NULL;
    }
    found = kind->ask(snapshot->directory, question, error);
    if (found != NULL)
        json_object_set(known, question, found);
    return found;
}

json_t *snapshot_env(struct snapshot *snapshot, const char *variable, struct error *error)
{
    static const struct kind kind = {"env", "the environment variable", ask_env};
    return answer(snapshot, &kind, variable, error);
}

json_t *snapshot_glob(struct snapshot *snapshot, const char *pattern, struct error *error)
{
    static const struct kind kind = {"glob", "the pattern", ask_glob};
    return answer(snapshot, &kind, pattern, error);
}

json_t *snapshot_read(struct snapshot *snapshot, const char *path, struct error *error)
{
    static const struct kind kind = {"read", "the file", ask_read};
    return answer(snapshot, &kind, path, error);
}
