/* The first moment of a process, in which most of the shortest end. */
#ifndef EXECUTE_MOMENT_H
#define EXECUTE_MOMENT_H

#include <sys/resource.h>

#include "execute/spawn.h"

enum { MOMENT_OUTPUT = 16 * 1024 };

struct moment {
    bool is_over; /* the process has ended, and what it wrote is here; its pipes are closed */
    int status;   /* as wait4 gives them */
    struct rusage usage;
    size_t lengths[2]; /* of what came from spawn.outputs */
    char bytes[2][MOMENT_OUTPUT];
};

/* Stays with a process that was started until it has ended and its pipes with it, or writes more
 * than can be kept, or a few milliseconds have gone by, or `call` becomes readable: then the byte
 * there is taken. In all but the first case the process is running still, for all that is known;
 * pipes at their end are closed (-1 in spawn->outputs). The moment is empty before. Makes no
 * use of anything but its arguments. */
void moment_watch(struct moment *moment, struct spawn *spawn, int call);

#endif
