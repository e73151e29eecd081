/* Maps with the keys of a table: each pair is told to its field, and a key that fits nowhere gets
 * the best advice there is. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "workflow/reader.h"

/* depends_on, Depends-On: depends-on */
static void to_kebab(const char *word, char *kebab, size_t size)
{
    size_t i = 0;
    for (; word[i] != '\0' && i + 1 < size; i++)
        kebab[i] = word[i] == '_' ? '-' : (char)tolower((unsigned char)word[i]);
    kebab[i] = '\0';
}

static const char *nearest_key(enum table table, const char *word, int *ret_field)
{
    size_t count, fit = 0;
    const struct field *fields = language_fields(table, &count);
    const char *keys[FIELDS_MOST];
    int indices[FIELDS_MOST];
    for (size_t i = 0; i < count; i++)
        if (table != TABLE_DEFAULTS || fields[i].is_default) {
            indices[fit] = (int)i;
            keys[fit++] = fields[i].key;
        }
    const char *nearest = text_nearest(word, keys, fit);
    for (size_t i = 0; i < fit; i++)
        if (keys[i] == nearest)
            *ret_field = indices[i];
    return nearest;
}

/* `{run: echo a, b}` gives a key "b" without a value. */
static bool is_comma_trap(struct reader *reader, const struct section *section, uint32_t key)
{
    return reader_node(reader, section->map)->style == STYLE_FLOW &&
           reader_is_plain_null(reader, key + 1) && reader_length(reader, key + 1) == 0 &&
           key > section->map + 1;
}

static const char *where_else(enum table table, const char *word)
{
    static const enum table others[] = {TABLE_TOP, TABLE_TASK};
    for (size_t i = 0; i < 2; i++) {
        size_t count;
        enum table other = others[table == TABLE_STEP ? 1 - i : i]; /* the nearer one first */
        const struct field *fields = language_fields(other, &count);
        for (size_t field = 0; other != table && field < count; field++)
            if (strcmp(fields[field].key, word) == 0)
                return language_where(other);
    }
    return NULL;
}

static void advise(struct reader *reader, struct section *section, const char *word)
{
    char kebab[64];
    to_kebab(word, kebab, sizeof kebab);
    int field = NO_FIELD;
    const char *advice = language_foreign(section->table, kebab, &field);
    const char *elsewhere = where_else(section->table, kebab);
    if (advice == NULL && elsewhere == NULL)
        advice = nearest_key(section->table, kebab, &field);
    if (field != NO_FIELD) {
        section->guessed |= UINT64_C(1) << field;
        reader_hint(reader, "did you mean '%s'?", advice);
    } else if (advice != NULL) {
        reader_hint(reader, "%s", advice);
    } else if (elsewhere != NULL) {
        reader_hint(reader, "'%s' belongs %s", kebab, elsewhere);
    }
}

static void unknown_key(struct reader *reader, struct section *section, uint32_t key)
{
    const char *word = reader_text(reader, key);
    section->has_unknown = true;
    reader_error(reader, key, "unknown key '%s'", word);
    if (is_comma_trap(reader, section, key))
        reader_hint(reader, "in { } a comma ends the value before it: put that value in quotes");
    else
        advise(reader, section, word);
}

bool section_read(struct reader *reader, uint32_t node, enum table table, const char *what,
                  struct section *ret)
{
    *ret = (struct section){.table = table, .map = node};
    if (!reader_expect(reader, node, NODE_MAP, what))
        return false;
    size_t count;
    const struct field *fields = language_fields(table, &count);
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        int field = tables_find(&reader->tables, table, reader_node(reader, key)->text);
        if (field != NO_FIELD && !fields[field].is_later)
            ret->values[field] = key + 1, ret->present |= UINT64_C(1) << field;
        else if (field != NO_FIELD)
            ret->guessed |= UINT64_C(1) << field,
                reader_error(reader, key, "'%s' is not supported yet", fields[field].key);
        else if (strncmp(reader_text(reader, key), "x-", 2) != 0)
            unknown_key(reader, ret, key);
    }
    return true;
}
