/* Random scripts; see shell_support.h. Every quoting context of the shell is built from parts whose
 * output is known: text that stays, and values. */
#include <stdarg.h>
#include <string.h>

#include "shell/shell_support.h"

static const char *const known_values[] = {
    "plain",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "& touch pwned",
    "| touch pwned",
    "\n touch pwned\n",
    "'; touch pwned; '",
    "\"; touch pwned; \"",
    "'$(touch pwned)'",
    "\"$(touch pwned)\"",
    "${HOME}",
    "$V1",
    "$((1+1))",
    "a'b",
    "a\"b",
    "a\nb",
    "\n",
    "\n\n",
    "",
    " ",
    " a  b ",
    "\t",
    "*",
    "?",
    "[a-z]*",
    "{a,b}",
    "~",
    "~root",
    "-n",
    "--",
    "-e a",
    "\\",
    "\\n",
    "a\\",
    "\\\\",
    "\\'",
    "!",
    "!!",
    "%s",
    "E",
    "E\n",
    "\nE0\n",
    "E0",
    "#c",
    "<a",
    ">pwned",
    "a=b",
    "(",
    ")",
    "x)",
    "}",
    "${",
    "case",
    "esac",
    "\x01",
    "\x7f",
    "\r",
    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
    "\xff\x81\x88",
    "a[$(touch pwned)]",
};
enum { KNOWN_VALUES = sizeof known_values / sizeof *known_values, VALUE_LENGTH = 64 };

const char *shell_values[SHELL_VALUES];

static unsigned next_below(uint64_t *seed, unsigned limit)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)(*seed >> 33) % limit;
}

static unsigned random_below(struct script *script, unsigned limit)
{
    return next_below(&script->seed, limit);
}

/* Any byte but NUL, which no variable holds, and '/', for values are names of files too. */
static char any_byte(uint64_t *seed)
{
    char byte = (char)(1 + next_below(seed, 255));
    return byte == '/' ? '.' : byte;
}

static void make_value(uint64_t *seed, char *value)
{
    size_t length = 0;
    for (unsigned parts = 1 + next_below(seed, 3); parts > 0; parts--) {
        const char *known = known_values[next_below(seed, KNOWN_VALUES)];
        if (next_below(seed, 2) == 0 && length + strlen(known) < VALUE_LENGTH - 4)
            length = (size_t)(stpcpy(value + length, known) - value);
        else
            for (unsigned bytes = next_below(seed, 4); bytes > 0 && length < VALUE_LENGTH - 1;
                 bytes--)
                value[length++] = any_byte(seed);
    }
    value[length] = '\0';
}

void shell_make_values(uint64_t seed)
{
    static char made[SHELL_VALUES][VALUE_LENGTH];
    for (unsigned i = 0; i < SHELL_VALUES; i++) {
        if (i >= KNOWN_VALUES)
            make_value(&seed, made[i]);
        shell_values[i] = i < KNOWN_VALUES ? known_values[i] : made[i];
    }
}

static void add(struct script *script, const char *text, const char *expected)
{
    buffer_add_text(&script->text, text);
    buffer_add_text(&script->expected, expected);
}

static unsigned add_value(struct script *script)
{
    unsigned value = random_below(script, SHELL_VALUES);
    buffer_printf(&script->text, "${{ %u }}", value);
    buffer_add_text(&script->expected, shell_values[value]);
    return value;
}

static void add_words(struct script *script, int levels);

/* $(...), whose output is known to the byte: the shell takes newlines off the end. */
static void add_substitution(struct script *script, int levels)
{
    static const char *const openings[] = {"$(", "$( (:); ", "$(case a in a) :;; (b) : ;; esac; ",
                                           "$(# it's\n"};
    add(script, openings[random_below(script, 4)], "");
    script->substitutions++;
    if (levels > 0 && random_below(script, 3) == 0) {
        add(script, "\n", "");
        script_add_command(script, levels - 1);
        add(script, "printf X", "X");
    } else {
        add(script, "printf '<%sX>' ", "");
        add_words(script, levels - 1);
    }
    script->substitutions--;
    add(script, ")", "");
}

/* What may stand inside of "${u:-...}". */
static void add_default(struct script *script, int levels)
{
    switch (random_below(script, levels > 0 ? 4 : 3)) {
    case 0:
        add(script, "-#a", "-#a");
        break;
    case 1:
        add(script, " a\\\"*", " a\"*");
        break;
    case 2:
        add_value(script);
        break;
    default:
        add_substitution(script, levels - 1);
    }
}

static void add_in_double(struct script *script, int levels)
{
    switch (random_below(script, levels > 0 ? 6 : 4)) {
    case 0:
        add(script, "it's # \\\" \\$ \\\\ ", "it's # \" $ \\ ");
        break;
    case 1:
        add(script, "\n'", "\n'");
        break;
    case 2:
    case 3:
        add_value(script);
        break;
    case 4:
        add_substitution(script, levels - 1);
        break;
    default:
        add(script, "${u:-", "");
        add_default(script, levels - 1);
        add(script, "}", "");
    }
}

static void add_double(struct script *script, int levels)
{
    add(script, "\"", "");
    for (unsigned parts = random_below(script, 4); parts > 0; parts--)
        add_in_double(script, levels);
    add(script, "\"", "");
}

static void add_single(struct script *script)
{
    add(script, "'", "");
    for (unsigned parts = random_below(script, 4); parts > 0; parts--)
        if (random_below(script, 2) == 0)
            add(script, "\" \\$( ` #", "\" \\$( ` #");
        else
            add_value(script);
    add(script, "'", "");
}

/* A part of an unquoted word. */
static void add_part(struct script *script, int levels)
{
    switch (random_below(script, levels > 0 ? 8 : 6)) {
    case 0:
        add(script, "a-b#c", "a-b#c");
        break;
    case 1:
        add(script, "\\ \\'\\\"\\\\", " '\"\\");
        break;
    case 2:
    case 3:
        add_value(script);
        break;
    case 4:
        add_single(script);
        break;
    case 5:
        /* bash 5.2 takes $'...' in ${...} in $(...) in double quotes for not quoted. */
        if (script->is_bash && (script->defaults == 0 || script->substitutions == 0))
            add(script, "$'a\\tb\"'", "a\tb\"");
        else
            add(script, "x\\\ny", "xy");
        break;
    case 6:
        add_double(script, levels - 1);
        break;
    default:
        add(script, "${u:-", "");
        script->defaults++;
        add_part(script, levels - 1);
        script->defaults--;
        add(script, "}", "");
    }
}

static void add_word(struct script *script, int levels)
{
    add(script, "a", "a");
    for (unsigned parts = 1 + random_below(script, 3); parts > 0; parts--)
        add_part(script, levels);
}

/* One word, which the command before prints as <...X>. */
static void add_words(struct script *script, int levels)
{
    add(script, "", "<");
    if (levels > 0 && random_below(script, 2) == 0)
        add_word(script, levels);
    else
        add_value(script);
    add(script, "", "X>");
}

static void add_heredoc(struct script *script, int levels)
{
    bool strips = random_below(script, 2) == 0;
    unsigned heredoc = script->heredocs++;
    buffer_printf(&script->text, "cat <<%sE%u\n", strips ? "-" : "", heredoc);
    for (unsigned lines = random_below(script, 4); lines > 0; lines--) {
        add(script, strips ? "\t" : "", "");
        add(script, " \" ' # ) \\$ ", " \" ' # ) $ ");
        add_value(script);
        if (levels > 0 && random_below(script, 2) == 0)
            add_substitution(script, levels - 1);
        add(script, "\n", "\n");
    }
    buffer_printf(&script->text, "%sE%u\n", strips ? "\t" : "", heredoc);
}

static void add_case(struct script *script, int levels)
{
    unsigned value = random_below(script, SHELL_VALUES);
    buffer_printf(&script->text, "case ${{ %u }} in no) : ;;\n ${{ %u }}|x) ", value, value);
    script_add_command(script, levels - 1);
    add(script, ";;\n *) printf wrong ;; esac\n", "");
}

static void add_pattern(struct script *script)
{
    unsigned value = random_below(script, SHELL_VALUES);
    unsigned form = random_below(script, 2);
    buffer_printf(&script->text, "p=${{ %u }}tail\nprintf '<%%s>' ", value);
    buffer_printf(&script->text, form == 0 ? "\"${p#${{ %u }}}\"" : "${p##${{ %u }}}", value);
    add(script, "\n", "<tail>");
}

static void add_file(struct script *script)
{
    unsigned value = random_below(script, SHELL_VALUES);
    buffer_printf(&script->text, "printf '<%%s>' ${{ 0 }} > ./f${{ %u }}\ncat <./f'${{ %u }}'\n",
                  value, value);
    add(script, "", "<plain>");
}

static void add_wrapped(struct script *script, int levels)
{
    static const struct {
        const char *before, *after;
    } wraps[] = {
        {"(\n", ")\n"},
        {"( ( ", ") )\n"},
        {"{ ", "}\n"},
        {"if true; then ", "fi\n"},
        {"f() {\n", "}\nf\n"},
        {"for i in 1; do\n", "done | cat\n"},
        {"# it's \" ${{ 1 }} $(\n", ""},
        {"cat <<'Q' >/dev/null\n' \" $( `\nQ\n", ""},
        {"case in in in) ", ";; esac\n"},
    };
    unsigned wrap = random_below(script, sizeof wraps / sizeof *wraps);
    add(script, wraps[wrap].before, "");
    script_add_command(script, levels - 1);
    add(script, wraps[wrap].after, "");
}

static void add_bash(struct script *script)
{
    unsigned value = random_below(script, SHELL_VALUES);
    switch (random_below(script, 4)) {
    case 0:
        add(script, "cat <<< ", "");
        add_value(script);
        add(script, "\n", "\n");
        break;
    case 1:
        buffer_printf(&script->text, "[[ ${{ %u }} == ${{ %u }} && a =~ (a) ]] && printf yes\n",
                      value, value);
        add(script, "", "yes");
        break;
    case 2:
        add(script, "a=(x ", "");
        buffer_add_text(&script->expected, "<");
        add_value(script);
        add(script, " y); printf '<%s>' \"${a[1]}\"\n", ">");
        break;
    default:
        add(script, "cat <(printf '<%s>' ", "<");
        add_value(script);
        add(script, ")\n", ">");
    }
}

void script_add_command(struct script *script, int levels)
{
    switch (random_below(script, levels > 0 ? 10 : 4)) {
    case 0:
        add_file(script);
        break;
    case 1:
        add_pattern(script);
        break;
    case 2:
        if (script->is_bash) {
            add_bash(script);
            break;
        }
        /* fall through */
    case 3:
        add(script, "printf '<%sX>' ", "");
        add_words(script, levels);
        add(script, "\n", "");
        break;
    case 4:
        add(script, "v=", "<");
        add_word(script, levels - 1);
        add(script, "\nprintf '<%s>' \"$v\"\n", ">");
        break;
    case 5:
        add_heredoc(script, levels - 1);
        break;
    case 6:
        add_case(script, levels);
        break;
    case 7:
        add(script, "for i in ", "<");
        add_value(script);
        add(script, "; do printf '<%s>' \"$i\"; done\n", ">");
        break;
    default:
        add_wrapped(script, levels);
    }
}
