/* fdatasync takes milliseconds, longer where others write: so the loop goes on meanwhile. Values
 * come before the journal that points at them. What is written in between may be on the disk
 * without its values when the power fails: then it is seen to be damaged, and is done again. */
#include "run/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static const int64_t EVERY = 1000000000;

struct disk_errand {
    struct run *run;
    int files[2]; /* own descriptors: values, journal */
    int number;   /* errno, once it failed */
};

static void free_errand(struct disk_errand *errand)
{
    file_close(&errand->files[0]);
    file_close(&errand->files[1]);
    free(errand);
}

static void work(void *data)
{
    struct disk_errand *errand = data;
    for (int i = 0; i < 2 && errand->number == 0; i++)
        if (fdatasync(errand->files[i]) < 0)
            errand->number = errno;
}

static void release(void *data)
{
    free_errand(data);
}

static void done(void *context)
{
    struct disk_errand *errand = context;
    struct run *run = errand->run;
    CLEANUP_ERROR struct error error = {0};
    run->syncing = NULL;
    if (errand->number != 0) {
        error_set_system(&error, errand->number, "cannot bring %s to the disk", run->folder->path);
        run_break(run, &error);
    }
    free_errand(errand);
}

/* Without a thread, or descriptors, the loop has to wait. */
static void sync_here(struct run *run)
{
    CLEANUP_ERROR struct error error = {0};
    if (!values_sync(run->values, &error) || !journal_sync(run->journal, &error))
        run_break(run, &error);
}

void disk_look(struct run *run)
{
    int64_t now = run_now(run);
    if (now - run->synced < EVERY || run->syncing != NULL)
        return;
    run->synced = now;
    struct disk_errand *errand = memory_new(sizeof *errand);
    *errand = (struct disk_errand){
        .run = run, .files = {values_duplicate(run->values), journal_duplicate(run->journal)}};
    struct errand_orders orders = {
        .data = errand, .work = work, .release = release, .done = done, .context = errand};
    if (errand->files[0] >= 0 && errand->files[1] >= 0)
        run->syncing = errand_start(run->loop, &orders, NULL);
    if (run->syncing != NULL)
        return;
    free_errand(errand);
    sync_here(run);
}

void disk_stop(struct run *run)
{
    errand_stop(run->syncing);
    run->syncing = NULL;
}
