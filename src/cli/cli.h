/* The command line: one file a subcommand, what they share here. The only layer that prints. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyse/analyse.h"
#include "base/error.h"
#include "history/history.h"
#include "plan/plan.h"
#include "run/run.h"
#include "workflow/workflow.h"

/* A subcommand: main's arguments from its own name on; returns the exit status. */
struct command_entry {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
};

int command_run(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_check(int argc, char **argv);
int command_list(int argc, char **argv);
int command_plan(int argc, char **argv);
int command_dot(int argc, char **argv);
int command_status(int argc, char **argv);
int command_logs(int argc, char **argv);
int command_result(int argc, char **argv);
int command_call(int argc, char **argv);
int command_map(int argc, char **argv);
int command_worker(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_why(int argc, char **argv);
int command_runs(int argc, char **argv);
int command_schema(int argc, char **argv);
int command_lock(int argc, char **argv); /* and semaphore */
int command_verb(int argc, char **argv); /* all other verbs */

/* "pargraph: message" and its hint, to standard error; returns status. Releases the error. */
int cli_fail(int status, struct error *error);
/* A wrong command line: the message and where to read more; returns 2. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes diagnostics to standard error and releases them; 2 if there were errors, else 0. */
int cli_show(struct diagnostics *diagnostics, const struct sources *sources);
/* Writes to standard output; false (with a message) where that fails, but for a closed pipe. */
bool cli_write(const struct buffer *text);
int cli_write_json(json_t *value, int status); /* takes the reference; returns status or 1 */

/* What a function returned: the value that is kept there, null where nothing is. New; NULL with an
 * error. Written on a line: a text as it is unless is_json, any other value as JSON. */
json_t *cli_read_returned(struct values *values, const struct extent *extent, struct error *error);
void cli_write_returned(const json_t *value, bool is_json, struct buffer *out);

/* Options that several subcommands have. */
struct common_options {
    const char *command; /* its name, for what is said of its options */
    const char *state;
    json_t *params; /* from --params-file, a later one over an earlier, and over them all from -p */
    json_t *given;  /* those of params that come from -p */
    uint64_t cpus;  /* -j; 0: not given */
    bool is_json;
    const char *run; /* --run */
    uint8_t backend; /* --backend: enum backend */
};
void common_release(struct common_options *common);

/* One option of a subcommand; the array ends with name NULL. take() returns false after saying what
 * is wrong with the argument. */
struct option_entry {
    char letter; /* or 0 */
    const char *name;
    const char *argument; /* its name in the help; NULL: takes none */
    const char *help;
    bool (*take)(void *context, const char *argument);
};
struct command_help {
    const char *name;
    const char *usage; /* behind "usage: pargraph NAME " */
    const char *summary;
    const struct option_entry *options;
    const char *more; /* text below the options; may be NULL */
};
/* Reads the options into context, which begins with a struct common_options (NULL: nothing is
 * taken); operands are left in argv[1..*ret_operands]. Returns -1 to go on, else the exit status
 * (--help was printed, or the usage was wrong). */
int cli_options(int argc, char **argv, const struct command_help *help, void *context,
                int *ret_operands);

/* The same, but what comes behind the first operand is no option. */
int cli_options_in_front(int argc, char **argv, const struct command_help *help, void *context,
                         int *ret_operands);

/* Takers for options whose context begins with a struct common_options. */
bool take_state(void *context, const char *argument);
bool take_param(void *context, const char *argument);
bool take_params_file(void *context, const char *argument);
bool take_cpus(void *context, const char *argument);
bool take_json(void *context, const char *argument);
bool take_run(void *context, const char *argument);
bool take_backend(void *context, const char *argument);
#define OPTION_STATE                                                                               \
    {                                                                                              \
        0, "state", "DIR", "keep state in DIR (default: .pargraph beside the file)", take_state    \
    }
#define OPTION_PARAM                                                                               \
    {                                                                                              \
        'p', "param", "NAME=VALUE", "set a param of the workflow", take_param                      \
    }
#define OPTION_PARAMS_FILE                                                                         \
    {                                                                                              \
        0, "params-file", "FILE", "set params from a YAML or JSON file (-p wins)",                 \
            take_params_file                                                                       \
    }
#define OPTION_CPUS                                                                                \
    {                                                                                              \
        'j', "jobs", "N", "how many cpus tasks may use (default: what there is)", take_cpus        \
    }
#define OPTION_BACKEND                                                                             \
    {                                                                                              \
        0, "backend", "WHERE", "functions on threads or in processes: thread or process",          \
            take_backend                                                                           \
    }
#define OPTION_JSON                                                                                \
    {                                                                                              \
        0, "json", NULL, "print JSON", take_json                                                   \
    }

/* A workflow and its plan, read for a command. */
struct loaded {
    struct names names;
    struct sources sources;
    struct snapshot snapshot;
    struct workflow workflow;
    struct plan plan;
    bool has_workflow, has_plan;
    char *directory; /* the workflow's, absolute */
    char *file;      /* as given */
    uint32_t gpus;   /* that were found */
    json_t *frozen;  /* what a run keeps to plan the same again */
};
/* Reads and plans a file, prints diagnostics; 0 or an exit status. loaded_release in either case.
 */
int load_file(struct loaded *ret, const char *file, const struct common_options *common,
              const char *const *selection, uint32_t selection_count, const char *run_id);
/* The same for a text (taken) that no file has. */
int load_text(struct loaded *ret, char *text, size_t length, const struct common_options *common);
/* The same for a run that was: from what it froze. */
int load_run(struct loaded *ret, const struct run_folder *folder);
/* Freezes: the workflow's text and frozen.json go into the folder. */
bool loaded_freeze(struct loaded *loaded, const struct run_folder *folder,
                   const struct common_options *common, const char *const *selection,
                   uint32_t selection_count, struct error *error);
void loaded_release(struct loaded *loaded);

/* A run that was, or is. */
struct seen_run {
    struct run_folder folder;
    struct loaded loaded;
    struct replay replay;
    bool has_folder, has_replay;
};
/* The folder's state directory where no command finds it without --state; else NULL. The caller's.
 */
char *cli_state_to_tell(const struct run_folder *folder);
/* Is it a name at all that a run was called by (NULL: none was given)? 0, or 2 after saying no. */
int cli_check_run_id(const char *id);
/* Opens the state directory (state, else that of file, else the nearest), the run (NULL or "last":
 * the newest), its plan and its journal. 0, or an exit status after saying why. cli_close_run in
 * either case. */
int cli_open_run(struct seen_run *ret, const char *state, const char *file, const char *id);
void cli_close_run(struct seen_run *seen);

/* has_events: standard output is for these alone. */
struct terminal_options cli_terminal(enum verbosity verbosity, bool is_dry, bool has_events);

/* Goes on with a run, opened for reading; only -j is taken from common. What the run itself says
 * (its file, directory, capacity) is filled into options. Returns the exit status. */
int cli_resume(struct run_folder *folder, const struct common_options *common,
               struct run_options *options);
/* Opens the newest run of this workflow file, if it has begun and did not end well, and was begun
 * with the same text, params and selection. What has changed since is told. */
bool cli_find_unfinished(struct run_folder *ret, const char *state, const struct loaded *loaded,
                         const struct common_options *common, const char *const *selection,
                         uint32_t selection_count);

/* The params of a YAML or JSON file, a map: new; NULL with what is wrong printed. */
json_t *cli_read_params(const char *file);

/* Cpus this process may use: its affinity mask, cut by the cgroup's quota (cpu.max); at least 1. */
uint32_t machine_cpus(void);
/* GPUs this process may use: those that CUDA_VISIBLE_DEVICES names, else the devices of NVIDIA's
 * driver, else those that render. */
uint32_t machine_gpus(void);

#endif
