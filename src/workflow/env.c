/* What surrounds a body: environment variables, the shell, the streams. */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

/* --- env --- */

static bool is_variable_name(const char *text, size_t length)
{
    if (length == 0 || isdigit((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    return true;
}

static bool check_variable(struct reader *reader, uint32_t key)
{
    const char *text = reader_text(reader, key);
    if (!is_variable_name(text, reader_length(reader, key))) {
        reader_error(reader, key, "'%s' cannot be the name of an environment variable", text);
        reader_hint(reader, "it has only letters, digits and '_', and no digit first");
        return false;
    }
    if (strncmp(text, "PARGRAPH_", strlen("PARGRAPH_")) == 0)
        return reader_error(reader, key,
                            "'%s' is reserved: names with PARGRAPH_ are set by pargraph", text);
    return true;
}

void env_read(struct reader *reader, uint32_t node, enum context context, struct variable **env,
              uint32_t *count)
{
    if (!reader_expect(reader, node, NODE_MAP, "a map of environment variables"))
        return;
    struct arena *arena = &reader->workflow->arena;
    uint32_t end = reader_node(reader, node)->end;
    struct variable *all =
        ARENA_ARRAY(arena, struct variable, *count + reader_node(reader, node)->text);
    if (*count > 0)
        memcpy(all, *env, *count * sizeof **env);
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        struct variable *variable = &all[(*count)++];
        variable->at = reader_node(reader, key)->at;
        variable->name = reader_node(reader, key)->text;
        check_variable(reader, key);
        variable->is_unset = reader_is_plain_null(reader, key + 1);
        if (!variable->is_unset)
            text_read_scalar(reader, key + 1, context, &variable->value);
    }
    *env = all;
}

/* --- shell --- */

enum { SHELL_WORDS_MOST = 64 };

static const struct {
    const char *name, *words;
} known_shells[] = {
    {"sh", "/bin/sh -eu"},
    {"bash", "bash -euo pipefail"},
};

static bool is_bourne(const char *program)
{
    static const char *const names[] = {"sh", "dash", "bash", "ksh"};
    const char *slash = strrchr(program, '/');
    const char *last = slash != NULL ? slash + 1 : program;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(last, names[i]) == 0)
            return true;
    return false;
}

static void shell_split(struct reader *reader, const char *text, struct shell *ret)
{
    name words[SHELL_WORDS_MOST];
    uint32_t count = 0;
    while (count < SHELL_WORDS_MOST && *(text += strspn(text, " \t\n")) != '\0') {
        size_t length = strcspn(text, " \t\n");
        words[count++] = names_add(reader->names, text, length);
        text += length;
    }
    ret->word_count = count;
    ret->words = arena_copy(&reader->workflow->arena, words, count * sizeof *words);
}

void shell_make(struct reader *reader, const char *text, struct shell *ret)
{
    *ret = (struct shell){.kind = SHELL_OTHER};
    const char *words = text;
    for (size_t i = 0; i < sizeof known_shells / sizeof *known_shells; i++)
        if (strcmp(known_shells[i].name, text) == 0)
            words = known_shells[i].words;
    shell_split(reader, words, ret);
    bool has_flag = ret->word_count > 1 &&
                    strcmp(names_text(reader->names, ret->words[ret->word_count - 1]), "-c") == 0;
    ret->word_count -= has_flag; /* it is put before the text anyway */
    for (uint32_t i = 0; i < ret->word_count; i++)
        if (strstr(names_text(reader->names, ret->words[i]), "{0}") != NULL)
            ret->has_file = true;
    if (ret->word_count > 0 && is_bourne(names_text(reader->names, ret->words[0])))
        ret->kind = SHELL_BOURNE;
    ret->is_bare = ret->kind == SHELL_BOURNE && (words != text || ret->word_count == 1);
}

bool shell_read(struct reader *reader, uint32_t node)
{
    name text;
    if (!reader_constant(reader, node, &text))
        return false;
    shell_make(reader, names_text(reader->names, text), &reader->details->shell);
    const struct shell *shell = &reader->details->shell;
    if (shell->word_count > 0 && shell->word_count < SHELL_WORDS_MOST)
        return true;
    reader_error(reader, node,
                 shell->word_count == 0 ? "the name of a shell is missing"
                                        : "a shell of too many words");
    reader_hint(reader, "write sh, bash, or a command like 'python3' or 'perl {0}'");
    shell_make(reader, "sh", &reader->details->shell);
    return false;
}

/* --- streams --- */

static bool stdin_from(struct reader *reader, uint32_t node, struct stream *stream)
{
    if (!reader_expect(reader, node, NODE_SCALAR, "the name of a need"))
        return false;
    uint32_t need = needs_find(reader, reader_node(reader, node)->text);
    if (need != 0) {
        stream->kind = STREAM_FROM;
        stream->from = need - 1;
        reader->workflow->tasks[reader->task->needs[need - 1].task].keeps |= KEEPS_STDOUT;
        return true;
    }
    if (reader->is_needs_broken)
        return false;
    reader_error(reader, node, "'%s' is not among the needs of this task",
                 reader_text(reader, node));
    reader_hint(reader, "add it to the task's 'needs'");
    return false;
}

static bool stream_from_map(struct reader *reader, uint32_t node, int descriptor,
                            struct stream *stream)
{
    enum context context = reader->task != NULL ? CONTEXT_TASK : CONTEXT_SHARED;
    struct section section;
    const char *what = descriptor == 0   ? "a map with text, file, from or pipe"
                       : descriptor == 1 ? "discard or a map with file or pipe"
                                         : "discard, stdout or a map with file or pipe";
    if (!section_read(reader, node, descriptor == 0 ? TABLE_STDIN : TABLE_STREAM, what, &section)) {
        if (descriptor == 0 && reader_node(reader, node)->kind == NODE_SCALAR)
            reader_hint(reader, "write {file: PATH}, {text: TEXT} or {pipe: NAME}");
        return false;
    }
    uint32_t file = section.values[STREAM_FIELD_FILE], text = section.values[STREAM_FIELD_TEXT];
    uint32_t from = section.values[STREAM_FIELD_FROM], pipe = section.values[STREAM_FIELD_PIPE];
    int count = (file != 0) + (text != 0) + (from != 0) + (pipe != 0);
    if (count == 0 && !section.has_unknown && section.guessed == 0)
        return reader_error(reader, node, "expected %s, found %s", what,
                            reader_node(reader, node)->text == 0 ? "an empty map" : "none of them");
    if (count > 1)
        return reader_error(reader, node,
                            descriptor == 0 ? "a stream has one of text, file, from and pipe"
                                            : "a stream has one of file and pipe");
    if (pipe != 0)
        return pipe_read(reader, pipe, descriptor, stream);
    if (from != 0)
        return stdin_from(reader, from, stream);
    if (count == 0)
        return false;
    stream->kind = file != 0 ? STREAM_FILE : STREAM_TEXT;
    return file != 0 ? text_read(reader, file, context, &stream->text)
                     : text_read_data(reader, text, context, &stream->text);
}

bool stream_read(struct reader *reader, uint32_t node, int descriptor)
{
    struct stream *stream = &reader->details->streams[descriptor];
    *stream = (struct stream){.at = reader_node(reader, node)->at};
    static const char *const words[] = {"discard", "stdout"};
    if (descriptor == 0 || reader_node(reader, node)->kind != NODE_SCALAR)
        return stream_from_map(reader, node, descriptor, stream);
    if (strcmp(reader_text(reader, node), "discard") == 0) {
        stream->kind = STREAM_DISCARD;
        return true;
    }
    if (descriptor == 2 && strcmp(reader_text(reader, node), "stdout") == 0) {
        stream->kind = STREAM_STDOUT;
        return true;
    }
    if (reader_is_plain_null(reader, node))
        return stream_from_map(reader, node, descriptor, stream);
    reader_error(reader, node, "expected discard%s or a map with file or pipe, found '%s'",
                 descriptor == 2 ? ", stdout" : "", reader_text(reader, node));
    const char *nearest = text_nearest(reader_text(reader, node), words, (size_t)descriptor);
    if (nearest != NULL)
        reader_hint(reader, "did you mean '%s'?", nearest);
    else
        reader_hint(reader, "write {file: %s} for a file", reader_text(reader, node));
    return false;
}
