/* The life of requests; see requests.h.
 *
 * A request is in up to four lists: of its asker, of its connection, by number, and among those to
 * be dealt with when the turn is over. What is given up while an answer to it may be on its way in
 * the same turn is kept so long: what the core gave (an item, say) is then kept as an answer, and
 * not lost between the two. Leases come after those they were made under, so one pass in order
 * finds all below one. */
#include "run/requests.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/ask.h"
#include "run/cause.h"
#include "run/items.h"

/* --- by number --- */

static void grow(struct requests *requests)
{
    uint32_t count = requests->bucket_count == 0 ? 64 : 2 * requests->bucket_count;
    struct demand **buckets = memory_array(count, sizeof *buckets);
    for (uint32_t i = 0; i < requests->bucket_count; i++)
        for (struct demand *request = requests->buckets[i], *next; request != NULL;
             request = next) {
            next = request->next;
            request->next = buckets[request->number % count];
            buckets[request->number % count] = request;
        }
    memory_free(requests->buckets);
    requests->buckets = buckets;
    requests->bucket_count = count;
}

void request_number(struct requests *requests, struct demand *request)
{
    if (requests->count >= requests->bucket_count)
        grow(requests);
    request->number = requests->run->first_request++;
    struct demand **bucket = &requests->buckets[request->number % requests->bucket_count];
    request->next = *bucket;
    *bucket = request;
    requests->count++;
}

struct demand *request_find(const struct requests *requests, uint32_t number)
{
    struct demand *request = requests->bucket_count > 0 && number != NO_REQUEST
                                 ? requests->buckets[number % requests->bucket_count]
                                 : NULL;
    while (request != NULL && request->number != number)
        request = request->next;
    return request;
}

/* --- their life --- */

static struct demand_list *list_of(struct verb_connection *connection)
{
    void **slot = verbs_slot(connection);
    if (*slot == NULL) {
        struct demand_list *list = memory_new(sizeof *list);
        TAILQ_INIT(list);
        *slot = list;
    }
    return *slot;
}

struct demand *request_new(struct asker *asker, struct verb_connection *connection,
                           const struct verb_request *asked)
{
    struct demand *request = memory_new(sizeof *request);
    *request = (struct demand){.number = NO_REQUEST,
                               .parent = NO_REQUEST,
                               .token = UINT32_MAX,
                               .gate = NO_GATE,
                               .word = asked->word,
                               .asker = asker,
                               .connection = connection};
    strcpy(request->id, asked->id);
    TAILQ_INSERT_TAIL(&asker->requests, request, of_asker);
    TAILQ_INSERT_TAIL(list_of(connection), request, of_connection);
    return request;
}

static void unbind(struct demand *request)
{
    if (request->connection != NULL)
        TAILQ_REMOVE(list_of(request->connection), request, of_connection);
    request->connection = NULL;
}

void request_move(struct demand *request, struct verb_connection *connection)
{
    unbind(request);
    request->connection = connection;
    TAILQ_INSERT_TAIL(list_of(connection), request, of_connection);
}

static void do_later(struct requests *requests, struct demand *request)
{
    TAILQ_INSERT_TAIL(&requests->later, request, later);
}

static void forget(struct requests *requests, struct demand *request)
{
    unbind(request);
    TAILQ_REMOVE(&request->asker->requests, request, of_asker);
    if (request->is_given_up || request->word == WORD_RELEASE)
        TAILQ_REMOVE(&requests->later, request, later);
    if (request->number != NO_REQUEST) {
        struct demand **at = &requests->buckets[request->number % requests->bucket_count];
        while (*at != request)
            at = &(*at)->next;
        *at = request->next;
        requests->count--;
    }
    memory_free(request);
}

static void withdraw(struct requests *requests, const struct demand *request)
{
    struct input *in = run_push(requests->run, INPUT_WITHDRAW);
    in->node = request->asker->node;
    in->attempt = request->asker->attempt;
    in->request = request->number;
}

/* Who asks again for what was given back since must get it anew. */
static void drop_answer(struct asker *asker, uint32_t lease)
{
    for (uint32_t i = 0; i < asker->answer_count; i++)
        if (asker->answers[i].lease == lease)
            strcpy(asker->answers[i].id, "null");
}

void lease_end(struct requests *requests, struct demand *lease)
{
    struct asker *asker = lease->asker;
    withdraw(requests, lease);
    lease->is_ended = true;
    for (struct demand *request = TAILQ_FIRST(&asker->requests), *next; request != NULL;
         request = next) {
        next = TAILQ_NEXT(request, of_asker);
        const struct demand *parent = request_find(requests, request->parent);
        request->is_ended = request->is_ended || (parent != NULL && parent->is_ended &&
                                                  request->is_take && request->is_answered);
    }
    for (struct demand *request = TAILQ_FIRST(&asker->requests), *next; request != NULL;
         request = next) {
        next = TAILQ_NEXT(request, of_asker);
        if (!request->is_ended)
            continue;
        drop_answer(asker, request->number);
        forget(requests, request);
    }
}

/* --- answers --- */

static void keep_answer(struct asker *asker, const struct demand *request,
                        const struct answer *given)
{
    if (strcmp(request->id, "null") == 0)
        return;
    struct answer *answer;
    if (asker->answer_count < ANSWERS_KEPT) {
        asker->answers = memory_grow(asker->answers, asker->answer_count, 1,
                                     &asker->answer_capacity, sizeof *asker->answers);
        answer = &asker->answers[asker->answer_count++];
    } else {
        answer = &asker->answers[asker->answer_next++ % ANSWERS_KEPT];
        memory_free(answer->message);
    }
    *answer = *given;
    answer->message = memory_text(given->message);
    strcpy(answer->id, request->id);
}

static void send_answer(struct run *run, struct verb_connection *connection, const char *id,
                        const struct answer *answer)
{
    struct verb_reply reply = {
        .id = id, .status = answer->status, .message = answer->message, .lease = answer->lease};
    CLEANUP_ERROR struct error error = {0};
    json_t *value = NULL;
    if (answer->item != NO_ITEM && (value = items_get(run, answer->item, &error)) == NULL) {
        reply.status = REPLY_FAILED;
        reply.message = error.message;
    }
    reply.value = value;
    verbs_answer(connection, &reply);
    json_decref(value);
}

void request_answer(struct requests *requests, struct demand *request, const struct answer *answer)
{
    request->is_answered = true;
    keep_answer(request->asker, request, answer);
    if (request->connection != NULL)
        send_answer(requests->run, request->connection, request->id, answer);
    bool is_lease = request->is_take && answer->status == REPLY_DONE && !request->is_given_up;
    if (request->word == WORD_ACQUIRE)
        unbind(request);
    if (!is_lease && !request->is_given_up)
        forget(requests, request);
}

/* The core refuses only who is not within the lock of a condition. */
static void write_refusal(const struct plan *plan, const struct demand *request, struct buffer *out)
{
    const struct workflow *workflow = plan->workflow;
    if (request->gate == NO_GATE)
        return;
    const struct primitive *primitive = &workflow->primitives[plan->gates[request->gate].primitive];
    buffer_printf(out, "%s: ", names_text(workflow->names, primitive->name));
    if (primitive->kind != PRIMITIVE_CONDITION)
        buffer_add_text(out, "not now");
    else
        buffer_printf(out, "its lock must be held: pargraph lock %s -- COMMAND",
                      names_text(workflow->names, workflow->primitives[primitive->lock].name));
}

void requests_reply(struct run *run, const struct action *action)
{
    struct demand *request =
        run->requests != NULL ? request_find(run->requests, action->request) : NULL;
    if (request == NULL || request->is_answered)
        return;
    CLEANUP_BUFFER struct buffer text = {0};
    if (run->is_broken)
        buffer_add_text(&text, "the state of the run cannot be written");
    else if (action->code == REPLY_REFUSED)
        write_refusal(run->plan, request, &text);
    else
        cause_write(run, action, &text);
    struct answer answer = {.status = run->is_broken ? REPLY_FAILED : action->code,
                            .lease = VERB_NO_LEASE,
                            .item = NO_ITEM,
                            .message = text.length > 0 ? (char *)buffer_text(&text) : NULL};
    if (answer.status == REPLY_DONE) {
        answer.lease = request->is_take ? request->number : VERB_NO_LEASE;
        answer.item = request->word == WORD_GET ? action->item : NO_ITEM;
    }
    request_answer(run->requests, request, &answer);
}

void requests_flush(struct run *run)
{
    struct requests *requests = run->requests;
    if (requests == NULL)
        return;
    struct demand *request;
    while ((request = TAILQ_FIRST(&requests->later)) != NULL) {
        static const struct answer done = {.lease = VERB_NO_LEASE, .item = NO_ITEM};
        if (request->is_given_up && request->is_take)
            drop_answer(request->asker, request->number);
        if (request->is_given_up)
            forget(requests, request);
        else
            request_answer(requests, request, &done);
    }
    verbs_flush(requests->verbs);
}

/* --- connections and bodies that end --- */

void requests_gone(void *context, struct verb_connection *connection)
{
    struct requests *requests = context;
    struct demand_list *list = *verbs_slot(connection);
    if (list == NULL)
        return;
    struct demand *request;
    while ((request = TAILQ_FIRST(list)) != NULL) {
        if (request->is_answered) {
            lease_end(requests, request);
            continue;
        }
        unbind(request);
        if (request->word == WORD_RELEASE)
            continue;
        withdraw(requests, request);
        request->is_given_up = true;
        do_later(requests, request);
    }
    memory_free(list);
}

void requests_dismiss(struct run *run, uint32_t node)
{
    struct requests *requests = run->requests;
    if (requests == NULL || node >= requests->asker_capacity || requests->askers[node] == NULL)
        return;
    struct asker *asker = requests->askers[node];
    struct demand *request;
    while ((request = TAILQ_FIRST(&asker->requests)) != NULL) {
        static const struct answer late = {.status = REPLY_FAILED,
                                           .lease = VERB_NO_LEASE,
                                           .item = NO_ITEM,
                                           .message = (char *)"the step that asked has ended"};
        if (!request->is_answered && request->connection != NULL)
            send_answer(run, request->connection, request->id, &late);
        forget(requests, request);
    }
    requests->askers[node] = NULL;
    asker_free(asker);
}
