/* Locks that hold between runs: tokens whose capacity is 0 until run has the file's lock.
 *
 * It is sought when somebody waits for nothing but it (or for it first). It is let go after each
 * use, before anybody here has it again (token_give takes its capacity), so that other runs get
 * their turn; and when it came too late. So no run holds one while it waits for something else to
 * begin with it. */
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
        if (file->is_had && account->held == 0) {
            account->capacity = 0;
            file->is_had = false;
            say(scheduler, ACTION_YIELD, file->token);
        }
        if (!is_wanted(scheduler, file) || file->is_sought || file->is_had)
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

void file_capacity(struct scheduler *scheduler, uint32_t token, uint64_t capacity)
{
    struct sync *sync = scheduler->sync;
    for (uint32_t i = 0; sync != NULL && i < sync->files.count; i++)
        if (sync->files.items[i].token == token) {
            sync->files.items[i].is_sought = false;
            sync->files.items[i].is_had = capacity > 0;
        }
}

/* What was sought is not on its way any more. */
void files_resume(struct scheduler *scheduler)
{
    for (uint32_t i = 0; i < scheduler->sync->files.count; i++)
        scheduler->sync->files.items[i].is_sought = false;
}
