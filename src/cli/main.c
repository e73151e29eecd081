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
    {"ps", command_ps, "show what is active, and what it waits for"},
    {"why", command_why, "show why a task waits, was skipped, or failed"},
    {"logs", command_logs, "show what a task wrote"},
    {"call", command_call, "call one function, without a file"},
    {"map", command_map, "run a command or a function for each of many items"},
    {"result", command_result, "print what a function returned"},
    {"runs", command_runs, "list the runs"},
    {"schema", command_schema, "print the schema of workflows for editors"},
    {"worker", command_worker, NULL}, /* not for people */
    {"lock", command_lock, "run a command while a lock is held"},
    {"semaphore", command_lock, "run a command while permits are held"},
    {"acquire", command_verb, "take a lock or permits"},
    {"release", command_verb, "give back what was acquired"},
    {"barrier", command_verb, "wait for the others at a barrier"},
    {"wait", command_verb, "wait for an event or a condition"},
    {"set", command_verb, "set an event"},
    {"clear", command_verb, "clear an event"},
    {"notify", command_verb, "wake one who waits for a condition"},
    {"notify-all", command_verb, "wake all who wait for a condition"},
    {"put", command_verb, "put a value into a queue"},
    {"get", command_verb, "take a value out of a queue"},
    {"close", command_verb, "close a queue"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static int print_help(void)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "usage: pargraph COMMAND [OPTIONS] [ARGUMENTS]\n\n"
                           "Runs workflows: tasks, what they need, how often, with what.\n\n"
                           "commands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, "lock") == 0)
            buffer_add_text(&text, "\nverbs, called in the steps of a run:\n");
        if (commands[i].summary != NULL)
            buffer_printf(&text, "  %-11s%s\n", commands[i].name, commands[i].summary);
    }
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
