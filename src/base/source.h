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
    char *text; /* NULL once given back; source_text reads it again */
    size_t length;
    uint64_t hash; /* of a text given back */
    place first;   /* the place of its first character */
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
/* Where a place is. text is empty, and line and column 0, if the text was given back and the file
 * is not what it was. */
bool sources_locate(const struct sources *sources, place at, struct location *ret);
/* Frees the texts of files as long as this or longer: once a file has been read its text is wanted
 * only for errors and to be kept with a run, and a large one would cost a quarter of a plan. */
void sources_give_back(struct sources *sources, size_t least);
/* The text (borrowed); NULL if it was given back and the file is not what it was. */
const char *source_text(struct source *source);
void sources_release(struct sources *sources);

#endif
