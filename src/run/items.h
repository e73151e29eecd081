/* Items of queues: numbered in the order of their coming, each a JSON value kept in the values
 * file.
 */
#ifndef RUN_ITEMS_H
#define RUN_ITEMS_H

#include "run/state.h"

/* Keeps a value (borrowed) and numbers it; the journal is told. */
bool items_add(struct run *run, const json_t *value, uint32_t *ret_item, struct error *error);
/* The value of an item. New; NULL with an error where it cannot be read. */
json_t *items_get(struct run *run, uint32_t item, struct error *error);

#endif
