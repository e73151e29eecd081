/* The files a workflow was read from, and places in them.
 *
 * A place is one 32-bit number: the files stand one behind the other, and a place counts characters
 * (not bytes) from the start of the first. So every item of every model can keep its place for four
 * bytes, and line and column are worked out only when somebody is shown an error. */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
typedef uint32_t place;
enum { PLACE_NONE = 0 };

struct source {
    char *file; /* as the user named it */
    char *text; /* NULL once given back; source_text reads it again */
    size_t length;
    bool is_kept;      /* it cannot be read again (set by whoever adds it): never given back */
    uint32_t checksum; /* of a text given back */
    place first;       /* the place of its first character */
    uint32_t characters;
};

enum { SOURCE_LARGE = 8 << 20 }; /* bytes, from which on it is worth while to give one back */

struct sources {
    struct source *items;
    uint32_t count, capacity;
};

struct location {
    const char *file;
    uint32_t line, column; /* from 1; column in characters */
    const char *text;      /* the line, without its newline; lives with the sources */
    size_t length;
    size_t offset; /* of the place in text, in bytes */
};

/* Takes ownership of text (from malloc), which must be valid UTF-8. */
place sources_add(struct sources *sources, const char *file, char *text, size_t length);
/* Where a place is. text is empty, and line and column 0, if the text was given back and the file
 * is not what it was. */
bool sources_locate(const struct sources *sources, place at, struct location *ret);
/* Frees the texts of files as long as this or longer: once a file has been read its text is wanted
 * only for errors and to be kept with a run, and a large one would cost a quarter of a plan. */
void sources_give_back(struct sources *sources, size_t least);
/* The text (borrowed); NULL if it was given back and the file is not what it was. */
const char *source_text(struct source *source);
/* A file at `path` with the text, made whole or not at all; what was given back is not read whole
 * for it. */
bool source_copy(const struct source *source, const char *path, struct error *error);
void sources_release(struct sources *sources);

#endif
