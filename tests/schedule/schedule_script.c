/* Programs by hand; see schedule_script.h. */
#include "schedule/schedule_script.h"

#include <stdlib.h>
#include <string.h>

#include "schedule/schedule_parts.h"

const char *const operation_words[] = {"body",       "enter", "leave", "sleep", "barrier",
                                       "wait",       "set",   "clear", "await", "notify",
                                       "notify-all", "put",   "get",   "close", NULL};

static void add_use(struct script *script, enum use_role role, uint32_t gate, uint32_t at)
{
    for (uint32_t i = 0; i < script->uses.count; i++) {
        struct gate_use *use = &script->uses.items[i];
        if (use->gate == gate && use->role == role) {
            struct gate_use moved = *use;
            moved.last = at;
            memmove(use, use + 1, (script->uses.count - i - 1) * sizeof *use);
            script->uses.items[script->uses.count - 1] = moved;
            return;
        }
    }
    *VEC_PUSH(&script->uses) =
        (struct gate_use){.gate = gate, .role = (uint8_t)role, .first = at, .last = at};
}

static bool role_of(enum operation_kind kind, enum use_role *ret)
{
    static const struct {
        enum operation_kind kind;
        enum use_role role;
    } roles[] = {{OPERATION_BARRIER, USE_BARRIER},   {OPERATION_SET, USE_SET},
                 {OPERATION_CLEAR, USE_CLEAR},       {OPERATION_NOTIFY, USE_NOTIFY},
                 {OPERATION_NOTIFY_ALL, USE_NOTIFY}, {OPERATION_PUT, USE_PUT},
                 {OPERATION_GET, USE_GET},           {OPERATION_CLOSE, USE_CLOSE}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (roles[i].kind == kind) {
            *ret = roles[i].role;
            return true;
        }
    return false;
}

struct operation *script_add(struct script *script, enum operation_kind kind, uint32_t gate)
{
    uint32_t at = script->operations.count, depth = script->open.count;
    struct operation operation = {.kind = (uint8_t)kind,
                                  .gate = gate,
                                  .timeout = UNLIMITED,
                                  .partner = NO_OPERATION,
                                  .group = NO_OPERATION};
    enum use_role role;
    if (role_of(kind, &role))
        add_use(script, role, gate, at);
    if (kind == OPERATION_LEAVE) {
        operation.partner = script->open.items[--script->open.count];
        script->operations.items[operation.partner].partner = at;
        depth--;
    }
    if (depth > 0)
        operation.group = script->open.items[depth - 1];
    if (kind == OPERATION_ENTER)
        *VEC_PUSH(&script->open) = at;
    *VEC_PUSH(&script->operations) = operation;
    return &script->operations.items[at];
}

void script_use(struct script *script, enum use_role role, uint32_t gate)
{
    uint32_t at = script->operations.count - 1;
    script->operations.items[at].flags |= OPERATION_USES;
    add_use(script, role, gate, at);
}

uint32_t script_finish(struct script *script, struct builder *builder)
{
    if (builder->programs.count == 0)
        VEC_PUSH(&builder->programs);
    builder->programs.items[0] = (struct program){0};
    *VEC_PUSH(&builder->programs) = (struct program){.operations = script->operations.items,
                                                     .count = script->operations.count,
                                                     .uses = script->uses.items,
                                                     .use_count = script->uses.count,
                                                     .has_cleanup = script->has_cleanup};
    VEC_RELEASE(&script->open);
    return builder->programs.count - 1;
}

/* --- text --- */

static bool find_operation(const char *word, enum operation_kind *ret)
{
    for (int i = 0; operation_words[i] != NULL; i++)
        if (strcmp(operation_words[i], word) == 0) {
            *ret = (enum operation_kind)i;
            return true;
        }
    return false;
}

static bool parse_amounts(struct builder *builder, char *text, const struct script_names *names,
                          uint32_t *ret)
{
    struct amount amounts[8];
    uint32_t count = 0;
    char *state = NULL;
    for (char *word = strtok_r(text, "+", &state); word; word = strtok_r(NULL, "+", &state)) {
        char *equals = strchr(word, '=');
        if (equals == NULL || count == 8)
            return false;
        *equals = '\0';
        amounts[count].amount = strtoull(equals + 1, NULL, 10);
        if (!names->find_token(names->context, word, &amounts[count++].token))
            return false;
    }
    *ret = builder_vector(builder, amounts, count);
    return true;
}

static bool parse_option(struct script *script, char *word, const struct script_names *names)
{
    struct operation *operation = &script->operations.items[script->operations.count - 1];
    char *colon = strchr(word, ':'), *equals = strchr(word, '=');
    if (strcmp(word, "asks") == 0) {
        operation->flags |= OPERATION_ASKS;
        if (operation->kind == OPERATION_ENTER && operation->vector == 0)
            operation->vector = NO_VECTOR;
    } else if (strcmp(word, "continues") == 0) {
        operation->flags |= OPERATION_CONTINUES;
    } else if (strcmp(word, "until") == 0) {
        operation->flags |= OPERATION_UNTIL;
    } else if (equals != NULL && strncmp(word, "timeout=", 8) == 0) {
        operation->timeout = (int64_t)(atof(equals + 1) * (double)NANOSECONDS);
    } else if (colon != NULL) {
        enum operation_kind kind;
        enum use_role role;
        uint32_t gate;
        *colon = '\0';
        if (!find_operation(word, &kind) || !role_of(kind, &role) ||
            !names->find_gate(names->context, colon + 1, &gate))
            return false;
        script_use(script, role, gate);
    } else {
        return false;
    }
    return true;
}

static bool parse_operation(struct script *script, struct builder *builder, char *text,
                            const struct script_names *names)
{
    char *state = NULL, *word = strtok_r(text, "/", &state), *colon = strchr(word, ':');
    enum operation_kind kind;
    uint32_t gate = NO_GATE;
    if (colon != NULL)
        *colon++ = '\0';
    if (!find_operation(word, &kind))
        return false;
    if (kind >= OPERATION_BARRIER &&
        (colon == NULL || !names->find_gate(names->context, colon, &gate)))
        return false;
    struct operation *operation = script_add(script, kind, gate);
    if (kind == OPERATION_SLEEP && colon != NULL)
        operation->duration = (int64_t)(atof(colon) * (double)NANOSECONDS);
    if (kind == OPERATION_ENTER && colon != NULL &&
        !parse_amounts(builder, colon, names, &operation->vector))
        return false;
    while ((word = strtok_r(NULL, "/", &state)) != NULL)
        if (!parse_option(script, word, names))
            return false;
    return true;
}

bool script_parse(struct script *script, struct builder *builder, char *text,
                  const struct script_names *names, const char **ret_wrong)
{
    char *state = NULL;
    for (char *word = strtok_r(text, ",", &state); word; word = strtok_r(NULL, ",", &state)) {
        *ret_wrong = word;
        if (strcmp(word, "cleanup") == 0)
            script->has_cleanup = true;
        else if (!parse_operation(script, builder, word, names))
            return false;
    }
    return true;
}
