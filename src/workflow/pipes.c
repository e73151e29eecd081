/* Pipes: each is declared by its use. One task writes it, others read it; tasks that pipes connect
 * start together and fail as one, so none of them can need another, and each is one instance. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

bool pipe_read(struct reader *reader, uint32_t node, int descriptor, struct stream *stream)
{
    if (reader->task == NULL) {
        reader_error(reader, node - 1, "a pipe is of one task, not of all");
        return false;
    }
    name id;
    if (!reader_constant(reader, node, &id) || !reader_check_name(reader, node, "a pipe"))
        return false;
    struct workflow *workflow = reader->workflow;
    uint32_t index = name_map_get(&reader->pipe_of_name, id);
    if (index == 0) {
        index = ++workflow->pipe_count;
        name_map_set(&reader->pipe_of_name, id, index);
    }
    stream->kind = STREAM_PIPE;
    stream->pipe = index - 1;
    *VEC_PUSH(&reader->pipe_ends) = (struct pipe_end){.at = reader_node(reader, node)->at,
                                                      .task = reader->task_index,
                                                      .pipe = index - 1,
                                                      .is_writer = descriptor > 0};
    return true;
}

/* --- ends --- */

static bool error_at(struct reader *reader, const struct pipe_end *end, const char *message)
{
    const struct workflow *workflow = reader->workflow;
    return diagnostics_add(reader->diagnostics, end->at, "pipe '%s' %s",
                           names_text(reader->names, workflow->pipes[end->pipe].name), message);
}

static void add_writer(struct reader *reader, struct pipe *pipe, const struct pipe_end *end)
{
    const struct workflow *workflow = reader->workflow;
    if (pipe->writer == NO_TASK) {
        pipe->writer = end->task;
        pipe->at = end->at;
    } else if (pipe->writer == end->task) {
        error_at(reader, end, "takes one stream of a task");
        reader_hint(reader, "write stderr: stdout");
    } else {
        error_at(reader, end, "has a writer already");
        reader_hint(reader,
                    "it is '%s'; give this task a pipe of its own, or put both into a queue",
                    names_text(reader->names, workflow->tasks[pipe->writer].name));
    }
}

static void names_set(struct reader *reader)
{
    const struct name_map *map = &reader->pipe_of_name;
    for (name id = 0; id < map->count; id++)
        if (map->numbers[id] != 0)
            reader->workflow->pipes[map->numbers[id] - 1].name = id;
}

static void ends_join(struct reader *reader)
{
    struct workflow *workflow = reader->workflow;
    struct arena *arena = &workflow->arena;
    workflow->pipes = ARENA_ARRAY(arena, struct pipe, workflow->pipe_count);
    for (uint32_t i = 0; i < workflow->pipe_count; i++)
        workflow->pipes[i].writer = NO_TASK;
    names_set(reader);
    for (uint32_t i = 0; i < reader->pipe_ends.count; i++)
        workflow->pipes[reader->pipe_ends.items[i].pipe].reader_count++;
    for (uint32_t i = 0; i < workflow->pipe_count; i++) {
        struct pipe *pipe = &workflow->pipes[i];
        pipe->readers = ARENA_ARRAY(arena, uint32_t, pipe->reader_count);
        pipe->reader_count = 0;
    }
    for (uint32_t i = 0; i < reader->pipe_ends.count; i++) {
        const struct pipe_end *end = &reader->pipe_ends.items[i];
        struct pipe *pipe = &workflow->pipes[end->pipe];
        if (pipe->at == PLACE_NONE)
            pipe->at = end->at;
        if (end->is_writer)
            add_writer(reader, pipe, end);
        else
            pipe->readers[pipe->reader_count++] = end->task;
    }
}

/* --- checks --- */

static void suggest_other(struct reader *reader, const struct pipe *lonely, bool wants_writer)
{
    const struct workflow *workflow = reader->workflow;
    VEC(const char *) known = {0};
    for (uint32_t i = 0; i < workflow->pipe_count; i++) {
        const struct pipe *pipe = &workflow->pipes[i];
        if (pipe != lonely && (wants_writer ? pipe->writer != NO_TASK : pipe->reader_count > 0))
            *VEC_PUSH(&known) = names_text(reader->names, pipe->name);
    }
    if (wants_writer)
        reader_hint(reader, "write stdout: {pipe: %s} on the task that does",
                    names_text(reader->names, lonely->name));
    else
        reader_hint(reader, "write stdin: {pipe: %s} on the tasks that do",
                    names_text(reader->names, lonely->name));
    reader_suggest(reader, names_text(reader->names, lonely->name), known.items, known.count);
    VEC_RELEASE(&known);
}

static void check_pipe(struct reader *reader, const struct pipe *pipe)
{
    const char *text = names_text(reader->names, pipe->name);
    if (pipe->writer == NO_TASK) {
        diagnostics_add(reader->diagnostics, pipe->at, "no task writes to pipe '%s'", text);
        suggest_other(reader, pipe, true);
    } else if (pipe->reader_count == 0) {
        diagnostics_add(reader->diagnostics, pipe->at, "no task reads pipe '%s'", text);
        suggest_other(reader, pipe, false);
    }
    for (uint32_t i = 0; i < pipe->reader_count; i++)
        if (pipe->readers[i] == pipe->writer)
            diagnostics_add(reader->diagnostics, pipe->at,
                            "a task cannot read pipe '%s', which it writes", text);
}

static void check_end(struct reader *reader, const struct pipe_end *end)
{
    const struct workflow *workflow = reader->workflow;
    const struct task *task = &workflow->tasks[end->task];
    const struct pipe *pipe = &workflow->pipes[end->pipe];
    if (task->matrix != NULL) {
        error_at(reader, end, "cannot belong to a task with a matrix");
        reader_hint(reader,
                    "a pipe joins single tasks; a queue takes from and gives to any number");
    }
    if (task->body == BODY_STEPS || task->body == BODY_NONE) {
        error_at(reader, end,
                 task->body == BODY_STEPS ? "cannot belong to a task with steps"
                                          : "belongs to a task that runs nothing");
        reader_hint(reader, task->body == BODY_STEPS
                                ? "write what the steps do as one 'run'; locks and semaphores may "
                                  "stand on the task"
                                : "a pipe is of one process: write run or exec");
    }
    if (!end->is_writer && pipe->writer != NO_TASK &&
        workflow->tasks[pipe->writer].is_finally != task->is_finally)
        error_at(reader, end,
                 "cannot join a task under 'tasks' and one under 'finally', which runs later");
}

/* --- sets --- */

/* Union-find by path halving: tasks that pipes connect have one representative. */
static uint32_t find(uint32_t *parents, uint32_t task)
{
    while (parents[task] != task)
        task = parents[task] = parents[parents[task]];
    return task;
}

static void unite(uint32_t *parents, uint32_t a, uint32_t b)
{
    parents[find(parents, a)] = find(parents, b);
}

static void check_needs(struct reader *reader, uint32_t *parents, uint32_t index)
{
    const struct task *task = &reader->workflow->tasks[index];
    for (uint32_t i = 0; i < task->need_count; i++) {
        const struct need *need = &task->needs[i];
        if (need->task == NO_TASK || need->task == index ||
            find(parents, need->task) != find(parents, index))
            continue;
        diagnostics_add(reader->diagnostics, need->at,
                        "pipes start '%s' and '%s' together, so neither can need the other",
                        names_text(reader->names, task->name),
                        names_text(reader->names, reader->workflow->tasks[need->task].name));
    }
}

static void check_sets(struct reader *reader)
{
    const struct workflow *workflow = reader->workflow;
    uint32_t *parents = memory_array(workflow->task_count, sizeof *parents);
    for (uint32_t i = 0; i < workflow->task_count; i++)
        parents[i] = i;
    for (uint32_t i = 0; i < workflow->pipe_count; i++) {
        const struct pipe *pipe = &workflow->pipes[i];
        for (uint32_t k = 0; k < pipe->reader_count; k++)
            unite(parents, pipe->readers[k],
                  pipe->writer != NO_TASK ? pipe->writer : pipe->readers[0]);
    }
    uint32_t before = NO_TASK; /* the ends of a task follow one another */
    for (uint32_t i = 0; i < reader->pipe_ends.count; i++) {
        if (reader->pipe_ends.items[i].task != before)
            check_needs(reader, parents, reader->pipe_ends.items[i].task);
        before = reader->pipe_ends.items[i].task;
    }
    memory_free(parents);
}

void pipes_check(struct reader *reader)
{
    struct workflow *workflow = reader->workflow;
    if (workflow->pipe_count == 0)
        return;
    ends_join(reader);
    for (uint32_t i = 0; i < workflow->pipe_count; i++)
        check_pipe(reader, &workflow->pipes[i]);
    for (uint32_t i = 0; i < reader->pipe_ends.count; i++)
        check_end(reader, &reader->pipe_ends.items[i]);
    check_sets(reader);
}
