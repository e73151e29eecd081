/* What running bodies ask for by verbs: lines of the socket become inputs, ACTION_REPLY an answer.
 *
 * A *request* is numbered when it comes (INPUT_REQUEST) and lives until it is answered; one that
 * takes tokens lives on as a *lease* until it is given back, its connection ends (`lock`,
 * `semaphore`), or its body ends. Whoever gives the token of a body that runs speaks for it. An
 * answer that was given is kept for a while, under the asker's own id, so that one whose connection
 * broke may ask again without doing it twice.
 *
 * Only in a run whose plan has primitives: in others run->requests is NULL and nothing here costs
 * anything. */
#ifndef RUN_REQUESTS_H
#define RUN_REQUESTS_H

#include "run/state.h"

/* Opens the socket if the plan has primitives and this is no dry run. What a dead runner of this
 * run left of its own is removed. run->requests is set; NULL: none is needed. */
bool requests_open(struct run *run, struct error *error);
/* Answers nobody any more; removes the socket. */
void requests_close(struct run *run);

/* A body (operation, or NO_OPERATION) is about to be launched: puts the entries of its environment
 * into ret_entries and returns how many there are (0 or 2). They live until requests_dismiss. One
 * body of a node at a time. */
uint32_t requests_admit(struct run *run, uint32_t node, uint32_t attempt, uint32_t operation,
                        char *ret_entries[2]);
/* The body has ended, its INPUT_FINISHED is about to be pushed: its requests are gone. */
void requests_dismiss(struct run *run, uint32_t node);

/* Carries out ACTION_REPLY. */
void requests_reply(struct run *run, const struct action *action);
/* Once a turn's actions were carried out: sends what was answered. */
void requests_flush(struct run *run);
/* An input of the journal while a run is resumed: numbers go on behind its own. Before
 * requests_open. */
void requests_replay(struct run *run, const struct input *in);

#endif
