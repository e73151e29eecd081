/* The verbs' socket, with a layer above that answers by rote, and clients that are patient, hasty,
 * silent, rude or dead. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "execute/verbs.h"
#include "execute_stage.h"

static struct loop *loop;
static struct verbs *verbs;
static uint32_t asked, waiting, gone;
static struct verb_connection *last_asker;

static void answer(struct verb_connection *connection, const char *id, int status)
{
    verbs_answer(connection,
                 &(struct verb_reply){.id = id, .status = status, .lease = VERB_NO_LEASE});
}

/* `wait` waits for ever, `get` gives what the name is, `lock` a lease; all else is done at once. */
static bool request(void *context, struct verb_connection *connection,
                    const struct verb_request *request)
{
    (void)context;
    asked++;
    last_asker = connection;
    if (strcmp(request->token, "right") != 0) {
        verbs_answer(connection, &(struct verb_reply){.id = request->id,
                                                      .status = 2,
                                                      .message = "the token is not right",
                                                      .lease = VERB_NO_LEASE});
        return false;
    }
    if (request->word == WORD_WAIT) {
        waiting++;
    } else if (request->word == WORD_GET) {
        json_t *value = json_string(request->name);
        verbs_answer(connection, &(struct verb_reply){
                                     .id = request->id, .value = value, .lease = VERB_NO_LEASE});
        json_decref(value);
    } else if (request->word == WORD_LOCK) {
        verbs_answer(connection, &(struct verb_reply){.id = request->id, .lease = 7});
    } else {
        answer(connection, request->id, 0);
    }
    return true;
}

static void note_gone(void *context, struct verb_connection *connection)
{
    (void)context;
    (void)connection;
    gone++;
}

static int64_t flush(void *context)
{
    (void)context;
    verbs_flush(verbs);
    return INT64_MAX;
}

static void begin(void)
{
    const struct verb_calls calls = {.request = request, .gone = note_gone};
    asked = waiting = gone = 0;
    loop = loop_new(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loop);
    loop_set_after(loop, flush, NULL);
    verbs = verbs_open(loop, &calls, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(verbs);
}

static void end(void)
{
    CU_ASSERT_EQUAL(verbs->gathered, 0);
    verbs_close(verbs);
    loop_free(loop);
}

static int join(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", verbs_path(verbs));
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CU_ASSERT_EQUAL_FATAL(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    return client;
}

/* Turns the loop while there is something to do. */
static void turn(void)
{
    for (int i = 0; i < 20; i++)
        loop_turn(loop, clock_monotonic() + 100000, NULL);
}

static void say(int client, const char *text)
{
    CU_ASSERT_EQUAL_FATAL(send(client, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What has come by now; the last eight are kept. "(end)" behind the end. */
static const char *hear(int client)
{
    static struct buffer texts[8];
    static unsigned next;
    struct buffer *text = &texts[next++ % 8];
    buffer_clear(text);
    turn();
    for (ssize_t length = 1; length > 0;) {
        length = recv(client, buffer_reserve(text, 65536), 65536, 0);
        if (length > 0)
            text->length += (size_t)length;
        if (length == 0 || (length < 0 && errno == ECONNRESET))
            buffer_add_text(text, "(end)");
        if (length > 0)
            turn();
    }
    return buffer_text(text);
}

static unsigned lines(const char *text)
{
    unsigned count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

#define SET  "{\"token\":\"right\",\"id\":1,\"verb\":\"set\",\"name\":\"e\"}\n"
#define DONE "{\"id\":1,\"status\":0}\n"

static void check_answers(void)
{
    begin();
    int client = join();
    say(client, SET);
    CHECK_TEXT(hear(client), DONE);
    say(client,
        "{\"token\":\"right\",\"id\":\"a.1\",\"verb\":\"get\",\"name\":\"q\"}\n"
        "\n"
        "{\"token\":\"right\",\"verb\":\"lock\",\"name\":\"db\",\"key\":3,\"timeout\":1.5}\n");
    CHECK_TEXT(hear(client), "{\"id\":\"a.1\",\"status\":0,\"value\":\"q\"}\n"
                             "{\"id\":null,\"status\":0,\"lease\":7}\n");
    say(client, "{\"token\":\"wrong\",\"id\":2,\"verb\":\"set\",\"name\":\"e\"}\n" SET);
    CHECK_TEXT(hear(client),
               "{\"id\":2,\"status\":2,\"message\":\"the token is not right\"}\n" DONE);
    close(client);
    turn();
    CU_ASSERT_EQUAL(gone, 1);
    end();
}

/* Bytes come as they like: one by one, or thousands of requests at a time. */
static void check_pieces(void)
{
    begin();
    int client = join();
    for (const char *at = SET; *at != '\0'; at++) {
        CU_ASSERT_EQUAL(asked, 0);
        CU_ASSERT_EQUAL(send(client, at, 1, MSG_NOSIGNAL), 1);
        turn();
    }
    CHECK_TEXT(hear(client), DONE);
    struct buffer many = {0};
    for (int i = 0; i < 3000; i++)
        buffer_printf(&many, "{\"token\":\"right\",\"id\":%d,\"verb\":\"set\",\"name\":\"e\"}\n",
                      i);
    size_t sent = 0;
    int heard = 0;
    struct buffer answers = {0};
    while (heard < 3000) {
        ssize_t length = send(client, many.bytes + sent, many.length - sent, MSG_NOSIGNAL);
        sent += length > 0 ? (size_t)length : 0;
        const char *text = hear(client);
        heard += (int)lines(text);
        buffer_add_text(&answers, text);
    }
    struct buffer expected = {0};
    for (int i = 0; i < 3000; i++)
        buffer_printf(&expected, "{\"id\":%d,\"status\":0}\n", i);
    CHECK_TEXT(buffer_text(&answers), buffer_text(&expected));
    buffer_release(&many);
    buffer_release(&answers);
    buffer_release(&expected);
    close(client);
    end();
}

static void check_last_line(void)
{
    begin();
    int client = join();
    const char *text = "{\"token\":\"right\",\"id\":1,\"verb\":\"set\",\"name\":\"e\"}";
    say(client, text);
    shutdown(client, SHUT_WR);
    CHECK_TEXT(hear(client), DONE "(end)");
    CU_ASSERT_EQUAL(gone, 1);
    close(client);
    /* One that has said all and waits for an answer is not cut off; when it dies, it is gone. */
    client = join();
    say(client, "{\"token\":\"right\",\"id\":1,\"verb\":\"wait\",\"name\":\"e\"}\n");
    shutdown(client, SHUT_WR);
    CHECK_TEXT(hear(client), "");
    CU_ASSERT_EQUAL(waiting, 1);
    answer(last_asker, "1", 0);
    CHECK_TEXT(hear(client), DONE "(end)");
    close(client);
    client = join();
    say(client, "{\"token\":\"right\",\"id\":1,\"verb\":\"wait\",\"name\":\"e\"}\n");
    shutdown(client, SHUT_WR);
    turn();
    CU_ASSERT_EQUAL(gone, 2);
    close(client);
    turn();
    CU_ASSERT_EQUAL(gone, 3);
    end();
}

static void check_garbage(void)
{
    begin();
    int client = join();
    say(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const char *text = hear(client);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "a request is a JSON object on a line of its own"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "(end)"));
    CU_ASSERT_EQUAL(lines(text), 1);
    close(client);
    client = join();
    say(client, "[1,2]\n" SET);
    CHECK_TEXT(hear(client),
               "{\"id\":null,\"status\":2,\"message\":\"a request is a JSON object on a "
               "line of its own: this is none\"}\n(end)");
    close(client);
    CU_ASSERT_EQUAL(asked, 0);
    CU_ASSERT_EQUAL(gone, 2);
    end();
}

/* A line without an end: cut off once it is too long, and not a byte of it is kept. */
static void check_long_line(void)
{
    begin();
    int client = join();
    char block[4096];
    memset(block, ' ', sizeof block);
    size_t sent = 0;
    for (int i = 0; i < 100000 && gone == 0; i++) {
        ssize_t length = send(client, block, sizeof block, MSG_NOSIGNAL);
        sent += length > 0 ? (size_t)length : 0;
        loop_turn(loop, clock_monotonic(), NULL);
        CU_ASSERT(verbs->gathered <= VERB_LINE_MOST + VERBS_READ);
    }
    CU_ASSERT_EQUAL(gone, 1);
    CU_ASSERT(sent > VERB_LINE_MOST && sent < 2 * VERB_LINE_MOST);
    const char *text = hear(client);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "a request is at most 1 MiB long"));
    close(client);
    end();
}

/* Who does not read answers is not read any more either; others are served. */
static void check_unread(void)
{
    begin();
    int rude = join(), other = join();
    size_t sent = 0;
    int full = 0;
    for (int i = 0; i < 1000000 && full < 50; i++) {
        size_t part = sent % (sizeof SET - 1);
        ssize_t length = send(rude, SET + part, sizeof SET - 1 - part, MSG_NOSIGNAL);
        sent += length > 0 ? (size_t)length : 0;
        full = length < 0 ? full + 1 : 0;
        loop_turn(loop, clock_monotonic(), NULL);
    }
    CU_ASSERT_EQUAL(full, 50);
    struct verb_connection *connection = TAILQ_LAST(&verbs->known, verb_connections);
    CU_ASSERT(connection->out.length - connection->sent < VERBS_UNREAD_MOST + 64);
    CU_ASSERT(connection->in.length <= 2 * VERBS_READ);
    say(other, SET);
    CHECK_TEXT(hear(other), DONE);
    /* Once it reads, all that it asked is answered. */
    unsigned heard = 0;
    for (int i = 0; i < 1000 && heard < sent / (sizeof SET - 1); i++)
        heard += lines(hear(rude));
    CU_ASSERT_EQUAL(heard, sent / (sizeof SET - 1));
    close(rude);
    close(other);
    turn();
    end();
}

static void check_under_way(void)
{
    begin();
    int client = join();
    for (int i = 0; i < 1200; i++) {
        say(client, "{\"token\":\"right\",\"id\":1,\"verb\":\"wait\",\"name\":\"e\"}\n");
        loop_turn(loop, clock_monotonic(), NULL);
    }
    CU_ASSERT_EQUAL(waiting, VERBS_UNDER_WAY_MOST);
    for (int i = 0; i < 10; i++)
        answer(last_asker, "1", 1);
    turn();
    CU_ASSERT_EQUAL(waiting, VERBS_UNDER_WAY_MOST + 10);
    /* It is not read now, but its death is seen. */
    close(client);
    turn();
    CU_ASSERT_EQUAL(gone, 1);
    end();
}

/* When all places are taken, strangers make room, and only they. */
static void check_too_many(void)
{
    enum { MOST = 6 };
    begin();
    verbs->most = MOST;
    int clients[MOST + 2];
    for (int i = 0; i < MOST; i++) {
        clients[i] = join();
        if (i != 2)
            say(clients[i], SET);
        turn();
    }
    clients[MOST] = join();
    say(clients[MOST], SET);
    CHECK_TEXT(hear(clients[MOST]), DONE);
    CHECK_TEXT(hear(clients[2]), "(end)");
    clients[MOST + 1] = join();
    say(clients[MOST + 1], SET);
    CHECK_TEXT(hear(clients[MOST + 1]), "");
    close(clients[0]);
    CHECK_TEXT(hear(clients[MOST + 1]), DONE);
    for (int i = 1; i < MOST + 2; i++)
        close(clients[i]);
    turn();
    CU_ASSERT_EQUAL(verbs->count, 0);
    end();
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_mode & 07777 : 0;
}

static void check_place(void)
{
    struct stage stage;
    stage_open(&stage, NULL);
    char *old = memory_text(getenv("XDG_RUNTIME_DIR"));
    mkdir(stage_path(&stage, "runtime"), 0700);
    setenv("XDG_RUNTIME_DIR", stage_path(&stage, "runtime"), 1);
    begin();
    char *path = memory_text(verbs_path(verbs));
    char *folder = memory_text_n(path, strlen(path) - 7);
    CU_ASSERT_EQUAL(strncmp(path, stage_path(&stage, "runtime"), strlen(stage.folder) + 8), 0);
    CU_ASSERT_EQUAL(mode_of(path), 0600);
    CU_ASSERT_EQUAL(mode_of(folder), 0700);
    /* Closed, it is gone. */
    end();
    CU_ASSERT_EQUAL(mode_of(folder), 0);
    /* Others could look into this one. */
    chmod(stage_path(&stage, "runtime"), 0755);
    begin();
    CU_ASSERT_NOT_EQUAL(strncmp(verbs_path(verbs), stage.folder, strlen(stage.folder)), 0);
    end();
    memory_free(path);
    memory_free(folder);
    if (old != NULL)
        setenv("XDG_RUNTIME_DIR", old, 1);
    else
        unsetenv("XDG_RUNTIME_DIR");
    memory_free(old);
    rmdir(stage_path(&stage, "runtime"));
    stage_close(&stage);
}

/* A wide executor may have more descriptors than it was started with; what it starts may not. */
static void check_wide(void)
{
    struct rlimit old, narrow, now;
    struct stage stage;
    getrlimit(RLIMIT_NOFILE, &old);
    narrow = old;
    narrow.rlim_cur = old.rlim_max > 200 ? 200 : old.rlim_max / 2;
    setrlimit(RLIMIT_NOFILE, &narrow);
    const struct process_options options = {.is_wide = true};
    stage_open(&stage, &options);
    getrlimit(RLIMIT_NOFILE, &now);
    CU_ASSERT(now.rlim_cur > narrow.rlim_cur);
    stage_shell(&stage, 0, "ulimit -S -n");
    CU_ASSERT_TRUE(stage_wait(&stage));
    CU_ASSERT_EQUAL(atol(stage_output(&stage, 0, 1)), (long)narrow.rlim_cur);
    stage_close(&stage);
    setrlimit(RLIMIT_NOFILE, &old);
}

/* What a dead process left is removed; what only looks like it is not. */
static void check_remove(void)
{
    begin();
    char *path = memory_text(verbs_path(verbs));
    char *folder = memory_text_n(path, strlen(path) - 7);
    char trap[64] = "/tmp/pargraph-trap-XXXXXX", file[80];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(trap));
    snprintf(file, sizeof file, "%s/socket", trap);
    write_file(file, "", 0600);
    verbs_remove(file); /* no socket */
    verbs_remove("socket");
    verbs_remove("");
    CU_ASSERT_EQUAL(mode_of(file), 0600);
    unlink(file);
    rmdir(trap);
    verbs_remove(path);
    CU_ASSERT_EQUAL(mode_of(path), 0);
    CU_ASSERT_EQUAL(mode_of(folder), 0);
    memory_free(path);
    memory_free(folder);
    end();
}

/* Another user's process that somehow gets at the socket is turned away. Only root can try. */
static void check_other_user(void)
{
    if (geteuid() != 0) {
        puts("skipped: only root can be another user");
        return;
    }
    begin();
    chmod(verbs->folder.path, 0755);
    chmod(verbs->path, 0666);
    pid_t child = fork();
    if (child == 0) {
        if (setgid(65534) < 0 || setuid(65534) < 0)
            _exit(3);
        int client = join();
        struct pollfd wait = {client, POLLIN, 0};
        send(client, SET, sizeof SET - 1, MSG_NOSIGNAL);
        char byte;
        poll(&wait, 1, 10000);
        _exit(recv(client, &byte, 1, 0) == 1 ? 1 : 0);
    }
    int status;
    while (waitpid(child, &status, WNOHANG) == 0)
        turn();
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_EQUAL(asked, 0);
    end();
}

static const struct {
    const char *line, *message;
} wrongs[] = {
    {"{\"token\":\"t\",\"name\":\"e\"}", "'verb' is missing"},
    {"{\"verb\":\"set\",\"name\":\"e\"}", "'token' is missing"},
    {"{\"verb\":\"set\",\"token\":\"e\"}", "'name' is missing"},
    {"{\"verb\":\"put\",\"token\":\"e\",\"name\":\"q\"}", "'value' is missing"},
    {"{\"verb\":\"sat\",\"token\":\"e\",\"name\":\"q\"}", "there is no verb 'sat'"},
    {"{\"verb\":1,\"token\":\"e\",\"name\":\"q\"}", "'verb' must be a text of at most 1024 bytes"},
    {"{\"verb\":\"set\",\"token\":\"e\",\"name\":\"q\",\"key\":1}", "set takes no 'key'"},
    {"{\"verb\":\"lock\",\"token\":\"e\",\"name\":\"q\",\"key\":[]}",
     "'key' must be a text, a number, true or false"},
    {"{\"verb\":\"lock\",\"token\":\"e\",\"name\":\"q\",\"amount\":2}", "lock takes no 'amount'"},
    {"{\"verb\":\"acquire\",\"token\":\"e\",\"name\":\"q\",\"amount\":0}",
     "'amount' must be a whole number, at least 1"},
    {"{\"verb\":\"acquire\",\"token\":\"e\",\"name\":\"q\",\"amount\":4294967296}",
     "'amount' must be a whole number, at least 1"},
    {"{\"verb\":\"get\",\"token\":\"e\",\"name\":\"q\",\"timeout\":-1}",
     "'timeout' must be a number of seconds, 0 to 1e9"},
    {"{\"verb\":\"get\",\"token\":\"e\",\"name\":\"q\",\"timeout\":\"1\"}",
     "'timeout' must be a number of seconds, 0 to 1e9"},
    {"{\"verb\":\"get\",\"token\":\"e\",\"name\":\"q\",\"lease\":-1}",
     "'lease' must be a whole number, at least 0"},
    {"{\"verb\":\"get\",\"token\":\"e\",\"name\":\"q\",\"who\":1}", "there is no field 'who'"},
    {"{\"verb\":\"get\",\"token\":\"e\",\"name\":\"a\\u0000b\"}",
     "'name' must be a text of at most 1024 bytes"},
    {"{\"verb\":\"get\",\"id\":1.5,\"token\":\"e\",\"name\":\"a\"}",
     "'id' must be a whole number, or a text of 1 to 64 letters, digits, '_', '-', '.' and ':'"},
    {"{\"verb\":\"get\",\"id\":\"a\\\"b\",\"token\":\"e\",\"name\":\"a\"}",
     "'id' must be a whole number, or a text of 1 to 64 letters, digits, '_', '-', '.' and ':'"},
};

static void check_wrong_requests(void)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        struct verb_request request;
        struct error error = {0};
        CU_ASSERT_FALSE(
            verb_request_read(&request, wrongs[i].line, strlen(wrongs[i].line), &error));
        CHECK_TEXT(error.message, wrongs[i].message);
        error_release(&error);
        verb_request_release(&request);
    }
    begin();
    int client = join();
    say(client, "{\"verb\":\"sett\",\"id\":5,\"token\":\"e\",\"name\":\"q\"}\n" SET);
    CHECK_TEXT(hear(client),
               "{\"id\":5,\"status\":2,\"message\":\"there is no verb 'sett' (did you "
               "mean 'set'?)\"}\n" DONE);
    close(client);
    turn();
    end();
}

static void check_whole_request(void)
{
    struct verb_request request;
    const char *line =
        "{\"id\":-3,\"token\":\"t\",\"verb\":\"acquire\",\"name\":\"db\",\"key\":2.50,"
        "\"amount\":3,\"timeout\":0.25,\"lease\":9}";
    CU_ASSERT_TRUE_FATAL(verb_request_read(&request, line, strlen(line), NULL));
    CHECK_TEXT(request.id, "-3");
    CHECK_TEXT(request.token, "t");
    CHECK_TEXT(request.name, "db");
    CHECK_TEXT(request.key, "2.5");
    CU_ASSERT_EQUAL(request.word, WORD_ACQUIRE);
    CU_ASSERT_EQUAL(request.amount, 3);
    CU_ASSERT_EQUAL(request.timeout, 250000000);
    CU_ASSERT_EQUAL(request.lease, 9);
    verb_request_release(&request);
    line = "{\"token\":\"t\",\"verb\":\"put\",\"name\":\"q\",\"value\":null}";
    CU_ASSERT_TRUE_FATAL(verb_request_read(&request, line, strlen(line), NULL));
    CHECK_TEXT(request.id, "null");
    CU_ASSERT_EQUAL(request.timeout, -1);
    CU_ASSERT_EQUAL(request.lease, VERB_NO_LEASE);
    CU_ASSERT_EQUAL(request.amount, 1);
    CU_ASSERT_TRUE(json_is_null(request.value));
    verb_request_release(&request);
}

const struct check verbs_checks[] = {{"verbs: requests and answers", check_answers},
                                     {"verbs: lines in pieces", check_pieces},
                                     {"verbs: the last line", check_last_line},
                                     {"verbs: what is no request", check_garbage},
                                     {"verbs: a line without end", check_long_line},
                                     {"verbs: answers that nobody reads", check_unread},
                                     {"verbs: too many under way", check_under_way},
                                     {"verbs: too many connections", check_too_many},
                                     {"verbs: where the socket lies", check_place},
                                     {"verbs: many descriptors", check_wide},
                                     {"verbs: what was left", check_remove},
                                     {"verbs: another user", check_other_user},
                                     {"verbs: wrong requests", check_wrong_requests},
                                     {"verbs: a whole request", check_whole_request},
                                     {NULL, NULL}};
