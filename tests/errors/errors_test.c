/* The collection of wrong workflows: each NAME.yml of this folder must give exactly the text of
 * NAME.txt, to the letter. `errors_test --show NAME` writes what NAME.yml gives now; any other
 * argument runs only the files whose names hold it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "plan/plan.h"
#include "workflow/workflow.h"

enum { FILE_MOST = 1 << 20, CPUS = 4, GPUS = 2 };

static char *folder_path(void)
{
    const char *root = getenv("srcdir");
    return file_join(root != NULL ? root : ".", "tests/errors");
}

static void plan(struct workflow *workflow, struct diagnostics *diagnostics)
{
    struct plan plan;
    struct plan_options options = {.cpu_capacity = CPUS, .gpu_capacity = GPUS};
    plan_build(&plan, workflow, &options, diagnostics);
    plan_release(&plan);
}

/* What is wrong with a workflow, as a user sees it. */
static void diagnose(const char *folder, const char *file, struct buffer *out)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_FREE char *path = file_join(folder, file);
    char *text;
    size_t length;
    if (!file_read(path, FILE_MOST, &text, &length, &error)) {
        buffer_printf(out, "%s\n", error.message);
        return;
    }
    struct sources sources = {0};
    struct names names;
    struct snapshot snapshot;
    struct diagnostics diagnostics = {0};
    struct workflow workflow;
    struct workflow_options options = {.run_id = ""};
    names_init(&names);
    snapshot_init(&snapshot, folder);
    sources_add(&sources, file, text, length);
    if (workflow_read(&workflow, &sources, &sources.items[0], &names, &snapshot, &options,
                      &diagnostics))
        plan(&workflow, &diagnostics);
    diagnostics_write(&diagnostics, &sources, out);
    workflow_release(&workflow);
    diagnostics_release(&diagnostics);
    snapshot_release(&snapshot);
    names_release(&names);
    sources_release(&sources);
}

static bool check_file(const char *folder, const char *file)
{
    CLEANUP_BUFFER struct buffer actual = {0};
    CLEANUP_BUFFER struct buffer expected_path = {0};
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_FREE char *expected = NULL;
    size_t length;
    diagnose(folder, file, &actual);
    buffer_printf(&expected_path, "%s/%.*s.txt", folder, (int)strlen(file) - 4, file);
    if (!file_read(buffer_text(&expected_path), FILE_MOST, &expected, &length, &error))
        printf("%s\n", error.message);
    else if (length == actual.length && memcmp(expected, buffer_text(&actual), length) == 0)
        return true;
    printf("%s: expected:\n%s\nbut it is:\n%s\n", file, expected != NULL ? expected : "",
           buffer_text(&actual));
    return false;
}

static int is_workflow(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".yml") == 0;
}

static int show(const char *folder, const char *name)
{
    CLEANUP_BUFFER struct buffer file = {0};
    CLEANUP_BUFFER struct buffer out = {0};
    buffer_printf(&file, "%s.yml", name);
    diagnose(folder, buffer_text(&file), &out);
    fwrite(buffer_text(&out), 1, out.length, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    CLEANUP_FREE char *folder = folder_path();
    if (argc == 3 && strcmp(argv[1], "--show") == 0)
        return show(folder, argv[2]);
    struct dirent **entries;
    int count = scandir(folder, &entries, is_workflow, alphasort);
    if (count <= 0) {
        printf("no workflows in %s\n", folder);
        return 99;
    }
    unsigned passed = 0, failed = 0;
    for (int i = 0; i < count; i++) {
        if (argc < 2 || strstr(entries[i]->d_name, argv[1]) != NULL)
            *(check_file(folder, entries[i]->d_name) ? &passed : &failed) += 1;
        free(entries[i]);
    }
    free(entries);
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
