/* Names of runs; see run_id.h. Nothing but a name of this form is ever looked for among the runs,
 * so no name that a user gives can lead out of the state directory. */
#include "history/run_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STAMP_LENGTH = 15, MOST_DIGITS = 9 };

void run_id_write(int64_t wall, struct buffer *out)
{
    time_t seconds = (time_t)(wall / 1000000000);
    struct tm fields;
    char stamp[64];
    gmtime_r(&seconds, &fields);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &fields);
    buffer_clear(out);
    buffer_add_text(out, stamp);
}

bool run_id_is_valid(const char *text)
{
    static const char digits[] = "0123456789";
    if (strspn(text, digits) != 8 || text[8] != '-' || strspn(text + 9, digits) != 6)
        return false;
    const char *rest = text + STAMP_LENGTH;
    if (*rest == '\0')
        return true;
    size_t length = strspn(rest + 1, digits);
    return *rest == '-' && rest[1] != '0' && length > 0 && length <= MOST_DIGITS &&
           rest[1 + length] == '\0' && strcmp(rest, "-1") != 0;
}

int64_t run_id_wall(const char *id)
{
    struct tm fields = {0};
    if (sscanf(id, "%4d%2d%2d-%2d%2d%2d", &fields.tm_year, &fields.tm_mon, &fields.tm_mday,
               &fields.tm_hour, &fields.tm_min, &fields.tm_sec) != 6)
        return 0;
    fields.tm_year -= 1900;
    fields.tm_mon -= 1;
    int64_t wall;
    return __builtin_mul_overflow(timegm(&fields), INT64_C(1000000000), &wall) ? 0 : wall;
}

static unsigned long number_of(const char *id)
{
    return id[STAMP_LENGTH] == '\0' ? 1 : strtoul(id + STAMP_LENGTH + 1, NULL, 10);
}

int run_id_compare(const char *a, const char *b)
{
    int order = strncmp(a, b, STAMP_LENGTH);
    if (order != 0)
        return order;
    unsigned long first = number_of(a), second = number_of(b);
    return (first > second) - (first < second);
}

bool run_id_write_next(const char *id, struct buffer *out)
{
    buffer_clear(out);
    buffer_printf(out, "%.*s-%lu", STAMP_LENGTH, id, number_of(id) + 1);
    return run_id_is_valid(buffer_text(out));
}
