/* The same as `pargraph status` for programs, and of every instance. */
#include "analyse/words.h"

static json_t *seconds(int64_t nanoseconds)
{
    return nanoseconds < 0 ? json_null() : json_real((double)nanoseconds / 1e9);
}

static json_t *text_or_null(struct buffer *text)
{
    return text->length > 0 ? words_json_text(text->bytes, text->length) : json_null();
}

static json_t *status_or_null(enum status status)
{
    return status != STATUS_NONE ? json_string(status_text(status)) : json_null();
}

static json_t *counts_to_json(const struct tally *tally)
{
    json_t *counts = json_object();
    json_object_set_new(counts, "total", json_integer(tally->total));
    json_object_set_new(counts, "waiting", json_integer(tally->waiting));
    json_object_set_new(counts, "running", json_integer(tally->running));
    for (enum status status = STATUS_FAILURE; status > STATUS_NONE; status--)
        json_object_set_new(counts, status_text(status), json_integer(tally->by_status[status]));
    json_object_set_new(counts, "tolerated", json_integer(tally->tolerated));
    return counts;
}

static json_t *instance_to_json(const struct plan *plan, const struct replay *replay, uint32_t node)
{
    const struct workflow *workflow = plan->workflow;
    const struct replay_node *last = &replay->nodes[node];
    const struct scheduler *scheduler = replay->scheduler;
    CLEANUP_BUFFER struct buffer reason = {0};
    if (scheduler_status(scheduler, node) == STATUS_FAILURE)
        words_add_reason(last, &reason);
    json_t *instance = json_object();
    const char *task = names_text(workflow->names, workflow->tasks[plan->task[node]].name);
    json_object_set_new(instance, "name", words_json_name(plan, node));
    json_object_set_new(instance, "task", json_string(task));
    json_object_set_new(instance, "state", json_string(words_state(replay, node)));
    json_object_set_new(instance, "status", status_or_null(scheduler_status(scheduler, node)));
    json_object_set_new(instance, "attempt", json_integer(scheduler_attempt(scheduler, node)));
    json_object_set_new(instance, "started", seconds(last->started));
    json_object_set_new(instance, "ended", seconds(last->ended));
    json_object_set_new(instance, "exit_code",
                        last->exit_code < 0 ? json_null() : json_integer(last->exit_code));
    json_object_set_new(instance, "is_timeout", json_boolean(last->is_timeout));
    json_object_set_new(instance, "reason", text_or_null(&reason));
    return instance;
}

json_t *status_to_json(const struct plan *plan, const struct run_folder *folder,
                       const struct replay *replay)
{
    bool is_alive = !replay->has_ended && run_folder_is_alive(folder);
    struct tally tally = words_tally(plan, replay);
    json_t *status = json_object(), *instances = json_array();
    json_object_set_new(status, "run", json_string(folder->id));
    json_object_set_new(status, "name",
                        json_string(names_text(plan->workflow->names, plan->workflow->name)));
    json_object_set_new(status, "state", json_string(words_run_state(folder, replay)));
    json_object_set_new(status, "exit_status",
                        replay->has_ended ? json_integer(replay->exit_status) : json_null());
    json_object_set_new(status, "began", seconds(replay->began_wall));
    json_object_set_new(status, "elapsed", seconds(is_alive ? replay->now : replay->last_time));
    json_object_set_new(status, "counts", counts_to_json(&tally));
    for (uint32_t node = 0; node < plan->node_count; node++)
        if (words_is_counted(plan, node))
            json_array_append_new(instances, instance_to_json(plan, replay, node));
    json_object_set_new(status, "instances", instances);
    return status;
}
