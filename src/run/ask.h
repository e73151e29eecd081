/* What the files of requests share. */
#ifndef RUN_ASK_H
#define RUN_ASK_H

#include <sys/queue.h>

#include "run/requests.h"

/* One that came by a verb. */
struct demand {
    uint32_t number;      /* NO_REQUEST: the core is not asked (release) */
    uint32_t parent;      /* the lease it was made under, or NO_REQUEST */
    uint32_t token, gate; /* what it is about; token UINT32_MAX, NO_GATE */
    uint8_t word;         /* enum verb_word */
    bool is_take;
    bool is_answered; /* a lease */
    bool is_given_up; /* nobody waits for it: forgotten when the turn is over */
    bool is_ended;    /* while leases below one are looked for */
    char id[VERB_ID_MOST + 3];
    struct asker *asker;
    struct verb_connection *connection; /* to be answered there, and bound to it if it is a lock's;
                                           NULL: to none */
    TAILQ_ENTRY(demand) of_asker;       /* by number */
    TAILQ_ENTRY(demand) of_connection;
    TAILQ_ENTRY(demand) later; /* in requests->later, if is_given_up or a release */
    struct demand *next;       /* in its bucket */
};
TAILQ_HEAD(demand_list, demand);

/* An answer that was given, for one that asks again. */
struct answer {
    char id[VERB_ID_MOST + 3];
    int status;
    uint32_t lease, item;
    char *message; /* or NULL */
};
enum { ANSWERS_KEPT = 256 };

/* A body that runs: who may ask. */
struct asker {
    uint32_t node, attempt, operation;
    char *entry; /* PARGRAPH_TOKEN=... */
    struct demand_list requests;
    struct answer *answers; /* the last ones; a ring once there are ANSWERS_KEPT */
    uint32_t answer_count, answer_next, answer_capacity;
};

struct requests {
    struct run *run;
    struct verbs *verbs;
    char *socket_entry;    /* PARGRAPH_SOCKET=... */
    struct asker **askers; /* by node; NULL */
    uint32_t asker_capacity;
    struct demand **buckets; /* by number */
    uint32_t bucket_count, count;
    struct demand_list later;
};

/* requests.c */
struct demand *request_new(struct asker *asker, struct verb_connection *connection,
                           const struct verb_request *asked);
/* Gives it the next number; from now on it is found by that. */
void request_number(struct requests *requests, struct demand *request);
struct demand *request_find(const struct requests *requests, uint32_t number);
/* Another connection takes it over. */
void request_move(struct demand *request, struct verb_connection *connection);
/* Pushes INPUT_WITHDRAW of a lease and forgets it, and the leases below it. */
void lease_end(struct requests *requests, struct demand *lease);
/* Answers where it came from, if that is there, and forgets it unless it is a lease from now on. */
void request_answer(struct requests *requests, struct demand *request, const struct answer *answer);

/* A verb_calls.gone: what was asked by this connection is given up, what it held given back. */
void requests_gone(void *context, struct verb_connection *connection);

/* asker.c */
void asker_free(struct asker *asker);

/* ask.c: what a line asks for. True if its token is right. */
bool ask(void *context, struct verb_connection *connection, const struct verb_request *asked);

#endif
