/* What an outcome amounts to, in the numbers of a shell; see fact.h. */
#include "fact/fact.h"

#include <errno.h>

enum { CODE_NOT_RUNNABLE = 126, CODE_NOT_FOUND = 127, CODE_OF_SIGNALS = 128 };

int outcome_exit_code(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_EXITED:
        return outcome->code;
    case OUTCOME_SIGNALLED:
        return CODE_OF_SIGNALS + outcome->code;
    case OUTCOME_NOT_STARTED:
        return outcome->code == ENOENT ? CODE_NOT_FOUND : CODE_NOT_RUNNABLE;
    default:
        return 1;
    }
}

bool outcome_is_success(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_EXITED && outcome->code == 0;
}
