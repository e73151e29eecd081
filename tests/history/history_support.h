/* What the checks of history share: a scratch folder of their own, runs in it, full disks. */
#ifndef TESTS_HISTORY_SUPPORT_H
#define TESTS_HISTORY_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "history/history.h"
#include "support/check.h"

/* 2026-11-23 22:55:01 UTC */
#define WALL    (INT64_C(1795474501) * 1000000000)
#define WALL_ID "20261123-225501"

/* A new folder under $TMPDIR; scratch_remove frees the name too. */
char *scratch_new(void);
void scratch_remove(char *scratch);
extern char *scratch_in_use; /* so that no child that ends within a check seems to leak it */

/* A run in scratch/state; the program ends if it cannot be made. */
struct run_folder run_new(const char *scratch);
struct run_folder run_reopen(const char *scratch); /* the newest, for reading */

/* "a/b"; eight of them live at a time. */
const char *path_of(const char *a, const char *b);
void put_file(const char *path, const void *bytes, size_t length);
void put_byte(const char *path, long at, char byte);
/* -1: there is none. */
long file_size(const char *path);
mode_t file_mode(const char *path);

/* Until limit_release, a file longer than this cannot be written. */
void limit_file_size(size_t bytes);
/* Until limit_release, no descriptor from this one on can be opened. */
void limit_descriptors(int first);
void limit_release(void);
int next_descriptor(void);

/* How pwrite() behaves. Zero it afterwards. */
struct write_day {
    unsigned calls;        /* counted */
    size_t most;           /* a call writes no more than this; 0: no limit */
    bool is_interrupted;   /* every other call, the first too, is */
    bool has_room_for_one; /* calls after the first find the disk full */
};
extern struct write_day write_day;

/* The error's message is this; released. */
#define CHECK_ERROR(error, expected)                                                               \
    do {                                                                                           \
        CHECK_TEXT((error)->message, (expected));                                                  \
        error_release(error);                                                                      \
    } while (0)

/* printf into one of eight places. */
const char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern const struct check folder_checks[], choose_checks[], journal_checks[], damage_checks[],
    log_checks[], values_checks[], index_checks[], index_damage_checks[], resume_checks[],
    files_checks[], durations_checks[], write_checks[];

#endif
