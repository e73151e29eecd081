/* A reader of a small part of Lua, for speed alone: what it accepts means the same to Lua, and what
 * it does not accept, or what meets a value that is no whole number, goes to Lua. */
#include "plan/affine.h"

#include <string.h>

#include "base/memory.h"
#include "plan/inside.h"
#include "plan/instance.h"

enum { MOST_TERMS = 16, MOST_COMPARISONS = 8, MOST_DIGITS = 15 };

enum operator{
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
};

struct reader {
    const struct plan *plan;
    const struct instances *instances;
    const struct expression *expression;
    const char *at;
    struct affine_term terms[MOST_TERMS];
    uint32_t term_count;
    int64_t constant;
};

static void skip_space(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool take(struct reader *reader, const char *text)
{
    size_t length = strlen(text);
    if (strncmp(reader->at, text, length) != 0)
        return false;
    reader->at += length;
    return true;
}

/* No operand may go on behind what was read: a call, an index, a power, a longer name. */
static bool is_whole_operand(const struct reader *reader)
{
    return !is_name_byte(*reader->at) && strchr(".[({:\"'^", *reader->at) == NULL;
}

static bool ends_here(const struct reader *reader)
{
    return *reader->at == '\0' || is_whole_operand(reader);
}

static bool read_integer(struct reader *reader, int64_t *ret)
{
    size_t digits = strspn(reader->at, "0123456789");
    if (digits == 0 || digits > MOST_DIGITS)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (reader->at[i] - '0');
    reader->at += digits;
    *ret = value;
    return ends_here(reader);
}

/* The second name of the reference with this root that stands here: of those that the expression
 * has, the longest, as the compiler chose it. */
static bool read_name(struct reader *reader, enum known_word root, name *ret)
{
    const struct names *names = reader->plan->workflow->names;
    const struct expression *expression = reader->expression;
    size_t longest = 0;
    for (uint16_t i = 0; i < expression->reference_count; i++) {
        const struct reference *reference = &expression->references[i];
        if (reference->names[0] != reader->plan->inside->words[root] || reference->depth != 2)
            continue;
        size_t length = names_length(names, reference->names[1]);
        const char *text = names_text(names, reference->names[1]);
        if (length > longest && strncmp(reader->at, text, length) == 0) {
            longest = length;
            *ret = reference->names[1];
        }
    }
    reader->at += longest;
    return longest > 0 && ends_here(reader);
}

/* A factor: a constant, or a variable (its place; else UINT32_MAX). */
static bool read_factor(struct reader *reader, int64_t *ret_constant, uint32_t *ret_variable)
{
    name field = 0;
    *ret_variable = UINT32_MAX;
    *ret_constant = 1;
    if (take(reader, "matrix.")) {
        if (!read_name(reader, WORD_MATRIX, &field))
            return false;
        *ret_variable = instances_variable(reader->instances, field);
        return *ret_variable != UINT32_MAX;
    }
    if (!take(reader, "params."))
        return read_integer(reader, ret_constant);
    if (!read_name(reader, WORD_PARAMS, &field))
        return false;
    const struct workflow *workflow = reader->plan->workflow;
    const json_t *value =
        json_object_get(workflow->params_value, names_text(workflow->names, field));
    *ret_constant = json_integer_value(value);
    return json_is_integer(value);
}

static int64_t multiply(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* factor * factor * ... with one variable at most. */
static bool read_term(struct reader *reader, int64_t sign)
{
    uint32_t variable = UINT32_MAX;
    int64_t product = sign;
    do {
        int64_t constant;
        uint32_t other;
        skip_space(reader);
        if (!read_factor(reader, &constant, &other))
            return false;
        if (other != UINT32_MAX && variable != UINT32_MAX)
            return false;
        variable = other != UINT32_MAX ? other : variable;
        product = multiply(product, constant);
        skip_space(reader);
    } while (take(reader, "*"));
    if (variable == UINT32_MAX) {
        reader->constant = add(reader->constant, product);
        return true;
    }
    if (reader->term_count == MOST_TERMS)
        return false;
    reader->terms[reader->term_count++] = (struct affine_term){variable, product};
    return true;
}

static bool read_sum(struct reader *reader, struct affine *ret)
{
    reader->term_count = 0;
    reader->constant = 0;
    skip_space(reader);
    int64_t sign = 1;
    if (reader->at[0] == '-' && reader->at[1] != '-') {
        sign = -1;
        reader->at++;
    }
    while (true) {
        if (!read_term(reader, sign))
            return false;
        if (reader->at[0] == '-' && reader->at[1] != '-')
            sign = -1;
        else if (reader->at[0] == '+')
            sign = 1;
        else
            break;
        reader->at++;
    }
    struct arena *arena = (struct arena *)&reader->plan->arena;
    ret->term_count = reader->term_count;
    ret->terms = arena_copy(arena, reader->terms, sizeof *ret->terms * reader->term_count);
    ret->constant = reader->constant;
    return true;
}

static struct reader reader_of(const struct plan *plan, uint32_t task, uint32_t expression)
{
    const struct expression *one = &plan->workflow->expressions[expression];
    return (struct reader){
        .plan = plan, .instances = &plan->instances[task], .expression = one, .at = one->source};
}

const struct affine *affine_read(struct plan *plan, uint32_t task, uint32_t expression)
{
    struct reader reader = reader_of(plan, task, expression);
    struct affine sum;
    if (!read_sum(&reader, &sum) || *reader.at != '\0')
        return NULL;
    return arena_copy(&plan->arena, &sum, sizeof sum);
}

static bool read_operator(struct reader *reader, uint8_t *ret)
{
    static const struct {
        const char *text;
        enum operator operator;
    } operators[] = {
        {"<=", OPERATOR_LESS_EQUAL}, {">=", OPERATOR_GREATER_EQUAL}, {"==", OPERATOR_EQUAL},
        {"~=", OPERATOR_NOT_EQUAL},  {"<", OPERATOR_LESS},           {">", OPERATOR_GREATER},
    };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (take(reader, operators[i].text)) {
            *ret = operators[i].operator;
            return true;
        }
    return false;
}

const struct affine_test *affine_test_read(struct plan *plan, uint32_t task, uint32_t expression)
{
    struct reader reader = reader_of(plan, task, expression);
    struct affine_comparison all[MOST_COMPARISONS];
    uint32_t count = 0;
    while (true) {
        if (count == MOST_COMPARISONS || !read_sum(&reader, &all[count].left) ||
            !read_operator(&reader, &all[count].operator) || !read_sum(&reader, &all[count].right))
            return NULL;
        count++;
        if (*reader.at == '\0')
            break;
        if (!take(&reader, "and") || is_name_byte(*reader.at))
            return NULL;
    }
    struct affine_test *test = arena_new(&plan->arena, sizeof *test);
    test->count = count;
    test->comparisons = arena_copy(&plan->arena, all, sizeof *all * count);
    return test;
}

bool affine_value(const struct affine *affine, const struct plan *plan, uint32_t node, int64_t *ret)
{
    const struct instances *instances = &plan->instances[plan->task[node]];
    int64_t sum = affine->constant;
    for (uint32_t i = 0; i < affine->term_count; i++) {
        const struct affine_term *term = &affine->terms[i];
        const json_t *value = instances_value(instances, plan->workflow->names,
                                              instances_index(instances, node), term->variable);
        if (!json_is_integer(value))
            return false;
        sum = add(sum, multiply(term->factor, json_integer_value(value)));
    }
    *ret = sum;
    return true;
}

static bool compare(int64_t left, enum operator operator, int64_t right)
{
    switch (operator) {
    case OPERATOR_LESS:
        return left < right;
    case OPERATOR_LESS_EQUAL:
        return left <= right;
    case OPERATOR_GREATER:
        return left > right;
    case OPERATOR_GREATER_EQUAL:
        return left >= right;
    case OPERATOR_EQUAL:
        return left == right;
    default:
        return left != right;
    }
}

bool affine_test_holds(const struct affine_test *test, const struct plan *plan, uint32_t node,
                       bool *ret)
{
    *ret = true;
    for (uint32_t i = 0; i < test->count && *ret; i++) {
        const struct affine_comparison *one = &test->comparisons[i];
        int64_t left, right;
        if (!affine_value(&one->left, plan, node, &left) ||
            !affine_value(&one->right, plan, node, &right))
            return false;
        *ret = compare(left, one->operator, right);
    }
    return true;
}
