/* Gives every file of the folders named on the command line to a fuzz target, as libFuzzer does:
 * what fuzzing once found stays mended without a fuzzer at hand. With no arguments the folder is
 * the target's own, corpus/NAME for the program NAME_replay. */
#include <dirent.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "fuzz/fuzz.h"

enum { FILE_MOST = 1 << 26 };

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool replay_file(const char *path)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_ERROR struct error error = {0};
    size_t length;
    if (!file_read(path, FILE_MOST, &text, &length, &error)) {
        printf("%s\n", error.message);
        return false;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)text, length);
    return true;
}

static bool replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);
    if (count <= 0) {
        printf("no inputs in %s\n", folder);
        return false;
    }
    unsigned passed = 0;
    for (int i = 0; i < count; i++) {
        CLEANUP_FREE char *path = file_join(folder, entries[i]->d_name);
        passed += replay_file(path);
        free(entries[i]);
    }
    free(entries);
    printf("%u passed, %u failed\n", passed, (unsigned)count - passed);
    return passed == (unsigned)count;
}

static char *own_folder(char *program)
{
    const char *root = getenv("srcdir");
    char *name = basename(program);
    CLEANUP_BUFFER struct buffer path = {0};
    buffer_printf(&path, "%s/tests/fuzz/corpus/%.*s", root != NULL ? root : ".",
                  (int)strcspn(name, "_"), name);
    return buffer_take(&path);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        CLEANUP_FREE char *folder = own_folder(argv[0]);
        return replay_folder(folder) ? 0 : 1;
    }
    bool is_good = true;
    for (int i = 1; i < argc; i++)
        is_good = replay_folder(argv[i]) && is_good;
    return is_good ? 0 : 1;
}
