/* How shell text is divided: the quoting of every expression, every refusal, plain commands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/shell_support.h"
#include "support/check.h"
#include "workflow/workflow.h"

/* Writes each expression as a letter in braces: {w}ord, {d}ouble, {s}ingle, {h}ere-document; or
 * the error as "place: message (hint)". */
static void write_holes(const char *text, size_t length, struct buffer *out)
{
    static const char letters[] = {[QUOTING_WORD] = 'w',
                                   [QUOTING_ONE] = 'o',
                                   [QUOTING_DOUBLE] = 'd',
                                   [QUOTING_SINGLE] = 's',
                                   [QUOTING_HEREDOC] = 'h'};
    CLEANUP_ERROR struct error error = {0};
    struct shell_hole *holes = NULL;
    uint32_t count = 0;
    if (!shell_find_holes(text, length, 1, &holes, &count, &error)) {
        CU_ASSERT_PTR_NULL(holes);
        buffer_printf(out, "%u: %s", error.at, error.message);
        if (error.hint != NULL)
            buffer_printf(out, " (%s)", error.hint);
        return;
    }
    size_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
        buffer_add(out, text + done, holes[i].offset - done);
        buffer_printf(out, "{%c}", letters[holes[i].quoting]);
        done = holes[i].offset + holes[i].length;
    }
    buffer_add(out, text + done, length - done);
    free(holes);
}

static void check_holes(const char *text, const char *expected)
{
    CLEANUP_BUFFER struct buffer out = {0};
    write_holes(text, strlen(text), &out);
    CHECK_TEXT(buffer_text(&out), expected);
}

#define SAME(text) check_holes(text, text)
#define REFUSED(text, at, where)                                                                   \
    check_holes(text, at ": an expression cannot stand " where                                     \
                         " (assign it to a variable first: v=${{ ... }})")
#define DOUBTED(text, at, behind)                                                                  \
    check_holes(text, at ": an expression cannot stand behind " behind                             \
                         ": shells differ in what follows (assign it to a variable at the "        \
                         "beginning: v=${{ ... }})")

static void test_words(void)
{
    check_holes("", "");
    SAME("echo a 'b' \"c\" $d # e");
    check_holes("echo ${{ a }} x${{b}}y", "echo {w} x{w}y");
    check_holes("${{ a['}}'] }}", "{w}");
    check_holes("a=${{ a }} b+=${{ a }} c[1]=${{ a }} cmd >${{ a }} 2>> ${{ a }} &>${{ a }}",
                "a={w} b+={w} c[1]={w} cmd >{o} 2>> {o} &>{o}");
    check_holes("echo \\\n ${{ a }} \\\\${{ a }}", "echo \\\n {w} \\\\{w}");
    check_holes("cat <<<${{ a }} <<< 'x${{ a }}'", "cat <<<{o} <<< 'x{s}'");
    check_holes("$$${{ a }} $#${{ a }} $x${{ a }} \"$x${{ a }}\"",
                "$${w} $#{w} $x{w} \"$x{d}\"" + 0);
    check_holes("env A=${{ a }} --x-${{ a }}=${{ a }}", "env A={w} --x-{w}={w}");
    check_holes("[ ${{ a }} = b ] && [[ ${{ a }} < b && x =~ (${{ a }}) ]]",
                "[ {w} = b ] && [[ {w} < b && x =~ ({w}) ]]");
}

static void test_quotes(void)
{
    check_holes("echo \"${{ a }}'${{ a }}'\" '${{ a }}\"\\' \"\\\"${{ a }}\"",
                "echo \"{d}'{d}'\" '{s}\"\\' \"\\\"{d}\"");
    check_holes("echo $\"${{ a }}\" $'a\\n' ${{ a }}", "echo $\"{d}\" $'a\\n' {w}");
    check_holes("echo \"$(echo ${{ a }} \"${{ a }}\" '${{ a }}')${{ a }}\" ${{ a }}",
                "echo \"$(echo {w} \"{d}\" '{s}'){d}\" {w}");
    check_holes("echo $((1 + 2)) ${{ a }} $(( (1) + \"2\" << 3 )) ${{ a }}",
                "echo $((1 + 2)) {w} $(( (1) + \"2\" << 3 )) {w}");
    check_holes("echo `a \\` \"` ${{ a }}", "echo `a \\` \"` {w}");
    check_holes("# ${{ a }} '\"`$(\necho a#${{ a }} \\#${{ a }} ;#'",
                "# ${{ a }} '\"`$(\necho a#{w} "
                "\\#{w} ;#'");
}

static void test_parameters(void)
{
    check_holes("echo ${a:-${{ a }}} ${a+x'${{ a }}'} ${a#${{ a }}} ${a%%\"${{ a }}\"}",
                "echo ${a:-{w}} ${a+x'{s}'} ${a#{w}} ${a%%\"{d}\"}");
    check_holes("echo \"${a:=${{ a }}}\" \"${a#${{ a }}}\" \"${a:-$(echo ${{ a }})}\"",
                "echo \"${a:={d}}\" \"${a#{w}}\" \"${a:-$(echo {w})}\"");
    check_holes("echo ${a} ${#a} ${!a} ${a[1]} ${@:2} ${$} \"${a/x/y}\" ${{ a }}",
                "echo ${a} ${#a} ${!a} ${a[1]} ${@:2} ${$} \"${a/x/y}\" {w}");
    REFUSED("${a:${{ a }}}", "5", "in this part of ${ }");
    REFUSED("${a[${{ a }}]}", "5", "in this part of ${ }");
    REFUSED("${a${{ a }}}", "4", "in this part of ${ }");
    REFUSED("${#${{ a }}}", "4", "in this part of ${ }");
    REFUSED("${a/${{ a }}/b}", "5", "in this part of ${ }");
    REFUSED("${a:$(echo ${{ a }})}", "12", "in this part of ${ }");
    REFUSED("\"${a:-\"${{ a }}\"}\"", "8", "in quotes inside of \"${ }\"");
    REFUSED("cat <<E\n${a#${{ a }}}\nE\n", "13", "in this part of ${ }");
    DOUBTED("\"${a:-'b'}\" ${{ a }}", "13", "a single quote inside of \"${ }\"");
    DOUBTED("${a:-{}} ${{ a }}", "10", "a '{' inside of ${ }");
    DOUBTED("${ a; } ${{ a }}", "9", "'${ '");
}

static void test_commands(void)
{
    check_holes("(cd ${{ a }} && ls); { echo ${{ a }}; } | cat & f() { echo ${{ a }}; }",
                "(cd {w} && ls); { echo {w}; } | cat & f() { echo {w}; }");
    check_holes("x=$(case a in a) echo ${{ a }};; (b|c) :;& case) :;;& esac) ${{ a }}",
                "x=$(case a in a) echo {w};; (b|c) :;& case) :;;& esac) {w}");
    check_holes("case ${{ a }} in\n# c)\n${{ a }}) case in in in) ;; esac ;;\n*) ${{ a }} ;; esac; "
                "echo case ${{ a }}",
                "case {o} in\n# c)\n{o}) case in in in) ;; esac ;;\n*) {w} ;; esac; echo case "
                "{w}");
    check_holes("for i in ${{ a }} case; do if a; then echo ${{ a }} esac; fi; done",
                "for i in {w} case; do if a; then echo {w} esac; fi; done");
    check_holes("a=(${{ a }} 'b') b=1 c=${{ a }} d", "a=({w} 'b') b=1 c={w} d");
    check_holes("diff <(cat ${{ a }}) >(cat) ${{ a }}", "diff <(cat {w}) >(cat) {w}");
    check_holes("export A=${{ a }} \"B=${{ a }}\"; local x='${{ a }}'",
                "export A={w} \"B={d}\"; local x='{s}'");
    check_holes("for ((i=0; i<3; i++)); do ((i<<2)); echo ${{ a }}; done",
                "for ((i=0; i<3; i++)); do ((i<<2)); echo {w}; done");
}

static void test_heredocs(void)
{
    check_holes("cat <<E\n'${{ a }}' \"$(echo ${{ a }})\" # \\$ ${a:-${{ a }}}\nE\necho ${{ a }}",
                "cat <<E\n'{h}' \"$(echo {w})\" # \\$ ${a:-{d}}\nE\necho {w}");
    check_holes("cat <<A <<-'B' && x ${{ a }} \"\n\"\n${{ a }}\nA\n\"\n\t\tB\n${{ a }}",
                "cat <<A <<-'B' && x {w} \"\n\"\n{h}\nA\n\"\n\t\tB\n{w}");
    check_holes("a=$(cat <<-E\n\t${{ a }}\n\tE\n) ${{ a }}", "a=$(cat <<-E\n\t{h}\n\tE\n) {w}");
    check_holes("(cat <<E) && b ${{ a }}\n${{ a }}\nE", "(cat <<E) && b {w}\n{h}\nE");
    check_holes("cat <<E\n${{ [[\nE\n]] }}\n E\nE\n", "cat <<E\n{h}\n E\nE\n");
    check_holes("cat <<''\n\"\n\n${{ a }}", "cat <<''\n\"\n\n{w}");
    check_holes("cat <<E\nE\n${{ a }}", "cat <<E\nE\n{w}");
    check_holes("cat <<\\E\n${{ a }}\nE\n",
                "10: an expression cannot stand in a here-document with a quoted delimiter (take "
                "the quotes off the delimiter)");
    check_holes("cat <<E\n${{ a }}\n E\n", "5: this here-document is not closed");
    check_holes("cat <<E", "5: this here-document is not closed");
    REFUSED("cat <<E${{ a }}\n", "8", "in the delimiter of a here-document");
    DOUBTED("cat <<E$a\n${{ a }}\nE\n", "11", "a here-document whose delimiter holds '$' or '`'");
    DOUBTED("cat <<E\na\\\nE\nE\n${{ a }}\n", "16",
            "a backslash before a here-document's last line");
    DOUBTED("echo $(cat <<E) ${{ a }}\nE\n", "17", "a here-document that begins inside of $( )");
    DOUBTED("cat <<E $(\nE\n) ${{ a }}", "16",
            "a here-document that begins inside of another command");
    DOUBTED("cat <<E\n$(echo\nE\n${{ a }})", "18", "a here-document with something unclosed in it");
}

static void test_refusals(void)
{
    REFUSED("echo `cat ${{ a }}`", "11", "inside of backquotes");
    REFUSED("echo \"`cat \"${{ a }}\"`\"", "13", "inside of backquotes");
    REFUSED("echo $((${{ a }}))", "9",
            "inside of $(( )) or (( )): the shell would calculate its value");
    REFUSED("echo \"$(( $(echo ${{ a }}) ))\"", "18",
            "inside of $(( )) or (( )): the shell would calculate its value");
    REFUSED("if ((a > ${{ a }})); then b; fi", "10",
            "inside of $(( )) or (( )): the shell would calculate its value");
    REFUSED("echo $'${{ a }}'", "8", "inside of $'...'");
    REFUSED("echo $${{ a }}", "7", "directly behind a '$'");
    REFUSED("echo \"$${{ a }}\"", "8", "directly behind a '$'");
    REFUSED("echo \\${{ a }}", "7", "behind a backslash");
    REFUSED("cat <<E\n\\${{ a }}\nE\n", "10", "behind a backslash");
    REFUSED("\xc3\xa4 \\${{ a }}", "4", "behind a backslash");
    REFUSED("x${{ a }}=1", "2", "in a name");
    REFUSED("if ${{ a }}+=1 b", "4", "in a name");
    REFUSED("export ${{ a }}", "8", "in a name");
    REFUSED("local \"${{ a }}=1\"", "8", "in a name");
    REFUSED("for ${{ a }} in b; do c; done", "5", "in a name");
    REFUSED("function ${{ a }} { b; }", "10", "in a name");
    REFUSED("f${{ a }}() { b; }", "2", "before a '('");
    REFUSED("${{ a }} () { b; }", "1", "before a '('");
    REFUSED("a[${{ a }}]=1", "3", "in an array's index: the shell would calculate its value");
    REFUSED("a[\"${{ a }}\"]=1", "4", "in an array's index: the shell would calculate its value");
    REFUSED("a=([${{ a }}]=1)", "5", "in an array's index: the shell would calculate its value");
    REFUSED("declare b a[${{ a }}]=1", "13",
            "in an array's index: the shell would calculate its value");
    REFUSED("let \"x=${{ a }}\"", "8", "where the shell would calculate its value");
    REFUSED("declare -ri x=${{ a }}", "15", "where the shell would calculate its value");
}

static void test_doubts(void)
{
    DOUBTED("echo ) ${{ a }}", "8", "an unpaired ')'");
    DOUBTED("echo $'a\\'b' ${{ a }}", "14", "a \\' inside of $'...'");
    DOUBTED("echo $[1] ${{ a }}", "11", "'$['");
    DOUBTED("((a); (b)) && ${{ a }}", "15", "'((' that does not end in '))'");
    DOUBTED("echo $(('a')) ${{ a }}", "15", "a single quote inside of (( ))");
    SAME("echo ) '");
    SAME("echo $'a\\'b' '");
}

static void test_unclosed(void)
{
    check_holes("echo 'a", "6: this single quote is not closed");
    check_holes("echo $'a", "6: this single quote is not closed");
    check_holes("echo \"a", "6: this double quote is not closed");
    check_holes("echo \"$(a", "7: this '$(' is not closed");
    check_holes("(a", "1: this '(' is not closed");
    check_holes("case a in b) c", "5: this 'case' has no 'esac'");
    check_holes("echo ${a", "6: this '${' is not closed");
    check_holes("echo $((a", "6: this '((' is not closed");
    check_holes("echo `a", "6: this backquote is not closed");
    check_holes("echo ${{ a }", "6: '${{' without '}}'");
    check_holes("echo ${{ '}}'", "6: '${{' without '}}'");
}

static void add_many(struct buffer *text, const char *part, int count)
{
    for (int i = 0; i < count; i++)
        buffer_add_text(text, part);
}

/* Large and deep texts, and every beginning of one and each byte of it changed. */
static void test_hostile(void)
{
    static const char *const parts[] = {
        "$(",   "(",      "\"$(", "${a:-", "((", "$((",      "`",   "case a in b) ",
        "<<E ", "<<'E' ", "\"",   "'",     "\\", "${{ a }}", "${{", "<<E\n${{\n",
        "a=",   "[",      "#",    "\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        CLEANUP_BUFFER struct buffer text = {0};
        CLEANUP_BUFFER struct buffer out = {0};
        add_many(&text, parts[i], 20000);
        write_holes(text.bytes, text.length, &out);
        add_many(&text, " ${{ a }}", 1);
        write_holes(text.bytes, text.length, &out);
    }
    static const char whole[] = "a=$(case \"$x\" in (b) cat <<-E;; esac\n\tz${{ a }}\\$`c`\n\tE\n) "
                                "${x:-'y'} $((1)) $'q' >f 2>&1 # '${{ b }}\n[[ a ]] && (b)";
    static const char bytes[] = "\0\n'\"`\\$(){}<#;&| =[";
    for (size_t length = 0; length < sizeof whole; length++) {
        CLEANUP_BUFFER struct buffer out = {0};
        write_holes(whole, length, &out);
        for (size_t i = 0; i < sizeof bytes; i++) {
            char damaged[sizeof whole];
            memcpy(damaged, whole, sizeof whole);
            damaged[length] = bytes[i];
            write_holes(damaged, sizeof whole - 1, &out);
        }
    }
}

static void test_depth(void)
{
    CLEANUP_BUFFER struct buffer text = {0};
    CLEANUP_BUFFER struct buffer out = {0};
    add_many(&text, "(", 1);
    add_many(&text, " (", 62);
    add_many(&text, "a ${{ a }}", 1);
    add_many(&text, ")", 63);
    write_holes(text.bytes, text.length, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out), "a {w})"));
    buffer_clear(&out);
    add_many(&text, " ;", 1);
    add_many(&text, " (", 64);
    add_many(&text, "${{ a }}", 1);
    write_holes(text.bytes, text.length, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out), "behind what is nested so deep"));
}

static void check_plain(const char *text, const char *expected)
{
    struct word words[5];
    CLEANUP_BUFFER struct buffer out = {0};
    uint32_t count = shell_plain_words(text, words, 5);
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(&out, "<%.*s>", (int)words[i].length, text + words[i].offset);
    CHECK_TEXT(buffer_text(&out), expected);
}

static void test_plain_words(void)
{
    check_plain("ls", "<ls>");
    check_plain(" \tls -l\t/tmp/x \n", "<ls><-l></tmp/x>");
    check_plain("./a.out --n=3 a,b:c@d%e+f_g", "<./a.out><--n=3><a,b:c@d%e+f_g>");
    check_plain("a b c d e", "<a><b><c><d><e>");
    static const char *const needs_shell[] = {
        "",         " ",           "\n",     "\nls",        "ls\n\n",  "ls\nls",
        "A=1 ls",   "a b c d e f", "ls *",   "ls ~",        "ls $A",   "ls 'a'",
        "ls \"a\"", "ls;",         "ls &",   "ls | cat",    "ls >a",   "ls \\a",
        "(ls)",     "ls `a`",      "ls #a",  "ls !a",       "ls {a}",  "ls [a]",
        "ls ^a",    "ls \xc3\xa4", "ls\r",   "%1",          "cd /",    "echo a",
        "test a",   "printf a",    "time a", "if",          "exec a",  ". a",
        "source a", "true",        "kill 1", ":",           "pushd a", "print a",
        "wait",     "a?",          "a\vb",   "ls ${{ a }}",
    };
    for (size_t i = 0; i < sizeof needs_shell / sizeof *needs_shell; i++)
        check_plain(needs_shell[i], "");
}

int main(int argc, char **argv)
{
    const struct check checks[] = {
        {"words", test_words},
        {"quotes", test_quotes},
        {"parameters", test_parameters},
        {"commands", test_commands},
        {"here-documents", test_heredocs},
        {"refusals", test_refusals},
        {"doubts", test_doubts},
        {"unclosed", test_unclosed},
        {"hostile text", test_hostile},
        {"depth", test_depth},
        {"plain words", test_plain_words},
        {"values stay values", check_values_stay_values},
        {NULL, NULL},
    };
    return check_main(argc, argv, "shell", checks);
}
