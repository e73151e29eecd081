/* One workflow read from text; see fixture.h. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

void fixture_read_bytes(struct fixture *fixture, const char *text, size_t length,
                        const char *params)
{
    *fixture = (struct fixture){0};
    names_init(&fixture->names);
    snapshot_init(&fixture->snapshot, "/here");
    sources_add(&fixture->sources, "flow.yml", memory_text_n(text, length), length);
    struct workflow_options options = {.run_id = "r1"};
    if (params != NULL)
        options.params = json_loads(params, 0, NULL);
    fixture->is_good =
        workflow_read(&fixture->workflow, &fixture->sources, &fixture->sources.items[0],
                      &fixture->names, &fixture->snapshot, &options, &fixture->diagnostics);
    json_decref(options.params);
}

void fixture_read_with(struct fixture *fixture, const char *text, const char *params)
{
    fixture_read_bytes(fixture, text, strlen(text), params);
}

void fixture_read(struct fixture *fixture, const char *text)
{
    fixture_read_with(fixture, text, NULL);
}

void fixture_good(struct fixture *fixture, const char *text)
{
    fixture_read(fixture, text);
    CU_ASSERT_TRUE(fixture->is_good);
    CLEANUP_FREE char *errors = fixture_errors(fixture);
    CHECK_TEXT(errors, "");
}

void fixture_release(struct fixture *fixture)
{
    workflow_release(&fixture->workflow);
    diagnostics_release(&fixture->diagnostics);
    snapshot_release(&fixture->snapshot);
    names_release(&fixture->names);
    sources_release(&fixture->sources);
}

const struct task *fixture_task(const struct fixture *fixture, const char *name)
{
    uint32_t id = names_find(&fixture->names, name, strlen(name));
    uint32_t task = id != UINT32_MAX ? workflow_task(&fixture->workflow, id) : NO_TASK;
    CU_ASSERT_NOT_EQUAL_FATAL(task, NO_TASK);
    return &fixture->workflow.tasks[task];
}

const char *fixture_text(const struct fixture *fixture, name id)
{
    return names_text(&fixture->names, id);
}

char *fixture_pieces(const struct fixture *fixture, const struct text *text)
{
    struct buffer out = {0};
    if (text->piece_count == 0)
        buffer_add_text(&out, fixture_text(fixture, text->literal));
    for (uint32_t i = 0; i < text->piece_count; i++) {
        const struct piece *piece = &text->pieces[i];
        buffer_add_text(&out, fixture_text(fixture, piece->literal));
        if (piece->expression != NO_EXPRESSION)
            buffer_printf(&out, "|%s@%d|", fixture->workflow.expressions[piece->expression].source,
                          piece->quoting);
    }
    return buffer_take(&out);
}

char *fixture_errors(struct fixture *fixture)
{
    struct buffer out = {0};
    diagnostics_write(&fixture->diagnostics, &fixture->sources, &out);
    return buffer_take(&out);
}

bool fixture_is_single(const struct fixture *fixture, const char *task, const char *as)
{
    return workflow_need_is_single(&fixture->workflow, fixture_task(fixture, task),
                                   names_find(&fixture->names, as, strlen(as)));
}
