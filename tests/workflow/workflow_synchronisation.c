/* What a file declares to synchronise by, and what its tasks say of it beside their steps. */
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

#define SECOND INT64_C(1000000000)

static const struct synchronisation *synchronisation_of(const struct fixture *f, const char *task)
{
    const struct synchronisation *found = fixture_task(f, task)->synchronisation;
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    return found;
}

static const struct primitive *primitive(const struct fixture *f, const char *text)
{
    uint32_t id = names_find(&f->names, text, strlen(text));
    uint32_t index = id != UINT32_MAX ? workflow_primitive(&f->workflow, id) : NO_PRIMITIVE;
    CU_ASSERT_NOT_EQUAL_FATAL(index, NO_PRIMITIVE);
    return &f->workflow.primitives[index];
}

static const char *primitive_text(const struct fixture *f, uint32_t index)
{
    CU_ASSERT_FATAL(index < f->workflow.primitive_count);
    return fixture_text(f, f->workflow.primitives[index].name);
}

static void test_declarations(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "params: {n: {type: int, default: 3}}\n"
                     "conditions: {c: {lock: l}, d: {lock: l}}\n"
                     "queues: {q: 16, r: {max: '${{ params.n }}'}, s: }\n"
                     "locks: {l: , nightly: {file: '/tmp/${{ params.n }}'}}\n"
                     "semaphores: {api: 4, more: {permits: '${{ params.n }}'}}\n"
                     "barriers: {b: , b11: 11, b8: {parties: 8, timeout: 10m}}\n"
                     "events: [e, e2]\n");
    const struct workflow *w = &f.workflow;
    CU_ASSERT_EQUAL_FATAL(w->primitive_count, 14);
    CHECK_TEXT(fixture_text(&f, w->primitives[0].name), "c"); /* in order of the file */
    CHECK_TEXT(fixture_text(&f, w->primitives[13].name), "e2");
    CHECK_TEXT(primitive_text(&f, primitive(&f, "c")->lock), "l");
    CU_ASSERT_EQUAL(primitive(&f, "d")->lock, primitive(&f, "c")->lock);
    CU_ASSERT_EQUAL(primitive(&f, "l")->file.at, PLACE_NONE);
    CHECK_TEXT(fixture_text(&f, primitive(&f, "nightly")->file.literal), "/tmp/3");
    CU_ASSERT_EQUAL(primitive(&f, "nightly")->kind, PRIMITIVE_LOCK);
    CU_ASSERT_EQUAL(primitive(&f, "api")->count, 4);
    CU_ASSERT_EQUAL(primitive(&f, "more")->count, 3);
    CU_ASSERT_EQUAL(primitive(&f, "b")->count, 0);
    CU_ASSERT_EQUAL(primitive(&f, "b11")->count, 11);
    CU_ASSERT_EQUAL(primitive(&f, "b11")->timeout, UNLIMITED);
    CU_ASSERT_EQUAL(primitive(&f, "b8")->count, 8);
    CU_ASSERT_EQUAL(primitive(&f, "b8")->timeout, 600 * SECOND);
    CU_ASSERT_EQUAL(primitive(&f, "e2")->kind, PRIMITIVE_EVENT);
    CU_ASSERT_EQUAL(primitive(&f, "q")->count, 16);
    CU_ASSERT_EQUAL(primitive(&f, "r")->count, 3);
    CU_ASSERT_EQUAL(primitive(&f, "s")->count, 0);
    CHECK_TEXT(primitive_kind_text(PRIMITIVE_CONDITION), "condition");
    fixture_release(&f);
}

static void test_lists_of_names(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "locks: [l]\n"
                     "semaphores: [one]\n"
                     "barriers: [b]\n"
                     "queues: [q]\n");
    CU_ASSERT_EQUAL(primitive(&f, "one")->count, 1);
    CU_ASSERT_EQUAL(primitive(&f, "b")->count, 0);
    CU_ASSERT_EQUAL(primitive(&f, "q")->count, 0);
    CU_ASSERT_EQUAL(workflow_primitive(&f.workflow, 0), NO_PRIMITIVE);
    fixture_release(&f);
}

static void test_holds(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "locks: [db, log]\n"
                     "semaphores: {api: 4}\n"
                     "tasks:\n"
                     "  none: {run: make}\n"
                     "  one: {lock: db, run: make}\n"
                     "  all:\n"
                     "    matrix: {i: [1, 2]}\n"
                     "    lock: [log, {db: '${{ matrix.i }}'}, {db: 7}]\n"
                     "    semaphore: {api: 3}\n"
                     "    run: make\n"
                     "  list: {semaphore: [api], run: make}\n");
    CU_ASSERT_PTR_NULL(fixture_task(&f, "none")->synchronisation);
    const struct synchronisation *one = synchronisation_of(&f, "one");
    CU_ASSERT_EQUAL_FATAL(one->hold_count, 1);
    CU_ASSERT_FALSE(one->holds[0].is_keyed);
    CU_ASSERT_EQUAL(one->holds[0].amount, 1);
    const struct synchronisation *all = synchronisation_of(&f, "all");
    CU_ASSERT_EQUAL_FATAL(all->hold_count, 4);
    CHECK_TEXT(primitive_text(&f, all->holds[0].primitive), "log");
    CU_ASSERT_FALSE(all->holds[0].is_keyed);
    CU_ASSERT_TRUE(all->holds[1].is_keyed && all->holds[2].is_keyed);
    CHECK_PIECES(&f, &all->holds[1].key.text, "|matrix.i@0|");
    CU_ASSERT_EQUAL(json_integer_value(all->holds[2].key.constant), 7);
    CHECK_TEXT(primitive_text(&f, all->holds[3].primitive), "api");
    CU_ASSERT_EQUAL(all->holds[3].amount, 3);
    CU_ASSERT_EQUAL(synchronisation_of(&f, "list")->holds[0].amount, 1);
    fixture_release(&f);
}

static void test_words_of_tasks(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "barriers: [b, b2]\n"
                     "events: [e, f, g]\n"
                     "tasks:\n"
                     "  t: {wait: [e, f], barrier: b2, set: g, run: make}\n"
                     "  joins: {barrier: [b, b2], set: [e, f]}\n");
    const struct synchronisation *t = synchronisation_of(&f, "t");
    CU_ASSERT_EQUAL_FATAL(t->wait_count, 2);
    CHECK_TEXT(primitive_text(&f, t->waits[1]), "f");
    CU_ASSERT_EQUAL_FATAL(t->barrier_count, 1);
    CHECK_TEXT(primitive_text(&f, t->barriers[0]), "b2");
    CU_ASSERT_EQUAL_FATAL(t->set_count, 1);
    CHECK_TEXT(primitive_text(&f, t->sets[0]), "g");
    const struct synchronisation *joins = synchronisation_of(&f, "joins");
    CU_ASSERT_EQUAL(fixture_task(&f, "joins")->body, BODY_NONE);
    CU_ASSERT_EQUAL(joins->barrier_count, 2);
    CU_ASSERT_EQUAL(joins->wait_count, 0);
    fixture_release(&f);
}

static void check_use(const struct fixture *f, const struct use *use, enum use_role role,
                      const char *name)
{
    CU_ASSERT_EQUAL(use->role, role);
    CHECK_TEXT(primitive_text(f, use->primitive), name);
}

static void test_uses(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "locks: [l]\n"
                     "barriers: [b]\n"
                     "conditions: {c: {lock: l}}\n"
                     "events: [e]\n"
                     "queues: [q, r]\n"
                     "tasks:\n"
                     "  t:\n"
                     "    uses: {put: [q, r], barrier: b, set: e, clear: e, notify: c, close: r}\n"
                     "    run: ./worker\n"
                     "  s: {steps: [{uses: {get: q}, exec: [./taker]}, {run: make}]}\n");
    const struct synchronisation *t = synchronisation_of(&f, "t");
    CU_ASSERT_EQUAL_FATAL(t->use_count, 7);
    check_use(&f, &t->uses[0], USE_BARRIER, "b");
    check_use(&f, &t->uses[1], USE_SET, "e");
    check_use(&f, &t->uses[2], USE_CLEAR, "e");
    check_use(&f, &t->uses[3], USE_NOTIFY, "c");
    check_use(&f, &t->uses[4], USE_PUT, "q");
    check_use(&f, &t->uses[5], USE_PUT, "r");
    check_use(&f, &t->uses[6], USE_CLOSE, "r");
    const struct synchronisation *s = synchronisation_of(&f, "s");
    CU_ASSERT_EQUAL(s->use_count, 0);
    CU_ASSERT_EQUAL_FATAL(s->steps[0].use_count, 1);
    check_use(&f, &s->steps[0].uses[0], USE_GET, "q");
    CU_ASSERT_EQUAL(s->steps[1].use_count, 0);
    fixture_release(&f);
}

static void test_pipes(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  last: {exec: [sort], stdin: {pipe: rows}}\n"
                     "  first: {exec: [zcat], stdout: {pipe: raw}, stderr: {pipe: complaints}}\n"
                     "  middle: {exec: [clean], stdin: {pipe: raw}, stdout: {pipe: rows}}\n"
                     "  count: {exec: [wc], stdin: {pipe: rows}}\n"
                     "  watch: {exec: [less], stdin: {pipe: complaints}}\n");
    const struct workflow *w = &f.workflow;
    CU_ASSERT_EQUAL_FATAL(w->pipe_count, 3);
    const struct pipe *rows = &w->pipes[0];
    CHECK_TEXT(fixture_text(&f, rows->name), "rows");
    CHECK_TEXT(fixture_text(&f, w->tasks[rows->writer].name), "middle");
    CU_ASSERT_EQUAL_FATAL(rows->reader_count, 2);
    CHECK_TEXT(fixture_text(&f, w->tasks[rows->readers[0]].name), "last");
    CHECK_TEXT(fixture_text(&f, w->tasks[rows->readers[1]].name), "count");
    const struct details *first = fixture_task(&f, "first")->details;
    CU_ASSERT_EQUAL(first->streams[1].kind, STREAM_PIPE);
    CHECK_TEXT(fixture_text(&f, w->pipes[first->streams[1].pipe].name), "raw");
    CHECK_TEXT(fixture_text(&f, w->pipes[first->streams[2].pipe].name), "complaints");
    CU_ASSERT_PTR_NULL(fixture_task(&f, "first")->synchronisation);
    fixture_release(&f);
}

static void test_queue_matrix(void)
{
    struct fixture f;
    fixture_good(
        &f, "pargraph: 1\n"
            "queues: [other, rows]\n"
            "tasks:\n"
            "  make: {steps: [{put: {rows: 1}}]}\n"
            "  inspect: {matrix: {row: {queue: rows}}, run: './inspect ${{ matrix.row.id }}'}\n"
            "  each: {matrix: {row: [1, 2]}, run: 'true'}\n");
    const struct matrix *matrix = fixture_task(&f, "inspect")->matrix;
    CU_ASSERT_TRUE(matrix->is_queue && matrix->is_dynamic);
    CHECK_TEXT(primitive_text(&f, matrix->queue), "rows");
    CU_ASSERT_EQUAL_FATAL(matrix->axis_count, 1);
    CHECK_TEXT(fixture_text(&f, matrix->axes[0].variable), "row");
    CU_ASSERT_EQUAL(matrix->variable_count, 1);
    CHECK_PIECES(&f, fixture_task(&f, "inspect")->run, "./inspect |matrix.row.id@1|");
    CU_ASSERT_FALSE(fixture_task(&f, "each")->matrix->is_queue);
    fixture_release(&f);
}

static void test_daemons(void)
{
    struct fixture f;
    fixture_good(&f,
                 "pargraph: 1\n"
                 "tasks:\n"
                 "  db: {daemon: true, exec: [postgres], ready: {tcp: 5432, timeout: 30s}}\n"
                 "  far: {daemon: true, exec: [tunnel], ready: {tcp: 'localhost:80'}}\n"
                 "  file: {daemon: true, run: ./serve, ready: {file: 'up-${{ task.name }}'}}\n"
                 "  asked: {daemon: true, run: ./serve, ready: {run: 'curl ${{ task.name }}'}}\n"
                 "  told: {daemon: true, run: ./serve, ready: {log: listening}}\n"
                 "  plain: {daemon: true, run: ./serve}\n"
                 "  none: {daemon: false, run: make}\n");
    const struct synchronisation *db = synchronisation_of(&f, "db");
    CU_ASSERT_TRUE(db->is_daemon);
    CU_ASSERT_EQUAL(db->ready, READY_TCP);
    CU_ASSERT_EQUAL(db->ready_timeout, 30 * SECOND);
    CHECK_PIECES(&f, &db->ready_text, "5432");
    CHECK_PIECES(&f, &synchronisation_of(&f, "far")->ready_text, "localhost:80");
    CU_ASSERT_EQUAL(synchronisation_of(&f, "file")->ready, READY_FILE);
    CHECK_PIECES(&f, &synchronisation_of(&f, "file")->ready_text, "up-|task.name@0|");
    CU_ASSERT_EQUAL(synchronisation_of(&f, "asked")->ready, READY_RUN);
    CHECK_PIECES(&f, &synchronisation_of(&f, "asked")->ready_text, "curl |task.name@1|");
    CU_ASSERT_EQUAL(synchronisation_of(&f, "told")->ready, READY_LOG);
    CU_ASSERT_EQUAL(synchronisation_of(&f, "plain")->ready, READY_AT_ONCE);
    CU_ASSERT_EQUAL(synchronisation_of(&f, "plain")->ready_timeout, UNLIMITED);
    CU_ASSERT_FALSE(synchronisation_of(&f, "none")->is_daemon);
    fixture_release(&f);
}

const struct check synchronisation_checks[] = {
    {"declarations", test_declarations},
    {"lists of names", test_lists_of_names},
    {"holds", test_holds},
    {"words of tasks", test_words_of_tasks},
    {"uses", test_uses},
    {"pipes", test_pipes},
    {"a queue's matrix", test_queue_matrix},
    {"daemons", test_daemons},
    {NULL, NULL},
};
