/* The verbs' socket itself: who is taken in.
 *
 * Its folder is closed to others (socket_folder.c), so nobody else can even ask; whoever does must
 * be of the same user (or root), as the kernel says. When there are as many connections as may be,
 * the oldest that never showed a right token makes room; if all did, further ones wait where the
 * kernel keeps them, as they do while descriptors are short. */
#include "execute/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

enum { ACCEPTS = 64 }; /* at a time: then it is another's turn */
static const int64_t RETRY = 50000000;

static bool bind_socket(struct verbs *verbs, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", verbs->folder.path, SOCKET_NAME);
    verbs->path = buffer_take(&path);
    strcpy(address.sun_path, verbs->path);
    verbs->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (verbs->listener < 0 ||
        bind(verbs->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(verbs->path, 0600) < 0 || listen(verbs->listener, SOMAXCONN) < 0)
        return error_set_system(error, errno, "cannot make the socket %s", verbs->path);
    return true;
}

/* --- who is taken in --- */

static bool is_ours(int descriptor)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void listener_event(void *context, uint32_t events);

static void listen_again(struct verbs *verbs)
{
    if (verbs->watch == NULL)
        verbs->watch = loop_add(verbs->loop, verbs->listener, EPOLLIN, listener_event, verbs, NULL);
}

static void try_again(void *context)
{
    struct verbs *verbs = context;
    verbs->try_again = NULL;
    listen_again(verbs);
}

static void stop_listening(struct verbs *verbs)
{
    loop_remove(verbs->loop, verbs->watch);
    verbs->watch = NULL;
}

void verbs_make_room(struct verbs *verbs)
{
    if (verbs->try_again == NULL && verbs->count < verbs->most)
        listen_again(verbs);
}

static void listener_event(void *context, uint32_t events)
{
    struct verbs *verbs = context;
    (void)events;
    for (int i = 0; i < ACCEPTS; i++) {
        if (verbs->count >= verbs->most && TAILQ_EMPTY(&verbs->strangers)) {
            stop_listening(verbs);
            return;
        }
        int descriptor = accept4(verbs->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (descriptor < 0) {
            if (errno == EAGAIN)
                return;
            stop_listening(verbs);
            verbs->try_again = loop_at(verbs->loop, clock_monotonic() + RETRY, try_again, verbs);
            return;
        }
        if (!is_ours(descriptor)) {
            close(descriptor);
            continue;
        }
        if (verbs->count >= verbs->most)
            connection_close(TAILQ_FIRST(&verbs->strangers));
        connection_open(verbs, descriptor);
    }
}

/* Half of the descriptors that this process may have: the rest is for what it runs. */
static uint32_t most_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 2 > VERBS_CONNECTIONS_MOST)
        return VERBS_CONNECTIONS_MOST;
    return limit.rlim_cur < 16 ? 8 : (uint32_t)(limit.rlim_cur / 2);
}

struct verbs *verbs_open(struct loop *loop, const struct verb_calls *calls, struct error *error)
{
    struct verbs *verbs = memory_new(sizeof *verbs);
    *verbs = (struct verbs){.loop = loop,
                            .calls = *calls,
                            .folder.lock = -1,
                            .listener = -1,
                            .most = most_connections()};
    TAILQ_INIT(&verbs->known);
    TAILQ_INIT(&verbs->strangers);
    STAILQ_INIT(&verbs->dirty);
    if (socket_folder_make(&verbs->folder, error) && bind_socket(verbs, error))
        verbs->watch = loop_add(loop, verbs->listener, EPOLLIN, listener_event, verbs, error);
    if (verbs->watch != NULL)
        return verbs;
    error_wrap(error, "the socket of verbs (lock, put, ...) cannot be opened");
    verbs_close(verbs);
    return NULL;
}

const char *verbs_path(const struct verbs *verbs)
{
    return verbs->path;
}

void verbs_close(struct verbs *verbs)
{
    if (verbs == NULL)
        return;
    stop_listening(verbs);
    verbs->most = 0;
    while (!TAILQ_EMPTY(&verbs->known))
        connection_close(TAILQ_FIRST(&verbs->known));
    while (!TAILQ_EMPTY(&verbs->strangers))
        connection_close(TAILQ_FIRST(&verbs->strangers));
    if (verbs->try_again != NULL)
        loop_cancel(verbs->loop, verbs->try_again);
    file_close(&verbs->listener);
    if (verbs->path != NULL)
        unlink(verbs->path);
    socket_folder_remove(&verbs->folder);
    memory_free(verbs->path);
    memory_free(verbs);
}
