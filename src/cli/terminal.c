/* What the terminal that this program writes to can show. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

struct terminal_options cli_terminal(enum verbosity verbosity, bool is_dry, bool has_events)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    bool is_terminal = isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
    struct winsize size = {0};
    if (is_terminal)
        ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    return (struct terminal_options){
        .verbosity = (uint8_t)verbosity,
        .is_terminal = is_terminal,
        .has_colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0'),
        .descriptor = STDERR_FILENO,
        .output = has_events ? STDERR_FILENO : STDOUT_FILENO,
        .width = size.ws_col,
        .is_dry = is_dry,
    };
}
