/* What the machine offers this process. cpu.max: cgroup v2, kernel's Documentation/admin-guide/
 * cgroup-v2.rst; the least quota of the groups from ours up to the root holds. */
#include <glob.h>
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

/* --- GPUs --- */

static uint32_t count_files(const char *pattern)
{
    glob_t found;
    uint32_t count = glob(pattern, GLOB_NOSORT, NULL, &found) == 0 ? (uint32_t)found.gl_pathc : 0;
    globfree(&found);
    return count;
}

/* "0,2" or "GPU-8932f937,...": as many as there are names before the first that is none. */
static uint32_t count_named(const char *list)
{
    uint32_t count = 0;
    for (const char *at = list; *at != '\0' && *at != ',' && *at != '-';) {
        count++;
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return count;
}

uint32_t machine_gpus(void)
{
    const char *visible = getenv("CUDA_VISIBLE_DEVICES");
    if (visible != NULL)
        return count_named(visible);
    uint32_t count = count_files("/dev/nvidia[0-9]*");
    return count > 0 ? count : count_files("/dev/dri/renderD[0-9]*");
}
