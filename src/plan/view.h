/* What an expression of a task sees: the values of its references at one moment of one instance. */
#ifndef PLAN_VIEW_H
#define PLAN_VIEW_H

#include "plan/plan.h"

struct view {
    struct plan *plan;
    const struct task *task;
    const struct details *details; /* the task's; or those of the operation's step */
    uint32_t operation; /* of the task's program: names bound by those before it are seen;
                           NO_OPERATION: by all */
    uint32_t node;      /* NO_NODE: the task as a whole, its matrix not expanded */
    uint32_t attempt;   /* 0 while planning */
    const struct results *results; /* NULL while planning */
    uint8_t flags;                 /* CALLS_... that are true now */
    json_t *env; /* {NAME: text; null: unset; true: not to be had while planning}; NULL: not needed
                    so far. While it is made: of the entries before */
};

/* The view of a task while planning. */
void view_init(struct view *view, struct plan *plan, uint32_t task, uint32_t node);
/* Goes on to an operation of the task's program: what its step says. */
void view_enter(struct view *view, uint32_t operation);
/* Goes on to another instance of the same task. */
void view_move(struct view *view, uint32_t node);
void view_release(struct view *view);
#define CLEANUP_VIEW __attribute__((cleanup(view_release)))

/* Evaluates the task's env, in order, into view->env. */
bool view_make_env(struct view *view, struct error *error);
/* New; NULL with an error at the expression's place. */
json_t *view_value(struct view *view, uint32_t expression, struct error *error);
/* A value that must be true or false. */
bool view_condition(struct view *view, uint32_t expression, bool *ret, struct error *error);
/* Appends a text with its expressions' values put in. */
bool view_write_text(struct view *view, const struct text *text, struct buffer *out,
                     struct error *error);
/* The value of a text: that of the expression if it is one whole one, else text. New. */
json_t *view_text(struct view *view, const struct text *text, struct error *error);
json_t *view_spec(struct view *view, const struct spec *spec, struct error *error);
/* A text that must be a length of time, from 0. */
bool view_duration(struct view *view, const struct text *text, int64_t *ret, struct error *error);
/* May what the text mentions differ from attempt to attempt, or from instance to instance? */
bool view_is_constant(const struct view *view, const struct text *text);

/* needs.T.x. New; NULL with an error. */
json_t *view_need(struct view *view, const struct reference *reference, struct error *error);
/* The stdout of all that a need's name stands for, each with a newline behind it. */
bool view_write_stdout(struct view *view, name as, struct buffer *out, struct error *error);

#endif
