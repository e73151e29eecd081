/* What the index asks of run folders, beside the contract. */
#ifndef HISTORY_FOLDER_H
#define HISTORY_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "history/history.h"

/* Opens, for reading, the run of an id that run_folder_list gave. */
bool run_folder_open_exact(struct run_folder *ret, const char *state, const char *id,
                           struct error *error);
/* Frees what run_folder_list gave. */
void run_ids_free(char **ids, uint32_t count);

#endif
