/* What the files about the journal offer each other. */
#ifndef HISTORY_JOURNAL_H
#define HISTORY_JOURNAL_H

#include "history/history.h"

void journal_add_record(struct journal *journal, enum record_kind kind, const char *payload,
                        size_t length);
/* False if the payload is no expansion. */
bool expansion_take(struct journal_expansion *ret, const char *payload, size_t length);

#endif
