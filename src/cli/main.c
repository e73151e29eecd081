/* pargraph: the subcommand is looked up and run. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "document/document.h"

static const struct command_entry commands[] = {
    {"run", command_run, "run a workflow"},
    {"resume", command_resume, "go on with a run that was killed or did not end well"},
    {"check", command_check, "read and plan a workflow, report every error"},
    {"list", command_list, "list the tasks of a workflow"},
    {"plan", command_plan, "show what would run, instance by instance"},
    {"dot", command_dot, "draw the graph for Graphviz"},
    {"status", command_status, "show how a run went, or goes"},
    {"logs", command_logs, "show what a task wrote"},
    {"runs", command_runs, "list the runs"},
    {"schema", command_schema, "print the schema of workflows for editors"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static int print_help(void)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "usage: pargraph COMMAND [OPTIONS] [ARGUMENTS]\n\n"
                           "Runs workflows: tasks, what they need, how often, with what.\n\n"
                           "commands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        buffer_printf(&text, "  %-8s %s\n", commands[i].name, commands[i].summary);
    buffer_add_text(
        &text, "\n  pargraph COMMAND --help   what a command takes\n"
               "  pargraph --version        the version, and the libraries it uses\n"
               "\nexit status: 0 done; 1 a task failed; 2 the workflow or the command line is\n"
               "wrong; 3 deadlock; 4 the state cannot be kept; 130, 143 interrupted\n");
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

static int print_version(void)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "pargraph %s\nlibyaml %s, %s, SQLite %s, jansson %s\n", PACKAGE_VERSION,
                  document_library_version(), sandbox_version(), history_sqlite_version(),
                  jansson_version_str());
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

static int unknown_command(const char *word)
{
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *nearest = text_nearest(word, names, COMMAND_COUNT);
    if (nearest != NULL)
        return cli_usage("", "unknown command '%s'; did you mean '%s'?", word, nearest);
    if (access(word, F_OK) == 0)
        return cli_usage("", "unknown command '%s'; did you mean 'pargraph run %s'?", word, word);
    return cli_usage("", "unknown command '%s'", word);
}

/* A closed standard descriptor would be given to the next file opened, and then written over. */
static void open_standard_descriptors(void)
{
    int opened;
    do
        opened = open("/dev/null", O_RDWR);
    while (opened >= 0 && opened <= STDERR_FILENO);
    if (opened >= 0)
        close(opened);
}

int main(int argc, char **argv)
{
    open_standard_descriptors();
    value_init();
    if (argc < 2)
        return cli_usage("", "a command is wanted");
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return print_help();
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return print_version();
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(word, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return unknown_command(word);
}
