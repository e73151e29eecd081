/* Who may ask: the bodies that run, each with a token of its own, and the socket they ask by. Where
 * it is stands in a file of the run's folder too, so that a resume can remove what a dead runner
 * left.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/memory.h"
#include "run/ask.h"

static const char SOCKET_FILE[] = "socket";

void asker_free(struct asker *asker)
{
    for (uint32_t i = 0; i < asker->answer_count; i++)
        memory_free(asker->answers[i].message);
    memory_free(asker->answers);
    memory_free(asker->entry);
    memory_free(asker);
}

/* "PARGRAPH_TOKEN=NODE.RANDOM": the node says where to look, the rest is compared. */
static bool make_token(struct asker *asker, uint32_t node)
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return false;
    struct buffer entry = {0};
    buffer_printf(&entry, "PARGRAPH_TOKEN=%u.", node);
    for (size_t i = 0; i < sizeof bytes; i++)
        buffer_printf(&entry, "%02x", bytes[i]);
    asker->entry = buffer_take(&entry);
    return true;
}

uint32_t requests_admit(struct run *run, uint32_t node, uint32_t attempt, uint32_t operation,
                        char *ret_entries[2])
{
    struct requests *requests = run->requests;
    if (requests == NULL)
        return 0;
    requests_dismiss(run, node);
    while (node >= requests->asker_capacity) {
        uint32_t old = requests->asker_capacity;
        requests->askers = memory_grow(requests->askers, old, node + 1 - old,
                                       &requests->asker_capacity, sizeof *requests->askers);
        memset(requests->askers + old, 0,
               (requests->asker_capacity - old) * sizeof *requests->askers);
    }
    struct asker *asker = memory_new(sizeof *asker);
    *asker = (struct asker){.node = node, .attempt = attempt, .operation = operation};
    TAILQ_INIT(&asker->requests);
    if (!make_token(asker, node)) {
        memory_free(asker);
        return 0;
    }
    requests->askers[node] = asker;
    ret_entries[0] = requests->socket_entry;
    ret_entries[1] = asker->entry;
    return 2;
}

/* --- the whole --- */

static void remove_leftover(struct run *run)
{
    CLEANUP_FREE char *path = NULL;
    size_t length;
    if (run_folder_read(run->folder, SOCKET_FILE, &path, &length, NULL))
        verbs_remove(path);
}

bool requests_open(struct run *run, struct error *error)
{
    if (run->folder == NULL || run->plan->workflow->primitive_count == 0)
        return true;
    remove_leftover(run);
    struct requests *requests = memory_new(sizeof *requests);
    requests->run = run;
    TAILQ_INIT(&requests->later);
    const struct verb_calls calls = {.context = requests, .request = ask, .gone = requests_gone};
    requests->verbs = verbs_open(run->loop, &calls, error);
    run->requests = requests;
    if (requests->verbs == NULL)
        return false;
    const char *path = verbs_path(requests->verbs);
    struct buffer entry = {0};
    buffer_printf(&entry, "PARGRAPH_SOCKET=%s", path);
    requests->socket_entry = buffer_take(&entry);
    struct guardian *guardian = run->options->guardian;
    if (guardian != NULL && guardian->channel >= 0 && !guardian_remove(guardian, path, error))
        return false;
    return run_folder_write(run->folder, SOCKET_FILE, path, strlen(path), error);
}

void requests_close(struct run *run)
{
    struct requests *requests = run->requests;
    if (requests == NULL)
        return;
    for (uint32_t node = 0; node < requests->asker_capacity; node++)
        requests_dismiss(run, node);
    verbs_close(requests->verbs);
    unlinkat(run->folder->directory, SOCKET_FILE, 0);
    memory_free(requests->askers);
    memory_free(requests->buckets);
    memory_free(requests->socket_entry);
    memory_free(requests);
    run->requests = NULL;
}

void requests_replay(struct run *run, const struct input *in)
{
    if (in->kind == INPUT_REQUEST)
        run->first_request = in->request + 1;
}
