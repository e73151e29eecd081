/* What an input is in the journal: u8 kind, i64 now, then what the kind uses, in fixed places:
 *
 *     BEGIN      -
 *     EVALUATED  u32 node, u32 attempt, u8 verdict, u8 is_invalid, u32 vector, then an outcome if
 *                is_invalid
 *     EXPANDED   u32 node, u8 verdict, u8 is_invalid, then an outcome if is_invalid
 *     STARTED    u32 node, u32 attempt, u32 process, i64 since
 *     FINISHED   u32 node, u32 attempt, outcome
 *     TIMER      u32 node, u32 attempt, u32 timer
 *     CANCEL     u8 verdict
 *     CAPACITY   u32 vector, u64 amount
 *     RESUME     i64 wall, u64 boot, i64 zero; or i64 wall alone, as older versions wrote it
 *     KEPT       u32 node, u32 attempt, outcome
 *
 * An outcome: u8 kind, u32 code, u64 user time, u64 system time, u64 memory, u8 parts, then those
 * of the extents log, values[0], values[1], outputs (u64 offset, u64 length, u32 checksum) whose
 * bits 0 to 3 are set in parts, and with bit 4 the detail: all the rest. Bytes that are not exactly
 * this are no input: a reader would otherwise tell the scheduler what never happened. */
#include "history/record.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "history/bytes.h"

enum { PART_EXTENTS = 4, PART_DETAIL = 1 << PART_EXTENTS };

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
                                                  &outcome->values[1], &outcome->outputs};
    at = put_u8(at, outcome->kind);
    at = put_u32(at, (uint32_t)outcome->code);
    at = put_u64(at, (uint64_t)outcome->user_time);
    at = put_u64(at, (uint64_t)outcome->system_time);
    at = put_u64(at, outcome->memory);
    char *parts_at = at++;
    uint8_t parts = 0;
    for (int i = 0; i < PART_EXTENTS; i++)
        if (extents[i]->length != 0 || extents[i]->offset != 0 || extents[i]->checksum != 0) {
            parts |= (uint8_t)(1 << i);
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

char *record_put_input(char *at, const struct input *in)
{
    at = put_u64(put_u8(at, in->kind), (uint64_t)in->now);
    switch (in->kind) {
    case INPUT_EVALUATED:
        at = put_u8(put_u8(put_attempt(at, in), in->verdict), in->is_invalid);
        at = put_u32(at, in->vector);
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
                                            &ret->outputs};
    ret->kind = take_u8(rest);
    ret->code = (int32_t)take_u32(rest);
    ret->user_time = (int64_t)take_u64(rest);
    ret->system_time = (int64_t)take_u64(rest);
    ret->memory = take_u64(rest);
    uint8_t parts = take_u8(rest);
    if (ret->kind > OUTCOME_LOST || parts >= PART_DETAIL << 1)
        rest->has_failed = true;
    for (int i = 0; i < PART_EXTENTS; i++)
        if (parts & 1 << i)
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

static void take_fields(struct rest *rest, struct input *in, struct buffer *detail)
{
    switch (in->kind) {
    case INPUT_EVALUATED:
        take_attempt(rest, in);
        in->verdict = take_up_to(rest, VERDICT_CANCELLED);
        in->is_invalid = take_flag(rest);
        in->vector = take_u32(rest);
        if (in->is_invalid)
            take_outcome(rest, &in->outcome, detail);
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
    default:
        break;
    }
}

bool record_get_input(const char *bytes, size_t length, struct input *in, struct buffer *detail)
{
    struct rest rest = {.at = bytes, .end = bytes + length};
    *in = (struct input){0};
    buffer_clear(detail);
    in->kind = take_up_to(&rest, INPUT_KINDS - 1);
    in->now = (int64_t)take_u64(&rest);
    take_fields(&rest, in, detail);
    return !rest.has_failed && rest.at == rest.end;
}

/* --- the head --- */

void record_put_head(const struct journal_head *head, struct buffer *out)
{
    buffer_printf(out, "scheduler %u\nfailure %u\nwall %lld\ncpu %llu\nplan %u\n",
                  head->scheduler_version, head->failure_policy, (long long)head->wall,
                  (unsigned long long)head->cpu_capacity, head->plan);
    buffer_printf(out, "boot %llu\nzero %lld\n", (unsigned long long)head->boot,
                  (long long)head->zero);
}

/* Copies what stands behind "key " on a line of text; false if it is not there or not short. */
static bool find_key(const char *text, const char *key, char ret[32])
{
    size_t key_length = strlen(key);
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, key, key_length) == 0 && line[key_length] == ' ') {
            length -= key_length + 1;
            if (length >= 32)
                return false;
            memcpy(ret, line + key_length + 1, length);
            ret[length] = '\0';
            return true;
        }
        line += line[length] == '\n' ? length + 1 : length;
    }
    return false;
}

static bool read_signed(const char *text, const char *key, int64_t *ret)
{
    char number[32];
    return find_key(text, key, number) && text_integer(number, ret);
}

static bool read_unsigned(const char *text, const char *key, uint64_t most, uint64_t *ret)
{
    char number[32], *end;
    if (!find_key(text, key, number) || !isdigit((unsigned char)number[0]))
        return false;
    errno = 0;
    *ret = strtoull(number, &end, 10);
    return errno == 0 && *end == '\0' && *ret <= most;
}

bool record_get_head(const char *bytes, size_t length, struct journal_head *ret)
{
    CLEANUP_FREE char *text = memory_text_n(bytes, length);
    uint64_t version, policy, capacity, plan;
    int64_t wall;
    if (!read_unsigned(text, "scheduler", UINT32_MAX, &version) ||
        !read_unsigned(text, "failure", UINT8_MAX, &policy) || !read_signed(text, "wall", &wall) ||
        !read_unsigned(text, "cpu", UINT64_MAX, &capacity) ||
        !read_unsigned(text, "plan", UINT32_MAX, &plan))
        return false;
    uint64_t boot;
    int64_t zero;
    if (!read_unsigned(text, "boot", UINT64_MAX, &boot) || !read_signed(text, "zero", &zero))
        boot = 0, zero = 0; /* older versions did not tell */
    *ret = (struct journal_head){.scheduler_version = (uint32_t)version,
                                 .failure_policy = (uint8_t)policy,
                                 .wall = wall,
                                 .boot = boot,
                                 .zero = zero,
                                 .cpu_capacity = capacity,
                                 .plan = (uint32_t)plan};
    return true;
}
