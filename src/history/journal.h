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
/* False if the payload is no item, or not the next. */
bool item_take(struct journal_reader *reader, const char *payload, size_t length);
/* Does the input name items and requests by numbers that there are, or follow? Counts requests. */
bool item_fits(struct journal_reader *reader, const struct input *in);
/* The JSON of an item. The caller's. False with an error; has_bad_expansion: for ever. */
bool item_get(struct journal_reader *reader, uint32_t item, char **ret_json, size_t *ret_length,
              struct error *error);
/* False if the payload is no expansion. */
bool expansion_take(struct journal_expansion *ret, const char *payload, size_t length);
/* From the values file. False with an error; has_bad_expansion: it will fail for ever. */
bool expansion_get_value(struct journal_reader *reader, const struct extent *extent,
                         char **ret_json, struct error *error);

#endif
