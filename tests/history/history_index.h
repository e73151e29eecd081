/* What the checks of the index share. */
#ifndef TESTS_HISTORY_INDEX_H
#define TESTS_HISTORY_INDEX_H

#include "history/history_support.h"

/* One line a run: id name file started elapsed status succeeded/failed/total. */
void check_runs(const char *scratch, const char *expected);
/* A row of a run of this id, and its line behind the id. */
struct index_run row_of(const char *id);
#define ROW " 'it's \"named\"' 'a/flow.yml' 1 9223372036854775807 130 4294967295/2/3\n"
/* The line of a run that nothing is known of. */
#define BARE(number) WALL_ID number " '' '' 1795474501000000000 0 -1 0/0/0\n"
void check_put(const char *scratch, const char *id);
/* Folders of runs with nothing in them. */
void make_runs(const char *scratch, int count);

#endif
