/* Asking the run: one line out, one line back. A connection that breaks before the answer is made
 * anew and the same request, with the same id, sent again: the run does nothing twice. When the run
 * is gone, so is whatever could have been waited for. */
#include "cli/verb.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "value/value.h"

enum { TRIES = 5, PAUSE = 50 /* milliseconds */ };

void verb_say(const char *command, const char *message)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "pargraph %s: ", command);
    text_printable(message, strlen(message), &text);
    buffer_add_byte(&text, '\n');
    file_write_all(STDERR_FILENO, text.bytes, text.length);
}

/* --- the command line --- */

bool take_key(void *context, const char *argument)
{
    struct verb_options *options = context;
    if (text_valid_utf8(argument, strlen(argument)) != strlen(argument)) {
        cli_usage(options->common.command, "a key is UTF-8 text");
        return false;
    }
    options->key = argument;
    return true;
}

bool take_timeout(void *context, const char *argument)
{
    struct verb_options *options = context;
    int64_t nanoseconds;
    if (!text_duration(argument, &nanoseconds)) {
        cli_usage(options->common.command, "--timeout takes a time (5, 500ms, 2m), not '%s'",
                  argument);
        return false;
    }
    options->timeout = (double)nanoseconds / 1e9;
    return true;
}

bool verb_amount(const char *command, const char *operand, char **ret_name, int64_t *ret_amount)
{
    size_t length = strcspn(operand, "=");
    *ret_amount = 1;
    if (operand[length] == '=' && (!text_integer(operand + length + 1, ret_amount) ||
                                   *ret_amount < 1 || *ret_amount >= UINT32_MAX)) {
        cli_usage(command, "NAME=N takes a number from 1, not '%s'", operand + length + 1);
        return false;
    }
    *ret_name = memory_text_n(operand, length);
    return true;
}

/* A text from the command line, which may be any bytes. */
static json_t *text_of(const char *text)
{
    CLEANUP_BUFFER struct buffer shown = {0};
    size_t length = strlen(text);
    if (text_valid_utf8(text, length) == length)
        return json_string(text);
    text_printable(text, length, &shown);
    return json_string(buffer_text(&shown));
}

json_t *verb_request(const char *command, const char *name, const struct verb_options *options)
{
    json_t *request = json_object();
    json_object_set_new(request, "verb", json_string(command));
    json_object_set_new(request, "name", text_of(name));
    if (options->key != NULL)
        json_object_set_new(request, "key", json_string(options->key));
    if (options->timeout >= 0)
        json_object_set_new(request, "timeout", json_real(options->timeout));
    return request;
}

/* --- the connection --- */

/* Which step asks, and under which lock's command. */
static bool identify(struct verb_client *client, json_t *request)
{
    const char *token = getenv("PARGRAPH_TOKEN"), *lease = getenv("PARGRAPH_LEASE");
    int64_t number;
    if (token == NULL || getenv("PARGRAPH_SOCKET") == NULL) {
        verb_say(client->command,
                 "there is no run to ask: it works in the steps of a workflow that declares locks, "
                 "queues or the like ($PARGRAPH_SOCKET and $PARGRAPH_TOKEN are not set)");
        return false;
    }
    uint64_t random = 0;
    (void)!getrandom(&random, sizeof random, 0);
    snprintf(client->id, sizeof client->id, "%016llx", (unsigned long long)random);
    json_object_set_new(request, "token", text_of(token));
    json_object_set_new(request, "id", json_string(client->id));
    if (lease != NULL && text_integer(lease, &number))
        json_object_set_new(request, "lease", json_integer(number));
    return true;
}

static bool join(struct verb_client *client)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("PARGRAPH_SOCKET");
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(address.sun_path, path);
    client->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int joined;
    do
        joined = connect(client->socket, (struct sockaddr *)&address, sizeof address);
    while (joined < 0 && errno == EINTR);
    if (joined == 0)
        return true;
    file_close(&client->socket);
    return false;
}

static bool send_line(const struct verb_client *client, const struct buffer *line)
{
    for (size_t sent = 0; sent < line->length;) {
        ssize_t length =
            send(client->socket, line->bytes + sent, line->length - sent, MSG_NOSIGNAL);
        if (length < 0 && errno != EINTR)
            return false;
        sent += length > 0 ? (size_t)length : 0;
    }
    return true;
}

/* Up to the newline: the run says nothing more before it is asked again. */
static bool receive_line(const struct verb_client *client, struct buffer *line)
{
    buffer_clear(line);
    while (line->length == 0 || line->bytes[line->length - 1] != '\n') {
        ssize_t length = recv(client->socket, buffer_reserve(line, 4096), 4096, 0);
        if (length == 0 || (length < 0 && errno != EINTR))
            return false;
        line->length += length > 0 ? (size_t)length : 0;
    }
    return true;
}

/* NULL: the run is not there. */
static json_t *exchange(struct verb_client *client, const struct buffer *line)
{
    CLEANUP_BUFFER struct buffer answer = {0};
    for (int tries = 0; tries < TRIES; tries++) {
        if (tries > 0)
            poll(NULL, 0, PAUSE);
        if (client->socket < 0 && !join(client))
            return NULL;
        /* Who was cut off while it spoke was told why. */
        bool is_sent = send_line(client, line);
        if (receive_line(client, &answer))
            return value_from_json(answer.bytes, answer.length, NULL);
        file_close(&client->socket);
        if (!is_sent && errno != EPIPE && errno != ECONNRESET)
            return NULL;
    }
    return NULL;
}

static int judge(const struct verb_client *client, const json_t *answer)
{
    if (answer == NULL) {
        verb_say(client->command, "the run does not answer: it has ended");
        return VERB_FAILED;
    }
    const json_t *status = json_object_get(answer, "status");
    const char *message = json_string_value(json_object_get(answer, "message"));
    if (message != NULL)
        verb_say(client->command, message);
    return json_is_integer(status) ? (int)json_integer_value(status) : VERB_FAILED;
}

int verb_ask(struct verb_client *client, json_t *request, json_t **ret_answer)
{
    CLEANUP_BUFFER struct buffer line = {0};
    if (ret_answer != NULL)
        *ret_answer = NULL;
    bool is_known = identify(client, request);
    if (is_known)
        value_write_json(request, &line);
    json_decref(request);
    if (!is_known)
        return VERB_REFUSED;
    if (line.length > VERB_LINE_MOST) {
        verb_say(client->command, "a request is at most 1 MiB long: put the name of a file");
        return VERB_REFUSED;
    }
    buffer_add_byte(&line, '\n');
    json_t *answer = exchange(client, &line);
    int status = judge(client, answer);
    if (ret_answer != NULL)
        *ret_answer = answer;
    else
        json_decref(answer);
    return status;
}

void verb_release(struct verb_client *client, json_t *request)
{
    CLEANUP_BUFFER struct buffer line = {0};
    if (client->socket >= 0 && identify(client, request)) {
        value_write_json(request, &line);
        buffer_add_byte(&line, '\n');
        (void)(send_line(client, &line) && receive_line(client, &line));
    }
    json_decref(request);
}

void verb_close(struct verb_client *client)
{
    file_close(&client->socket);
}
