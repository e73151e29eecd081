/* The words of Lua's source text, as Lua's own lexer divides it. */
#ifndef VALUE_LEXER_H
#define VALUE_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_KEYWORD,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_SYMBOL,     /* an operator, a bracket, any other byte */
    TOKEN_UNFINISHED, /* a string or comment that does not end: the rest of the text */
};

struct token {
    enum token_kind kind;
    size_t offset, length;
};

struct lexer {
    const char *text;
    size_t length, at;
};

/* The next token; blanks and comments are passed over. At the end it stays at the end. */
struct token lexer_next(struct lexer *lexer);
bool token_is(const struct lexer *lexer, const struct token *token, const char *text);

#endif
