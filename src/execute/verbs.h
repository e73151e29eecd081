/* The verbs' socket: what its files share. */
#ifndef EXECUTE_VERBS_H
#define EXECUTE_VERBS_H

#include <sys/queue.h>

#include "execute/execute.h"

enum {
    VERBS_CONNECTIONS_MOST = 16384,
    VERBS_GATHERED_MOST = 64 << 20, /* bytes of lines not yet whole, of all connections */
    VERBS_UNDER_WAY_MOST = 1024,    /* requests of one connection without an answer */
    VERBS_UNREAD_MOST = 256 << 10,  /* bytes of answers to one connection */
    VERBS_READ = 64 << 10,          /* bytes at a time: then it is another's turn */
};

struct verb_connection {
    struct verbs *verbs;
    int descriptor;
    struct watch *watch;
    uint32_t watched;  /* events */
    struct buffer in;  /* what is not read as lines yet */
    size_t looked;     /* so many bytes of it hold no newline */
    struct buffer out; /* what is not sent yet, from `sent` on */
    size_t sent;
    uint32_t under_way; /* requests without an answer */
    bool is_known;      /* a request of it had a right token */
    bool has_said_all;  /* nothing more comes */
    bool is_cut_off;    /* ends as soon as what is to be sent is */
    bool is_broken;     /* the other side is gone */
    bool is_dirty;      /* in the list of these: something is to be sent, or it is to end */
    void *slot;
    TAILQ_ENTRY(verb_connection) link;
    STAILQ_ENTRY(verb_connection) dirty_link;
};
TAILQ_HEAD(verb_connections, verb_connection);

#define SOCKET_NAME "socket"

struct socket_folder {
    char *path; /* NULL: there is none */
    int lock;   /* -1: none, or it cannot be locked there */
};

struct verbs {
    struct loop *loop;
    struct verb_calls calls;
    struct socket_folder folder;
    char *path; /* of the socket */
    int listener;
    struct watch *watch; /* of it; NULL: no more are taken in at present */
    struct alarm *try_again;
    struct verb_connections known, strangers; /* in the order of their coming */
    STAILQ_HEAD(, verb_connection) dirty;
    uint32_t count, most;
    size_t gathered;
};

/* socket_folder.c. Makes it, and removes those that dead runs of this user left beside it. */
bool socket_folder_make(struct socket_folder *folder, struct error *error);
/* Of a folder that is empty again. */
void socket_folder_remove(struct socket_folder *folder);

/* connection.c. The descriptor becomes the connection's, or is closed. */
void connection_open(struct verbs *verbs, int descriptor);
/* Ends it at once, and tells. */
void connection_close(struct verb_connection *connection);

/* verbs.c: a connection has ended, so there is room for another. */
void verbs_make_room(struct verbs *verbs);

#endif
