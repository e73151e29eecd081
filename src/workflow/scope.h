/* What the parts of the scope share. Each that gives an int gives, as struct scope's declared()
 * does, how many characters of the text are the name, or SCOPE_UNKNOWN with an error. */
#ifndef WORKFLOW_SCOPE_H
#define WORKFLOW_SCOPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/names.h"
#include "workflow/reader.h"

/* --- comparing names (scope_match.c) --- */

/* The part of the text before its first '-'. */
int scope_identifier(const char *text, int length);
/* Tries text whole, then without its last part behind a '-', and so on; 0: none is known. */
int scope_longest(const struct reader *reader, const char *text, int length,
                  bool (*is_known)(const struct reader *reader, name found, const void *context),
                  const void *context);
/* One of a few names that are always the same; the error lists them all. */
int scope_fixed(const char *what, const char *const *names, size_t count, const char *text,
                int length, struct error *error);
int scope_unknown(struct error *error, const char *what, const char *text, int length);
/* Keeps quiet about a name whose declaration could not be read. */
int scope_follow_up(struct scope_state *state, struct error *error);

/* Names in an array of structures that hold one each. */
struct name_column {
    const void *first;
    size_t stride;
    uint32_t count;
};
/* Adds the nearest of the names, if one is near, to the error's hints. */
void scope_suggest(struct reader *reader, struct error *error, const char *text, int length,
                   struct name_column column);

/* --- needs (scope_needs.c) --- */

/* The name behind "needs." */
int scope_need_name(struct scope_state *state, const char *text, int length, struct error *error);
/* What is known of a need, behind "needs.AS." */
int scope_need_field(struct scope_state *state, const char *as, const char *text, int length,
                     struct error *error);
/* The name behind "needs.AS.outputs." */
int scope_output_name(struct scope_state *state, const char *as, const char *text, int length,
                      struct error *error);

/* --- synchronisation (scope_synchronisation.c) --- */

/* A name that the 'as' of a step binds; SCOPE_DATA: it is none. */
int scope_bound_name(struct scope_state *state, const char *text, int length, struct error *error);
/* The name behind "events." or "queues." */
int scope_primitive_name(struct scope_state *state, enum primitive_kind kind, const char *text,
                         int length, struct error *error);

#endif
