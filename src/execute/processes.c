/* One reading of /proc/PID/stat for all; then the descendants are found level by level. Processes
 * that end meanwhile are simply not there; a reading that lacks others, for want of descriptors, is
 * none. */
#include "execute/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/* The name in parentheses may itself hold any character: the last ')' ends it. */
static bool parse(const char *text, struct process *ret)
{
    const char *rest = strrchr(text, ')');
    int parent, group;
    unsigned long long started;
    if (rest == NULL || sscanf(rest + 1,
                               " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d"
                               " %*d %*d %*d %*d %llu",
                               &ret->state, &parent, &group, &started) != 4)
        return false;
    ret->parent = parent;
    ret->group = group;
    ret->started = started;
    return true;
}

static bool read_one(int proc, const char *name, struct process *ret)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "%s/stat", name);
    CLEANUP_CLOSE int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (length <= 0)
        return false;
    text[length] = '\0';
    ret->id = (pid_t)strtol(name, NULL, 10);
    return parse(text, ret);
}

static int compare_parents(const void *a, const void *b)
{
    const struct process *one = a, *two = b;
    return one->parent < two->parent ? -1 : one->parent > two->parent;
}

/* The first of those, sorted by parent, whose parent is `parent` or later. */
static uint32_t first_child(const struct processes *all, pid_t parent)
{
    uint32_t low = 0, high = all->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (all->items[middle].parent < parent)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_children(struct processes *to, const struct processes *all, pid_t parent,
                         uint32_t above)
{
    for (uint32_t i = first_child(all, parent);
         i < all->count && all->items[i].parent == parent && to->count < all->count; i++) {
        *VEC_PUSH(to) = all->items[i];
        to->items[to->count - 1].above = above;
    }
}

/* This process at least is there, so having found none is a failure, too. */
bool processes_read_all(struct processes *all)
{
    DIR *directory = opendir("/proc");
    if (directory == NULL)
        return false;
    bool is_whole = true;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        struct process one = {0};
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        errno = 0;
        if (read_one(dirfd(directory), entry->d_name, &one))
            *VEC_PUSH(all) = one;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
            is_whole = false;
    }
    closedir(directory);
    if (all->count > 1)
        qsort(all->items, all->count, sizeof *all->items, compare_parents);
    return is_whole && all->count > 0;
}

bool processes_read(struct processes *processes)
{
    struct processes all = {0};
    processes->count = 0;
    if (!processes_read_all(&all)) {
        processes_release(&all);
        return false;
    }
    add_children(processes, &all, getpid(), UINT32_MAX);
    for (uint32_t i = 0; i < processes->count; i++)
        add_children(processes, &all, processes->items[i].id, i);
    processes_release(&all);
    return true;
}

void processes_release(struct processes *processes)
{
    memory_free(processes->items);
    *processes = (struct processes){0};
}
