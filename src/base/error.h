/* What went wrong, for the caller to pass up or to collect. Library code never prints.
 *
 * One error: the last parameter of a function that can fail. `return error_set(error, ...)` is the
 * idiom: it returns false, and false means that nothing happened. Many errors (of a file) are
 * collected in struct diagnostics and shown together, sorted by place. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/source.h"

struct error {
    char *message; /* one sentence without a full stop; NULL while there is none */
    char *hint;    /* what to do; may be NULL */
    place at;
};

/* All return false. An earlier message is replaced. error may be NULL. */
bool error_set(struct error *error, place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "format: strerror(number)" */
bool error_set_system(struct error *error, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts "format: " in front of the message. */
bool error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_release(struct error *error);
#define CLEANUP_ERROR __attribute__((cleanup(error_release)))

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diagnostic {
    struct error what;
    uint8_t severity;
    uint32_t order; /* of its coming, for those at one place */
};

struct diagnostics {
    struct diagnostic *items;
    uint32_t count, capacity;
    uint32_t error_count;
};

/* Collects an error; returns false. Beyond 1000 errors only the count grows. */
bool diagnostics_add(struct diagnostics *diagnostics, place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnostics_warn(struct diagnostics *diagnostics, place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a hint to the last one collected. */
void diagnostics_hint(struct diagnostics *diagnostics, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Moves an error in, and clears it; returns false. */
bool diagnostics_take(struct diagnostics *diagnostics, struct error *error);
/* Writes all, sorted by place, each as
 *     flow.yml:7:5: error: unknown key 'need'
 *         7 |     need: [a]
 *           |     ^
 *           = did you mean 'needs'?
 * Long lines are shown as a window around the caret; control characters as '?'. */
void diagnostics_write(struct diagnostics *diagnostics, const struct sources *sources,
                       struct buffer *out);
void diagnostics_release(struct diagnostics *diagnostics);

#endif
