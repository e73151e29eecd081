/* What the machine offers this process. cpu.max: cgroup v2, kernel's Documentation/admin-guide/
 * cgroup-v2.rst; the least quota of the groups from ours up to the root holds. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/cli.h"

static uint32_t affinity_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (uint32_t)CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (uint32_t)online : 1;
}

/* "/a/b" of the line "0::/a/b"; the caller's; NULL without cgroup v2. */
static char *own_group(void)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL)
        return NULL;
    char line[4096], *group = NULL;
    while (group == NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "0::", 3) == 0) {
            line[strcspn(line, "\n")] = '\0';
            group = memory_text(line + 3);
        }
    fclose(file);
    return group;
}

static uint32_t quota_of(const char *group, uint32_t most)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
    if (length < 0 || (size_t)length >= sizeof path)
        return most;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return most;
    unsigned long quota, period;
    bool has_quota = fscanf(file, "%lu %lu", &quota, &period) == 2 && period > 0;
    fclose(file);
    if (!has_quota)
        return most;
    unsigned long cpus = (quota + period - 1) / period;
    return cpus < 1 ? 1 : cpus < most ? (uint32_t)cpus : most;
}

uint32_t machine_cpus(void)
{
    uint32_t cpus = affinity_count();
    CLEANUP_FREE char *group = own_group();
    while (group != NULL) {
        cpus = quota_of(group, cpus);
        char *slash = strrchr(group, '/');
        if (slash == NULL || group[0] == '\0')
            break;
        *slash = '\0';
    }
    return cpus > 0 ? cpus : 1;
}
