/* Pipes in place of descriptors 1 and 2. Whoever ends the process with a message, the handler of
 * exhausted memory above all, has them put back first, or nobody would see it. */
#include "execute/raw_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

struct raw_output {
    int outputs[2]; /* what descriptors 1 and 2 were */
    int ends[2];
    void (*exhausted)(void);
};

static struct raw_output *present;

void raw_output_restore(void)
{
    for (int i = 0; present != NULL && i < 2; i++)
        if (present->outputs[i] >= 0)
            dup2(present->outputs[i], i + 1);
}

static void tell_exhausted(void)
{
    raw_output_restore();
    present->exhausted();
}

static bool replace(struct raw_output *raw, int i)
{
    int ends[2];
    raw->outputs[i] = file_raise(fcntl(i + 1, F_DUPFD_CLOEXEC, 3));
    if (raw->outputs[i] < 0 || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    raw->ends[i] = file_raise(ends[0]);
    fcntl(raw->ends[i], F_SETFL, O_NONBLOCK);
    bool is_there = dup2(ends[1], i + 1) >= 0;
    close(ends[1]);
    return is_there;
}

struct raw_output *raw_output_open(int ret_outputs[2], struct error *error)
{
    struct raw_output *raw = memory_new(sizeof *raw);
    *raw = (struct raw_output){.outputs = {-1, -1}, .ends = {-1, -1}};
    fflush(stdout);
    present = raw;
    raw->exhausted = memory_exhausted;
    memory_exhausted = tell_exhausted;
    if (!replace(raw, 0) || !replace(raw, 1)) {
        error_set_system(error, errno, "cannot take in what functions write");
        raw_output_close(raw);
        return NULL;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    ret_outputs[0] = raw->outputs[0];
    ret_outputs[1] = raw->outputs[1];
    return raw;
}

void raw_output_close(struct raw_output *raw)
{
    if (raw == NULL)
        return;
    fflush(stdout);
    raw_output_restore();
    present = NULL;
    memory_exhausted = raw->exhausted;
    for (int i = 0; i < 2; i++) {
        file_close(&raw->outputs[i]);
        file_close(&raw->ends[i]);
    }
    free(raw);
}

int raw_output_end(const struct raw_output *raw, int stream)
{
    return raw->ends[stream - 1];
}
