/* One workflow read from text, for the checks of this folder. */
#ifndef TESTS_WORKFLOW_FIXTURE_H
#define TESTS_WORKFLOW_FIXTURE_H

#include "base/memory.h"
#include "support/check.h"
#include "workflow/workflow.h"

struct fixture {
    struct sources sources;
    struct names names;
    struct snapshot snapshot;
    struct diagnostics diagnostics;
    struct workflow workflow;
    bool is_good;
};

/* Reads; params is a JSON object's text, or NULL. */
void fixture_read_with(struct fixture *fixture, const char *text, const char *params);
void fixture_read(struct fixture *fixture, const char *text);
/* The same for text with NULs. */
void fixture_read_bytes(struct fixture *fixture, const char *text, size_t length,
                        const char *params);
/* Checks that there was no error (and shows those there are). */
void fixture_good(struct fixture *fixture, const char *text);
void fixture_release(struct fixture *fixture);

const struct task *fixture_task(const struct fixture *fixture, const char *name);
const char *fixture_text(const struct fixture *fixture, name id);
/* Text as "literal|source@quoting|literal". New. */
char *fixture_pieces(const struct fixture *fixture, const struct text *text);
#define CHECK_PIECES(f, text, expected)                                                            \
    do {                                                                                           \
        CLEANUP_FREE char *pieces = fixture_pieces((f), (text));                                   \
        CHECK_TEXT(pieces, (expected));                                                            \
    } while (0)
bool fixture_is_single(const struct fixture *fixture, const char *task, const char *as);
/* All diagnostics. New. */
char *fixture_errors(struct fixture *fixture);

extern const struct check model_checks[], params_checks[], text_checks[], parts_checks[],
    steps_checks[], synchronisation_checks[], examples_checks[], hostile_checks[],
    functions_checks[];

#endif
