/* Functions that behave, and that do not. */
#include <math.h>
#include <pargraph/task.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

PARGRAPH_LIBRARY

PARGRAPH_FUNCTION(nothing)
{
    (void)task;
    return PARGRAPH_OK;
}

/* The sum of the arguments, whole if they are. */
PARGRAPH_FUNCTION(sum)
{
    double sum = 0, number;
    size_t count = pargraph_size(task, pargraph_args(task));
    for (size_t i = 0; i < count; i++) {
        if (pargraph_read_double(task, pargraph_arg(task, i), &number))
            return PARGRAPH_FAILED;
        sum += number;
    }
    return sum == floor(sum) ? pargraph_put_int(task, (int64_t)sum)
                             : pargraph_put_double(task, sum);
}

PARGRAPH_FUNCTION(scale)
{
    const pargraph_value *list = pargraph_named(task, "numbers");
    size_t count = pargraph_size(task, list);
    double by, *numbers = malloc((count + 1) * sizeof *numbers);
    int status = PARGRAPH_FAILED;
    if (!pargraph_read_doubles(task, list, numbers, count) &&
        !pargraph_read_double(task, pargraph_named(task, "by"), &by)) {
        for (size_t i = 0; i < count; i++)
            numbers[i] *= by;
        status = pargraph_put_doubles(task, numbers, count);
    }
    free(numbers);
    return status;
}

/* Arguments as they came, and as they are told of. */
PARGRAPH_FUNCTION(mirror)
{
    const char *key, *text;
    size_t length;
    void *place = NULL;
    const pargraph_value *value;
    pargraph_begin_map(task);
    pargraph_put_key(task, "args", 4);
    pargraph_put_value(task, pargraph_args(task));
    pargraph_put_key(task, "json", 4);
    text = pargraph_read_json(task, pargraph_args(task), &length);
    pargraph_put_text(task, text, length);
    pargraph_put_key(task, "keys", 4);
    pargraph_begin_list(task);
    while ((value = pargraph_next(task, pargraph_kwargs(task), &place, &key, &length)) != NULL) {
        pargraph_put_text(task, key, length);
        pargraph_put_int(task, pargraph_kind_of(task, value));
    }
    pargraph_end(task);
    pargraph_put_key(task, "name", 4);
    pargraph_put_text(task, pargraph_name(task), strlen(pargraph_name(task)));
    pargraph_put_key(task, "attempt", 7);
    pargraph_put_int(task, pargraph_attempt(task));
    return pargraph_end(task);
}

PARGRAPH_FUNCTION(kinds)
{
    int64_t whole[] = {1, INT64_MAX, INT64_MIN};
    pargraph_begin_list(task);
    pargraph_put_null(task);
    pargraph_put_bool(task, 1);
    pargraph_put_int(task, INT64_MIN);
    pargraph_put_double(task, 0.1);
    pargraph_put_text(task, "a\0b", 3);
    pargraph_put_ints(task, whole, 3);
    pargraph_put_json(task, "{\"b\": [], \"a\": {}}", 18);
    return pargraph_end(task);
}

PARGRAPH_FUNCTION(large)
{
    int64_t size;
    if (pargraph_read_int(task, pargraph_arg(task, 0), &size))
        return PARGRAPH_FAILED;
    char *bytes = malloc((size_t)size + 1);
    memset(bytes, 'x', (size_t)size);
    int status = pargraph_put_text(task, bytes, (size_t)size);
    free(bytes);
    return status;
}

PARGRAPH_FUNCTION(fails)
{
    return pargraph_fail(task, "no %s at %d", "luck", 7);
}

PARGRAPH_FUNCTION(silent)
{
    (void)task;
    return 42;
}

/* What JSON cannot be; args[0] says how. */
PARGRAPH_FUNCTION(rubbish)
{
    const char *how = pargraph_read_text(task, pargraph_arg(task, 0), NULL);
    if (how == NULL)
        return PARGRAPH_FAILED;
    if (strcmp(how, "utf8") == 0)
        pargraph_put_text(task, "ab\xff", 3);
    else if (strcmp(how, "nan") == 0)
        pargraph_put_double(task, NAN);
    else if (strcmp(how, "infinite") == 0)
        pargraph_put_double(task, -INFINITY);
    else if (strcmp(how, "twice") == 0)
        pargraph_put_int(task, 1), pargraph_put_int(task, 2);
    else if (strcmp(how, "open") == 0)
        pargraph_begin_list(task);
    else if (strcmp(how, "end") == 0)
        pargraph_end(task);
    else if (strcmp(how, "keyless") == 0)
        pargraph_begin_map(task), pargraph_put_int(task, 1), pargraph_end(task);
    else if (strcmp(how, "key") == 0)
        pargraph_put_key(task, "a", 1);
    else if (strcmp(how, "json") == 0)
        pargraph_put_json(task, "{", 1);
    else if (strcmp(how, "null") == 0)
        pargraph_put_text(task, NULL, 1);
    else if (strcmp(how, "deep") == 0)
        for (int i = 0; i < 100; i++)
            pargraph_begin_list(task);
    return PARGRAPH_OK;
}

PARGRAPH_FUNCTION(leaks)
{
    char *lost = malloc(4096);
    memset(lost, 1, 4096);
    int status = pargraph_put_int(task, lost[0]);
#ifdef __SANITIZE_ADDRESS__
    free(lost); /* there the tests may not leak */
#endif
    return status;
}

PARGRAPH_FUNCTION(says)
{
    int64_t count = 1;
    if (pargraph_size(task, pargraph_args(task)) > 0)
        pargraph_read_int(task, pargraph_arg(task, 0), &count);
    for (int64_t i = 1; i <= count; i++)
        pargraph_log(task, "line %d", (int)i);
    pargraph_write(task, PARGRAPH_STDERR, "aside\n", 6);
    return PARGRAPH_OK;
}

PARGRAPH_FUNCTION(rests)
{
    double seconds;
    if (pargraph_read_double(task, pargraph_arg(task, 0), &seconds))
        return PARGRAPH_FAILED;
    pargraph_progress(task, 0.5, "half");
    if (pargraph_sleep(task, seconds))
        return PARGRAPH_CANCELLED;
    return pargraph_put_text(task, "rested", 6);
}

/* Until it is told to end, as it asks itself. */
PARGRAPH_FUNCTION(spins)
{
    while (!pargraph_is_cancelled(task))
        ;
    return PARGRAPH_CANCELLED;
}

/* Never looks at its flag; ends when this becomes true. */
int functions_let_go;
PARGRAPH_FUNCTION(hangs)
{
    pargraph_write(task, PARGRAPH_STDOUT, "hanging\n", 8);
    while (!__atomic_load_n(&functions_let_go, __ATOMIC_RELAXED))
        usleep(1000);
    pargraph_write(task, PARGRAPH_STDOUT, "free\n", 5);
    return pargraph_put_text(task, "late", 4);
}

PARGRAPH_FUNCTION(where)
{
    char directory[4096];
    const char *variable = pargraph_env(task, "FUNCTIONS_TEST");
    if (getcwd(directory, sizeof directory) == NULL)
        return pargraph_fail(task, "no directory");
    pargraph_begin_list(task);
    pargraph_put_text(task, directory, strlen(directory));
    if (variable != NULL)
        pargraph_put_text(task, variable, strlen(variable));
    return pargraph_end(task);
}

/* How many are in here at a time, at most. */
PARGRAPH_FUNCTION(together)
{
    static int inside, most;
    int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    int seen = __atomic_load_n(&most, __ATOMIC_SEQ_CST);
    while (now > seen &&
           !__atomic_compare_exchange_n(&most, &seen, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    usleep(2000);
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    return pargraph_put_int(task, __atomic_load_n(&most, __ATOMIC_SEQ_CST));
}

static void *say_too(void *task)
{
    pargraph_log((pargraph_task *)task, "from a thread of its own");
    return NULL;
}

PARGRAPH_FUNCTION(threads)
{
    pthread_t other;
    if (pthread_create(&other, NULL, say_too, task) != 0)
        return pargraph_fail(task, "no thread");
    pthread_join(other, NULL);
    return PARGRAPH_OK;
}

/* --- what is the end of a process --- */

static int *volatile nowhere = (int *)4096;

PARGRAPH_FUNCTION(crashes)
{
    (void)task;
    *nowhere = 1;
    return PARGRAPH_OK;
}

static int deeper(volatile char *above)
{
    volatile char room[4096];
    room[0] = above[0];
    return room[0] == 0 ? deeper(room) + room[0] : 0;
}

PARGRAPH_FUNCTION(overflows)
{
    volatile char room[1] = {0};
    (void)task;
    return deeper(room);
}

PARGRAPH_FUNCTION(aborts)
{
    (void)task;
    abort();
}

PARGRAPH_FUNCTION(exits)
{
    (void)task;
    exit(0);
}

/* args[0]: does the child return? The result is the child's status. */
PARGRAPH_FUNCTION(forks)
{
    int returns, status;
    if (pargraph_read_bool(task, pargraph_arg(task, 0), &returns))
        return PARGRAPH_FAILED;
    pid_t child = fork();
    if (child == 0 && returns)
        return pargraph_put_text(task, "from the child", 14);
    if (child == 0)
        _exit(7);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return pargraph_fail(task, "no child");
    return pargraph_put_int(task, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* By stdio; the last line is not ended. */
PARGRAPH_FUNCTION(prints)
{
    const char *text = pargraph_read_text(task, pargraph_arg(task, 0), NULL);
    if (text == NULL)
        return PARGRAPH_FAILED;
    printf("out %s\nopen", text);
    fprintf(stderr, "err %s\n", text);
    return PARGRAPH_OK;
}
