/* The head of a journal, lines of "key value": what is not known is passed over, so that later
 * versions may add to it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "history/record.h"

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
