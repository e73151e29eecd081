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

typedef uint32_t place;
enum { PLACE_NONE = 0 };

struct source {
    char *file; /* as the user named it */
    char *text;
    size_t length;
    place first; /* the place of its first character */
    uint32_t characters;
};

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
bool sources_locate(const struct sources *sources, place at, struct location *ret);
void sources_release(struct sources *sources);

#endif
