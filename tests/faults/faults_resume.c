/* A run whose third task fails, resumed while one call of the program fails: what had succeeded is
 * not run again, whatever fails, and once all is well again the run goes on to its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "faults.h"
#include "support/check.h"

static struct ending run_command(const struct fault *fault, const char *command)
{
    char *argv[] = {program, (char *)command, (char *)"-q",
                    strcmp(command, "run") == 0 ? (char *)"flow.yml" : NULL, NULL};
    return call(fault, argv);
}

static void keep_failed_run(void)
{
    struct fault none = {.function = "none"};
    (void)!system("rm -rf .pargraph done d kept; touch stop");
    struct ending ending = run_command(&none, "run");
    CU_ASSERT_TRUE_FATAL(is_status(&ending, 1));
    release(&ending);
    (void)!system("rm -f stop; mkdir kept; mv .pargraph done kept");
}

/* A success is there for ever: also where it could not be read for a moment. */
static const char *judge_kept(const struct ending *ending)
{
    CLEANUP_FREE char *done = read_text("done");
    static const char *const lines[] = {"a\n", "b1\n", "b2\n"};
    for (int i = 0; i < 3; i++)
        if (count_text(done, lines[i]) != 1)
            return "what had succeeded ran again";
    return judge_run(ending);
}

/* Without the fault: c may run again if its end could not be written down, nothing else. */
static const char *judge_rest(const struct ending *ending)
{
    CLEANUP_FREE char *done = read_text("done");
    static const char *const lines[] = {"a\n", "b1\n", "b2\n"};
    if (!is_status(ending, 0))
        return "then it does not go on";
    for (int i = 0; i < 3; i++)
        if (count_text(done, lines[i]) != 1)
            return "what had succeeded ran again, then";
    return count_text(done, "c\n") > 0 ? NULL : "then something is missing";
}

/* False when there was no such call any more. */
static bool resume_with(const struct fault *fault)
{
    struct fault none = {.function = "none"};
    (void)!system("rm -rf .pargraph done d; cp -r kept/.pargraph kept/done .");
    struct ending ending = run_command(fault, "resume");
    bool is_reached = *counter >= fault->at;
    const char *what = judge_kept(&ending);
    if (what != NULL)
        complain(fault, &ending, "resume", what);
    release(&ending);
    ending = run_command(&none, "resume");
    what = judge_rest(&ending);
    if (what != NULL)
        complain(fault, &ending, "resume again", what);
    release(&ending);
    return is_reached;
}

void check_resume(void)
{
    static const struct {
        const char *function;
        int error;
    } faults[] = {
        {"malloc", ENOMEM},    {"open", EIO},       {"openat", EMFILE},    {"read", EIO},
        {"write", ENOSPC},     {"pread", EIO},      {"pwrite", ENOSPC},    {"fstat", EIO},
        {"fstatat", EIO},      {"faccessat", EIO},  {"flock", ENOLCK},     {"ftruncate", EIO},
        {"fdatasync", EIO},    {"opendir", EMFILE}, {"readdir", EIO},      {"clone", EAGAIN},
        {"epoll_ctl", ENOMEM}, {"ppoll", ENOMEM},   {"pidfd_open", EMFILE}};
    keep_failed_run();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct fault fault = {.function = faults[i].function, .error = faults[i].error};
        struct fault none = {.function = fault.function};
        (void)!system("rm -rf .pargraph done d; cp -r kept/.pargraph kept/done .");
        struct ending good = run_command(&none, "resume");
        CU_ASSERT_TRUE(is_status(&good, 0));
        release(&good);
        long calls = *counter, most = most_places();
        CU_ASSERT(calls > 0); /* as in faults_test.c */
        long step = most == 0 || calls <= most ? 1 : calls / most;
        for (fault.at = 1 + (step - 1) / 2; fault.at <= calls || step == 1; fault.at += step)
            if (!resume_with(&fault))
                break;
    }
    (void)!system("rm -rf kept");
}
