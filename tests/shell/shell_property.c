/* No value becomes code: random scripts, run by every shell there is, print every value as it is.
 * PARGRAPH_SHELL_ROUNDS says how often, each time with some 300 new values and 1500 new scripts; a
 * failure names its round, and PARGRAPH_SHELL_ROUND runs that one alone. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "shell/shell_support.h"
#include "support/check.h"
#include "workflow/workflow.h"

enum { SCRIPTS = 1500, LEVELS = 4 };

/* Puts references where the expressions stand. */
static bool substitute(const char *text, size_t length, struct buffer *out)
{
    CLEANUP_ERROR struct error error = {0};
    struct shell_hole *holes;
    uint32_t count;
    if (!shell_find_holes(text, length, 1, &holes, &count, &error)) {
        printf("%.*s\n%s\n", (int)length, text, error.message);
        return false;
    }
    size_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
        buffer_add(out, text + done, holes[i].offset - done);
        unsigned value = (unsigned)strtoul(text + holes[i].offset + 3, NULL, 10);
        char variable[16];
        snprintf(variable, sizeof variable, "V%u", value);
        shell_write_reference(variable, holes[i].quoting, out);
        done = holes[i].offset + holes[i].length;
    }
    buffer_add(out, text + done, length - done);
    free(holes);
    return true;
}

static char **environment_of_values(void)
{
    char **variables = memory_array(SHELL_VALUES + 2, sizeof *variables);
    for (unsigned i = 0; i < SHELL_VALUES; i++) {
        struct buffer variable = {0};
        buffer_printf(&variable, "V%u=%s", i, shell_values[i]);
        variables[i] = buffer_take(&variable);
    }
    variables[SHELL_VALUES] = memory_text("PATH=/usr/bin:/bin");
    return variables;
}

static bool run_script(const char *shell, const char *directory, char **variables)
{
    pid_t child = fork();
    if (child == 0) {
        int out = open("/dev/null", O_RDWR);
        if (chdir(directory) != 0 || dup2(out, 0) < 0)
            _exit(99);
        out = open("../out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out, 1);
        execle(shell, shell, "-eu", "../script", (char *)NULL, variables);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Shows the script whose output differs first. */
static void show_difference(const struct script *scripts, const char *out)
{
    for (unsigned i = 0; i < SCRIPTS; i++) {
        size_t length = scripts[i].expected.length;
        if (strncmp(out, scripts[i].expected.bytes, length) == 0) {
            out += length;
            continue;
        }
        printf("%s--- must print\n%s\n--- but prints\n%.*s\n", scripts[i].text.bytes,
               scripts[i].expected.bytes, (int)length + 20, out);
        return;
    }
    printf("too much output: %.100s\n", out);
}

/* Did they print what they must? */
static bool check_output(const struct script *scripts, const char *folder)
{
    CLEANUP_FREE char *path = file_join(folder, "out");
    CLEANUP_FREE char *out = NULL;
    CLEANUP_BUFFER struct buffer expected = {0};
    size_t length;
    for (unsigned i = 0; i < SCRIPTS; i++)
        buffer_add(&expected, scripts[i].expected.bytes, scripts[i].expected.length);
    CU_ASSERT_FATAL(file_read(path, 1 << 30, &out, &length, NULL));
    bool is_equal = length == expected.length && memcmp(out, expected.bytes, length) == 0;
    if (!is_equal)
        show_difference(scripts, out);
    return is_equal;
}

/* Makes the scripts, and all of them one text for the shell. */
static struct script *make_scripts(bool is_bash, unsigned round, struct buffer *all)
{
    struct script *scripts = memory_array(SCRIPTS, sizeof *scripts);
    for (unsigned i = 0; i < SCRIPTS; i++) {
        scripts[i] = (struct script){.seed = 0x9e3779b97f4a7c15u * ((round - 1) * SCRIPTS + i + 1),
                                     .is_bash = is_bash};
        script_add_command(&scripts[i], (int)(i % (LEVELS + 1)));
        buffer_text(&scripts[i].text);
        buffer_text(&scripts[i].expected);
        CU_ASSERT_FATAL(substitute(scripts[i].text.bytes, scripts[i].text.length, all));
    }
    return scripts;
}

static void free_scripts(struct script *scripts)
{
    for (unsigned i = 0; i < SCRIPTS; i++) {
        buffer_release(&scripts[i].text);
        buffer_release(&scripts[i].expected);
    }
    free(scripts);
}

static bool run_scripts(const char *shell, const char *directory, const struct buffer *all)
{
    CLEANUP_FREE char *path = file_join(directory, "../script");
    char **variables = environment_of_values();
    CU_ASSERT_FATAL(file_replace(path, all->bytes, all->length, NULL));
    bool is_good = run_script(shell, directory, variables);
    for (char **variable = variables; *variable != NULL; variable++)
        free(*variable);
    free(variables);
    return is_good;
}

static void check_shell(const char *shell, bool is_bash, unsigned round)
{
    if (access(shell, X_OK) != 0) {
        printf("skipped: no %s here\n", shell);
        return;
    }
    const char *parent = getenv("TMPDIR");
    CLEANUP_FREE char *folder = file_join(parent != NULL ? parent : "/tmp", "shell_test.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CLEANUP_FREE char *work = file_join(folder, "work");
    CLEANUP_FREE char *pwned = file_join(work, "pwned");
    CU_ASSERT_EQUAL_FATAL(mkdir(work, 0700), 0);
    CLEANUP_BUFFER struct buffer all = {0};
    CLEANUP_BUFFER struct buffer command = {0};
    struct script *scripts = make_scripts(is_bash, round, &all);
    bool has_ended_well = run_scripts(shell, work, &all);
    bool is_equal = check_output(scripts, folder);
    bool is_pwned = access(pwned, F_OK) == 0;
    CU_ASSERT(has_ended_well);
    CU_ASSERT(is_equal);
    CU_ASSERT(!is_pwned);
    if (!has_ended_well || !is_equal || is_pwned)
        printf("PARGRAPH_SHELL_ROUND=%u: %s\n", round, shell);
    free_scripts(scripts);
    buffer_printf(&command, "rm -rf '%s'", folder);
    CU_ASSERT_EQUAL(system(buffer_text(&command)), 0);
}

static unsigned number_from(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

void check_values_stay_values(void)
{
    unsigned first = number_from("PARGRAPH_SHELL_ROUND", 0);
    unsigned last = first > 0 ? first : number_from("PARGRAPH_SHELL_ROUNDS", 1);
    for (unsigned round = first > 0 ? first : 1; round <= last; round++) {
        shell_make_values(0x9e3779b97f4a7c15u * round);
        check_shell("/bin/sh", false, round);
        check_shell("/bin/bash", true, round);
        check_shell("/bin/ksh", false, round);
    }
}
