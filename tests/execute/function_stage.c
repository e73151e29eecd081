/* Every report is counted, as in execute_stage.c. */
#include "execute_function.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

static struct act_call *call_of(void *context, uint32_t node, uint32_t attempt)
{
    struct function_stage *stage = context;
    CU_ASSERT_FATAL(node < stage->call_count);
    CU_ASSERT_EQUAL(attempt, stage->calls[node].launch.attempt);
    CU_ASSERT_EQUAL(stage->calls[node].finished, 0);
    return &stage->calls[node];
}

static void on_started(void *context, uint32_t node, uint32_t attempt, int process, int64_t at)
{
    struct act_call *call = call_of(context, node, attempt);
    CU_ASSERT_EQUAL(process, 0);
    call->started++;
    call->at = at;
}

static void on_output(void *context, uint32_t node, uint32_t attempt, int stream, const char *bytes,
                      size_t length)
{
    buffer_add(&call_of(context, node, attempt)->outputs[stream], bytes, length);
}

static void on_finished(void *context, uint32_t node, uint32_t attempt,
                        const struct exit_report *report)
{
    struct function_stage *stage = context;
    struct act_call *call = call_of(context, node, attempt);
    call->finished++;
    call->kind = report->kind;
    call->code = report->code;
    call->detail = memory_text(report->detail);
    call->result = json_incref(report->result);
    stage->running--;
    if (stage->on_finished != NULL)
        stage->on_finished(stage, node);
}

static void on_unstoppable(void *context, uint32_t node, uint32_t attempt)
{
    call_of(context, node, attempt)->unstoppable++;
}

static void on_progress(void *context, uint32_t node, uint32_t attempt, double done,
                        const char *text)
{
    (void)text;
    call_of(context, node, attempt)->progress = done;
}

static void write_name(void *context, uint32_t node, struct buffer *out)
{
    (void)context;
    buffer_printf(out, "node %u", node);
}

static void on_said(void *context, int stream, const char *bytes, size_t length)
{
    struct function_stage *stage = context;
    buffer_add(&stage->said[stream], bytes, length);
}

static void open_stage(struct function_stage *stage, uint32_t threads)
{
    value_init();
    names_init(&stage->names);
    stage->calls = memory_array(CALLS, sizeof *stage->calls);
    stage->pools[0].size = threads;
    stage->pools[1].size = 1;
    struct reports reports = {.context = stage,
                              .started = on_started,
                              .output = on_output,
                              .finished = on_finished,
                              .unstoppable = on_unstoppable,
                              .progress = on_progress};
    struct function_options options = {.names = &stage->names,
                                       .default_size = 2,
                                       .grace = 200000000,
                                       .write_name = write_name,
                                       .name_context = stage,
                                       .raw = stage->raw,
                                       .said = on_said,
                                       .said_context = stage,
                                       .directory = "/"};
    stage->loop = loop_new(NULL);
    stage->executor = thread_executor_new(stage->loop, &reports, &options, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage->executor);
}

void function_stage_open(struct function_stage *stage, uint32_t threads)
{
    memset(stage, 0, sizeof *stage);
    open_stage(stage, threads);
}

void function_stage_open_raw(struct function_stage *stage, uint32_t threads)
{
    memset(stage, 0, sizeof *stage);
    stage->raw = raw_output_open(stage->outputs, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage->raw);
    open_stage(stage, threads);
}

void function_stage_close(struct function_stage *stage)
{
    stage->executor->methods->close(stage->executor);
    raw_output_close(stage->raw);
    buffer_release(&stage->said[1]);
    buffer_release(&stage->said[2]);
    loop_free(stage->loop);
    for (uint32_t i = 0; i < stage->call_count; i++) {
        struct act_call *call = &stage->calls[i];
        json_decref(call->invocation.args);
        json_decref(call->invocation.kwargs);
        json_decref(call->result);
        free(call->detail);
        buffer_release(&call->outputs[1]);
        buffer_release(&call->outputs[2]);
    }
    free(stage->calls);
    for (uint32_t i = 0; i < stage->function_count; i++)
        free((void *)stage->functions[i].arguments);
    names_release(&stage->names);
}

uint32_t stage_library(struct function_stage *stage, const char *file, const char *text)
{
    char path[PATH_MAX + 64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(path, PATH_MAX));
    snprintf(path + strlen(path), 64, "/tests/execute/%s.so", file);
    stage->functions[stage->function_count] =
        (struct function){.kind = FUNCTION_LIBRARY,
                          .file = names_add_text(&stage->names, path),
                          .text = names_add_text(&stage->names, text)};
    return stage->function_count++;
}

uint32_t stage_lua(struct function_stage *stage, const char *source, const char *arguments)
{
    struct function *function = &stage->functions[stage->function_count];
    *function =
        (struct function){.kind = FUNCTION_LUA, .text = names_add_text(&stage->names, source)};
    name *names = memory_array(8, sizeof *names);
    while (arguments != NULL && *arguments != '\0') {
        size_t length = strcspn(arguments, " ");
        names[function->argument_count++] = names_add(&stage->names, arguments, length);
        arguments += length + (arguments[length] == ' ');
    }
    function->arguments = names;
    return stage->function_count++;
}

static json_t *read_json(const char *text)
{
    return text == NULL ? NULL : value_from_json(text, strlen(text), NULL);
}

uint32_t stage_prepare_call(struct function_stage *stage, uint32_t function, const char *args,
                            const char *kwargs)
{
    CU_ASSERT_FATAL(stage->call_count < CALLS);
    uint32_t node = stage->call_count++;
    struct act_call *call = &stage->calls[node];
    call->invocation = (struct invocation){.function = &stage->functions[function],
                                           .pool = &stage->pools[0],
                                           .args = read_json(args),
                                           .kwargs = read_json(kwargs)};
    call->launch = (struct launch){.node = node, .attempt = node + 3, .call = &call->invocation};
    stage->running++;
    return node;
}

uint32_t stage_call(struct function_stage *stage, uint32_t function, const char *args)
{
    uint32_t node = stage_prepare_call(stage, function, args, NULL);
    stage->executor->methods->launch(stage->executor, &stage->calls[node].launch);
    return node;
}

static bool turn(struct function_stage *stage, int64_t limit)
{
    int64_t now = clock_monotonic();
    return loop_turn(stage->loop, now + 10000000, NULL) && now < limit;
}

bool stage_await(struct function_stage *stage)
{
    int64_t limit = clock_monotonic() + PATIENCE * INT64_C(1000000000);
    while (stage->running > 0)
        if (!turn(stage, limit))
            return false;
    return true;
}

bool stage_turn_until(struct function_stage *stage, bool (*is_there)(struct act_call *call),
                      uint32_t node)
{
    int64_t limit = clock_monotonic() + PATIENCE * INT64_C(1000000000);
    while (!is_there(&stage->calls[node]))
        if (!turn(stage, limit))
            return false;
    return true;
}

void stage_stop(struct function_stage *stage, uint32_t node, bool is_kill)
{
    stage->executor->methods->signal(stage->executor, node, stage->calls[node].launch.attempt,
                                     is_kill);
}

void check_returned(struct function_stage *stage, uint32_t node, const char *json)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct act_call *call = &stage->calls[node];
    CU_ASSERT_EQUAL(call->finished, 1);
    CU_ASSERT_EQUAL(call->kind, EXIT_RETURNED);
    if (call->detail != NULL)
        CHECK_TEXT(call->detail, "");
    if (call->result != NULL)
        value_write_json(call->result, &text);
    else
        buffer_add_text(&text, "nothing");
    CHECK_TEXT(buffer_text(&text), json);
}

void check_raised(struct function_stage *stage, uint32_t node, const char *message)
{
    struct act_call *call = &stage->calls[node];
    CU_ASSERT_EQUAL(call->finished, 1);
    CU_ASSERT_EQUAL(call->kind, EXIT_RAISED);
    CHECK_TEXT(call->detail != NULL ? call->detail : "(none)", message);
}
