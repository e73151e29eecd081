/* Parks: where lines wait until more of a token comes.
 *
 * A park answers one question, "who is the first in order that wants at most so much of this
 * token?", without looking at the others, however many distinct requests there are: a treap (Seidel
 * and Aragon 1996) in the order of the lines' heads, whose subtrees know the least amount wanted in
 * them. Its random weights are a hash of the line's number, so the same run always goes the same
 * way. */
#include "schedule/state.h"

uint32_t park_weight(uint32_t line)
{
    line = (line ^ (line >> 16)) * 0x85ebca6b;
    line = (line ^ (line >> 13)) * 0xc2b2ae35;
    return line ^ (line >> 16);
}

static uint64_t least_of(const struct scheduler *scheduler, uint32_t line)
{
    return line == NO_LINE ? UINT64_MAX : line_at(scheduler, line)->least;
}

static void update(struct scheduler *scheduler, uint32_t line)
{
    struct line *this = line_at(scheduler, line);
    uint64_t left = least_of(scheduler, this->left), right = least_of(scheduler, this->right);
    uint64_t below = left < right ? left : right;
    this->least = this->amount < below ? this->amount : below;
}

static void replace_child(struct scheduler *scheduler, uint32_t park, uint32_t parent, uint32_t old,
                          uint32_t new)
{
    if (parent == NO_LINE)
        scheduler->roots[park] = new;
    else if (line_at(scheduler, parent)->left == old)
        line_at(scheduler, parent)->left = new;
    else
        line_at(scheduler, parent)->right = new;
    if (new != NO_LINE)
        line_at(scheduler, new)->parent = parent;
}

/* Rotates a line above its parent. */
static void lift(struct scheduler *scheduler, uint32_t line)
{
    struct line *this = line_at(scheduler, line);
    uint32_t above = this->parent;
    struct line *parent = line_at(scheduler, above);
    replace_child(scheduler, this->park, parent->parent, above, line);
    uint32_t moved;
    if (parent->left == line) {
        moved = this->right;
        parent->left = moved;
        this->right = above;
    } else {
        moved = this->left;
        parent->right = moved;
        this->left = above;
    }
    if (moved != NO_LINE)
        line_at(scheduler, moved)->parent = above;
    parent->parent = line;
    update(scheduler, above);
    update(scheduler, line);
}

static void update_upward(struct scheduler *scheduler, uint32_t line)
{
    for (; line != NO_LINE; line = line_at(scheduler, line)->parent)
        update(scheduler, line);
}

void park_insert(struct scheduler *scheduler, uint32_t line, uint32_t park, uint64_t amount)
{
    struct line *this = line_at(scheduler, line);
    uint32_t parent = NO_LINE, *link = &scheduler->roots[park];
    while (*link != NO_LINE) {
        parent = *link;
        struct line *above = line_at(scheduler, parent);
        link = line_is_before(scheduler, line, parent) ? &above->left : &above->right;
    }
    *link = line;
    this->park = park;
    this->amount = this->least = amount;
    this->parent = parent;
    this->left = this->right = NO_LINE;
    update_upward(scheduler, parent);
    while (this->parent != NO_LINE && park_weight(this->parent) < park_weight(line))
        lift(scheduler, line);
}

void park_remove(struct scheduler *scheduler, uint32_t line)
{
    struct line *this = line_at(scheduler, line);
    while (this->left != NO_LINE && this->right != NO_LINE)
        lift(scheduler,
             park_weight(this->left) > park_weight(this->right) ? this->left : this->right);
    replace_child(scheduler, this->park, this->parent, line,
                  this->left != NO_LINE ? this->left : this->right);
    update_upward(scheduler, this->parent);
    this->park = PARK_NONE;
}

uint32_t park_first(const struct scheduler *scheduler, uint32_t park, uint64_t most)
{
    uint32_t line = scheduler->roots[park];
    if (line == NO_LINE || line_at(scheduler, line)->least > most)
        return NO_LINE;
    for (;;) {
        const struct line *this = line_at(scheduler, line);
        if (this->left != NO_LINE && line_at(scheduler, this->left)->least <= most)
            line = this->left;
        else if (this->amount <= most)
            return line;
        else
            line = this->right;
    }
}
