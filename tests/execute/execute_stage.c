/* Every report is counted, so that one too many, or one out of order, fails a check here. */
#include "execute_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static char *const environment[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin", (char *)"LC_ALL=C",
                                    NULL};

static void on_started(void *context, uint32_t node, uint32_t attempt, int process, int64_t at)
{
    struct stage *stage = context;
    CU_ASSERT_EQUAL(attempt, stage->acts[node].launch.attempt);
    CU_ASSERT_EQUAL(stage->acts[node].finished, 0);
    stage->acts[node].started++;
    stage->acts[node].process = process;
    stage->acts[node].at = at;
}

static void on_output(void *context, uint32_t node, uint32_t attempt, int stream, const char *bytes,
                      size_t length)
{
    struct stage *stage = context;
    CU_ASSERT_EQUAL(attempt, stage->acts[node].launch.attempt);
    CU_ASSERT_EQUAL(stage->acts[node].started, 1);
    CU_ASSERT_EQUAL(stage->acts[node].finished, 0);
    CU_ASSERT_FATAL(stream == REPORT_STDOUT || stream == REPORT_STDERR);
    buffer_add(&stage->acts[node].outputs[stream], bytes, length);
}

static void on_finished(void *context, uint32_t node, uint32_t attempt,
                        const struct exit_report *report)
{
    struct stage *stage = context;
    struct act *act = &stage->acts[node];
    CU_ASSERT_EQUAL(attempt, act->launch.attempt);
    act->finished++;
    CU_ASSERT_EQUAL(act->finished, 1);
    act->report = *report;
    if (report->detail != NULL)
        snprintf(act->detail, sizeof act->detail, "%s", report->detail);
    act->report.detail = NULL;
    stage->running--;
    if (stage->on_finished != NULL)
        stage->on_finished(stage, node);
}

void stage_open(struct stage *stage, const struct process_options *options)
{
    struct process_options own = options != NULL ? *options : (struct process_options){0};
    if (own.grace == 0)
        own.grace = 200000000;
    memset(stage, 0, sizeof *stage);
    const char *temporary = getenv("TMPDIR");
    snprintf(stage->folder, sizeof stage->folder, "%s/execute.XXXXXX",
             temporary != NULL && strlen(temporary) < 40 ? temporary : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(stage->folder));
    struct reports reports = {
        .context = stage, .started = on_started, .output = on_output, .finished = on_finished};
    stage->loop = loop_new(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage->loop);
    stage->executor = process_executor_new(stage->loop, &reports, &own, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage->executor);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

void stage_close(struct stage *stage)
{
    if (stage->executor != NULL)
        stage->executor->methods->close(stage->executor);
    stage->executor = NULL;
    loop_free(stage->loop);
    for (int i = 0; i < STAGE_TASKS; i++)
        for (int stream = 1; stream <= 2; stream++)
            buffer_release(&stage->acts[i].outputs[stream]);
    nftw(stage->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct launch *stage_prepare(struct stage *stage, uint32_t node, char *const *argv)
{
    struct launch *launch = &stage->acts[node].launch;
    *launch = (struct launch){.node = node,
                              .attempt = node + 7,
                              .argv = argv,
                              .env = environment,
                              .directory = stage->folder};
    return launch;
}

void stage_launch(struct stage *stage, uint32_t node)
{
    stage->running++;
    stage->executor->methods->launch(stage->executor, &stage->acts[node].launch);
}

void stage_shell(struct stage *stage, uint32_t node, const char *text)
{
    static char *argvs[STAGE_TASKS][4];
    char **argv = argvs[node];
    argv[0] = (char *)"sh";
    argv[1] = (char *)"-c";
    argv[2] = (char *)text;
    stage_prepare(stage, node, argv);
    stage_launch(stage, node);
}

static bool turn(struct stage *stage, int64_t limit)
{
    int64_t soon = clock_monotonic() + 10000000;
    return loop_turn(stage->loop, soon, NULL) && clock_monotonic() < limit;
}

static int64_t time_limit(void)
{
    return clock_monotonic() + PATIENCE * INT64_C(1000000000);
}

bool stage_wait(struct stage *stage)
{
    int64_t limit = time_limit();
    while (stage->running > 0)
        if (!turn(stage, limit))
            return false;
    return true;
}

int stage_number(struct stage *stage, uint32_t node)
{
    int64_t limit = time_limit();
    struct buffer *output = &stage->acts[node].outputs[1];
    while (strchr(buffer_text(output), '\n') == NULL)
        if (!turn(stage, limit))
            return 0;
    return atoi(buffer_text(output));
}

bool stage_wait_gone(struct stage *stage, int process)
{
    int64_t limit = time_limit();
    while (is_running(process))
        if (!turn(stage, limit))
            return false;
    return true;
}

void stage_signal(struct stage *stage, uint32_t node, bool is_kill)
{
    stage->executor->methods->signal(stage->executor, node, stage->acts[node].launch.attempt,
                                     is_kill);
}

const char *stage_output(struct stage *stage, uint32_t node, int stream)
{
    return buffer_text(&stage->acts[node].outputs[stream]);
}

const char *stage_path(struct stage *stage, const char *name)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", stage->folder, name);
    return path;
}

bool is_running(int process)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool is_read = fscanf(file, "%*d (%*[^)]) %c", &state) == 1;
    fclose(file);
    return is_read && state != 'Z' && state != 'X';
}

void write_file(const char *path, const char *text, unsigned mode)
{
    CLEANUP_CLOSE int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    CU_ASSERT_FATAL(file >= 0 && file_write_all(file, text, strlen(text)));
    CU_ASSERT_EQUAL(fchmod(file, mode), 0);
}

char *read_file(const char *path)
{
    char *text = NULL;
    size_t length;
    CU_ASSERT_FATAL(file_read(path, 1 << 20, &text, &length, NULL));
    return text;
}

void check_not_started(const struct stage *stage, uint32_t node, int error, const char *detail)
{
    CU_ASSERT_EQUAL(stage->acts[node].report.kind, EXIT_NOT_STARTED);
    CU_ASSERT_EQUAL(stage->acts[node].report.code, error);
    CU_ASSERT_EQUAL(stage->acts[node].started, 0);
    CHECK_TEXT(stage->acts[node].detail, detail);
}
