/* The primitives of synchronisation: declared at the top level, each by a name that is unique
 * across all kinds, and found by that name wherever a task or step uses one. Where the declarations
 * could not be read in whole nobody complains of an unknown name. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

enum { KIND_COUNT = PRIMITIVE_QUEUE + 1 };

const char *primitive_kind_text(enum primitive_kind kind)
{
    static const char *const texts[KIND_COUNT] = {"lock",      "semaphore", "barrier",
                                                  "condition", "event",     "queue"};
    return texts[kind];
}

uint32_t workflow_primitive(const struct workflow *workflow, name key)
{
    for (uint32_t i = 0; i < workflow->primitive_count; i++)
        if (workflow->primitives[i].name == key)
            return i;
    return NO_PRIMITIVE;
}

static const char *article(enum primitive_kind kind)
{
    return kind == PRIMITIVE_EVENT ? "an" : "a";
}

void kinds_write(uint32_t kinds, struct buffer *out)
{
    for (int kind = 0, count = 0; kind < KIND_COUNT; kind++)
        if ((kinds >> kind & 1) != 0)
            buffer_printf(out, "%s%s %s", count++ > 0 ? " or " : "",
                          article((enum primitive_kind)kind),
                          primitive_kind_text((enum primitive_kind)kind));
}

/* --- declarations --- */

static void count_read(struct reader *reader, uint32_t node, struct primitive *primitive)
{
    int64_t number = 0;
    if (setting_integer(reader, node, 1, UINT32_MAX, &number))
        primitive->count = (uint32_t)number;
}

/* What a run locks by must be known before it begins. */
static void file_read_name(struct reader *reader, uint32_t node, struct primitive *lock)
{
    CLEANUP_BUFFER struct buffer path = {0};
    lock->file.at = reader_node(reader, node)->at;
    if (!setting_text(reader, node, &path))
        return;
    lock->file.literal = names_add(reader->names, buffer_text(&path), path.length);
    if (path.length == 0)
        reader_error(reader, node, "the path of a lock's file is empty");
}

static void condition_read_lock(struct reader *reader, uint32_t node, struct primitive *condition)
{
    uint32_t lock = primitives_find(reader, node, KIND_LOCK);
    if (lock != NO_PRIMITIVE)
        condition->lock = lock;
}

static const char *form_of(enum primitive_kind kind)
{
    static const char *const forms[KIND_COUNT] = {
        "a map like {file: PATH}, or nothing",
        "a number of permits",
        "a number of parties or a map like {parties: 8, timeout: 10m}, or nothing",
        "a map like {lock: NAME}",
        "nothing",
        "a number of items or a map like {max: 16}, or nothing",
    };
    return forms[kind];
}

static bool has_count(enum primitive_kind kind)
{
    return kind == PRIMITIVE_SEMAPHORE || kind == PRIMITIVE_BARRIER || kind == PRIMITIVE_QUEUE;
}

static void check_condition(struct reader *reader, uint32_t key, const struct section *section)
{
    if (section->values[CONDITION_LOCK] != 0 || section->has_unknown)
        return;
    reader_error(reader, key, "a condition needs a lock");
    reader_hint(reader, "write %s: {lock: NAME}, with a lock that is declared under 'locks'",
                reader_text(reader, key));
}

/* The value behind a name; conditions when all locks are known. */
static void declaration_read(struct reader *reader, uint32_t key, struct primitive *primitive)
{
    uint32_t value = key + 1;
    enum primitive_kind kind = (enum primitive_kind)primitive->kind;
    bool is_nothing = reader_is_plain_null(reader, value);
    struct section section = {0};
    if (is_nothing && kind != PRIMITIVE_CONDITION)
        return;
    if (!is_nothing && has_count(kind) && reader_node(reader, value)->kind == NODE_SCALAR) {
        count_read(reader, value, primitive);
        return;
    }
    if (!is_nothing &&
        !section_read(reader, value, (enum table)(TABLE_LOCK + kind), form_of(kind), &section)) {
        if (kind == PRIMITIVE_CONDITION && reader_node(reader, value)->kind == NODE_SCALAR)
            reader_hint(reader, "write {lock: %s}", reader_text(reader, value));
        return;
    }
    const uint32_t *values = section.values;
    if (kind == PRIMITIVE_LOCK && values[LOCK_FILE] != 0)
        file_read_name(reader, values[LOCK_FILE], primitive);
    else if (has_count(kind) && values[0] != 0) /* permits, parties, max */
        count_read(reader, values[0], primitive);
    else if (kind == PRIMITIVE_CONDITION && values[CONDITION_LOCK] != 0)
        condition_read_lock(reader, values[CONDITION_LOCK], primitive);
    else if (kind == PRIMITIVE_CONDITION)
        check_condition(reader, key, &section);
    if (kind == PRIMITIVE_BARRIER && values[BARRIER_TIMEOUT] != 0)
        timeout_read(reader, values[BARRIER_TIMEOUT], &primitive->timeout);
}

static struct primitive *declare(struct reader *reader, uint32_t key, enum primitive_kind kind)
{
    struct workflow *workflow = reader->workflow;
    CLEANUP_BUFFER struct buffer what = {0};
    kinds_write(1U << kind, &what);
    reader_check_name(reader, key, buffer_text(&what));
    name id = reader_node(reader, key)->text;
    uint32_t other = name_map_get(&reader->primitive_of_name, id);
    if (other != 0) {
        buffer_clear(&what);
        kinds_write(1U << workflow->primitives[other - 1].kind, &what);
        reader_error(reader, key, "'%s' is the name of %s already", reader_text(reader, key),
                     buffer_text(&what));
        reader_hint(reader, "locks, semaphores, barriers, conditions, events and queues share "
                            "their names: each has another");
        return NULL;
    }
    struct primitive *primitive = &workflow->primitives[workflow->primitive_count++];
    *primitive = (struct primitive){.at = reader_node(reader, key)->at,
                                    .name = id,
                                    .kind = (uint8_t)kind,
                                    .count = kind == PRIMITIVE_SEMAPHORE,
                                    .lock = NO_PRIMITIVE};
    name_map_set(&reader->primitive_of_name, id, workflow->primitive_count);
    return primitive;
}

static void declare_list(struct reader *reader, uint32_t node, enum primitive_kind kind)
{
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t i = node + 1; i < end; i = reader_node(reader, i)->end) {
        name id;
        if (!reader_constant(reader, i, &id))
            reader->is_primitives_broken = true;
        else if (declare(reader, i, kind) != NULL && kind == PRIMITIVE_CONDITION)
            check_condition(reader, i, &(struct section){0});
    }
}

static void declare_map(struct reader *reader, uint32_t node, enum primitive_kind kind)
{
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        struct primitive *primitive = declare(reader, key, kind);
        if (primitive != NULL && kind != PRIMITIVE_CONDITION)
            declaration_read(reader, key, primitive);
    }
}

static void kind_read(struct reader *reader, uint32_t node, enum primitive_kind kind)
{
    enum node_kind form = (enum node_kind)reader_node(reader, node)->kind;
    if (form == NODE_LIST) {
        declare_list(reader, node, kind);
    } else if (form == NODE_MAP) {
        declare_map(reader, node, kind);
    } else {
        reader_wrong_kind(reader, node, "a map or a list of names");
        if (!reader_is_plain_null(reader, node))
            reader_hint(reader, "write [%s]", reader_text(reader, node));
        reader->is_primitives_broken = true;
    }
}

static void conditions_read(struct reader *reader, uint32_t node)
{
    if (node == 0 || reader_node(reader, node)->kind != NODE_MAP)
        return;
    struct workflow *workflow = reader->workflow;
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        uint32_t index = name_map_get(&reader->primitive_of_name, reader_node(reader, key)->text);
        if (index != 0 && workflow->primitives[index - 1].kind == PRIMITIVE_CONDITION)
            declaration_read(reader, key, &workflow->primitives[index - 1]);
    }
}

/* The kinds in the order of the file, so that the primitives are in it too. */
void primitives_read(struct reader *reader, const struct section *top)
{
    struct workflow *workflow = reader->workflow;
    const uint32_t *values = top->values + TOP_LOCKS;
    uint32_t most = 0, done = 0;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (section_is_guessed(top, TOP_LOCKS + kind))
            reader->is_primitives_broken = true;
        if (values[kind] != 0 && reader_node(reader, values[kind])->kind != NODE_SCALAR)
            most += reader_node(reader, values[kind])->text;
    }
    workflow->primitives = ARENA_ARRAY(&workflow->arena, struct primitive, most);
    for (;;) {
        int next = -1;
        for (int kind = 0; kind < KIND_COUNT; kind++)
            if (values[kind] > done && (next < 0 || values[kind] < values[next]))
                next = kind;
        if (next < 0)
            break;
        done = values[next];
        kind_read(reader, done, (enum primitive_kind)next);
    }
    conditions_read(reader, values[PRIMITIVE_CONDITION]);
    reader->usages = memory_array((size_t)workflow->primitive_count + 1, sizeof *reader->usages);
}

/* --- finding --- */

/* A name of another kind: which words go with it. Not for declarations, which have none. */
static void hint_words(struct reader *reader, enum primitive_kind kind)
{
    static const char *const words[KIND_COUNT] = {
        "word for a lock is 'lock'",
        "word for a semaphore is 'semaphore'",
        "word for a barrier is 'barrier'",
        "words for a condition are 'wait', 'notify' and 'notify-all'",
        "words for an event are 'wait', 'set' and 'clear'",
        "words for a queue are 'put', 'get' and 'close'",
    };
    if (reader->task != NULL)
        reader_hint(reader, "the %s", words[kind]);
}

static void refuse_expression(struct reader *reader, uint32_t node, uint32_t kinds)
{
    CLEANUP_BUFFER struct buffer what = {0};
    kinds_write(kinds, &what);
    reader_error(reader, node, "the name of %s cannot hold an expression", buffer_text(&what));
    if (kinds == KIND_LOCK)
        reader_hint(reader, "for one lock a value write {NAME: \"%s\"}", reader_text(reader, node));
}

/* api=2: the name is right, and more stands behind it. */
static bool hint_amount(struct reader *reader, const char *text, uint32_t kinds)
{
    size_t length = strcspn(text, "=: ");
    const char *rest = text + length + strspn(text + length, "=: ");
    uint32_t index =
        name_map_get(&reader->primitive_of_name, names_find(reader->names, text, length));
    if (index == 0 || rest[0] == '\0' || (kinds & (KIND_LOCK | KIND_SEMAPHORE)) == 0 ||
        (kinds >> reader->workflow->primitives[index - 1].kind & 1) == 0)
        return false;
    reader_hint(reader, "write {%.*s: %s}", (int)length, text, rest);
    return true;
}

static void suggest_known(struct reader *reader, const char *text, uint32_t kinds)
{
    const struct workflow *workflow = reader->workflow;
    VEC(const char *) known = {0};
    for (uint32_t i = 0; i < workflow->primitive_count; i++)
        if ((kinds >> workflow->primitives[i].kind & 1) != 0)
            *VEC_PUSH(&known) = names_text(reader->names, workflow->primitives[i].name);
    int first = __builtin_ctz(kinds);
    if (known.count == 0)
        reader_hint(reader,
                    first == PRIMITIVE_CONDITION
                        ? "declare it at the top level: %ss: {%s: {lock: LOCK}}"
                        : "declare it at the top level: %ss: [%s]",
                    primitive_kind_text((enum primitive_kind)first), text);
    else
        reader_suggest(reader, text, known.items, known.count);
    VEC_RELEASE(&known);
}

static void refuse_unknown(struct reader *reader, uint32_t node, uint32_t kinds)
{
    const char *text = reader_text(reader, node);
    CLEANUP_BUFFER struct buffer what = {0};
    int64_t duration;
    for (int kind = 0; kind < KIND_COUNT; kind++)
        if ((kinds >> kind & 1) != 0)
            buffer_printf(&what, "%s%s", what.length > 0 ? " or " : "",
                          primitive_kind_text((enum primitive_kind)kind));
    reader_error(reader, node, "unknown %s '%s'", buffer_text(&what), text);
    if ((kinds & KIND_EVENT) != 0 && text_duration(text, &duration))
        reader_hint(reader, "to let time pass write a step {sleep: %s}", text);
    else if (!hint_amount(reader, text, kinds))
        suggest_known(reader, text, kinds);
}

uint32_t primitives_find(struct reader *reader, uint32_t node, uint32_t kinds)
{
    CLEANUP_BUFFER struct buffer what = {0};
    if (reader_node(reader, node)->kind != NODE_SCALAR || reader_is_plain_null(reader, node)) {
        buffer_printf(&what, "the name of ");
        kinds_write(kinds, &what);
        reader_wrong_kind(reader, node, buffer_text(&what));
        return NO_PRIMITIVE;
    }
    uint32_t index = name_map_get(&reader->primitive_of_name, reader_node(reader, node)->text);
    if (index != 0) {
        enum primitive_kind kind =
            (enum primitive_kind)reader->workflow->primitives[index - 1].kind;
        if ((kinds >> kind & 1) != 0)
            return index - 1;
        kinds_write(kinds, &what);
        reader_error(reader, node, "'%s' is %s %s, not %s", reader_text(reader, node),
                     article(kind), primitive_kind_text(kind), buffer_text(&what));
        hint_words(reader, kind);
    } else if (reader_has_holes(reader, node)) {
        refuse_expression(reader, node, kinds);
    } else if (!reader->is_primitives_broken) {
        refuse_unknown(reader, node, kinds);
    }
    return NO_PRIMITIVE;
}

bool primitives_find_all(struct reader *reader, uint32_t node, uint32_t kinds, uint32_t **ret,
                         uint32_t *ret_count)
{
    const struct node *one = reader_node(reader, node);
    bool is_list = one->kind == NODE_LIST, is_good = true;
    uint32_t *all = ARENA_ARRAY(&reader->workflow->arena, uint32_t, is_list ? one->text : 1);
    uint32_t count = 0;
    if (is_list && one->text == 0)
        return reader_error(reader, node, "the list is empty");
    for (uint32_t i = is_list ? node + 1 : node; i < one->end; i = reader_node(reader, i)->end) {
        uint32_t found = primitives_find(reader, i, kinds);
        bool is_repeated = false;
        for (uint32_t k = 0; k < count; k++)
            is_repeated = is_repeated || all[k] == found;
        if (found != NO_PRIMITIVE && is_repeated)
            reader_error(reader, i, "'%s' stands here twice", reader_text(reader, i));
        else if (found != NO_PRIMITIVE)
            all[count++] = found;
        is_good = is_good && found != NO_PRIMITIVE && !is_repeated;
    }
    *ret = all;
    *ret_count = count;
    return is_good;
}
