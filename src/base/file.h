/* Files and descriptors. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The whole of a file (or "-", standard input), with a NUL behind it that does not count. At most
 * `most` bytes. The text is the caller's. */
bool file_read(const char *path, size_t most, char **ret_text, size_t *ret_length,
               struct error *error);
/* Writes all; goes on after EINTR and short writes. False leaves errno. */
bool file_write_all(int descriptor, const void *bytes, size_t length);
/* Wakes who reads a pipe or an eventfd that does not block: one that is full wakes, too. A waking
 * that is lost would be a hang, so other errors are tried again. */
void file_ring(int descriptor, const void *bytes, size_t length);
/* Makes a file whole or not at all: a temporary file beside it, renamed. */
bool file_replace(const char *path, const void *bytes, size_t length, struct error *error);
/* Makes a copy of a file in the same way, if it is still so many bytes of this checksum (crc32c).
 */
bool file_copy(const char *from, const char *path, size_t length, uint32_t checksum,
               struct error *error);
/* Makes a directory and what is missing above it; one that is there is fine. */
bool file_make_directories(const char *path, unsigned mode, struct error *error);
/* "directory/name", or name alone if it is absolute or directory is "" or NULL. The caller's. */
char *file_join(const char *directory, const char *name);
/* The part before the last slash: "." for a bare name. The caller's. */
char *file_directory(const char *path);

/* Moves a descriptor that stays open for long to a number from FILE_RAISED up, away from those that
 * every child gets a copy of (spawn.c): a matter of speed alone. Negative, or if there is no such
 * number, it stays what it is. Keeps errno. */
enum { FILE_RAISED = 64 };
int file_raise(int descriptor);

void file_close(int *descriptor); /* closes unless negative, makes it -1; keeps errno */
#define CLEANUP_CLOSE __attribute__((cleanup(file_close)))

#endif
