/* A stage for executors of functions: a pool, functions by name or source, what is reported. */
#ifndef TESTS_EXECUTE_FUNCTION_H
#define TESTS_EXECUTE_FUNCTION_H

#include "base/names.h"
#include "execute_stage.h"
#include "value/value.h"

enum { CALLS = 2000 };
struct act_call {
    struct launch launch;
    struct invocation invocation;
    int started, finished, unstoppable;
    int64_t at;
    int kind, code;
    char *detail;
    json_t *result;
    double progress;
    struct buffer outputs[3];
};
struct function_stage {
    struct loop *loop;
    struct executor *executor;
    struct names names;
    struct pool pools[2];
    struct function functions[64];
    uint32_t function_count;
    struct act_call *calls;
    uint32_t call_count, running;
    void (*on_finished)(struct function_stage *stage, uint32_t node);
    struct raw_output *raw;
    int outputs[2];        /* what descriptors 1 and 2 were, with raw */
    struct buffer said[3]; /* by stream */
};

/* Threads of pool 0. Grace: 200 ms. */
void function_stage_open(struct function_stage *stage, uint32_t threads);
/* The same, with descriptors 1 and 2 taken in. */
void function_stage_open_raw(struct function_stage *stage, uint32_t threads);
void function_stage_close(struct function_stage *stage);
/* A function of tests/execute/NAME.so, or of Lua. */
uint32_t stage_library(struct function_stage *stage, const char *file, const char *name);
uint32_t stage_lua(struct function_stage *stage, const char *source, const char *arguments);
/* Launches a call; args and kwargs are JSON text or NULL. Returns its node. */
uint32_t stage_prepare_call(struct function_stage *stage, uint32_t function, const char *args,
                            const char *kwargs);
uint32_t stage_call(struct function_stage *stage, uint32_t function, const char *args);
bool stage_await(struct function_stage *stage);
/* Turns the loop until `is_there` says so. */
bool stage_turn_until(struct function_stage *stage, bool (*is_there)(struct act_call *call),
                      uint32_t node);
void stage_stop(struct function_stage *stage, uint32_t node, bool is_kill);
void check_returned(struct function_stage *stage, uint32_t node, const char *json);
void check_raised(struct function_stage *stage, uint32_t node, const char *message);

extern const struct check function_checks[], lua_checks[], crash_checks[];

#endif
