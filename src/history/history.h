/* What a run leaves behind, in .pargraph/runs/<id>/:
 *
 *   journal         the inputs of the scheduler in order: the truth (journal format below)
 *   log             what tasks wrote, in framed chunks (log format below)
 *   values          kept outputs: bytes that the journal points into
 *   workflow/       the workflow as it was run: main.yml
 *   frozen.json     {"file", "directory", "params", "snapshot", "selection", "cpu"...}: what else
 *                   is needed to plan the same again
 *   lock            locked by whoever owns the run
 *   tmp/            of attempts: PARGRAPH_OUTPUT files, scripts
 *
 * and .pargraph/index.db, an SQLite database derived from the journals. Directories are 0700.
 *
 * Journal: the 8 bytes "pgjrnl1\n", then records. Record: u32 length of payload, u32 crc32c of kind
 * and payload, u8 kind, payload. Integers little-endian. A reader stops at the first record that
 * does not fit or whose checksum is wrong: that is the end (a torn tail), never an error.
 * Log: frames. Frame: "PGLF", u32 node, u32 attempt, u8 stream (1, 2), 3 bytes 0, u32 length, bytes.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "fact/fact.h"

/* --- the state directory --- */

/* The .pargraph to use: given (--state), else $PARGRAPH_STATE, else beside the workflow file, else,
 * without a file, the nearest upward from the current folder. The caller's; NULL with an error (no
 * file and none found). Nothing is created. */
char *state_directory(const char *given, const char *workflow_file, struct error *error);

/* One run's folder. */
struct run_folder {
    char *id;   /* 20261123-225501, or with -2 and so on behind it */
    char *path; /* state/runs/id */
    int directory; /* descriptor of path, close-on-exec */
    int lock;      /* descriptor of the locked file, -1 while reading */
};
/* Makes a new run: state directory and all (0700), takes the lock. wall is the time for the id. */
bool run_folder_create(struct run_folder *ret, const char *state, int64_t wall,
                       struct error *error);
/* Opens one for reading: id, a unique beginning of one, or NULL for the newest. */
bool run_folder_open(struct run_folder *ret, const char *state, const char *id,
                     struct error *error);
/* Is its lock held, that is, is the run alive? */
bool run_folder_is_alive(const struct run_folder *folder);
void run_folder_close(struct run_folder *folder);
/* Ids of all runs, oldest first. The caller's: free each and the array. */
bool run_folder_list(const char *state, char ***ret_ids, uint32_t *ret_count,
                     struct error *error);
/* A file of the folder, whole. */
bool run_folder_write(const struct run_folder *folder, const char *name, const void *bytes,
                      size_t length, struct error *error);
bool run_folder_read(const struct run_folder *folder, const char *name, char **ret_text,
                     size_t *ret_length, struct error *error);

/* --- the journal --- */

/* What the run was started with: its first record. */
struct journal_head {
    uint32_t scheduler_version;
    uint8_t failure_policy;
    int64_t wall; /* wall clock at monotonic 0 */
    uint64_t cpu_capacity;
};

enum record_kind {
    RECORD_HEAD = 1, /* journal_head, as text "key value\n" lines */
    RECORD_INPUT,    /* struct input */
    RECORD_END,      /* the run is over: u8 exit status of pargraph, i64 time */
};

struct journal; /* open for writing */
struct journal *journal_create(const struct run_folder *folder, const struct journal_head *head,
                               struct error *error);
/* Appends to memory; journal_write puts all of it into the file, in one write. */
void journal_add_input(struct journal *journal, const struct input *in);
void journal_add_end(struct journal *journal, int exit_status, int64_t now);
bool journal_write(struct journal *journal, struct error *error);
bool journal_sync(struct journal *journal, struct error *error); /* fdatasync, if anything is new */
void journal_close(struct journal *journal);

/* Reading: the whole file is read at open. */
struct journal_reader {
    struct journal_head head;
    char *bytes;
    size_t length, next;
    size_t good; /* offset behind the last good record read */
    bool has_ended;
    int exit_status;
    int64_t end_time;
    struct buffer detail; /* text of the input last read */
};
bool journal_open(struct journal_reader *ret, const struct run_folder *folder,
                  struct error *error);
/* The next input; false at the end (then has_ended and what follows tell whether the run ended).
 * in->outcome.detail lives until the next call. */
bool journal_next(struct journal_reader *reader, struct input *in);
void journal_reader_close(struct journal_reader *reader);

/* --- the log --- */

struct run_log;
struct run_log *log_create(const struct run_folder *folder, struct error *error);
/* Where the next frame will begin. */
uint64_t log_offset(const struct run_log *log);
/* Gathers frames in memory; log_write puts them into the file. More than 1 MiB gathered is written
 * at once. False (disk full) leaves errno's text in error; what was gathered is kept. */
bool log_add(struct run_log *log, uint32_t node, uint32_t attempt, int stream, const void *bytes,
             size_t length, struct error *error);
bool log_write(struct run_log *log, struct error *error);
void log_close(struct run_log *log);

/* Reads an attempt's output back: calls chunk() for each of its frames in extent, in order, bytes
 * as they were. */
typedef void log_chunk(void *context, int stream, const char *bytes, size_t length);
bool log_read(const struct run_folder *folder, uint32_t node, uint32_t attempt,
              const struct extent *extent, log_chunk *chunk, void *context, struct error *error);

/* --- values --- */

struct values;
struct values *values_create(const struct run_folder *folder, struct error *error);
/* Written at once, before the journal can point at it. */
bool values_add(struct values *values, const void *bytes, size_t length, struct extent *ret,
                struct error *error);
/* The bytes, with a NUL behind them; the caller's. Checks the checksum. */
bool values_get(struct values *values, const struct extent *extent, char **ret_bytes,
                struct error *error);
struct values *values_open(const struct run_folder *folder, struct error *error);
bool values_sync(struct values *values, struct error *error);
void values_close(struct values *values);

/* --- the index --- */

struct index_run {
    char *id, *name, *file; /* name of the workflow; its file */
    int64_t started, elapsed; /* wall nanoseconds; duration */
    int exit_status; /* -1: not ended */
    uint32_t succeeded, failed, total;
};
/* Puts a run's row in; the database is made if it is not there. Failures are not the run's: the
 * database can be rebuilt. */
bool index_put(const char *state, const struct index_run *run, struct error *error);
/* Rows of runs, oldest first. */
bool index_runs(const char *state, struct index_run **ret_runs, uint32_t *ret_count,
                struct error *error);
void index_run_release(struct index_run *run);

/* "3.40.1" */
const char *history_sqlite_version(void);

#endif
