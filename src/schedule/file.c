/* Locks that hold between runs: tokens whose capacity is 0 until run has the file's lock.
 *
 * It is sought when somebody waits for nothing but it (or for it first), and let go whenever it is
 * not held once all is settled: after each use, so that other runs get their turn, and when it came
 * too late. So no run holds one while it waits for something else to begin with it. */
#include "schedule/sync.h"

void files_init(struct scheduler *scheduler)
{
    for (uint32_t token = 0; token < scheduler->plan->token_count; token++)
        if (scheduler->plan->tokens[token].is_file) {
            sync_init(scheduler);
            *VEC_PUSH(&scheduler->sync->files) = (struct file){.token = token};
        }
}

static void say(struct scheduler *scheduler, enum action_kind kind, uint32_t token)
{
    action_add(scheduler, kind, NO_NODE)->token = token;
}

static bool is_wanted(const struct scheduler *scheduler, const struct file *file)
{
    return scheduler->roots[park_of_token(file->token)] != NO_LINE;
}

void files_settle(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    for (uint32_t i = 0; sync != NULL && i < sync->files.count; i++) {
        struct file *file = &sync->files.items[i];
        struct account *account = &scheduler->accounts[file->token];
        if (account->capacity > 0 && account->held == 0) {
            account->capacity = 0;
            say(scheduler, ACTION_YIELD, file->token);
        }
        if (!is_wanted(scheduler, file) || file->is_sought || account->capacity > 0)
            continue;
        file->is_sought = true;
        say(scheduler, ACTION_SEEK, file->token);
    }
}

bool files_are_wanted(const struct scheduler *scheduler)
{
    const struct sync *sync = scheduler->sync;
    for (uint32_t i = 0; i < sync->files.count; i++)
        if (sync->files.items[i].is_sought ||
            (scheduler->accounts[sync->files.items[i].token].held == 0 &&
             is_wanted(scheduler, &sync->files.items[i])))
            return true;
    return false;
}

void file_capacity(struct scheduler *scheduler, uint32_t token)
{
    struct sync *sync = scheduler->sync;
    for (uint32_t i = 0; sync != NULL && i < sync->files.count; i++)
        if (sync->files.items[i].token == token)
            sync->files.items[i].is_sought = false;
}

/* What was sought is not on its way any more. */
void files_resume(struct scheduler *scheduler)
{
    for (uint32_t i = 0; i < scheduler->sync->files.count; i++)
        scheduler->sync->files.items[i].is_sought = false;
}
