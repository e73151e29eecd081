/* What the two kinds of drawings share. */
#ifndef ANALYSE_DOT_H
#define ANALYSE_DOT_H

#include "analyse/words.h"

struct drawing {
    struct plan *plan;
    const struct replay *replay; /* or NULL */
    struct buffer *out;
    uint32_t *path; /* critical_path() */
};

/* A quoted id; any bytes but NUL may be in it. */
void dot_add_id(const char *text, size_t length, struct buffer *out);
/* The inside of a quoted label: shown as it is, whatever dot would make of it. */
void dot_add_label(const char *text, size_t length, struct buffer *out);
/* " [label=\"", to be ended by dot_end_node. */
void dot_begin_node(struct drawing *drawing, const char *id, size_t length);
/* On a line of its own, how many instances there are of a task with a matrix. */
void dot_add_count(const struct drawing *drawing, uint32_t task);
/* Colour, tooltip and weight. tally NULL: nothing is known of a run. */
void dot_end_node(struct drawing *drawing, const struct tally *tally, const struct task *task,
                  bool is_critical);
void dot_begin_finally(struct drawing *drawing);
void dot_end_finally(struct drawing *drawing);

/* is_drawn_task: by task. */
void dot_draw_primitives(struct drawing *drawing, const bool *is_drawn_task, bool is_expanded);

void dot_draw_tasks(struct drawing *drawing);     /* folded */
void dot_draw_instances(struct drawing *drawing); /* expanded */

#endif
