/* A thread for one call that may block. The thread and the loop settle by one exchange of the state
 * which of them comes last: a thread whose errand nobody waits for any more frees it when the work
 * is over, else it rings, and the loop joins it and frees. Nothing ever waits for the work. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/file.h"
#include "base/memory.h"
#include "execute/execute.h"

enum errand_state { AT_WORK, WORK_DONE, NOBODY_WAITS };

struct errand {
    struct errand_orders orders;
    struct loop *loop;
    struct watch *watch;
    pthread_t thread;
    int bell;
    atomic_int state; /* enum errand_state */
};

static void free_errand(struct errand *errand)
{
    file_close(&errand->bell);
    memory_free(errand);
}

static void *work(void *argument)
{
    struct errand *errand = argument;
    errand->orders.work(errand->orders.data);
    if (atomic_exchange(&errand->state, WORK_DONE) == NOBODY_WAITS) {
        errand->orders.release(errand->orders.data);
        free_errand(errand);
    } else {
        eventfd_write(errand->bell, 1);
    }
    return NULL;
}

static void rung(void *context, uint32_t events)
{
    struct errand *errand = context;
    struct errand_orders orders = errand->orders;
    (void)events;
    pthread_join(errand->thread, NULL);
    loop_remove(errand->loop, errand->watch);
    free_errand(errand);
    orders.done(orders.context);
}

/* With all signals blocked: they are the loop's. */
static int start(struct errand *errand)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(&errand->thread, NULL, work, errand);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return number;
}

struct errand *errand_start(struct loop *loop, const struct errand_orders *orders,
                            struct error *error)
{
    struct errand *errand = memory_new(sizeof *errand);
    *errand = (struct errand){.orders = *orders, .loop = loop};
    errand->bell = file_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (errand->bell < 0)
        error_set_system(error, errno, "cannot make an event");
    else
        errand->watch = loop_add(loop, errand->bell, EPOLLIN, rung, errand, error);
    int number = errand->watch != NULL ? start(errand) : 0;
    if (errand->watch != NULL && number == 0)
        return errand;
    if (number != 0)
        error_set_system(error, number, "cannot start a thread");
    loop_remove(loop, errand->watch);
    free_errand(errand);
    return NULL;
}

void errand_stop(struct errand *errand)
{
    if (errand == NULL)
        return;
    pthread_t thread = errand->thread;
    loop_remove(errand->loop, errand->watch);
    if (atomic_exchange(&errand->state, NOBODY_WAITS) == AT_WORK) {
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    errand->orders.release(errand->orders.data);
    free_errand(errand);
}
