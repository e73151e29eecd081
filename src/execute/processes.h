/* What runs on this machine, from /proc: all of it, or what is below this process. */
#ifndef EXECUTE_PROCESSES_H
#define EXECUTE_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    pid_t id, parent, group;
    char state;       /* 'R', 'S', 'Z' and so on */
    uint64_t started; /* in ticks since boot: with id, a name that is not used twice */
    uint32_t above;   /* the index of its parent; UINT32_MAX if that is this process */
};
/* All descendants of this process at one time, parents before children. */
struct processes {
    struct process *items;
    uint32_t count, capacity;
};

/* False, and none, where /proc cannot be read, or not all of it now (want of descriptors). */
bool processes_read(struct processes *processes);
/* All processes there are, sorted by parent; `above` says nothing. Of a zeroed one, which the caller
 * releases in either case. */
bool processes_read_all(struct processes *processes);
void processes_release(struct processes *processes);

#endif
