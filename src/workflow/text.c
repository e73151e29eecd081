/* Text with expressions: where they stand in it, and the pieces between them.
 *
 * An expression's place is that of its first character in the file, whatever the scalar's style. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

enum { OPENING = 3, CLOSING = 2 }; /* ${{ and }} */

/* --- one expression --- */

static struct walk walk_of(struct reader *reader, uint32_t node)
{
    struct walk walk;
    walk_begin(&walk, &reader->finder, reader_node(reader, node), reader_text(reader, node),
               reader_length(reader, node));
    return walk;
}

place reader_place(struct reader *reader, uint32_t node, size_t offset)
{
    struct walk walk = walk_of(reader, node);
    return walk_to(&walk, offset);
}

static size_t bytes_of_characters(const char *text, size_t length, uint32_t characters)
{
    size_t offset = 0;
    for (; offset < length && characters > 0; characters--)
        do
            offset++;
        while (offset < length && ((unsigned char)text[offset] & 0xc0) == 0x80);
    return offset;
}

/* A comment that took the rest of a plain scalar explains many an error in it. */
void reader_explain_comment(struct reader *reader, uint32_t node, struct error *error)
{
    struct walk walk = walk_of(reader, node);
    size_t length;
    const char *comment = walk_comment(&walk, &length);
    if (comment != NULL)
        error_hint(error, "YAML took '%.*s' for a comment: put the whole text in quotes",
                   (int)(length > 60 ? 60 : length), comment);
}

/* Reports an error that was found in text[offset...] read as if its first character were place 1.
 */
static bool report_inside(struct reader *reader, uint32_t node, size_t offset, struct error *error)
{
    const char *text = reader_text(reader, node);
    size_t length = reader_length(reader, node);
    uint32_t characters = error->at == PLACE_NONE ? 0 : error->at - 1;
    struct walk walk = walk_of(reader, node);
    error->at =
        walk_to(&walk, offset + bytes_of_characters(text + offset, length - offset, characters));
    reader_explain_comment(reader, node, error);
    return diagnostics_take(reader->diagnostics, error);
}

static bool has_call(const struct reader *reader, uint32_t task)
{
    const struct shape *shape = reader_shape(reader, task);
    return shape != NULL && shape->has_call;
}

static void mark_kept(struct reader *reader, const struct expression *expression)
{
    for (uint32_t i = 0; i < expression->reference_count; i++) {
        const struct reference *reference = &expression->references[i];
        if (reference->depth < 3 || strcmp(names_text(reader->names, reference->names[0]), "needs"))
            continue;
        const struct need *need = &reader->task->needs[needs_find(reader, reference->names[1]) - 1];
        const char *field = names_text(reader->names, reference->names[2]);
        struct task *task = &reader->workflow->tasks[need->task];
        bool is_instances = strcmp(field, "instances") == 0;
        if (is_instances || strcmp(field, "stdout") == 0)
            task->keeps |= KEEPS_STDOUT;
        if ((is_instances || strcmp(field, "result") == 0) && has_call(reader, need->task))
            task->keeps |= KEEPS_RESULT;
        if (strcmp(field, "stderr") == 0)
            task->keeps |= KEEPS_STDERR;
    }
}

/* What an expression may do where it stands, besides mentioning names. */
static bool check_calls(const struct expression *expression, enum context context,
                        struct error *error)
{
    if (expression->calls != 0 && context != CONTEXT_IF) {
        error_set(error, PLACE_NONE, "%s can be called only in the 'if' of a task",
                  expression->calls & CALLS_SUCCESS   ? "success()"
                  : expression->calls & CALLS_FAILURE ? "failure()"
                  : expression->calls & CALLS_ALWAYS  ? "always()"
                                                      : "cancelled()");
        if (!(expression->calls & CALLS_SUCCESS))
            error_hint(error, "what follows a failure is a task with such an 'if', or 'cleanup'");
        return false;
    }
    return true;
}

/* A matrix is known only when the task's needs have ended if it mentions them, or reads what they
 * may have written. */
static void note_dynamic(struct reader *reader, const struct expression *expression)
{
    bool mentions_needs = false;
    for (uint32_t i = 0; i < expression->reference_count; i++)
        mentions_needs |=
            strcmp(names_text(reader->names, expression->references[i].names[0]), "needs") == 0;
    if (mentions_needs || (expression->reads_files && reader->task->need_count > 0))
        reader->is_matrix_dynamic = true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The walk is one through the node's text, at the offset or before it. */
static uint32_t compile(struct reader *reader, uint32_t node, struct walk *walk, size_t offset,
                        size_t length, enum context context)
{
    const char *text = reader_text(reader, node);
    for (; length > 0 && is_blank(text[offset]); length--)
        offset++;
    while (length > 0 && is_blank(text[offset + length - 1]))
        length--;
    CLEANUP_ERROR struct error error = {0};
    struct scope_state state = {.reader = reader, .context = context};
    struct scope scope = scope_of(&state);
    struct expression expression = {0};
    if (!sandbox_compile(reader->workflow->sandbox, text + offset, length, 1, &scope, &expression,
                         &error) ||
        !check_calls(&expression, context, &error)) {
        if (!state.is_follow_up)
            report_inside(reader, node, offset, &error);
        return NO_EXPRESSION;
    }
    mark_kept(reader, &expression);
    if (context == CONTEXT_MATRIX)
        note_dynamic(reader, &expression);
    expression.at = walk_to(walk, offset);
    *VEC_PUSH(&reader->expressions) = expression;
    return reader->expressions.count - 1;
}

bool condition_read(struct reader *reader, uint32_t node, enum context context, uint32_t *ret)
{
    *ret = NO_EXPRESSION;
    if (reader_node(reader, node)->kind != NODE_SCALAR || reader_is_plain_null(reader, node))
        return reader_wrong_kind(reader, node, "an expression");
    const char *text = reader_text(reader, node);
    size_t length = reader_length(reader, node), begin = 0;
    if (strcmp(text, "true") == 0)
        return true;
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    if (strncmp(text, "${{", OPENING) == 0) {
        long end = sandbox_expression_end(text + OPENING, length - OPENING);
        begin = OPENING;
        if (end >= 0 && (size_t)end + OPENING + CLOSING != length)
            return reader_error(reader, node,
                                "an 'if' is one expression, without ${{ }} around "
                                "its parts");
        if (end < 0)
            return reader_error(reader, node, "'${{' without '}}'");
        length = (size_t)end;
    } else if (memmem(text, length, "${{", OPENING) != NULL) {
        return reader_error(reader, node,
                            "an 'if' is one expression, without ${{ }} around its parts");
    }
    struct walk walk = walk_of(reader, node);
    *ret = compile(reader, node, &walk, begin, length, context);
    return *ret != NO_EXPRESSION;
}

/* --- text --- */

typedef VEC(struct shell_hole) hole_list;

static bool find_holes(struct reader *reader, uint32_t node, hole_list *holes)
{
    const char *text = reader_text(reader, node), *at = text;
    size_t length = reader_length(reader, node);
    while ((at = memmem(at, length - (size_t)(at - text), "${{", OPENING)) != NULL) {
        size_t begin = (size_t)(at - text) + OPENING;
        long end = sandbox_expression_end(text + begin, length - begin);
        if (end < 0) {
            CLEANUP_ERROR struct error error = {0};
            error_set(&error, PLACE_NONE, "'${{' without '}}'");
            return report_inside(reader, node, begin - OPENING, &error);
        }
        *VEC_PUSH(holes) = (struct shell_hole){.offset = (uint32_t)(begin - OPENING),
                                               .length = (uint32_t)end + OPENING + CLOSING};
        at = text + begin + (size_t)end + CLOSING;
    }
    return true;
}

static bool read_pieces(struct reader *reader, uint32_t node, enum context context,
                        const hole_list *holes, struct text *ret)
{
    struct arena *arena = &reader->workflow->arena;
    size_t length = reader_length(reader, node), done = 0;
    const char *text = reader_text(reader, node);
    uint32_t count = 0;
    struct piece *pieces = ARENA_ARRAY(arena, struct piece, holes->count + 1);
    struct walk walk = walk_of(reader, node);
    bool is_good = true;
    for (uint32_t i = 0; i < holes->count; i++) {
        const struct shell_hole *hole = &holes->items[i];
        uint32_t expression = compile(reader, node, &walk, hole->offset + OPENING,
                                      hole->length - OPENING - CLOSING, context);
        is_good = is_good && expression != NO_EXPRESSION;
        pieces[count++] = (struct piece){
            .literal = names_add(reader->names, text + done, hole->offset - done),
            .expression = expression,
            .quoting = hole->quoting,
        };
        done = hole->offset + hole->length;
    }
    if (done < length)
        pieces[count++].literal = names_add(reader->names, text + done, length - done);
    ret->pieces = pieces;
    ret->piece_count = count;
    ret->is_expression = count == 1 && pieces[0].literal == 0;
    return is_good;
}

static bool begin_text(struct reader *reader, uint32_t node, struct text *ret)
{
    *ret = (struct text){.at = reader_node(reader, node)->at};
    if (!reader_expect(reader, node, NODE_SCALAR, "text"))
        return false;
    ret->literal = reader_node(reader, node)->text;
    return true;
}

bool text_read_data(struct reader *reader, uint32_t node, enum context context, struct text *ret)
{
    if (!begin_text(reader, node, ret))
        return false;
    hole_list holes = {0};
    bool is_good = find_holes(reader, node, &holes);
    if (is_good && holes.count > 0)
        is_good = read_pieces(reader, node, context, &holes, ret);
    VEC_RELEASE(&holes);
    return is_good;
}

bool text_read_scalar(struct reader *reader, uint32_t node, enum context context, struct text *ret)
{
    return reader_check_nul(reader, node) && text_read_data(reader, node, context, ret);
}

bool text_read(struct reader *reader, uint32_t node, enum context context, struct text *ret)
{
    if (reader_is_plain_null(reader, node) && reader_length(reader, node) == 0)
        return reader_wrong_kind(reader, node, "text");
    return text_read_scalar(reader, node, context, ret);
}

static bool has_comment(struct reader *reader, uint32_t node)
{
    size_t length;
    struct walk walk = walk_of(reader, node);
    return reader_node(reader, node)->style == STYLE_PLAIN && walk_comment(&walk, &length) != NULL;
}

/* Shell text without expressions is the shell's affair, unless a comment may have cut it. */
bool text_read_shell(struct reader *reader, uint32_t node, enum context context, struct text *ret)
{
    if (reader_is_plain_null(reader, node) && reader_length(reader, node) == 0)
        return reader_wrong_kind(reader, node, "shell text");
    if (!begin_text(reader, node, ret) || !reader_check_nul(reader, node))
        return false;
    bool has_holes = reader_has_holes(reader, node);
    if (has_holes && reader->details->shell.kind == SHELL_OTHER) {
        reader_error(reader, node,
                     "an expression can stand in shell text only for sh, dash, bash "
                     "or ksh");
        reader_hint(reader, "give the value in 'env' and read it there");
        return false;
    }
    if (reader->details->shell.kind == SHELL_OTHER || (!has_holes && !has_comment(reader, node)))
        return true;
    CLEANUP_ERROR struct error error = {0};
    hole_list holes = {0};
    if (!shell_find_holes(reader_text(reader, node), reader_length(reader, node), 1, &holes.items,
                          &holes.count, &error))
        return report_inside(reader, node, 0, &error);
    bool is_good = holes.count == 0 || read_pieces(reader, node, context, &holes, ret);
    memory_free(holes.items);
    return is_good;
}
