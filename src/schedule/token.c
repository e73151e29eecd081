/* Granting: who gets tokens.
 *
 * A request gets all its tokens together or none. Of all lines whose heads fit, the one first in
 * order is granted; a line that does not fit is parked under one token that it lacks, and only
 * looked at again when there is more of that token. So a release costs the lines it can serve, not
 * those that wait.
 *
 * Kept tokens are never reserved: strict order over several tokens creates deadlocks (one holds B
 * and queues for A, another waits for A and B and has A reserved). Running tokens come back by
 * themselves, so of these a wide request (more than 1) that was passed 8 times may reserve what it
 * wants, if it lacks nothing else; one line at a time. A request for 1 is never passed at its
 * token: the first in order gets what is released. */
#include "schedule/state.h"

enum { PASSES_UNTIL_RESERVED = 8 };

static bool is_running(const struct scheduler *scheduler, uint32_t token)
{
    return scheduler->plan->tokens[token].kind == TOKEN_RUNNING;
}

void tokens_reach(struct scheduler *scheduler, uint32_t token_count)
{
    uint32_t old = scheduler->token_count, capacity = scheduler->token_capacity;
    if (token_count <= old && scheduler->roots != NULL)
        return;
    if (token_count > capacity || scheduler->roots == NULL) {
        capacity = token_count > capacity + capacity / 2 ? token_count : capacity + capacity / 2;
        scheduler->accounts =
            memory_resize(scheduler->accounts, capacity, sizeof *scheduler->accounts);
        scheduler->roots = memory_resize(scheduler->roots, (size_t)capacity + PARK_TOKENS,
                                         sizeof *scheduler->roots);
        scheduler->token_capacity = capacity;
    }
    for (uint32_t token = old; token < token_count; token++) {
        scheduler->accounts[token] =
            (struct account){.capacity = scheduler->plan->tokens[token].capacity, .owner = NO_NODE};
        scheduler->roots[park_of_token(token)] = NO_LINE;
    }
    scheduler->token_count = token_count;
}

uint64_t token_free(const struct scheduler *scheduler, uint32_t token)
{
    const struct account *account = &scheduler->accounts[token];
    if (account->capacity == UINT64_MAX)
        return UINT64_MAX;
    return account->capacity > account->held ? account->capacity - account->held : 0;
}

uint64_t token_available(const struct scheduler *scheduler, uint32_t token, uint32_t line)
{
    uint64_t left = token_free(scheduler, token);
    uint64_t reserved = line == scheduler->reserver ? 0 : scheduler->accounts[token].reserved;
    return left > reserved ? left - reserved : 0;
}

/* Parked where it is not passed in vain: first kept tokens, then narrow requests, then wide ones.
 */
static int park_preference(const struct scheduler *scheduler, const struct amount *amount)
{
    if (!is_running(scheduler, amount->token))
        return 3;
    return amount->amount == 1 ? 2 : 1;
}

const struct amount *tokens_lacking(const struct scheduler *scheduler, uint32_t line)
{
    const struct amount *lacking = NULL, *end = amounts_end(scheduler, line);
    int best = 0;
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++) {
        if (i->amount <= token_available(scheduler, i->token, line))
            continue;
        int preference = park_preference(scheduler, i);
        if (preference > best) {
            best = preference;
            lacking = i;
        }
    }
    return lacking;
}

static bool is_within_capacity(const struct scheduler *scheduler, uint32_t line)
{
    const struct amount *end = amounts_end(scheduler, line);
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++)
        if (i->amount > scheduler->accounts[i->token].capacity)
            return false;
    return true;
}

static void park(struct scheduler *scheduler, uint32_t line, const struct amount *lacking)
{
    park_remove(scheduler, line);
    park_insert(scheduler, line, park_of_token(lacking->token), lacking->amount);
}

static void reserve(struct scheduler *scheduler, uint32_t line)
{
    const struct amount *lacking = tokens_lacking(scheduler, line);
    if (lacking == NULL || park_preference(scheduler, lacking) != 1) {
        if (lacking != NULL)
            park(scheduler, line, lacking);
        return;
    }
    scheduler->reserver = line;
    const struct amount *end = amounts_end(scheduler, line);
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++)
        if (park_preference(scheduler, i) == 1)
            scheduler->accounts[i->token].reserved = i->amount;
}

static void unreserve(struct scheduler *scheduler)
{
    uint32_t line = scheduler->reserver;
    if (line == NO_LINE)
        return;
    const struct amount *end = amounts_end(scheduler, line);
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++)
        if (scheduler->accounts[i->token].reserved > 0) {
            scheduler->accounts[i->token].reserved = 0;
            *VEC_PUSH(&scheduler->released) = i->token;
        }
    scheduler->reserver = NO_LINE;
}

/* The reserver comes first when it fits. It loses its reservation when it lacks what cannot be
 * reserved, or can never fit. */
static bool reserver_fits(struct scheduler *scheduler)
{
    uint32_t line = scheduler->reserver;
    if (line == NO_LINE)
        return false;
    if (line_is_empty(line_at(scheduler, line))) {
        unreserve(scheduler);
        return false;
    }
    const struct amount *lacking = tokens_lacking(scheduler, line);
    if (lacking == NULL)
        return true;
    if (park_preference(scheduler, lacking) != 1 || !is_within_capacity(scheduler, line)) {
        unreserve(scheduler);
        park(scheduler, line, lacking);
    }
    return false;
}

/* Nobody came, and nothing. */
static bool is_quiet(const struct scheduler *scheduler)
{
    return scheduler->released.count == 0 && scheduler->roots[PARK_OPEN] == NO_LINE &&
           scheduler->reserver == NO_LINE;
}

/* The line to be looked at next: of those that are open, or that may get what was released. */
static uint32_t next_line(struct scheduler *scheduler)
{
    if (reserver_fits(scheduler))
        return scheduler->reserver;
    uint32_t best = park_first(scheduler, PARK_OPEN, 0);
    for (uint32_t i = 0; i < scheduler->released.count; i++) {
        uint32_t token = scheduler->released.items[i];
        uint32_t line =
            park_first(scheduler, park_of_token(token), token_available(scheduler, token, NO_LINE));
        if (line != NO_LINE && line != best &&
            (best == NO_LINE || line_is_before(scheduler, line, best)))
            best = line;
    }
    return best;
}

/* Whoever waits first at a token, in order before the line that got some of it, was passed. */
static void count_passes(struct scheduler *scheduler, uint32_t granted)
{
    const struct amount *end = amounts_end(scheduler, granted);
    for (const struct amount *i = amounts_begin(scheduler, granted); i < end; i++) {
        if (!is_running(scheduler, i->token))
            continue;
        uint32_t line = park_first(scheduler, park_of_token(i->token), UINT64_MAX);
        if (line == NO_LINE || !line_is_before(scheduler, line, granted))
            continue;
        struct line *passed = line_at(scheduler, line);
        if (passed->passes < PASSES_UNTIL_RESERVED)
            passed->passes++;
        if (passed->passes == PASSES_UNTIL_RESERVED && scheduler->reserver == NO_LINE)
            reserve(scheduler, line);
    }
}

void tokens_take(struct scheduler *scheduler, uint32_t vector, uint32_t node)
{
    const struct amount *end = amounts_end(scheduler, vector);
    for (const struct amount *i = amounts_begin(scheduler, vector); i < end; i++) {
        scheduler->accounts[i->token].held += i->amount;
        scheduler->accounts[i->token].owner = node;
    }
}

/* After its head was granted. Whoever lacks the only token that he wants is at once where he would
 * be as soon as he is looked at: before that no more of it comes, but by the end of a reservation.
 */
static void park_again(struct scheduler *scheduler, uint32_t line)
{
    const struct amount *only = amounts_begin(scheduler, line);
    bool is_only = amounts_end(scheduler, line) == only + 1 && scheduler->reserver == NO_LINE;
    if (is_only && only->amount > token_free(scheduler, only->token))
        park_insert(scheduler, line, park_of_token(only->token), only->amount);
    else
        park_insert(scheduler, line, PARK_OPEN, 0);
}

static uint32_t grant(struct scheduler *scheduler, uint32_t line)
{
    if (line == scheduler->reserver)
        unreserve(scheduler);
    park_remove(scheduler, line);
    line_at(scheduler, line)->passes = 0;
    uint32_t head = line_head(scheduler, line);
    tokens_take(scheduler, line, line_is_begun(line) ? scheduler->waiters.items[head].node : head);
    count_passes(scheduler, line);
    line_pop(scheduler, line);
    if (!line_is_empty(line_at(scheduler, line)))
        park_again(scheduler, line);
    return head;
}

uint32_t tokens_grant(struct scheduler *scheduler, uint32_t *ret_line)
{
    for (;;) {
        uint32_t line = is_quiet(scheduler) ? NO_LINE : next_line(scheduler);
        if (line == NO_LINE) {
            scheduler->released.count = 0;
            return NO_NODE;
        }
        const struct amount *lacking = tokens_lacking(scheduler, line);
        if (lacking == NULL) {
            *ret_line = line;
            return grant(scheduler, line);
        }
        park(scheduler, line, lacking);
    }
}

void token_give(struct scheduler *scheduler, const struct amount *amount)
{
    struct account *account = &scheduler->accounts[amount->token];
    account->held -= amount->amount;
    if (account->held == 0 && scheduler->plan->tokens[amount->token].is_file)
        account->capacity = 0; /* see file.c */
    *VEC_PUSH(&scheduler->released) = amount->token;
}

void tokens_release(struct scheduler *scheduler, uint32_t vector)
{
    const struct amount *end = amounts_end(scheduler, vector);
    for (const struct amount *i = amounts_begin(scheduler, vector); i < end; i++)
        token_give(scheduler, i);
}

void tokens_set_capacity(struct scheduler *scheduler, uint32_t token, uint64_t capacity)
{
    scheduler->accounts[token].capacity = capacity;
    *VEC_PUSH(&scheduler->released) = token;
}
