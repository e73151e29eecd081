/* One client's connection: bytes into lines, lines into requests, answers into bytes. It is read
 * only while few of its requests are under way and it reads its answers; so one that floods waits,
 * at its own end. It ends when the other side is gone, or has said all and has its answers, or was
 * cut off: for what is no request at all, or too long. It is freed only from its own events and in
 * a flush, never from within a request. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "execute/verbs.h"

static void note_dirty(struct verb_connection *connection)
{
    if (!connection->is_dirty)
        STAILQ_INSERT_TAIL(&connection->verbs->dirty, connection, dirty_link);
    connection->is_dirty = true;
}

void connection_close(struct verb_connection *connection)
{
    struct verbs *verbs = connection->verbs;
    if (connection->is_dirty)
        STAILQ_REMOVE(&verbs->dirty, connection, verb_connection, dirty_link);
    TAILQ_REMOVE(connection->is_known ? &verbs->known : &verbs->strangers, connection, link);
    loop_remove(verbs->loop, connection->watch);
    file_close(&connection->descriptor);
    verbs->count--;
    verbs->gathered -= connection->in.length;
    verbs->calls.gone(verbs->calls.context, connection);
    buffer_release(&connection->in);
    buffer_release(&connection->out);
    memory_free(connection);
    verbs_make_room(verbs);
}

/* --- out --- */

static bool has_unsent(const struct verb_connection *connection)
{
    return connection->out.length > connection->sent;
}

static void send_answers(struct verb_connection *connection)
{
    while (has_unsent(connection)) {
        ssize_t length =
            send(connection->descriptor, connection->out.bytes + connection->sent,
                 connection->out.length - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0) {
            connection->is_broken = errno != EAGAIN && errno != ENOBUFS;
            return;
        }
        connection->sent += (size_t)length;
    }
    connection->sent = 0;
    buffer_clear(&connection->out);
    if (connection->out.capacity > VERBS_READ)
        buffer_release(&connection->out);
}

void verbs_answer(struct verb_connection *connection, const struct verb_reply *reply)
{
    connection->under_way--;
    if (!connection->is_cut_off)
        verb_reply_write(reply, &connection->out);
    note_dirty(connection);
}

/* Tells who is to be cut off why. */
static void cut_off(struct verb_connection *connection, const char *id, const char *message)
{
    const struct verb_reply reply = {
        .id = id, .status = 2, .message = message, .lease = VERB_NO_LEASE};
    verb_reply_write(&reply, &connection->out);
    connection->is_cut_off = true;
    note_dirty(connection);
}

/* --- in --- */

static bool may_be_read(const struct verb_connection *connection)
{
    return !connection->is_cut_off && connection->under_way < VERBS_UNDER_WAY_MOST &&
           connection->out.length - connection->sent < VERBS_UNREAD_MOST;
}

static void become_known(struct verb_connection *connection)
{
    struct verbs *verbs = connection->verbs;
    if (connection->is_known)
        return;
    TAILQ_REMOVE(&verbs->strangers, connection, link);
    connection->is_known = true;
    TAILQ_INSERT_TAIL(&verbs->known, connection, link);
}

static void take_line(struct verb_connection *connection, const char *line, size_t length)
{
    struct verbs *verbs = connection->verbs;
    struct verb_request request;
    CLEANUP_ERROR struct error error = {0};
    if (length == 0)
        return;
    if (verb_request_read(&request, line, length, &error)) {
        connection->under_way++;
        if (verbs->calls.request(verbs->calls.context, connection, &request))
            become_known(connection);
    } else if (!json_is_object(request.line)) {
        cut_off(connection, "null", error.message);
    } else {
        CLEANUP_BUFFER struct buffer text = {0};
        buffer_add_text(&text, error.message);
        if (error.hint != NULL)
            buffer_printf(&text, " (%s)", error.hint);
        connection->under_way++;
        verbs_answer(connection, &(struct verb_reply){.id = request.id,
                                                      .status = 2,
                                                      .message = buffer_text(&text),
                                                      .lease = VERB_NO_LEASE});
    }
    verb_request_release(&request);
}

static void take_lines(struct verb_connection *connection)
{
    struct buffer *in = &connection->in;
    size_t begin = 0;
    while (may_be_read(connection)) {
        char *from = in->bytes + begin + connection->looked;
        char *end = in->length > begin + connection->looked
                        ? memchr(from, '\n', in->length - begin - connection->looked)
                        : NULL;
        if (end == NULL) {
            connection->looked = in->length - begin;
            break;
        }
        size_t length = (size_t)(end - in->bytes) - begin;
        connection->looked = 0;
        if (length > VERB_LINE_MOST)
            cut_off(connection, "null", "a request is at most 1 MiB long");
        else
            take_line(connection, in->bytes + begin, length);
        begin += length + 1;
    }
    in->length -= begin;
    connection->verbs->gathered -= begin;
    memmove(in->bytes, in->bytes + begin, in->length);
    if (may_be_read(connection) && in->length > VERB_LINE_MOST)
        cut_off(connection, "null", "a request is at most 1 MiB long");
    if (in->length == 0 && in->capacity > VERBS_READ)
        buffer_release(in);
}

/* Reads once. */
static void read_some(struct verb_connection *connection)
{
    struct verbs *verbs = connection->verbs;
    if (verbs->gathered > VERBS_GATHERED_MOST && connection->in.length > 0) {
        cut_off(connection, "null", "too many long requests at a time: try again");
        return;
    }
    char *end = buffer_reserve(&connection->in, VERBS_READ);
    ssize_t length;
    do
        length = recv(connection->descriptor, end, VERBS_READ, MSG_DONTWAIT);
    while (length < 0 && errno == EINTR);
    if (length < 0 && errno != EAGAIN)
        connection->is_broken = true;
    if (length < 0)
        return;
    connection->has_said_all = length == 0;
    if (length == 0) /* the last line may end so, too */
        *end = '\n';
    connection->in.length += length > 0 ? (size_t)length : 1;
    verbs->gathered += length > 0 ? (size_t)length : 1;
    take_lines(connection);
}

/* --- what it waits for --- */

static bool is_over(const struct verb_connection *connection)
{
    if (connection->is_broken)
        return true;
    bool has_nothing_to_come =
        connection->is_cut_off || (connection->has_said_all && connection->under_way == 0);
    return has_nothing_to_come && !has_unsent(connection);
}

static void connection_event(void *context, uint32_t events);

/* A hang-up is told whatever is watched for. */
static void watch_again(struct verb_connection *connection)
{
    uint32_t wanted = (has_unsent(connection) ? EPOLLOUT : 0) |
                      (may_be_read(connection) && !connection->has_said_all ? EPOLLIN : 0);
    if (wanted == connection->watched && connection->watch != NULL)
        return;
    loop_remove(connection->verbs->loop, connection->watch);
    connection->watched = wanted;
    connection->watch = loop_add(connection->verbs->loop, connection->descriptor, wanted,
                                 connection_event, connection, NULL);
    connection->is_broken = connection->is_broken || connection->watch == NULL;
}

/* After anything has happened: sends, reads on what had to wait, ends. */
static void settle(struct verb_connection *connection)
{
    send_answers(connection);
    while (!connection->is_broken && may_be_read(connection) &&
           connection->in.length > connection->looked) {
        take_lines(connection);
        send_answers(connection);
    }
    if (!is_over(connection))
        watch_again(connection);
    if (is_over(connection))
        connection_close(connection);
}

static void connection_event(void *context, uint32_t events)
{
    struct verb_connection *connection = context;
    bool is_read = connection->watched & EPOLLIN;
    if (is_read && events & (EPOLLIN | EPOLLHUP))
        read_some(connection);
    if (events & (EPOLLHUP | EPOLLERR) && (!is_read || connection->has_said_all))
        connection->is_broken = true;
    settle(connection);
}

void verbs_flush(struct verbs *verbs)
{
    struct verb_connection *connection;
    while ((connection = STAILQ_FIRST(&verbs->dirty)) != NULL) {
        STAILQ_REMOVE_HEAD(&verbs->dirty, dirty_link);
        connection->is_dirty = false;
        settle(connection);
    }
}

void **verbs_slot(struct verb_connection *connection)
{
    return &connection->slot;
}

void connection_open(struct verbs *verbs, int descriptor)
{
    struct verb_connection *connection = memory_new(sizeof *connection);
    connection->verbs = verbs;
    connection->descriptor = descriptor;
    verbs->count++;
    TAILQ_INSERT_TAIL(&verbs->strangers, connection, link);
    watch_again(connection);
    if (connection->is_broken)
        connection_close(connection);
}
