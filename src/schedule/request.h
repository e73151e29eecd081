/* What becomes of requests (request.c), for what makes and withdraws them (ask.c). */
#ifndef SCHEDULE_REQUEST_H
#define SCHEDULE_REQUEST_H

#include "schedule/sync.h"

struct asking *asking_at(const struct scheduler *scheduler, uint32_t slot);
struct course *course_of_request(const struct scheduler *scheduler, uint32_t slot);
/* Does it take tokens, and stay as their lease? */
bool verb_takes(uint8_t verb);
/* One more, or (more: -1) one less waits: in its body, and below each lease it was made under. */
void request_count_waiting(struct scheduler *scheduler, uint32_t slot, int more);
/* The observers, if it is news. */
void request_tell(struct scheduler *scheduler, struct asking *asking, bool is_waiting);
/* Its number stands for nothing any more. */
void request_forget_number(struct scheduler *scheduler, uint32_t number);
/* It has its answer, which is given when the body has its running tokens. */
void request_done(struct scheduler *scheduler, uint32_t slot, enum reply_code code);
enum reply_code reply_code_of(uint8_t cause);
/* It is over, whatever it was: gives back what it holds, and its slot. */
void request_end(struct scheduler *scheduler, uint32_t slot);

#endif
