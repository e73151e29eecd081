/* What is launched: shell text or an argument vector, of a task or of a step. Shell text that is
 * one plain command is taken apart here, so that no shell is needed for it. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

enum { PLAIN_WORDS_MOST = 256 };

static void set_exec(struct reader *reader, struct body_words *body, struct text *words,
                     uint32_t count)
{
    body->exec = ARENA_ARRAY(&reader->workflow->arena, struct text, count);
    memcpy(body->exec, words, count * sizeof *words);
    body->exec_count = count;
}

static void find_plain_command(struct reader *reader, struct body_words *body)
{
    struct word words[PLAIN_WORDS_MOST];
    struct text exec[PLAIN_WORDS_MOST];
    const char *text = names_text(reader->names, body->run->literal);
    uint32_t count = shell_plain_words(text, words, PLAIN_WORDS_MOST);
    for (uint32_t i = 0; i < count; i++)
        exec[i] = (struct text){
            .at = body->run->at,
            .literal = names_add(reader->names, text + words[i].offset, words[i].length)};
    body->is_plain_command = count > 0;
    if (count > 0)
        set_exec(reader, body, exec, count);
}

void run_read(struct reader *reader, uint32_t node, struct body_words *ret)
{
    if (reader_node(reader, node)->kind == NODE_LIST) {
        reader_wrong_kind(reader, node, "shell text");
        reader_hint(reader, "write the lines as a block: run: | and each on a line of its own");
        return;
    }
    struct text *run = ARENA_ARRAY(&reader->workflow->arena, struct text, 1);
    ret->run = run;
    if (text_read_shell(reader, node, CONTEXT_TASK, run) && run->piece_count == 0 &&
        reader->details->shell.is_bare)
        find_plain_command(reader, ret);
}

static bool has_space(const struct reader *reader, const struct text *word)
{
    if (word->piece_count == 0)
        return strpbrk(names_text(reader->names, word->literal), " \t\n") != NULL;
    for (uint32_t i = 0; i < word->piece_count; i++)
        if (strpbrk(names_text(reader->names, word->pieces[i].literal), " \t\n") != NULL)
            return true;
    return false;
}

void exec_read(struct reader *reader, uint32_t node, struct body_words *ret)
{
    const struct node *one = reader_node(reader, node);
    if (one->kind == NODE_MAP) {
        reader_wrong_kind(reader, node, "a list of words");
        return;
    }
    bool is_list = one->kind == NODE_LIST;
    uint32_t count = is_list ? one->text : 1;
    ret->exec = ARENA_ARRAY(&reader->workflow->arena, struct text, count);
    bool is_good = true;
    for (uint32_t i = is_list ? node + 1 : node; i < one->end; i = reader_node(reader, i)->end) {
        struct text *word = &ret->exec[ret->exec_count++];
        is_good = (is_list ? text_read_scalar(reader, i, CONTEXT_TASK, word)
                           : text_read(reader, i, CONTEXT_TASK, word)) &&
                  is_good;
    }
    if (!is_good)
        return;
    const struct text *first = ret->exec;
    if (count == 0 || (first->piece_count == 0 && first->literal == 0 && is_list)) {
        reader_error(reader, node, "'exec' names no program");
    } else if (!is_list && has_space(reader, first)) {
        reader_error(reader, node, "a word alone in 'exec' is the name of a program");
        reader_hint(reader, "write a list, [program, argument], or use 'run'");
    }
}
