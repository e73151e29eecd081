/* The items of queues: the scheduler knows their numbers, the values file what they are. */
#ifndef RUN_ITEMS_H
#define RUN_ITEMS_H

#include <jansson.h>

#include "run/state.h"

/* Numbers an item that an input is about to name, and writes it down. False with an error: the
 * state cannot be written. */
bool items_add(struct run *run, const json_t *value, uint32_t *ret_item, struct error *error);
/* What an item is. New; NULL with an error if it cannot be read. */
json_t *items_get(struct run *run, uint32_t item, struct error *error);

#endif
