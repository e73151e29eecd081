/* Places of attempts: of those that have ended some are kept for later ones, so that a run of many
 * short attempts allocates for as many as run at once; see attempt.h. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/attempt.h"

enum { MOST_SPARE = 1024 };

void attempt_leave(struct attempt *attempt)
{
    struct run *run = attempt->run;
    free(attempt->outcome.detail);
    if (run->spare_attempt_count == MOST_SPARE) {
        free(attempt);
        return;
    }
    attempt->spare = run->spare_attempts;
    run->spare_attempts = attempt;
    run->spare_attempt_count++;
}

struct attempt *attempt_place(struct run *run)
{
    struct attempt *attempt = run->spare_attempts;
    if (attempt == NULL)
        return memory_new(sizeof *attempt);
    run->spare_attempts = attempt->spare;
    run->spare_attempt_count--;
    memset(attempt, 0, sizeof *attempt);
    return attempt;
}

void attempt_places_release(struct run *run)
{
    while (run->spare_attempts != NULL) {
        struct attempt *attempt = run->spare_attempts;
        run->spare_attempts = attempt->spare;
        free(attempt);
    }
    run->spare_attempt_count = 0;
}
