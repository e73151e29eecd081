/* What is the same for all processes that are started; see spawn.c for what each does with it. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "execute/spawn.h"

enum { FILES_MOST = 65536 };

static bool is_open_standard(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            return false;
    return true;
}

/* It would end this process for a child that shares descriptors, rather than refuse it. */
static bool is_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded != NULL && strstr(preloaded, "/vgpreload_") != NULL;
}

/* From all children: what was handed down to this process. What it opens itself is closed by an
 * execve anyway. One by one where the kernel is older than Linux 5.11, or forbids it. */
static void keep_descriptors(struct spawn_setup *setup)
{
    if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        setup->is_sharing = !is_under_valgrind();
        return;
    }
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        int descriptor = atoi(entry->d_name);
        if (descriptor > 2)
            fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
    closedir(directory);
}

bool spawn_setup_init(struct spawn_setup *setup, const sigset_t *child_mask)
{
    *setup = (struct spawn_setup){.null = -1, .terminal = -1};
    if (!is_open_standard())
        return false;
    setup->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (setup->null < 0)
        return false;
    setup->directory = getcwd(NULL, 0);
    keep_descriptors(setup);
    setup->terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (child_mask != NULL)
        setup->child_mask = *child_mask;
    else
        sigemptyset(&setup->child_mask);
    for (int number = 1; number < 64; number++) {
        /* By the bare call: the library hides its own signals, which posix_spawn leaves ignored. */
        uint64_t action[8] = {0}; /* the kernel's struct sigaction, its handler first */
        if (syscall(SYS_rt_sigaction, number, NULL, action, SPAWN_MASK_SIZE) == 0 && action[0] != 0)
            setup->resets[setup->reset_count++] = number;
    }
    return true;
}

void spawn_setup_widen(struct spawn_setup *setup)
{
    struct rlimit wide;
    if (getrlimit(RLIMIT_NOFILE, &setup->files) < 0)
        return;
    wide = setup->files;
    wide.rlim_cur = wide.rlim_max > FILES_MOST ? FILES_MOST : wide.rlim_max;
    setup->has_files =
        wide.rlim_cur > setup->files.rlim_cur && setrlimit(RLIMIT_NOFILE, &wide) == 0;
}

void spawn_setup_release(struct spawn_setup *setup)
{
    file_close(&setup->null);
    free(setup->directory);
    setup->directory = NULL;
    file_close(&setup->terminal);
}
