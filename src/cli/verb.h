/* The verbs' side of the socket: what `pargraph lock` and its like share. */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include "cli/cli.h"

enum verb_status { VERB_DONE = 0, VERB_FAILED = 1, VERB_REFUSED = 2, VERB_TIMED_OUT = 124 };

/* One verb's connection to the run of the step that it was called in. */
struct verb_client {
    const char *command; /* its name, for what is said */
    int socket;          /* -1: none; close-on-exec */
    char id[32];         /* of its request */
};

/* What the options of verbs fill. */
struct verb_options {
    struct common_options common; /* first: the shared takers know it */
    const char *key;
    double timeout; /* seconds; negative: none */
};
bool take_key(void *context, const char *argument);
bool take_timeout(void *context, const char *argument);
#define OPTION_KEY                                                                                 \
    {                                                                                              \
        'k', "key", "KEY", "the lock of this key: one for each", take_key                          \
    }
#define OPTION_TIMEOUT                                                                             \
    {                                                                                              \
        't', "timeout", "TIME", "wait at most so long (5, 500ms, 2m), else status 124",            \
            take_timeout                                                                           \
    }

/* {"verb": command, "name": name, and what the options say}. New. */
json_t *verb_request(const char *command, const char *name, const struct verb_options *options);
/* NAME or NAME=N: the name (the caller's) and N, or 1. False after saying what is wrong. */
bool verb_amount(const char *command, const char *operand, char **ret_name, int64_t *ret_amount);

/* Asks (request is taken), waits for the answer, and says what went wrong. Returns the answer's
 * status; *ret_answer (NULL: not wanted) is the answer, new, or NULL where none came. */
int verb_ask(struct verb_client *client, json_t *request, json_t **ret_answer);
/* Gives back what this connection holds (request is taken), if the run is still there. */
void verb_release(struct verb_client *client, json_t *request);
void verb_close(struct verb_client *client);
/* "pargraph lock: message" on standard error. */
void verb_say(const char *command, const char *message);

#endif
