/* Checks of the state directory and of runs' folders. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "history/history_support.h"

static void check_state(const char *given, const char *file, const char *expected)
{
    struct error error = {0};
    char *state = state_directory(given, file, &error);
    CHECK_TEXT(state, expected);
    error_release(&error);
    free(state);
}

static void state_is_where_it_is_said(void)
{
    check_state("/a/b", "x/flow.yml", "/a/b");
    check_state(NULL, "x/flow.yml", "x/.pargraph");
    check_state(NULL, "/flow.yml", "/.pargraph");
    check_state(NULL, "flow.yml", ".pargraph");
    check_state(NULL, "-", ".pargraph");
    setenv("PARGRAPH_STATE", "/from/env", 1);
    check_state(NULL, "x/flow.yml", "/from/env");
    check_state(NULL, NULL, "/from/env");
    check_state("given", NULL, "given");
    setenv("PARGRAPH_STATE", "", 1);
    check_state(NULL, "x/flow.yml", "x/.pargraph");
    unsetenv("PARGRAPH_STATE");
}

static void state_is_found_upward(void)
{
    char *scratch = scratch_new();
    char *before = realpath(".", NULL);
    struct error error = {0};
    CU_ASSERT(file_make_directories(path_of(scratch, "a/b/c"), 0700, &error));
    CU_ASSERT(mkdir(path_of(scratch, ".pargraph"), 0700) == 0);
    put_file(path_of(scratch, "a/b/.pargraph"), "", 0); /* no directory: passed over */
    CU_ASSERT(chdir(path_of(scratch, "a/b/c")) == 0);
    check_state(NULL, NULL, path_of(scratch, ".pargraph"));
    CU_ASSERT(chdir(scratch) == 0);
    check_state(NULL, NULL, path_of(scratch, ".pargraph"));
    CU_ASSERT(chdir("/") == 0);
    if (access("/.pargraph", F_OK) < 0) {
        CU_ASSERT_PTR_NULL(state_directory(NULL, NULL, &error));
        CHECK_TEXT(error.hint, "name the workflow's file, or the state directory with --state");
        CHECK_ERROR(&error, "there is no .pargraph in the current folder nor in one above it");
    }
    CU_ASSERT(chdir(before) == 0);
    free(before);
    scratch_remove(scratch);
}

static void run_is_made(void)
{
    char *scratch = scratch_new();
    const char *state = path_of(scratch, "deep/er");
    struct run_folder folder;
    struct error error = {0};
    CU_ASSERT_FATAL(run_folder_create(&folder, text_of("%s///", state), WALL + 999999999, &error));
    CHECK_TEXT(folder.id, WALL_ID);
    CHECK_TEXT(folder.path, text_of("%s/deep/er/runs/" WALL_ID, scratch));
    CU_ASSERT(fcntl(folder.directory, F_GETFD) == FD_CLOEXEC);
    CU_ASSERT(fcntl(folder.lock, F_GETFD) == FD_CLOEXEC);
    CU_ASSERT_EQUAL(file_mode(path_of(scratch, "deep/er")), 0700);
    CU_ASSERT_EQUAL(file_mode(path_of(scratch, "deep/er/runs")), 0700);
    CU_ASSERT_EQUAL(file_mode(folder.path), 0700);
    CU_ASSERT_EQUAL(file_mode(path_of(folder.path, "tmp")), 0700);
    CU_ASSERT_EQUAL(file_mode(path_of(folder.path, "lock")), 0600);
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "lock.new")), -1);
    char *text;
    size_t length;
    CU_ASSERT(file_read(path_of(scratch, "deep/er/.gitignore"), 100, &text, &length, &error));
    CHECK_TEXT(text, "*\n");
    free(text);
    run_folder_close(&folder);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void ids_of_one_second_are_counted(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    run_folder_close(&folder);
    folder = run_new(scratch);
    CHECK_TEXT(folder.id, WALL_ID "-2");
    run_folder_close(&folder);
    folder = run_new(scratch);
    CHECK_TEXT(folder.id, WALL_ID "-3");
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void check_next_id(const char *scratch, int64_t wall, const char *expected)
{
    struct run_folder folder;
    struct error error = {0};
    CU_ASSERT_FATAL(run_folder_create(&folder, path_of(scratch, "state"), wall, &error));
    CHECK_TEXT(folder.id, expected);
    run_folder_close(&folder);
    CU_ASSERT_FATAL(run_folder_open(&folder, path_of(scratch, "state"), NULL, &error));
    CHECK_TEXT(folder.id, expected); /* the newest */
    run_folder_close(&folder);
}

/* Whatever the wall clock says, the newest run is the one that was made last. */
static void newest_is_the_last_one(void)
{
    char *scratch = scratch_new();
    check_next_id(scratch, WALL, WALL_ID);
    check_next_id(scratch, WALL - INT64_C(3600000000000), WALL_ID "-2");
    check_next_id(scratch, 0, WALL_ID "-3");
    CU_ASSERT(mkdir(path_of(scratch, "state/runs/" WALL_ID "-7"), 0700) == 0);
    put_file(path_of(scratch, "state/runs/" WALL_ID "-8"), "", 0); /* no run, but in the way */
    check_next_id(scratch, WALL, WALL_ID "-9");
    check_next_id(scratch, WALL + INT64_C(1000000000), "20261123-225502");
    CU_ASSERT(mkdir(path_of(scratch, "state/runs/99999999-999999-999999998"), 0700) == 0);
    check_next_id(scratch, WALL, "99999999-999999-999999999");
    struct run_folder folder;
    struct error error = {0};
    CU_ASSERT_FALSE(run_folder_create(&folder, path_of(scratch, "state"), WALL, &error));
    CHECK_ERROR(&error, "no run can be named behind 99999999-999999-999999999");
    scratch_remove(scratch);
}

static void foreign_directory_is_not_ignored(void)
{
    char *scratch = scratch_new();
    CU_ASSERT(mkdir(path_of(scratch, "state"), 0755) == 0);
    struct run_folder folder = run_new(scratch);
    CU_ASSERT_EQUAL(file_size(path_of(scratch, "state/.gitignore")), -1);
    CU_ASSERT_EQUAL(file_mode(path_of(scratch, "state")), 0755);
    CU_ASSERT_EQUAL(file_mode(path_of(scratch, "state/runs")), 0700);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void check_create_fails(const char *state, const char *expected)
{
    struct run_folder folder = {0};
    struct error error = {0};
    CU_ASSERT_FALSE(run_folder_create(&folder, state, WALL, &error));
    CU_ASSERT_PTR_NULL(folder.path);
    CHECK_ERROR(&error, expected);
}

static void what_is_in_the_way_is_named(void)
{
    char *scratch = scratch_new();
    put_file(path_of(scratch, "file"), "", 0);
    check_create_fails(
        path_of(scratch, "file"),
        text_of("cannot create directory %s/file: a file of that name is in the way", scratch));
    check_create_fails(path_of(scratch, "file/state"),
                       text_of("cannot create directory %s/file: Not a directory", scratch));
    CU_ASSERT(mkdir(path_of(scratch, "state"), 0700) == 0);
    put_file(path_of(scratch, "state/runs"), "", 0);
    check_create_fails(path_of(scratch, "state"),
                       text_of("cannot create directory %s/state/runs: a file of that name is in "
                               "the way",
                               scratch));
    CU_ASSERT(symlink("nowhere", path_of(scratch, "dangling")) == 0);
    check_create_fails(path_of(scratch, "dangling"),
                       text_of("cannot create directory %s/dangling: a file of that name is in "
                               "the way",
                               scratch));
    scratch_remove(scratch);
}

static void full_disk_leaves_no_state(void)
{
    char *scratch = scratch_new();
    limit_file_size(0);
    check_create_fails(path_of(scratch, "state"),
                       text_of("cannot write %s/state/.gitignore: File too large", scratch));
    limit_release();
    CU_ASSERT_EQUAL(file_size(path_of(scratch, "state")), -1);
    scratch_remove(scratch);
}

static void failed_run_leaves_no_folder(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    run_folder_close(&folder);
    const char *expected[] = {
        text_of("cannot list %s/state/runs: Too many open files", scratch),
        text_of("cannot create %s/state/runs/" WALL_ID "-2/lock: Too many open files", scratch)};
    for (int i = 0; i < 2; i++) {
        struct error error = {0};
        limit_descriptors(next_descriptor() + i);
        bool is_made = run_folder_create(&folder, path_of(scratch, "state"), WALL, &error);
        limit_release();
        CU_ASSERT_FALSE(is_made);
        CHECK_ERROR(&error, expected[i]);
        CU_ASSERT_EQUAL(file_size(path_of(scratch, "state/runs/" WALL_ID "-2")), -1);
    }
    scratch_remove(scratch);
}

/* --- the lock --- */

static void lock_says_who_is_alive(void)
{
    char *scratch = scratch_new();
    struct run_folder owner = run_new(scratch), reader = run_reopen(scratch);
    CU_ASSERT_EQUAL(reader.lock, -1);
    CU_ASSERT(run_folder_is_alive(&owner));
    CU_ASSERT(run_folder_is_alive(&reader));
    CU_ASSERT(run_folder_is_alive(&reader));
    int second = open(path_of(reader.path, "lock"), O_RDWR | O_CLOEXEC);
    CU_ASSERT(flock(second, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK);
    run_folder_close(&owner);
    CU_ASSERT_FALSE(run_folder_is_alive(&reader));
    CU_ASSERT(flock(second, LOCK_SH | LOCK_NB) == 0);
    CU_ASSERT_FALSE(run_folder_is_alive(&reader)); /* another reader asks: not a life */
    close(second);
    CU_ASSERT(unlink(path_of(reader.path, "lock")) == 0);
    CU_ASSERT_FALSE(run_folder_is_alive(&reader));
    CU_ASSERT(mkfifo(path_of(reader.path, "lock"), 0600) == 0);
    CU_ASSERT_FALSE(run_folder_is_alive(&reader));
    run_folder_close(&reader);
    scratch_remove(scratch);
}

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

static void send_descriptor(int socket, int descriptor)
{
    char byte = 0;
    union control control = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    CU_ASSERT(sendmsg(socket, &message, 0) == 1);
}

/* What a guardian does: takes the descriptor, and holds it until its socket is closed. */
static void hold_descriptor(int socket)
{
    char byte;
    union control control;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    bool has_it = recvmsg(socket, &message, 0) == 1 && message.msg_controllen > 0;
    if (write(socket, &byte, 1) == 1 && read(socket, &byte, 1) == 0)
        _exit(has_it ? 0 : 1);
    _exit(2);
}

static void lock_is_free_when_the_last_holder_is_gone(void)
{
    char *scratch = scratch_new();
    int ends[2], status = 0;
    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    pid_t guardian = fork();
    if (guardian == 0) {
        close(ends[0]);
        hold_descriptor(ends[1]);
    }
    close(ends[1]);
    struct run_folder owner = run_new(scratch), reader = run_reopen(scratch);
    char byte;
    send_descriptor(ends[0], owner.lock);
    CU_ASSERT(read(ends[0], &byte, 1) == 1);
    run_folder_close(&owner);
    CU_ASSERT(run_folder_is_alive(&reader));
    close(ends[0]);
    CU_ASSERT(waitpid(guardian, &status, 0) == guardian);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_FALSE(run_folder_is_alive(&reader));
    run_folder_close(&reader);
    scratch_remove(scratch);
}

enum { PROCESSES = 8, RUNS_EACH = 20 };

static void make_runs(const char *state)
{
    struct run_folder folder;
    for (int i = 0; i < RUNS_EACH; i++) {
        if (!run_folder_create(&folder, state, WALL, NULL) || !run_folder_is_alive(&folder))
            _exit(1);
        run_folder_close(&folder);
    }
    _exit(0);
}

static void processes_get_ids_of_their_own(void)
{
    char *scratch = scratch_new();
    const char *state = path_of(scratch, "state");
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++)
        if ((children[i] = fork()) == 0)
            make_runs(state);
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        CU_ASSERT_EQUAL(status, 0);
    }
    char **ids;
    uint32_t count;
    CU_ASSERT(run_folder_list(path_of(scratch, "state"), &ids, &count, NULL));
    CU_ASSERT_EQUAL(count, PROCESSES * RUNS_EACH);
    for (uint32_t i = 0; i < count; i++) {
        CHECK_TEXT(ids[i], i == 0 ? WALL_ID : text_of(WALL_ID "-%u", i + 1));
        free(ids[i]);
    }
    free(ids);
    CU_ASSERT_EQUAL(file_size(path_of(scratch, "state/.gitignore")), 2);
    scratch_remove(scratch);
}

const struct check folder_checks[] = {
    {"state is where it is said", state_is_where_it_is_said},
    {"state is found upward", state_is_found_upward},
    {"run is made", run_is_made},
    {"ids of one second are counted", ids_of_one_second_are_counted},
    {"newest is the last one", newest_is_the_last_one},
    {"foreign directory is not ignored", foreign_directory_is_not_ignored},
    {"what is in the way is named", what_is_in_the_way_is_named},
    {"full disk leaves no state", full_disk_leaves_no_state},
    {"failed run leaves no folder", failed_run_leaves_no_folder},
    {"lock says who is alive", lock_says_who_is_alive},
    {"lock is free when the last holder is gone", lock_is_free_when_the_last_holder_is_gone},
    {"processes get ids of their own", processes_get_ids_of_their_own},
    {NULL, NULL},
};
