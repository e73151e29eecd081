/* A small journal of every kind of input, for the checks of the journal and of its damages. */
#ifndef TESTS_HISTORY_JOURNAL_H
#define TESTS_HISTORY_JOURNAL_H

#include "history/history_support.h"

enum { SAMPLES_MOST = 24 };

extern const struct journal_head sample_head;
extern const struct journal_end sample_end;
/* Every field in use. detail is borrowed. */
struct outcome full_outcome(const char *detail);
/* Fills at most SAMPLES_MOST; returns how many. */
uint32_t sample_inputs(struct input *inputs);
bool is_same_input(const struct input *a, const struct input *b);
struct journal *new_journal(const struct run_folder *folder);
/* The samples and an end, with status 130. */
void write_samples(const struct run_folder *folder);
/* Everything that still comes is the samples in their order, from the first; returns how many. */
uint32_t check_reads_samples(struct journal_reader *reader);

#endif
