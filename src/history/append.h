/* A file that only grows, by whole pieces: the journal, the log and the values are such files. */
#ifndef HISTORY_APPEND_H
#define HISTORY_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "history/history.h"

struct append_file {
    int descriptor;
    char *path;
    uint64_t length; /* of the whole pieces */
    bool is_unsynced;
};

/* Makes the file, which must not be there yet, for writing and reading. */
bool append_create(struct append_file *ret, const struct run_folder *folder, const char *file_name,
                   struct error *error);
/* Opens one that is there, or makes it, for writing and reading, with all it has. */
bool append_resume(struct append_file *ret, const struct run_folder *folder, const char *file_name,
                   struct error *error);
/* Cuts it, or fills it up with zeros: what was written down elsewhere as lying there keeps its
 * place. */
bool append_cut(struct append_file *file, uint64_t length, struct error *error);
/* Opens one that is there, for reading only. */
bool append_open(struct append_file *ret, const struct run_folder *folder, const char *file_name,
                 struct error *error);
/* All of it behind the last piece, in one write, or nothing. */
bool append_write(struct append_file *file, const void *bytes, size_t length, struct error *error);
/* Up to length bytes from offset on; SIZE_MAX with an error when they cannot be read. Fewer: the
 * file ends there. */
size_t append_read(const struct append_file *file, uint64_t offset, void *bytes, size_t length,
                   struct error *error);
/* Another descriptor of the file, the caller's, by which another thread may sync it; -1. */
int append_duplicate(const struct append_file *file);
bool append_sync(struct append_file *file, struct error *error);
void append_close(struct append_file *file);

#endif
