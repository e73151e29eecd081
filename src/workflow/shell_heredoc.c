/* Here-documents: where their bodies begin and end, and whether they are expanded.
 *
 * A body begins behind the newline that ends the line of its operator, and ends before the line
 * that is its delimiter. It is found first, line by line, and then gone through as if it were the
 * whole text. */
#include "workflow/shell.h"

#include <stdlib.h>
#include <string.h>

bool shell_has_heredocs(const struct scanner *scanner)
{
    return scanner->next_heredoc < scanner->heredocs.count;
}

void shell_release_heredocs(struct scanner *scanner)
{
    for (uint32_t i = 0; i < scanner->heredocs.count; i++)
        free(scanner->heredocs.items[i].delimiter);
    VEC_RELEASE(&scanner->heredocs);
}

static bool ends_delimiter(char byte)
{
    return byte == '\0' || strchr(" \t\n;&|<>()", byte) != NULL;
}

/* The rest of a quoted part of the delimiter. */
static bool take_quoted(struct scanner *scanner, struct buffer *delimiter)
{
    char quote = shell_peek(scanner, 0);
    for (scanner->at++; shell_peek(scanner, 0) != quote; scanner->at++) {
        if (scanner->at >= scanner->limit)
            return shell_fail(scanner, scanner->at,
                              "the quote of a here-document's delimiter "
                              "is not closed");
        buffer_add_byte(delimiter, shell_peek(scanner, 0));
    }
    scanner->at++;
    return true;
}

static bool take_delimiter(struct scanner *scanner, struct heredoc *heredoc,
                           struct buffer *delimiter)
{
    while (!ends_delimiter(shell_peek(scanner, 0))) {
        char byte = shell_peek(scanner, 0);
        if (shell_is_hole(scanner, scanner->at))
            return shell_refuse(scanner, scanner->at, "in the delimiter of a here-document");
        if (byte == '$' || byte == '`')
            return shell_doubt(scanner, "a here-document whose delimiter holds '$' or '`'");
        if (byte == '\'' || byte == '"') {
            heredoc->is_quoted = true;
            if (!take_quoted(scanner, delimiter))
                return false;
            continue;
        }
        if (byte == '\\') {
            heredoc->is_quoted = true;
            scanner->at++;
        }
        if (scanner->at < scanner->limit)
            buffer_add_byte(delimiter, scanner->text[scanner->at++]);
    }
    return true;
}

bool shell_declare_heredoc(struct scanner *scanner)
{
    struct heredoc heredoc = {.operator_at = scanner->at, .level = shell_level(scanner)};
    scanner->at += 2;
    heredoc.strips_tabs = shell_peek(scanner, 0) == '-';
    scanner->at += heredoc.strips_tabs;
    while (shell_peek(scanner, 0) == ' ' || shell_peek(scanner, 0) == '\t')
        scanner->at++;
    size_t begin = scanner->at;
    CLEANUP_BUFFER struct buffer delimiter = {0};
    if (!take_delimiter(scanner, &heredoc, &delimiter))
        return false;
    if (scanner->at == begin || memchr(buffer_text(&delimiter), '\n', delimiter.length) != NULL)
        return shell_doubt(scanner, "a here-document with this delimiter");
    heredoc.length = delimiter.length;
    heredoc.delimiter = buffer_take(&delimiter);
    *VEC_PUSH(&scanner->heredocs) = heredoc;
    return true;
}

/* The end of the line at `at`; the lines of an expression are one. */
static size_t line_end(const struct scanner *scanner, const struct heredoc *heredoc, size_t at)
{
    while (at < scanner->limit && scanner->text[at] != '\n') {
        if (heredoc->is_quoted || !shell_is_hole(scanner, at)) {
            at++;
            continue;
        }
        long end = sandbox_expression_end(scanner->text + at + 3, scanner->limit - at - 3);
        if (end < 0)
            return scanner->limit;
        at += (size_t)end + 5;
    }
    return at;
}

static bool is_delimiter(const struct scanner *scanner, const struct heredoc *heredoc, size_t begin,
                         size_t end)
{
    while (heredoc->strips_tabs && begin < end && scanner->text[begin] == '\t')
        begin++;
    return end - begin == heredoc->length &&
           memcmp(scanner->text + begin, heredoc->delimiter, heredoc->length) == 0;
}

/* Does the line before this one go on here? */
static bool is_continued(const struct scanner *scanner, size_t begin)
{
    size_t backslashes = 0;
    while (begin >= 2 + backslashes && scanner->text[begin - 2 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 1;
}

/* Goes past a body that is not expanded. */
static bool pass_body(struct scanner *scanner, size_t body_end, size_t end)
{
    const char *hole = memmem(scanner->text + scanner->at, body_end - scanner->at, "${{", 3);
    if (hole != NULL) {
        shell_refuse(scanner, (size_t)(hole - scanner->text),
                     "in a here-document with a quoted delimiter");
        return error_hint(scanner->error, "take the quotes off the delimiter");
    }
    scanner->at = end;
    return true;
}

static bool enter_body(struct scanner *scanner, size_t body_end, size_t end)
{
    if (!shell_push(scanner, FRAME_HEREDOC, 0))
        return false;
    struct frame *frame = shell_top(scanner);
    frame->end = end;
    frame->outer_limit = scanner->limit;
    scanner->limit = body_end;
    return true;
}

/* Finds the line that ends the body which begins here. */
static bool find_end(struct scanner *scanner, const struct heredoc *heredoc, size_t *ret_begin,
                     size_t *ret_end)
{
    for (size_t begin = scanner->at; begin < scanner->limit; begin = *ret_end) {
        size_t end = line_end(scanner, heredoc, begin);
        *ret_begin = begin;
        *ret_end = end < scanner->limit ? end + 1 : end;
        if (!is_delimiter(scanner, heredoc, begin, end))
            continue;
        if (!heredoc->is_quoted && begin > scanner->at && is_continued(scanner, begin))
            return shell_doubt(scanner, "a backslash before a here-document's last line");
        return true;
    }
    return shell_fail(scanner, heredoc->operator_at, "this here-document is not closed");
}

bool shell_begin_heredoc(struct scanner *scanner)
{
    while (shell_has_heredocs(scanner)) {
        const struct heredoc *heredoc = &scanner->heredocs.items[scanner->next_heredoc++];
        size_t body_end = scanner->at, end = body_end;
        if (heredoc->level != shell_level(scanner))
            return shell_doubt(scanner, "a here-document that begins inside of another command");
        if (!find_end(scanner, heredoc, &body_end, &end))
            return false;
        if (!heredoc->is_quoted)
            return enter_body(scanner, body_end, end);
        if (!pass_body(scanner, body_end, end))
            return false;
    }
    return true;
}

bool shell_end_heredoc(struct scanner *scanner)
{
    const struct frame *frame = shell_top(scanner);
    scanner->limit = frame->outer_limit;
    scanner->at = frame->end;
    shell_pop(scanner, 0);
    return shell_begin_heredoc(scanner);
}
