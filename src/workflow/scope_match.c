/* How a name in an expression is compared with what is declared, and what is said when nothing
 * fits. Nearest names are looked for only until the work of it has become too much for one file. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"
#include "workflow/scope.h"

int scope_identifier(const char *text, int length)
{
    int end = 0;
    while (end < length && text[end] != '-')
        end++;
    return end;
}

int scope_longest(const struct reader *reader, const char *text, int length,
                  bool (*is_known)(const struct reader *reader, name found, const void *context),
                  const void *context)
{
    for (int end = length; end > 0; end--) {
        if (end < length && text[end] != '-')
            continue;
        name found = names_find(reader->names, text, (size_t)end);
        if (found != UINT32_MAX && is_known(reader, found, context))
            return end;
    }
    return 0;
}

int scope_unknown(struct error *error, const char *what, const char *text, int length)
{
    error_set(error, PLACE_NONE, "unknown %s '%.*s'", what, length, text);
    return SCOPE_UNKNOWN;
}

static void suggest(struct error *error, const char *text, int length,
                    const char *const *candidates, size_t count)
{
    char *word = memory_text_n(text, (size_t)length);
    const char *nearest = text_nearest(word, candidates, count);
    if (nearest != NULL)
        error_hint(error, "did you mean '%s'?", nearest);
    memory_free(word);
}

void scope_suggest(struct reader *reader, struct error *error, const char *text, int length,
                   struct name_column column)
{
    reader->suggestion_work += column.count;
    if (reader->suggestion_work > SUGGESTION_WORK)
        return;
    VEC(const char *) known = {0};
    for (uint32_t i = 0; i < column.count; i++)
        *VEC_PUSH(&known) = names_text(
            reader->names, *(const name *)((const char *)column.first + i * column.stride));
    suggest(error, text, length, known.items, known.count);
    VEC_RELEASE(&known);
}

int scope_fixed(const char *what, const char *const *names, size_t count, const char *text,
                int length, struct error *error)
{
    int end = scope_identifier(text, length);
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == (size_t)end && memcmp(names[i], text, (size_t)end) == 0)
            return end;
    error_set(error, PLACE_NONE, "%s has no '%.*s'", what, length, text);
    CLEANUP_BUFFER struct buffer all = {0};
    for (size_t i = 0; i < count; i++)
        buffer_printf(&all, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " and ", names[i]);
    error_hint(error, "it has %s", buffer_text(&all));
    suggest(error, text, length, names, count);
    return SCOPE_UNKNOWN;
}

int scope_follow_up(struct scope_state *state, struct error *error)
{
    state->is_follow_up = true;
    error_set(error, PLACE_NONE, "follows from another error");
    return SCOPE_UNKNOWN;
}
