/* Why an attempt has no process, for whoever must mend it. */
#ifndef RUN_UNSTARTED_H
#define RUN_UNSTARTED_H

#include "run/attempt.h"

/* "flow.yml:7:5: cannot run 'x': Permission denied (make it executable: chmod +x x)": with the
 * place of the key that failed, and for the usual mistakes what to do. launch: the attempt's, or
 * its cleanup's, whose key is then the place. The caller's. */
char *unstarted_text(const struct attempt *attempt, const struct launch *launch,
                     const struct exit_report *report);

#endif
