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
    return line == NO_LINE ? UINT64_MAX : scheduler->lines[line].least;
}

static void update(struct scheduler *scheduler, uint32_t line)
{
    struct line *this = &scheduler->lines[line];
    uint64_t left = least_of(scheduler, this->left), right = least_of(scheduler, this->right);
    uint64_t below = left < right ? left : right;
    this->least = this->amount < below ? this->amount : below;
}

static void replace_child(struct scheduler *scheduler, uint32_t park, uint32_t parent, uint32_t old,
                          uint32_t new)
{
    if (parent == NO_LINE)
        scheduler->roots[park] = new;
    else if (scheduler->lines[parent].left == old)
        scheduler->lines[parent].left = new;
    else
        scheduler->lines[parent].right = new;
    if (new != NO_LINE)
        scheduler->lines[new].parent = parent;
}

/* Rotates a line above its parent. */
static void lift(struct scheduler *scheduler, uint32_t line)
{
    struct line *lines = scheduler->lines;
    uint32_t parent = lines[line].parent;
    replace_child(scheduler, lines[line].park, lines[parent].parent, parent, line);
    uint32_t moved;
    if (lines[parent].left == line) {
        moved = lines[line].right;
        lines[parent].left = moved;
        lines[line].right = parent;
    } else {
        moved = lines[line].left;
        lines[parent].right = moved;
        lines[line].left = parent;
    }
    if (moved != NO_LINE)
        lines[moved].parent = parent;
    lines[parent].parent = line;
    update(scheduler, parent);
    update(scheduler, line);
}

static void update_upward(struct scheduler *scheduler, uint32_t line)
{
    for (; line != NO_LINE; line = scheduler->lines[line].parent)
        update(scheduler, line);
}

void park_insert(struct scheduler *scheduler, uint32_t line, uint32_t park, uint64_t amount)
{
    struct line *lines = scheduler->lines;
    uint32_t head = line_head(scheduler, line);
    uint32_t parent = NO_LINE, *link = &scheduler->roots[park];
    while (*link != NO_LINE) {
        parent = *link;
        link = node_is_before(scheduler, head, line_head(scheduler, parent)) ? &lines[parent].left
                                                                             : &lines[parent].right;
    }
    *link = line;
    lines[line].park = park;
    lines[line].amount = lines[line].least = amount;
    lines[line].parent = parent;
    lines[line].left = lines[line].right = NO_LINE;
    update_upward(scheduler, parent);
    while (lines[line].parent != NO_LINE && park_weight(lines[line].parent) < park_weight(line))
        lift(scheduler, line);
}

void park_remove(struct scheduler *scheduler, uint32_t line)
{
    struct line *this = &scheduler->lines[line];
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
    if (line == NO_LINE || scheduler->lines[line].least > most)
        return NO_LINE;
    for (;;) {
        const struct line *this = &scheduler->lines[line];
        if (this->left != NO_LINE && scheduler->lines[this->left].least <= most)
            line = this->left;
        else if (this->amount <= most)
            return line;
        else
            line = this->right;
    }
}
