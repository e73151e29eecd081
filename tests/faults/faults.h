/* The program called with one fault in it, and what became of it. */
#ifndef TESTS_FAULTS_FAULTS_H
#define TESTS_FAULTS_FAULTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

extern char program[PATH_MAX], shim[PATH_MAX];
extern long *counter; /* of calls of the function; shared with the program */

struct fault {
    const char *function;
    int error;
    bool is_ever;
    long at;
};

/* What became of one call of the program. */
struct ending {
    bool has_hung;
    int status; /* as waitpid has it */
    int left;   /* processes that outlived it */
    char *said; /* standard error */
    char *out;  /* standard output */
};

/* One call of the program; whatever outlives it is ended. Release what it said. */
struct ending call(const struct fault *fault, char *const *argv);
void release(struct ending *ending);
bool is_status(const struct ending *ending, int status);
/* Fails the check, and shows what there is to see. */
void complain(const struct fault *fault, const struct ending *ending, const char *command,
              const char *what);
char *read_text(const char *name); /* "" if there is none; the caller's */
uint32_t count_text(const char *text, const char *wanted);
long most_places(void); /* FAULTS_MOST */
/* What is wrong with the ending of a run, or of its resumption; NULL: nothing. */
const char *judge_run(const struct ending *ending);

/* Going on with a run under one fault, then without. */
void check_resume(void);

#endif
