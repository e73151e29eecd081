/* What a run leaves behind, in .pargraph/runs/<id>/:
 *
 *   journal         the inputs of the scheduler in order: the truth (journal format below)
 *   log             what tasks wrote, in framed chunks (log format below)
 *   values          kept outputs: bytes that the journal points into
 *   workflow/       the workflow as it was run: main.yml
 *   frozen.json     {"file", "directory", "params", "snapshot", "selection", "cpu"...}: what else
 *                   is needed to plan the same again
 *   lock            locked (flock) by whoever owns the run: by the open file, so a process that is
 *                   handed the descriptor shares it, and it is free when the last of them is gone
 *   tmp/            of attempts: PARGRAPH_OUTPUT files, scripts
 *   socket          while a run goes on that can be asked by verbs: the path of its socket
 *
 * and .pargraph/index.db, an SQLite database derived from the journals. Directories are 0700, files
 * 0600. A state directory made here ignores itself (.gitignore).
 *
 * Journal: the 8 bytes "pgjrnl1\n", then records. Record: u32 length of payload, u32 crc32c of kind
 * and payload, u8 kind, payload. Integers little-endian. The first record is the head. A reader
 * stops at the first record that does not fit, whose checksum is wrong or which says what cannot
 * be: that is the end (a torn tail), never an error.
 *
 * Log: frames. Frame: "PGLF", u32 node, u32 attempt, u8 stream (1, 2), 3 bytes 0, u32 length (1 to
 * 65536), bytes.
 *
 * Appending is whole or not at all: when a write fails, the file is cut back to what it held
 * before, what was to be written stays gathered, and the next write tries all of it again.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/source.h"
#include "fact/fact.h"

/* --- the state directory --- */

/* The .pargraph to use: given (--state), else $PARGRAPH_STATE unless empty, else beside the
 * workflow file ("-": in the current folder), else, without a file, the nearest upward from the
 * current folder. The caller's; NULL with an error (no file and none found). Nothing is created. */
char *state_directory(const char *given, const char *workflow_file, struct error *error);

/* One run's folder. */
struct run_folder {
    char *id;      /* 20261123-225501, or with -2 and so on behind it */
    char *path;    /* state/runs/id, absolute, without symbolic links */
    int directory; /* descriptor of path, close-on-exec */
    int lock;      /* descriptor of the locked file, -1 while reading */
};
/* Makes a new run: state directory, folder, tmp/ (0700), and takes the lock. wall is the time for
 * the id, which no other run of this state gets, and which comes behind all others that are there,
 * even if that time is before theirs. False leaves no folder behind. */
bool run_folder_create(struct run_folder *ret, const char *state, int64_t wall,
                       struct error *error);
/* Opens one for reading: id, a unique beginning of one, or NULL for the newest. Whatever else id is
 * (a path, say), it names no run. */
bool run_folder_open(struct run_folder *ret, const char *state, const char *id,
                     struct error *error);
/* Takes the lock of a run that was opened for reading. False, with an error that says so, while
 * somebody else owns it; readers may ask at the same time. */
bool run_folder_lock(struct run_folder *folder, struct error *error);
/* Is its lock held, that is, is the run alive? */
bool run_folder_is_alive(const struct run_folder *folder);
/* False once its journal was removed: whatever is written there is for nobody. */
bool run_folder_is_there(const struct run_folder *folder);
/* Gives the lock up too, unless another process holds its descriptor. A zeroed folder is left as it
 * is. */
void run_folder_close(struct run_folder *folder);
/* Ids of all runs, oldest first; none where there is no state directory. The caller's: free each
 * and the array. */
bool run_folder_list(const char *state, char ***ret_ids, uint32_t *ret_count, struct error *error);
/* A file of the folder, whole. name is relative and may have folders in it, which are made; one
 * that would leave the folder (absolute, "..") is refused, and only plain files are read. Writing
 * replaces the file whole or not at all; so does copying, of a source. The text read has a NUL
 * behind it; the caller's. */
bool run_folder_write(const struct run_folder *folder, const char *name, const void *bytes,
                      size_t length, struct error *error);
bool run_folder_copy(const struct run_folder *folder, const char *name, const struct source *source,
                     struct error *error);
bool run_folder_read(const struct run_folder *folder, const char *name, char **ret_text,
                     size_t *ret_length, struct error *error);

/* --- the journal --- */

/* What the run was started with: its first record, written as the journal is made. */
struct journal_head {
    uint32_t scheduler_version;
    uint8_t failure_policy;
    int64_t wall;  /* wall clock at time 0 */
    uint64_t boot; /* clock_boot(), and the monotonic clock at time 0: what tells how long ago */
    int64_t zero;  /* something was, whatever becomes of the wall clock; boot 0: not known */
    uint64_t cpu_capacity;
    uint32_t plan; /* plan_fingerprint */
};

enum record_kind {
    RECORD_HEAD = 1,  /* journal_head, as text "key value\n" lines */
    RECORD_INPUT,     /* struct input: what its kind uses */
    RECORD_END,       /* the run is over: u8 exit status of pargraph, i64 time, u32 succeeded, u32
                         failed, u32 total. Nothing follows but an INPUT_RESUME */
    RECORD_VECTOR,    /* a request that was evaluated: u32 id, then u32 token, u64 amount each */
    RECORD_EXPANSION, /* what a dynamic matrix came to, before its INPUT_EXPANDED: u32 node, u8 0
                         and the JSON, or u8 1 and its place in the values file (u64 offset, u64
                         length, u32 checksum) */
    RECORD_TOKEN,     /* a keyed lock's token that was made, before the vector that names it: u32
                         token, u32 primitive, then the key's JSON */
    RECORD_ITEM,      /* an item, before the input that names it: u32 item, then the place of its
                         JSON in the values file, as above */
};

/* How a run ended. */
struct journal_end {
    int exit_status; /* of pargraph */
    int64_t time;
    uint32_t succeeded, failed, total; /* instances */
};

struct values;  /* below */
struct journal; /* open for writing */
struct journal *journal_create(const struct run_folder *folder, const struct journal_head *head,
                               struct error *error);
/* Goes on with one that is there, behind its first `good` bytes: the rest is cut off. */
struct journal *journal_resume(const struct run_folder *folder, uint64_t good, struct error *error);
/* Puts a new journal, of this head and these inputs, in place of the one that is there: at once, or
 * not at all. */
bool journal_replace(const struct run_folder *folder, const struct journal_head *head,
                     const struct input *inputs, uint32_t count, struct error *error);
/* Appends to memory; journal_write puts all of it into the file, in one write. An outcome's detail
 * is kept up to 64 KiB. */
/* A request that INPUT_EVALUATED is about to name for the first time: vector `id` of the plan. */
void journal_add_vector(struct journal *journal, const struct vectors *vectors, uint32_t id);
/* A keyed lock's token that a vector is about to name for the first time. */
void journal_add_token(struct journal *journal, const struct plan *plan, uint32_t token);
/* An item that an input is about to name, and where its JSON is. Numbers follow each other. */
void journal_add_item(struct journal *journal, uint32_t item, const struct extent *extent);
void journal_add_input(struct journal *journal, const struct input *in);
void journal_add_end(struct journal *journal, const struct journal_end *end);
/* What the expansion of a template came to, as JSON: INPUT_EXPANDED (VERDICT_RUN) is about to say
 * that the plan has grown by it. A long one goes to values at once. */
bool journal_add_expansion(struct journal *journal, struct values *values, uint32_t node,
                           const char *json, size_t length, struct error *error);
bool journal_write(struct journal *journal, struct error *error);
bool journal_sync(struct journal *journal, struct error *error); /* fdatasync, if anything is new */
/* Another descriptor of the file, the caller's, for a thread that syncs it; -1 with errno. */
int journal_duplicate(const struct journal *journal);
void journal_close(struct journal *journal); /* drops what was not written */

/* Reading: the whole file is read at open. It is an error if it is no journal or has no head. */
struct journal_reader {
    struct journal_head head;
    const struct run_folder *folder; /* the caller's, until journal_reader_close */
    char *bytes;
    size_t length, next;
    struct plan *plan;    /* its vectors and tokens grow as they grew in the run; NULL: passed over.
                             The caller's, set after journal_open */
    size_t good;          /* offset behind the last good record read */
    int64_t wall_at_zero; /* wall clock at time 0 of those who write now: the head's, until
                             an INPUT_RESUME was read; */
    uint64_t boot;        /* so are these, which are the head's at first */
    int64_t zero;
    uint32_t resumes; /* so many of these */
    bool has_ended;
    struct journal_end end;
    bool has_bad_expansion;   /* of journal_feed */
    struct buffer detail;     /* text of the input last read */
    VEC(struct extent) items; /* by item: where its JSON is in the values file */
    uint32_t request_count;   /* of journal_feed: so many requests were made */
    struct journal_expansion {
        bool is_there; /* since the last INPUT_EXPANDED was asked for */
        uint32_t node;
        const char *json; /* in bytes; NULL: in the values file, */
        size_t length;
        struct extent extent; /* here */
    } expansion;
};
bool journal_open(struct journal_reader *ret, const struct run_folder *folder, struct error *error);
/* The next input, what its kind does not use being zero; false at the end (then has_ended and end
 * tell how). in->outcome.detail lives until the next call. Whatever comes
 * behind the end record is not read. */
bool journal_next(struct journal_reader *reader, struct input *in);
/* What the INPUT_EXPANDED that was just read grew the plan by: the JSON of its expansion. The
 * caller's. False with an error where the journal has none for this node, or the values file is
 * damaged. */
bool journal_get_expansion(struct journal_reader *reader, uint32_t node, char **ret_json,
                           size_t *ret_length, struct error *error);
void journal_reader_close(struct journal_reader *reader);
/* All inputs of the journal, in order; the plan gets the vectors, and the locks of keys, that it
 * got in the run, and grows as it grew, before the input that tells of it. take() returns false to
 * end the journal before its input: reader->good is where that begins. False with an error at one
 * that does not fit the plan, or, with has_bad_expansion, at one by which the plan can never grow
 * again, because its values are damaged, say: then, too, good is where that begins, and all before
 * it was taken. */
typedef bool journal_take(void *context, const struct input *in);
bool journal_feed(struct journal_reader *reader, struct plan *plan, journal_take *take,
                  void *context, struct error *error);

/* --- the log --- */

struct run_log;
struct run_log *log_create(const struct run_folder *folder, struct error *error);
/* Goes on with the log that is there, or makes one. The first `kept` bytes are told of in the
 * journal and stay; behind them whole frames stay, and a torn one is cut off. Each frame, from the
 * beginning on, is shown to `frame`: those of attempts whose extent nobody wrote down are found so.
 */
typedef void log_frame(void *context, uint32_t node, uint32_t attempt, uint64_t offset,
                       uint64_t length);
struct run_log *log_resume(const struct run_folder *folder, uint64_t kept, log_frame *frame,
                           void *context, struct error *error);
/* Behind all that was added so far: where the next frame will begin, unless bytes of the same
 * attempt and stream continue the last one. */
uint64_t log_offset(const struct run_log *log);
/* Gathers frames in memory; log_write puts them into the file. More than 1 MiB gathered is written
 * at once. False (disk full) leaves errno's text in error; what was gathered, these bytes too, is
 * kept. log_close drops what was not written. */
bool log_add(struct run_log *log, uint32_t node, uint32_t attempt, int stream, const void *bytes,
             size_t length, struct error *error);
bool log_write(struct run_log *log, struct error *error);
void log_close(struct run_log *log);

/* Reads an attempt's output back: calls chunk() for each of its frames in extent, in order, bytes
 * as they were. Other attempts' frames in between are passed over. False at the first damaged
 * frame, with an error that says so; what stood before it has been handed over. */
typedef void log_chunk(void *context, int stream, const char *bytes, size_t length);
bool log_read(const struct run_folder *folder, uint32_t node, uint32_t attempt,
              const struct extent *extent, log_chunk *chunk, void *context, struct error *error);

/* --- values --- */

struct values *values_create(const struct run_folder *folder, struct error *error);
struct values *values_open(const struct run_folder *folder, struct error *error); /* to get only */
/* Goes on behind all that is there, or makes one: a torn piece is nobody's. */
struct values *values_resume(const struct run_folder *folder, struct error *error);
/* Gathers short ones in memory; values_write puts them into the file, which must be before the
 * journal that points at them is written. Long ones are written at once. No bytes make a zeroed
 * extent, which gives no bytes back. When writing fails (disk full), what was gathered is kept. */
bool values_add(struct values *values, const void *bytes, size_t length, struct extent *ret,
                struct error *error);
bool values_write(struct values *values, struct error *error);
/* The bytes, with a NUL behind them; the caller's, written or not yet. Checks the checksum. */
bool values_get(struct values *values, const struct extent *extent, char **ret_bytes,
                struct error *error);
/* After a values_get that failed: because of what the file holds, so it will fail for ever. */
bool values_are_damaged(const struct values *values);
/* Does the run have any? */
bool values_exist(const struct run_folder *folder);
bool values_sync(struct values *values, struct error *error); /* writes, too */
int values_duplicate(const struct values *values);            /* as journal_duplicate */
void values_close(struct values *values);                     /* drops what was not written */

/* --- the index --- */

struct index_run {
    char *id, *name, *file;   /* name of the workflow; its file. "" where it is not known */
    int64_t started, elapsed; /* wall nanoseconds; duration */
    int exit_status;          /* -1: not ended */
    uint32_t succeeded, failed, total; /* total 0: the counts are not known */
    uint64_t journal; /* length of its journal when all this was so: with another one it is not */
};
/* Puts the rows of runs in; the database is made if it is not there, and made anew, with the old
 * one renamed to index.db.bad, if it is damaged or of another version. Waits up to 2 s for another
 * process that writes. */
bool index_put(const char *state, const struct index_run *runs, uint32_t count,
               struct error *error);
/* Rows of the runs that have a folder, oldest first. What the database does not know, or no longer
 * (the journal has grown since), is read from the journal and frozen.json, and put in if the run
 * has ended: so the index is brought up to date by those who read it, and no run waits for it. The
 * caller's: release each, free the array. */
bool index_runs(const char *state, struct index_run **ret_runs, uint32_t *ret_count,
                struct error *error);
void index_run_release(struct index_run *run);

/* How long tasks take, as earlier runs of a workflow (its absolute path) tell: by name, of an
 * instance or "T[*]", mean nanoseconds. What is put counts for half, what was there for the rest. A
 * database that cannot be used is as for index_put. */
struct duration {
    char *name;
    int64_t mean;
};
bool durations_put(const char *state, const char *workflow, const struct duration *items,
                   uint32_t count, struct error *error);
/* In no order; none, and false with an error, where the database cannot be read. */
bool durations_read(const char *state, const char *workflow, struct duration **ret,
                    uint32_t *ret_count, struct error *error);
void durations_free(struct duration *items, uint32_t count);

/* "3.40.1" */
const char *history_sqlite_version(void);

#endif
