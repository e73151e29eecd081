/* What an input is in the journal: u8 kind, i64 now, then what the kind uses, in fixed places. Bit
 * 7 of kind: the input is about a part, whose number, u32, comes next: of EVALUATED, STARTED and
 * FINISHED the operation, of EXPANDED the item, of TIMER the request.
 *
 *     BEGIN      -
 *     EVALUATED  u32 node, u32 attempt, u8 verdict, u8 is_invalid, u32 vector; of a part u32 item,
 *                i64 duration; then an outcome if is_invalid
 *     EXPANDED   u32 node, u8 verdict, u8 is_invalid, then an outcome if is_invalid
 *     STARTED    u32 node, u32 attempt, u32 process, i64 since
 *     FINISHED   u32 node, u32 attempt, outcome
 *     TIMER      u32 node, u32 attempt, u32 timer
 *     CANCEL     u8 verdict
 *     CAPACITY   u32 vector, u64 amount
 *     RESUME     i64 wall, u64 boot, i64 zero; or i64 wall alone, as older versions wrote it
 *     KEPT       u32 node, u32 attempt, outcome
 *     REQUEST    u32 node, u32 attempt, u32 operation, u8 verb, u32 request, u32 parent,
 *                i64 duration, u32 vector, u32 gate, u32 item
 *     WITHDRAW   u32 node, u32 request
 *     READY      u32 node, u32 attempt
 *
 * An outcome: u8 kind, u32 code, u64 user time, u64 system time, u64 memory, u8 parts, then those
 * of the extents log, values[0], values[1], outputs, result (u64 offset, u64 length, u32 checksum)
 * whose bits 0 to 3 and 5 are set in parts, and with bit 4 the detail: all the rest. Bytes that are
 * not exactly this are no input: a reader would otherwise tell the scheduler what never happened.
 */
#include "history/record.h"

#include <string.h>

#include "history/bytes.h"

enum { PART_EXTENTS = 5, PART_DETAIL = 16, PARTS = 64, OF_PART = 0x80 };
static const uint8_t part_bits[PART_EXTENTS] = {1, 2, 4, 8, 32};
enum { NO_PART = UINT32_MAX }; /* NO_OPERATION, NO_ITEM and NO_REQUEST alike */

/* --- writing --- */

char *record_put_extent(char *at, const struct extent *extent)
{
    at = put_u64(at, extent->offset);
    at = put_u64(at, extent->length);
    return put_u32(at, extent->checksum);
}

static char *put_outcome(char *at, const struct outcome *outcome)
{
    const struct extent *extents[PART_EXTENTS] = {&outcome->log, &outcome->values[0],
                                                  &outcome->values[1], &outcome->outputs,
                                                  &outcome->result};
    at = put_u8(at, outcome->kind);
    at = put_u32(at, (uint32_t)outcome->code);
    at = put_u64(at, (uint64_t)outcome->user_time);
    at = put_u64(at, (uint64_t)outcome->system_time);
    at = put_u64(at, outcome->memory);
    char *parts_at = at++;
    uint8_t parts = 0;
    for (int i = 0; i < PART_EXTENTS; i++)
        if (extents[i]->length != 0 || extents[i]->offset != 0 || extents[i]->checksum != 0) {
            parts |= part_bits[i];
            at = record_put_extent(at, extents[i]);
        }
    if (outcome->detail != NULL) {
        size_t length = strnlen(outcome->detail, MOST_DETAIL);
        parts |= PART_DETAIL;
        memcpy(at, outcome->detail, length);
        at += length;
    }
    put_u8(parts_at, parts);
    return at;
}

static char *put_attempt(char *at, const struct input *in)
{
    return put_u32(put_u32(at, in->node), in->attempt);
}

/* The number that an input of this kind may have in front; NULL: none. */
static uint32_t *part_of(struct input *in)
{
    switch (in->kind) {
    case INPUT_EVALUATED:
    case INPUT_STARTED:
    case INPUT_FINISHED:
        return &in->operation;
    case INPUT_EXPANDED:
        return &in->item;
    case INPUT_TIMER:
        return &in->request;
    default:
        return NULL;
    }
}

static char *put_request(char *at, const struct input *in)
{
    at = put_u8(put_u32(put_attempt(at, in), in->operation), in->verb);
    at = put_u64(put_u32(put_u32(at, in->request), in->parent), (uint64_t)in->duration);
    return put_u32(put_u32(put_u32(at, in->vector), in->gate), in->item);
}

char *record_put_input(char *at, const struct input *in)
{
    const uint32_t *part = part_of((struct input *)in);
    bool is_of_part = part != NULL && *part != NO_PART;
    at = put_u64(put_u8(at, in->kind | (is_of_part ? OF_PART : 0)), (uint64_t)in->now);
    if (is_of_part)
        at = put_u32(at, *part);
    switch (in->kind) {
    case INPUT_EVALUATED:
        at = put_u8(put_u8(put_attempt(at, in), in->verdict), in->is_invalid);
        at = put_u32(at, in->vector);
        if (is_of_part)
            at = put_u64(put_u32(at, in->item), (uint64_t)in->duration);
        return in->is_invalid ? put_outcome(at, &in->outcome) : at;
    case INPUT_EXPANDED:
        at = put_u8(put_u8(put_u32(at, in->node), in->verdict), in->is_invalid);
        return in->is_invalid ? put_outcome(at, &in->outcome) : at;
    case INPUT_STARTED:
        at = put_u32(put_attempt(at, in), (uint32_t)in->process);
        return put_u64(at, (uint64_t)in->since);
    case INPUT_FINISHED:
    case INPUT_KEPT:
        return put_outcome(put_attempt(at, in), &in->outcome);
    case INPUT_TIMER:
        return put_u32(put_attempt(at, in), in->timer);
    case INPUT_CANCEL:
        return put_u8(at, in->verdict);
    case INPUT_CAPACITY:
        return put_u64(put_u32(at, in->vector), in->amount);
    case INPUT_RESUME:
        at = put_u64(put_u64(at, (uint64_t)in->wall), in->boot);
        return put_u64(at, (uint64_t)in->zero);
    case INPUT_REQUEST:
        return put_request(at, in);
    case INPUT_WITHDRAW:
        return put_u32(put_u32(at, in->node), in->request);
    case INPUT_READY:
        return put_attempt(at, in);
    default:
        return at;
    }
}

/* --- reading --- */

/* What is left of a payload. Taking more than there is gives zeros and marks it as failed. */
struct rest {
    const char *at, *end;
    bool has_failed;
};

static const char *take(struct rest *rest, size_t length)
{
    static const char zeros[EXTENT_LENGTH];
    if ((size_t)(rest->end - rest->at) < length) {
        rest->has_failed = true;
        return zeros;
    }
    const char *at = rest->at;
    rest->at += length;
    return at;
}

static uint8_t take_u8(struct rest *rest)
{
    return (uint8_t)*take(rest, 1);
}

static uint32_t take_u32(struct rest *rest)
{
    return get_u32(take(rest, 4));
}

static uint64_t take_u64(struct rest *rest)
{
    return get_u64(take(rest, 8));
}

bool record_get_extent(const char *at, struct extent *ret)
{
    *ret = (struct extent){
        .offset = get_u64(at), .length = get_u64(at + 8), .checksum = get_u32(at + 16)};
    uint64_t end;
    return !__builtin_add_overflow(ret->offset, ret->length, &end) && end <= INT64_MAX;
}

static void take_extent(struct rest *rest, struct extent *ret)
{
    if (!record_get_extent(take(rest, EXTENT_LENGTH), ret))
        rest->has_failed = true;
}

static void take_outcome(struct rest *rest, struct outcome *ret, struct buffer *detail)
{
    struct extent *extents[PART_EXTENTS] = {&ret->log, &ret->values[0], &ret->values[1],
                                            &ret->outputs, &ret->result};
    ret->kind = take_u8(rest);
    ret->code = (int32_t)take_u32(rest);
    ret->user_time = (int64_t)take_u64(rest);
    ret->system_time = (int64_t)take_u64(rest);
    ret->memory = take_u64(rest);
    uint8_t parts = take_u8(rest);
    bool is_cause = ret->code >= CAUSE_NONE && ret->code <= CAUSE_PEER;
    if (ret->kind > OUTCOME_RAISED || parts >= PARTS || (ret->kind == OUTCOME_STUCK && !is_cause))
        rest->has_failed = true;
    for (int i = 0; i < PART_EXTENTS; i++)
        if (parts & part_bits[i])
            take_extent(rest, extents[i]);
    if (!(parts & PART_DETAIL) || rest->has_failed)
        return;
    buffer_add(detail, rest->at, (size_t)(rest->end - rest->at));
    rest->at = rest->end;
    buffer_text(detail);
    ret->detail = detail->bytes;
}

static bool take_flag(struct rest *rest)
{
    uint8_t flag = take_u8(rest);
    if (flag > 1)
        rest->has_failed = true;
    return flag == 1;
}

static uint8_t take_up_to(struct rest *rest, uint8_t most)
{
    uint8_t value = take_u8(rest);
    if (value > most)
        rest->has_failed = true;
    return value;
}

static void take_attempt(struct rest *rest, struct input *in)
{
    in->node = take_u32(rest);
    in->attempt = take_u32(rest);
}

static void take_request(struct rest *rest, struct input *in)
{
    take_attempt(rest, in);
    in->operation = take_u32(rest);
    in->verb = take_up_to(rest, VERB_KINDS - 1);
    in->request = take_u32(rest);
    in->parent = take_u32(rest);
    in->duration = (int64_t)take_u64(rest);
    in->vector = take_u32(rest);
    in->gate = take_u32(rest);
    in->item = take_u32(rest);
}

static void take_evaluated(struct rest *rest, struct input *in, bool is_of_part,
                           struct buffer *detail)
{
    take_attempt(rest, in);
    in->verdict = take_up_to(rest, VERDICT_CANCELLED);
    in->is_invalid = take_flag(rest);
    in->vector = take_u32(rest);
    if (is_of_part) {
        in->item = take_u32(rest);
        in->duration = (int64_t)take_u64(rest);
    }
    if (in->is_invalid)
        take_outcome(rest, &in->outcome, detail);
}

static void take_fields(struct rest *rest, struct input *in, bool is_of_part, struct buffer *detail)
{
    switch (in->kind) {
    case INPUT_EVALUATED:
        take_evaluated(rest, in, is_of_part, detail);
        break;
    case INPUT_EXPANDED:
        in->node = take_u32(rest);
        in->verdict = take_up_to(rest, VERDICT_CANCELLED);
        in->is_invalid = take_flag(rest);
        if (in->is_invalid)
            take_outcome(rest, &in->outcome, detail);
        break;
    case INPUT_STARTED:
        take_attempt(rest, in);
        in->process = (int32_t)take_u32(rest);
        in->since = (int64_t)take_u64(rest);
        break;
    case INPUT_FINISHED:
    case INPUT_KEPT:
        take_attempt(rest, in);
        take_outcome(rest, &in->outcome, detail);
        break;
    case INPUT_TIMER:
        take_attempt(rest, in);
        in->timer = take_u32(rest);
        break;
    case INPUT_CANCEL:
        in->verdict = take_up_to(rest, CANCEL_TIMEOUT);
        break;
    case INPUT_CAPACITY:
        in->vector = take_u32(rest);
        in->amount = take_u64(rest);
        break;
    case INPUT_RESUME:
        in->wall = (int64_t)take_u64(rest);
        if (rest->at == rest->end)
            break;
        in->boot = take_u64(rest);
        in->zero = (int64_t)take_u64(rest);
        break;
    case INPUT_REQUEST:
        take_request(rest, in);
        break;
    case INPUT_WITHDRAW:
        in->node = take_u32(rest);
        in->request = take_u32(rest);
        break;
    case INPUT_READY:
        take_attempt(rest, in);
        break;
    default:
        break;
    }
}

static void take_part(struct rest *rest, struct input *in)
{
    uint32_t *part = part_of(in), number = take_u32(rest);
    if (part == NULL || number == NO_PART)
        rest->has_failed = true;
    else
        *part = number;
}

bool record_get_input(const char *bytes, size_t length, struct input *in, struct buffer *detail)
{
    struct rest rest = {.at = bytes, .end = bytes + length};
    *in = (struct input){.operation = NO_OPERATION,
                         .request = NO_REQUEST,
                         .parent = NO_REQUEST,
                         .item = NO_ITEM,
                         .gate = NO_GATE};
    buffer_clear(detail);
    uint8_t kind = take_u8(&rest);
    in->kind = kind & (uint8_t)~OF_PART;
    if (in->kind >= INPUT_KINDS)
        rest.has_failed = true;
    in->now = (int64_t)take_u64(&rest);
    bool is_of_part = kind & OF_PART;
    if (is_of_part)
        take_part(&rest, in);
    take_fields(&rest, in, is_of_part, detail);
    return !rest.has_failed && rest.at == rest.end;
}
