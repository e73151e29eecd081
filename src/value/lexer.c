/* Divides Lua's source as llex.c of Lua 5.4 does. Where the two could differ a name inside a string
 * might be taken for a reference, so what is odd here is odd there: 3..2 is one (bad) number. */
#include "value/lexer.h"

#include <ctype.h>
#include <string.h>

static const char *const keywords[] = {
    "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
    "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
    "repeat",   "return", "then", "true", "until",  "while",
};

static const char *const symbols[] = {"...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

static char peek(const struct lexer *lexer, size_t ahead)
{
    return lexer->length - lexer->at > ahead ? lexer->text[lexer->at + ahead] : '\0';
}

/* The level of a long bracket's opening "[==[" here, or -1. */
static int bracket_level(const struct lexer *lexer)
{
    size_t level = 0;
    while (peek(lexer, 1 + level) == '=')
        level++;
    return peek(lexer, 0) == '[' && peek(lexer, 1 + level) == '[' ? (int)level : -1;
}

static bool pass_long_bracket(struct lexer *lexer, int level)
{
    for (lexer->at += (size_t)level + 2; lexer->at < lexer->length; lexer->at++) {
        if (peek(lexer, 0) != ']')
            continue;
        size_t equals = 0;
        while (peek(lexer, 1 + equals) == '=')
            equals++;
        if (equals == (size_t)level && peek(lexer, 1 + equals) == ']') {
            lexer->at += equals + 2;
            return true;
        }
        lexer->at += equals;
    }
    return false;
}

static bool pass_comment(struct lexer *lexer)
{
    lexer->at += 2;
    int level = bracket_level(lexer);
    if (level >= 0)
        return pass_long_bracket(lexer, level);
    while (lexer->at < lexer->length && lexer->text[lexer->at] != '\n' &&
           lexer->text[lexer->at] != '\r')
        lexer->at++;
    return true;
}

static bool pass_string(struct lexer *lexer)
{
    char quote = lexer->text[lexer->at++];
    while (lexer->at < lexer->length && lexer->text[lexer->at] != quote) {
        if (lexer->text[lexer->at] == '\n' || lexer->text[lexer->at] == '\r')
            return false;
        if (lexer->text[lexer->at++] != '\\')
            continue;
        bool skips_blanks = peek(lexer, 0) == 'z';
        bool is_pair = peek(lexer, 0) == '\r' && peek(lexer, 1) == '\n';
        lexer->at += is_pair ? 2 : lexer->at < lexer->length;
        while (skips_blanks && isspace((unsigned char)peek(lexer, 0)))
            lexer->at++;
    }
    if (lexer->at >= lexer->length)
        return false;
    lexer->at++;
    return true;
}

static void pass_number(struct lexer *lexer)
{
    bool is_hex = peek(lexer, 0) == '0' && (peek(lexer, 1) | 0x20) == 'x';
    char exponent = is_hex ? 'p' : 'e';
    lexer->at += is_hex ? 2 : 1;
    for (;;) {
        char byte = peek(lexer, 0);
        if ((byte | 0x20) == exponent)
            lexer->at += peek(lexer, 1) == '+' || peek(lexer, 1) == '-' ? 2 : 1;
        else if (isxdigit((unsigned char)byte) || byte == '.')
            lexer->at++;
        else
            break;
    }
    lexer->at += is_name_byte(peek(lexer, 0));
}

static void pass_symbol(struct lexer *lexer)
{
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t length = strlen(symbols[i]);
        if (lexer->length - lexer->at >= length &&
            memcmp(lexer->text + lexer->at, symbols[i], length) == 0) {
            lexer->at += length;
            return;
        }
    }
    lexer->at++;
}

static bool is_keyword(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i]) == length && memcmp(keywords[i], text, length) == 0)
            return true;
    return false;
}

static enum token_kind pass_token(struct lexer *lexer)
{
    char byte = peek(lexer, 0);
    if (byte == '"' || byte == '\'')
        return pass_string(lexer) ? TOKEN_STRING : TOKEN_UNFINISHED;
    int level = bracket_level(lexer);
    if (level >= 0)
        return pass_long_bracket(lexer, level) ? TOKEN_STRING : TOKEN_UNFINISHED;
    if (isdigit((unsigned char)byte) || (byte == '.' && isdigit((unsigned char)peek(lexer, 1)))) {
        pass_number(lexer);
        return TOKEN_NUMBER;
    }
    if (!is_name_byte(byte)) {
        pass_symbol(lexer);
        return TOKEN_SYMBOL;
    }
    size_t begin = lexer->at;
    while (is_name_byte(peek(lexer, 0)))
        lexer->at++;
    return is_keyword(lexer->text + begin, lexer->at - begin) ? TOKEN_KEYWORD : TOKEN_NAME;
}

struct token lexer_next(struct lexer *lexer)
{
    while (lexer->at < lexer->length) {
        struct token token = {.offset = lexer->at};
        if (memchr(" \t\r\n\f\v", peek(lexer, 0), 6) != NULL) {
            lexer->at++;
            continue;
        }
        bool is_comment = peek(lexer, 0) == '-' && peek(lexer, 1) == '-';
        if (is_comment && pass_comment(lexer))
            continue;
        token.kind = is_comment ? TOKEN_UNFINISHED : pass_token(lexer);
        token.length = lexer->at - token.offset;
        return token;
    }
    return (struct token){.kind = TOKEN_END, .offset = lexer->length};
}

bool token_is(const struct lexer *lexer, const struct token *token, const char *text)
{
    return token->kind != TOKEN_STRING && strlen(text) == token->length &&
           memcmp(lexer->text + token->offset, text, token->length) == 0;
}
