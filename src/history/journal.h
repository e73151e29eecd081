/* What the files about the journal offer each other. */
#ifndef HISTORY_JOURNAL_H
#define HISTORY_JOURNAL_H

#include "history/history.h"

void journal_add_record(struct journal *journal, enum record_kind kind, const char *payload,
                        size_t length);
/* Grows the plan as the run did, if the input that was just read tells of it. False with an error,
 * and the plan is as it was. */
bool journal_grow(struct journal_reader *reader, const struct input *in, struct plan *plan,
                  struct error *error);
/* False if the payload is no expansion. */
bool expansion_take(struct journal_expansion *ret, const char *payload, size_t length);

#endif
