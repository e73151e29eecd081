/* The two clocks, and the boot; see clock.h. */
#include "base/clock.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t clock_boot(void)
{
    CLEANUP_CLOSE int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    char text[36], digits[17] = "";
    if (file < 0 || read(file, text, sizeof text) != sizeof text)
        return 0;
    for (size_t from = 0, to = 0; from < sizeof text && to < sizeof digits - 1; from++)
        if (isxdigit((unsigned char)text[from]))
            digits[to++] = text[from];
    return strtoull(digits, NULL, 16);
}
