/* Which shell text is one plain command, so that it can be started without a shell. */
#include <string.h>

#include "workflow/workflow.h"

/* Keywords and builtins of dash, bash and ksh: their meaning is the shell's. */
static const char *const shell_own[] = {
    ".",        ":",       "[",        "alarm",     "alias",    "autoload", "bg",      "bind",
    "break",    "builtin", "caller",   "case",      "cd",       "chdir",    "command", "compgen",
    "complete", "compopt", "compound", "continue",  "coproc",   "declare",  "dirs",    "disown",
    "do",       "done",    "echo",     "elif",      "else",     "enable",   "enum",    "esac",
    "eval",     "exec",    "exit",     "export",    "false",    "fc",       "fg",      "fi",
    "float",    "for",     "function", "functions", "getconf",  "getopts",  "hash",    "help",
    "hist",     "history", "if",       "in",        "integer",  "jobs",     "kill",    "let",
    "local",    "logout",  "mapfile",  "nameref",   "newgrp",   "popd",     "print",   "printf",
    "pushd",    "pwd",     "read",     "readarray", "readonly", "redirect", "return",  "select",
    "set",      "shift",   "shopt",    "source",    "stop",     "suspend",  "test",    "then",
    "time",     "times",   "trap",     "true",      "type",     "typeset",  "ulimit",  "umask",
    "unalias",  "unset",   "until",    "wait",      "whence",   "while",
};

static bool is_plain(char byte)
{
    static const char signs[] = "_./=+,:@%-";
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr(signs, byte) != NULL);
}

/* A first word that only a shell understands; %1 is one of its jobs. */
static bool is_shell_own(const char *word, uint32_t length)
{
    if (*word == '%' || memchr(word, '=', length) != NULL)
        return true;
    for (size_t i = 0; i < sizeof shell_own / sizeof *shell_own; i++)
        if (strlen(shell_own[i]) == length && memcmp(shell_own[i], word, length) == 0)
            return true;
    return false;
}

uint32_t shell_plain_words(const char *text, struct word *words, uint32_t most)
{
    const char *at = text;
    uint32_t count = 0;
    for (;;) {
        at += strspn(at, " \t");
        const char *begin = at;
        while (is_plain(*at))
            at++;
        if (at == begin)
            break;
        if (count == most)
            return 0;
        words[count++] =
            (struct word){.offset = (uint32_t)(begin - text), .length = (uint32_t)(at - begin)};
    }
    if (*at == '\n')
        at += 1 + strspn(at + 1, " \t");
    bool is_plain_command =
        *at == '\0' && count > 0 && !is_shell_own(text + words[0].offset, words[0].length);
    return is_plain_command ? count : 0;
}
