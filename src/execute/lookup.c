/* A small table of answers, one per slot of a hash of the name: a workflow runs few programs many
 * times. A file that was moved since shows when it is started (ENOENT); then its name is forgotten
 * and asked for once more. */
#include "execute/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

static const char *environment_path(char *const *env)
{
    for (; *env != NULL; env++)
        if (strncmp(*env, "PATH=", 5) == 0)
            return *env + 5;
    return DEFAULT_PATH;
}

/* Does an answer depend on the current directory? */
static bool has_relative(const char *path)
{
    for (;;) {
        if (*path != '/')
            return true;
        path = strchr(path, ':');
        if (path == NULL)
            return false;
        path++;
    }
}

static struct lookup_entry *slot(struct lookup *lookup, const char *program)
{
    uint32_t hash = 2166136261u;
    for (; *program != '\0'; program++)
        hash = (hash ^ (unsigned char)*program) * 16777619u;
    return &lookup->entries[hash % LOOKUP_SLOTS];
}

static void clear(struct lookup_entry *entry)
{
    free(entry->program);
    free(entry->path);
    free(entry->directory);
    *entry = (struct lookup_entry){0};
}

static bool is_executable(const char *file, int *error)
{
    struct stat status;
    if (stat(file, &status) != 0)
        return false; /* a folder that may not be looked into holds no file for us */
    if (S_ISREG(status.st_mode) && faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0)
        return true;
    *error = EACCES;
    return false;
}

/* One entry of PATH after the other. */
static bool search(const char *program, const char *path, const char *directory,
                   struct buffer *file, int *error)
{
    *error = ENOENT;
    for (const char *at = path;;) {
        size_t length = strcspn(at, ":");
        buffer_clear(file);
        if (*at != '/' && directory != NULL) {
            buffer_add_text(file, directory);
            buffer_add_byte(file, '/');
        }
        buffer_add(file, at, length);
        if (length > 0)
            buffer_add_byte(file, '/');
        buffer_add_text(file, program);
        if (is_executable(buffer_text(file), error))
            return true;
        if (at[length] == '\0')
            return false;
        at += length + 1;
    }
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void lookup_init(struct lookup *lookup)
{
    *lookup = (struct lookup){0};
    names_init(&lookup->found);
}

const char *lookup_find(struct lookup *lookup, const char *program, char *const *env,
                        const char *directory, int *ret_error)
{
    if (strchr(program, '/') != NULL)
        return program;
    if (*program == '\0') {
        *ret_error = ENOENT;
        return NULL;
    }
    const char *path = environment_path(env);
    const char *from = has_relative(path) ? directory : NULL;
    struct lookup_entry *entry = slot(lookup, program);
    if (entry->found != NULL && strcmp(entry->program, program) == 0 &&
        strcmp(entry->path, path) == 0 && is_same(entry->directory, from))
        return entry->found;
    CLEANUP_BUFFER struct buffer file = {0};
    if (!search(program, path, from, &file, ret_error))
        return NULL;
    clear(entry);
    *entry = (struct lookup_entry){
        memory_text(program), memory_text(path), memory_text(from),
        names_text(&lookup->found, names_add(&lookup->found, file.bytes, file.length))};
    return entry->found;
}

void lookup_forget(struct lookup *lookup, const char *program)
{
    clear(slot(lookup, program));
}

void lookup_release(struct lookup *lookup)
{
    for (int i = 0; i < LOOKUP_SLOTS; i++)
        clear(&lookup->entries[i]);
    names_release(&lookup->found);
}
