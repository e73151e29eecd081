/* Retries: whether a failed attempt is followed by another, and when. */
#include "schedule/state.h"

#include <string.h>

bool retry_is_wanted(const struct rule *rule, uint32_t attempt, const struct outcome *outcome,
                     bool is_timeout)
{
    /* Nothing would change for a command that is not there, or a body that has no value. */
    if (outcome->kind == OUTCOME_NOT_STARTED || outcome->kind == OUTCOME_INVALID)
        return false;
    if (attempt > rule->retry_max)
        return false;
    if (rule->retry_when & RETRY_ANY)
        return true;
    if (is_timeout)
        return rule->retry_when & RETRY_TIMEOUT;
    if (outcome->kind == OUTCOME_SIGNALLED)
        return rule->retry_when & RETRY_SIGNAL;
    return outcome->code >= 0 && outcome->code <= UINT8_MAX && rule->exit_code_count > 0 &&
           memchr(rule->exit_codes, outcome->code, rule->exit_code_count) != NULL;
}

/* By squaring: as many products as the exponent has bits, and the same on every machine. */
static double power(double base, uint32_t exponent)
{
    double result = 1;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1)
            result *= base;
        base *= base;
    }
    return result;
}

int64_t retry_delay(const struct rule *rule, uint32_t attempt)
{
    if (rule->retry_delay <= 0)
        return 0;
    int64_t most = rule->retry_max_delay == UNLIMITED ? INT64_MAX : rule->retry_max_delay;
    double delay = (double)rule->retry_delay * power(rule->retry_backoff, attempt - 1);
    if (delay <= 0)
        return 0;
    return delay < (double)most ? (int64_t)delay : most;
}

int64_t time_after(int64_t now, int64_t delay)
{
    int64_t sum;
    return __builtin_add_overflow(now, delay, &sum) ? INT64_MAX : sum;
}
