/* The loop, its alarms, threads that act in its place, and the dry executor. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "execute/loop.h"
#include "execute_stage.h"

static struct loop *loop;
static char trail[256];
static int trail_length;

static void note(char letter)
{
    if (trail_length < (int)sizeof trail - 1)
        trail[trail_length++] = letter;
    trail[trail_length] = '\0';
}

static void begin(void)
{
    loop = loop_new(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loop);
    trail_length = 0;
    trail[0] = '\0';
}

static void note_letter(void *context)
{
    note(*(const char *)context);
}

static void check_alarm_order(void)
{
    begin();
    int64_t now = clock_monotonic();
    loop_at(loop, now + 3000, note_letter, (void *)"c");
    loop_at(loop, now + 1000, note_letter, (void *)"a");
    struct alarm *cancelled = loop_at(loop, now + 1500, note_letter, (void *)"x");
    loop_at(loop, now + 2000, note_letter, (void *)"b");
    loop_at(loop, now + 3000, note_letter, (void *)"d"); /* same time: in order of making */
    loop_cancel(loop, cancelled);
    loop_cancel(loop, NULL);
    while (trail_length < 4)
        CU_ASSERT_TRUE_FATAL(loop_turn(loop, INT64_MAX, NULL));
    CHECK_TEXT(trail, "abcd");
    loop_free(loop);
}

/* An hour that does not count for those that are set, and counts for those set later. */
static void check_delayed_alarms(void)
{
    begin();
    int64_t now = clock_monotonic(), hour = 3600 * INT64_C(1000000000);
    loop_at(loop, now + 1000, note_letter, (void *)"x");
    loop_at(loop, now - hour - 1000, note_letter, (void *)"a");
    loop_delay(loop, hour);
    loop_at(loop, now + 2000, note_letter, (void *)"b");
    while (trail_length < 2)
        CU_ASSERT_TRUE_FATAL(loop_turn(loop, INT64_MAX, NULL));
    CHECK_TEXT(trail, "ab");
    loop_free(loop);
}

static void check_many_alarms(void)
{
    enum { COUNT = 2000 };
    static struct alarm *alarms[COUNT];
    begin();
    int64_t now = clock_monotonic();
    unsigned seed = 1;
    for (int i = 0; i < COUNT; i++)
        alarms[i] = loop_at(loop, now + (int64_t)(rand_r(&seed) % 1000000), note_letter,
                            (void *)(i % 10 == 0 ? "k" : "x"));
    for (int i = 0; i < COUNT; i++)
        if (i % 10 != 0)
            loop_cancel(loop, alarms[i]);
    while (trail_length < COUNT / 10)
        CU_ASSERT_TRUE_FATAL(loop_turn(loop, INT64_MAX, NULL));
    for (int i = 0; i < trail_length; i++)
        CU_ASSERT_EQUAL(trail[i], 'k');
    CU_ASSERT_TRUE(loop_turn(loop, 0, NULL));
    CU_ASSERT_EQUAL(trail_length, COUNT / 10);
    loop_free(loop);
}

static void alarm_again(void *context)
{
    (void)context;
    note('r');
    loop_at(loop, 0, alarm_again, NULL);
}

/* An alarm that sets itself anew must not keep the turn from ending. */
static void check_alarm_rearmed(void)
{
    begin();
    loop_at(loop, 0, alarm_again, NULL);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_TRUE(loop_turn(loop, INT64_MAX, NULL));
    CHECK_TEXT(trail, "rrr");
    loop_free(loop);
}

static void check_deadline(void)
{
    begin();
    int64_t before = clock_monotonic();
    CU_ASSERT_TRUE(loop_turn(loop, before + 2000000, NULL));
    CU_ASSERT_TRUE(clock_monotonic() >= before + 2000000);
    CU_ASSERT_TRUE(loop_turn(loop, INT64_MIN, NULL));
    loop_free(loop);
}

struct pair {
    struct watch *watch, *other;
    int ends[2];
};

static void remove_other(void *context, uint32_t events)
{
    struct pair *pair = context;
    CU_ASSERT_TRUE(events & EPOLLIN);
    note('1');
    loop_remove(loop, pair->other);
    pair->other = NULL;
    /* A new watch at once must not be given the other's event. */
    loop_remove(loop, pair->watch);
    pair->watch = NULL;
}

/* Two are readable in one batch; the first to be called removes both. */
static void check_removed_in_batch(void)
{
    begin();
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    int copy = dup(ends[0]);
    struct pair pair = {0};
    CU_ASSERT_EQUAL(write(ends[1], "x", 1), 1);
    pair.watch = loop_add(loop, ends[0], EPOLLIN, remove_other, &pair, NULL);
    pair.other = loop_add(loop, copy, EPOLLIN, remove_other, &pair, NULL);
    CU_ASSERT_TRUE(loop_turn(loop, INT64_MAX, NULL));
    CU_ASSERT_TRUE(loop_turn(loop, 0, NULL));
    CHECK_TEXT(trail, "1");
    loop_remove(loop, NULL);
    close(copy);
    close(ends[0]);
    close(ends[1]);
    loop_free(loop);
}

static void check_bad_descriptor(void)
{
    begin();
    struct error error = {0};
    CU_ASSERT_PTR_NULL(loop_add(loop, 9999, EPOLLIN, remove_other, NULL, &error));
    CHECK_TEXT(error.message, "cannot watch descriptor 9999: Bad file descriptor");
    error_release(&error);
    loop_free(loop);
    loop_free(NULL);
}

/* --- another thread --- */

#define SECOND INT64_C(1000000000)

/* A thread acts once, when the loop's thread waits; after says when the turn is to end. */
static struct {
    void (*act)(void);
    int64_t after; /* from now; INT64_MAX: not for its sake */
    int followed;
} other;

static int64_t other_after(void *context)
{
    (void)context;
    other.followed++;
    return other.after == INT64_MAX ? INT64_MAX : clock_monotonic() + other.after;
}

static void *act_once(void *argument)
{
    (void)argument;
    loop_lock(loop); /* not before the loop's thread waits */
    other.act();
    loop_follow(loop);
    loop_unlock(loop);
    return NULL;
}

/* One turn that would last for a minute. How long did it? */
static int64_t turn_with_other(void (*act)(void), int64_t after)
{
    pthread_t thread;
    int64_t before = clock_monotonic();
    other.act = act;
    other.after = after;
    other.followed = 0;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, act_once, NULL), 0);
    CU_ASSERT_TRUE(loop_turn(loop, before + 60 * SECOND, NULL));
    int64_t took = clock_monotonic() - before;
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    return took;
}

static void act_nothing(void)
{
    note('n');
}

static void act_alarm(void)
{
    note('s');
    loop_at(loop, clock_monotonic() + 1000, note_letter, (void *)"a");
}

static void act_late_alarm(void)
{
    loop_at(loop, clock_monotonic() + 120 * SECOND, note_letter, (void *)"x");
}

/* Without an after, whatever was done ends the turn. */
static void check_other_ends_turn(void)
{
    begin();
    CU_ASSERT_TRUE(turn_with_other(act_nothing, INT64_MAX) < 50 * SECOND);
    CHECK_TEXT(trail, "n");
    loop_free(loop);
}

/* An alarm that is due before the wait would be over. */
static void check_other_sets_alarm(void)
{
    begin();
    loop_set_after(loop, other_after, NULL);
    CU_ASSERT_TRUE(turn_with_other(act_alarm, INT64_MAX) < 50 * SECOND);
    while (trail_length < 2)
        CU_ASSERT_TRUE_FATAL(loop_turn(loop, INT64_MAX, NULL));
    CHECK_TEXT(trail, "sa");
    loop_free(loop);
}

/* What follows asks for an end, as that of a run. */
static void check_other_is_due(void)
{
    begin();
    loop_set_after(loop, other_after, NULL);
    CU_ASSERT_TRUE(turn_with_other(act_nothing, 0) < 50 * SECOND);
    CU_ASSERT_EQUAL(other.followed, 2); /* with the thread's, and with the turn's */
    loop_free(loop);
}

/* Nothing is due sooner: the loop's thread is left to wait, until its deadline. */
static void check_other_wakes_nobody(void)
{
    begin();
    loop_set_after(loop, other_after, NULL);
    pthread_t thread;
    int64_t deadline = clock_monotonic() + SECOND / 5;
    other.act = act_late_alarm;
    other.after = INT64_MAX;
    other.followed = 0;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, act_once, NULL), 0);
    CU_ASSERT_TRUE(loop_turn(loop, deadline, NULL));
    CU_ASSERT_TRUE(clock_monotonic() >= deadline);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_TEXT(trail, "");
    loop_free(loop);
}

/* --- the dry executor --- */

static struct executor *dry;
static struct launch launches[3];

static void dry_started(void *context, uint32_t node, uint32_t attempt, int process, int64_t at)
{
    CU_ASSERT_TRUE(at <= clock_monotonic());
    (void)context;
    CU_ASSERT_EQUAL(process, 0);
    CU_ASSERT_EQUAL(attempt, launches[node].attempt);
    note((char)('a' + node));
}

static void dry_finished(void *context, uint32_t node, uint32_t attempt,
                         const struct exit_report *report)
{
    (void)context, (void)attempt;
    CU_ASSERT_EQUAL(report->kind, EXIT_CODE);
    CU_ASSERT_EQUAL(report->code, 0);
    note((char)('A' + node));
    if (node == 0)
        dry->methods->launch(dry, &launches[2]);
}

static void check_dry(void)
{
    begin();
    struct reports reports = {.started = dry_started, .finished = dry_finished};
    dry = dry_executor_new(loop, &reports);
    CHECK_TEXT(dry->methods->name, "dry");
    for (uint32_t i = 0; i < 3; i++)
        launches[i] = (struct launch){.node = i, .attempt = i + 1};
    dry->methods->launch(dry, &launches[0]);
    dry->methods->launch(dry, &launches[1]);
    CHECK_TEXT(trail, "");
    dry->methods->signal(dry, 0, 1, true);
    CU_ASSERT_TRUE(loop_turn(loop, INT64_MAX, NULL));
    CHECK_TEXT(trail, "aAbB");
    CU_ASSERT_TRUE(loop_turn(loop, INT64_MAX, NULL));
    CHECK_TEXT(trail, "aAbBcC");
    dry->methods->launch(dry, &launches[1]);
    dry->methods->close(dry);
    CU_ASSERT_TRUE(loop_turn(loop, 0, NULL));
    CHECK_TEXT(trail, "aAbBcC");
    loop_free(loop);
}

const struct check loop_checks[] = {
    {"loop: alarms come in order, cancelled ones do not", check_alarm_order},
    {"alarms: a delay for all", check_delayed_alarms},
    {"loop: many alarms", check_many_alarms},
    {"loop: an alarm that sets itself anew", check_alarm_rearmed},
    {"loop: a turn ends at its deadline", check_deadline},
    {"loop: a watch removed in its batch is not called", check_removed_in_batch},
    {"loop: a bad descriptor", check_bad_descriptor},
    {"loop: what another thread does ends the turn", check_other_ends_turn},
    {"loop: an alarm set by another thread", check_other_sets_alarm},
    {"loop: what follows in another thread is due", check_other_is_due},
    {"loop: another thread wakes nobody for nothing", check_other_wakes_nobody},
    {"dry: all succeed in the next turn", check_dry},
    {NULL, NULL},
};
