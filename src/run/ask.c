/* From a line to an input. What the workflow does not allow is refused here, before the core hears
 * of it: a name of another kind, more than there is, what `uses` does not declare. Everything else
 * is the core's to grant, also whether a lock is held already. */
#include "run/ask.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "run/items.h"
#include "value/value.h"

enum { NO_ROLE = UINT8_MAX, NO_VERB = UINT8_MAX };

/* What a word comes to, on primitives of one kind or of two. */
static const struct meaning {
    uint8_t kinds[2], verbs[2], role;
} meanings[VERB_WORDS] = {
    [WORD_LOCK] = {{PRIMITIVE_LOCK, PRIMITIVE_LOCK}, {VERB_TAKE, VERB_TAKE}, NO_ROLE},
    [WORD_SEMAPHORE] = {{PRIMITIVE_SEMAPHORE, PRIMITIVE_SEMAPHORE},
                        {VERB_TAKE, VERB_TAKE},
                        NO_ROLE},
    [WORD_ACQUIRE] = {{PRIMITIVE_LOCK, PRIMITIVE_SEMAPHORE}, {VERB_ACQUIRE, VERB_ACQUIRE}, NO_ROLE},
    [WORD_RELEASE] = {{PRIMITIVE_LOCK, PRIMITIVE_SEMAPHORE}, {NO_VERB, NO_VERB}, NO_ROLE},
    [WORD_BARRIER] = {{PRIMITIVE_BARRIER, PRIMITIVE_BARRIER},
                      {VERB_BARRIER, VERB_BARRIER},
                      USE_BARRIER},
    [WORD_WAIT] = {{PRIMITIVE_EVENT, PRIMITIVE_CONDITION},
                   {VERB_WAIT, VERB_CONDITION_WAIT},
                   NO_ROLE},
    [WORD_SET] = {{PRIMITIVE_EVENT, PRIMITIVE_EVENT}, {VERB_SET, VERB_SET}, USE_SET},
    [WORD_CLEAR] = {{PRIMITIVE_EVENT, PRIMITIVE_EVENT}, {VERB_CLEAR, VERB_CLEAR}, USE_CLEAR},
    [WORD_NOTIFY] = {{PRIMITIVE_CONDITION, PRIMITIVE_CONDITION},
                     {VERB_NOTIFY, VERB_NOTIFY},
                     USE_NOTIFY},
    [WORD_NOTIFY_ALL] = {{PRIMITIVE_CONDITION, PRIMITIVE_CONDITION},
                         {VERB_NOTIFY_ALL, VERB_NOTIFY_ALL},
                         USE_NOTIFY},
    [WORD_PUT] = {{PRIMITIVE_QUEUE, PRIMITIVE_QUEUE}, {VERB_PUT, VERB_PUT}, USE_PUT},
    [WORD_GET] = {{PRIMITIVE_QUEUE, PRIMITIVE_QUEUE}, {VERB_GET, VERB_GET}, USE_GET},
    [WORD_CLOSE] = {{PRIMITIVE_QUEUE, PRIMITIVE_QUEUE}, {VERB_CLOSE, VERB_CLOSE}, USE_CLOSE},
};

struct question {
    struct run *run;
    struct asker *asker;
    struct verb_connection *connection;
    const struct verb_request *asked;
    uint32_t primitive;
    uint8_t verb; /* enum verb, NO_VERB */
    uint32_t token, gate;
};

static void answer_at_once(const struct question *question, int status, const char *message)
{
    verbs_answer(question->connection, &(struct verb_reply){.id = question->asked->id,
                                                            .status = status,
                                                            .message = message,
                                                            .lease = VERB_NO_LEASE});
}

/* Answers; returns false. */
static bool __attribute__((format(printf, 2, 3)))
refuse(const struct question *question, const char *format, ...)
{
    CLEANUP_BUFFER struct buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    answer_at_once(question, REPLY_REFUSED, buffer_text(&text));
    return false;
}

/* --- who asks --- */

/* Every byte is compared, wherever the first difference is. */
static bool is_same_token(const char *a, const char *b)
{
    size_t length = strlen(a);
    unsigned char difference = 0;
    if (length != strlen(b))
        return false;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return difference == 0;
}

static struct asker *asker_of(const struct requests *requests, const char *token)
{
    char *end;
    unsigned long node = strtoul(token, &end, 10);
    if (*end != '.' || node >= requests->asker_capacity || requests->askers[node] == NULL)
        return NULL;
    struct asker *asker = requests->askers[node];
    return is_same_token(token, strchr(asker->entry, '=') + 1) ? asker : NULL;
}

/* --- has it been asked already? --- */

static void answer_again(const struct question *question, const struct answer *answer)
{
    struct verb_reply reply = {.id = answer->id,
                               .status = answer->status,
                               .message = answer->message,
                               .lease = answer->lease};
    CLEANUP_ERROR struct error error = {0};
    json_t *value = NULL;
    if (answer->item != NO_ITEM &&
        (value = items_get(question->run, answer->item, &error)) == NULL) {
        reply.status = REPLY_FAILED;
        reply.message = error.message;
    }
    reply.value = value;
    verbs_answer(question->connection, &reply);
    json_decref(value);
}

/* It goes on for who asked last. */
static void take_over(const struct question *question, struct demand *request)
{
    if (request->connection == question->connection) {
        refuse(question, "a request with the id %s is under way", request->id);
        return;
    }
    const struct verb_reply moved = {.id = request->id,
                                     .status = REPLY_REFUSED,
                                     .message = "asked again by another connection",
                                     .lease = VERB_NO_LEASE};
    verbs_answer(request->connection, &moved);
    request_move(request, question->connection);
}

static bool was_asked(const struct question *question)
{
    const char *id = question->asked->id;
    if (strcmp(id, "null") == 0)
        return false;
    struct asker *asker = question->asker;
    struct demand *request;
    TAILQ_FOREACH(request, &asker->requests, of_asker)
    {
        if (request->is_answered || request->connection == NULL || strcmp(request->id, id) != 0)
            continue;
        take_over(question, request);
        return true;
    }
    for (uint32_t i = 0; i < asker->answer_count; i++)
        if (strcmp(asker->answers[i].id, id) == 0) {
            answer_again(question, &asker->answers[i]);
            return true;
        }
    return false;
}

/* --- what is asked for --- */

static const char *name_of(const struct plan *plan, uint32_t primitive)
{
    return names_text(plan->workflow->names, plan->workflow->primitives[primitive].name);
}

static bool find_primitive(struct question *question)
{
    const struct plan *plan = question->run->plan;
    const struct workflow *workflow = plan->workflow;
    const char *text = question->asked->name;
    name id = names_find(workflow->names, text, strlen(text));
    question->primitive = id != UINT32_MAX ? workflow_primitive(workflow, id) : UINT32_MAX;
    if (question->primitive != UINT32_MAX)
        return true;
    CLEANUP_FREE const char **names = memory_array(workflow->primitive_count, sizeof *names);
    for (uint32_t i = 0; i < workflow->primitive_count; i++)
        names[i] = name_of(plan, i);
    const char *nearest = text_nearest(text, names, workflow->primitive_count);
    if (nearest != NULL)
        return refuse(question, "there is no '%s' in the workflow; did you mean '%s'?", text,
                      nearest);
    return refuse(question, "there is no '%s' in the workflow", text);
}

static bool find_verb(struct question *question)
{
    const struct workflow *workflow = question->run->plan->workflow;
    const struct meaning *meaning = &meanings[question->asked->word];
    uint8_t kind = workflow->primitives[question->primitive].kind;
    for (int i = 0; i < 2; i++)
        if (meaning->kinds[i] == kind) {
            question->verb = meaning->verbs[i];
            return true;
        }
    const char *first = primitive_kind_text(meaning->kinds[0]),
               *second = primitive_kind_text(meaning->kinds[1]);
    bool is_either = meaning->kinds[0] != meaning->kinds[1];
    return refuse(question, "%s: is %s %s; %s takes %s %s%s%s", question->asked->name,
                  kind == PRIMITIVE_EVENT ? "an" : "a", primitive_kind_text(kind),
                  verb_word_text(question->asked->word), *first == 'e' ? "an" : "a", first,
                  is_either ? " or a " : "", is_either ? second : "");
}

/* "key" as JSON: keys are texts. */
static char *key_json(const char *key)
{
    struct buffer text = {0};
    json_t *value = json_string(key);
    value_write_json(value, &text);
    json_decref(value);
    return buffer_take(&text);
}

static bool find_token(struct question *question)
{
    struct run *run = question->run;
    const struct verb_request *asked = question->asked;
    const struct primitive *primitive = &run->plan->workflow->primitives[question->primitive];
    bool is_lock = primitive->kind == PRIMITIVE_LOCK;
    if (!is_lock && asked->key != NULL)
        return refuse(question, "%s: a semaphore has no keys", asked->name);
    if (is_lock && asked->amount > 1)
        return refuse(question, "%s: a lock is taken once, not %u times", asked->name,
                      asked->amount);
    if (!is_lock && asked->amount > primitive->count)
        return refuse(question, "%s: %u permits are wanted, and there are %u", asked->name,
                      asked->amount, primitive->count);
    CLEANUP_FREE char *key = asked->key != NULL ? key_json(asked->key) : NULL;
    question->token = plan_token(run->plan, question->primitive, key);
    return true;
}

static bool find_gate(struct question *question)
{
    static const char *const roles[] = {
        [USE_BARRIER] = "barrier", [USE_SET] = "set", [USE_CLEAR] = "clear",
        [USE_NOTIFY] = "notify",   [USE_PUT] = "put", [USE_GET] = "get",
        [USE_CLOSE] = "close"};
    const struct plan *plan = question->run->plan;
    const struct asker *asker = question->asker;
    const char *name = question->asked->name;
    uint8_t role = meanings[question->asked->word].role;
    question->gate = plan->gate_of_primitive[question->primitive];
    if (role != NO_ROLE &&
        !plan_is_declared(plan, asker->node, asker->operation, question->gate, role))
        return refuse(question, "%s: is not declared: the task or step needs 'uses: {%s: %s}'",
                      name, roles[role], name);
    struct demand *request;
    if (question->verb == VERB_BARRIER)
        TAILQ_FOREACH(request, &asker->requests, of_asker)
        {
            if (request->gate == question->gate && request->word == WORD_BARRIER &&
                !request->is_answered && !request->is_given_up)
                return refuse(question, "%s: another verb of this step is waiting there", name);
        }
    return true;
}

/* --- asking --- */

/* The lease that the line names, while it is one. */
static uint32_t parent_of(const struct question *question)
{
    const struct demand *lease = request_find(question->run->requests, question->asked->lease);
    bool is_one =
        lease != NULL && lease->asker == question->asker && lease->is_take && lease->is_answered;
    return is_one ? lease->number : NO_REQUEST;
}

/* The latest that may be released: taken by acquire, or on this connection. */
static struct demand *find_lease(const struct question *question)
{
    uint32_t parent = parent_of(question);
    struct demand *request;
    TAILQ_FOREACH_REVERSE(request, &question->asker->requests, demand_list, of_asker)
    {
        if (request->is_take && request->is_answered && request->token == question->token &&
            request->parent == parent &&
            (request->word == WORD_ACQUIRE || request->connection == question->connection))
            return request;
    }
    return NULL;
}

/* It is answered once the giving back is written down. */
static void release(const struct question *question)
{
    struct requests *requests = question->run->requests;
    struct demand *lease = find_lease(question);
    if (lease == NULL) {
        refuse(question, "%s: is not held: there was no acquire here", question->asked->name);
        return;
    }
    lease_end(requests, lease);
    struct demand *request = request_new(question->asker, question->connection, question->asked);
    TAILQ_INSERT_TAIL(&requests->later, request, later);
}

static int64_t timeout_of(const struct question *question)
{
    int64_t timeout = question->asked->timeout;
    if (timeout >= 0)
        return timeout > 0 ? timeout : 1; /* at once: UNLIMITED is 0 */
    return question->run->plan->workflow->primitives[question->primitive].timeout;
}

static bool add_item(const struct question *question, uint32_t *ret_item)
{
    CLEANUP_ERROR struct error error = {0};
    *ret_item = NO_ITEM;
    if (question->verb != VERB_PUT ||
        items_add(question->run, question->asked->value, ret_item, &error))
        return true;
    answer_at_once(question, REPLY_FAILED, error.message);
    return false;
}

static void push(const struct question *question)
{
    struct run *run = question->run;
    uint32_t item;
    if (!add_item(question, &item))
        return;
    struct demand *request = request_new(question->asker, question->connection, question->asked);
    request->token = question->token;
    request->gate = question->gate;
    request->is_take = question->verb <= VERB_ACQUIRE;
    request->parent = parent_of(question);
    request_number(run->requests, request);
    struct input *in = run_push(run, INPUT_REQUEST);
    in->node = question->asker->node;
    in->attempt = question->asker->attempt;
    in->operation = question->asker->operation;
    in->verb = question->verb;
    in->request = request->number;
    in->parent = request->parent;
    in->duration = timeout_of(question);
    in->gate = question->gate;
    in->item = item;
    if (request->is_take)
        in->vector = vectors_add(&run->plan->vectors,
                                 &(struct amount){question->token, question->asked->amount}, 1);
}

bool ask(void *context, struct verb_connection *connection, const struct verb_request *asked)
{
    struct requests *requests = context;
    struct question question = {.run = requests->run,
                                .asker = asker_of(requests, asked->token),
                                .connection = connection,
                                .asked = asked,
                                .token = UINT32_MAX,
                                .gate = NO_GATE};
    if (question.asker == NULL)
        return refuse(&question, "the token is of no step that runs");
    if (requests->run->is_broken) {
        answer_at_once(&question, REPLY_FAILED, "the state of the run cannot be written");
        return true;
    }
    if (was_asked(&question) || !find_primitive(&question) || !find_verb(&question))
        return true;
    bool is_token = question.verb <= VERB_ACQUIRE || question.verb == NO_VERB;
    if (!(is_token ? find_token(&question) : find_gate(&question)))
        return true;
    if (question.verb == NO_VERB)
        release(&question);
    else
        push(&question);
    return true;
}
