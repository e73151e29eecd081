/* The run's log; see history.h. Frames are gathered in memory; bytes of the attempt and stream that
 * came last continue its frame while it is there and has room. Frames carry no checksum: a damaged
 * one is known by a header that cannot be. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "history/append.h"
#include "history/bytes.h"

#define FRAME_MAGIC "PGLF"
enum {
    FRAME_HEADER = 20,
    FRAME_MOST = 65536,
    GATHERED_MOST = 1 << 20,
    NO_FRAME = -1,
};

struct run_log {
    struct append_file file;
    struct buffer gathered;
    ptrdiff_t last; /* of the frame added last, in gathered, or NO_FRAME */
};

struct frame {
    uint32_t node, attempt;
    uint8_t stream;
    uint32_t length;
};

static void put_frame(char *at, const struct frame *frame)
{
    memcpy(at, FRAME_MAGIC, 4);
    at = put_u32(put_u32(at + 4, frame->node), frame->attempt);
    put_u32(put_u32(at, frame->stream), frame->length);
}

/* False if no frame begins like this. */
static bool get_frame(const char *at, struct frame *ret)
{
    uint32_t stream = get_u32(at + 12);
    *ret = (struct frame){.node = get_u32(at + 4),
                          .attempt = get_u32(at + 8),
                          .stream = (uint8_t)stream,
                          .length = get_u32(at + 16)};
    return memcmp(at, FRAME_MAGIC, 4) == 0 && (stream == 1 || stream == 2) && ret->length > 0 &&
           ret->length <= FRAME_MOST;
}

struct run_log *log_create(const struct run_folder *folder, struct error *error)
{
    struct append_file file;
    if (!append_create(&file, folder, "log", error))
        return NULL;
    struct run_log *log = memory_new(sizeof *log);
    *log = (struct run_log){.file = file, .last = NO_FRAME};
    return log;
}

uint64_t log_offset(const struct run_log *log)
{
    return log->file.length + log->gathered.length;
}

/* Lets the last frame grow by up to length bytes; returns by how many. */
static size_t continue_frame(struct run_log *log, const struct frame *wanted, const char *bytes,
                             size_t length)
{
    struct frame last;
    if (log->last == NO_FRAME || !get_frame(log->gathered.bytes + log->last, &last) ||
        last.node != wanted->node || last.attempt != wanted->attempt ||
        last.stream != wanted->stream)
        return 0;
    size_t room = FRAME_MOST - last.length;
    size_t taken = length < room ? length : room;
    buffer_add(&log->gathered, bytes, taken);
    last.length += (uint32_t)taken;
    put_frame(log->gathered.bytes + log->last, &last);
    return taken;
}

static size_t begin_frame(struct run_log *log, struct frame frame, const char *bytes, size_t length)
{
    frame.length = length < FRAME_MOST ? (uint32_t)length : FRAME_MOST;
    char *at = buffer_reserve(&log->gathered, FRAME_HEADER + frame.length);
    put_frame(at, &frame);
    memcpy(at + FRAME_HEADER, bytes, frame.length);
    log->last = (ptrdiff_t)log->gathered.length;
    log->gathered.length += FRAME_HEADER + frame.length;
    return frame.length;
}

bool log_add(struct run_log *log, uint32_t node, uint32_t attempt, int stream, const void *bytes,
             size_t length, struct error *error)
{
    assert(stream == 1 || stream == 2);
    struct frame frame = {.node = node, .attempt = attempt, .stream = (uint8_t)stream};
    const char *at = bytes;
    size_t taken = length > 0 ? continue_frame(log, &frame, at, length) : 0;
    while (taken < length)
        taken += begin_frame(log, frame, at + taken, length - taken);
    return log->gathered.length <= GATHERED_MOST || log_write(log, error);
}

bool log_write(struct run_log *log, struct error *error)
{
    if (log->gathered.length == 0)
        return true;
    if (!append_write(&log->file, log->gathered.bytes, log->gathered.length, error))
        return false;
    buffer_clear(&log->gathered);
    log->last = NO_FRAME;
    return true;
}

/* The next frame's place, 0 if none is there. Only its header is read. */
static uint64_t walk_frame(const struct append_file *file, uint64_t at, struct frame *ret)
{
    char header[FRAME_HEADER];
    if (file->length - at < FRAME_HEADER ||
        append_read(file, at, header, sizeof header, NULL) != sizeof header ||
        !get_frame(header, ret) || ret->length > file->length - at - FRAME_HEADER)
        return 0;
    return at + FRAME_HEADER + ret->length;
}

/* Where the whole frames end. A damage before `kept` costs the frames up to there. */
static uint64_t walk_frames(const struct append_file *file, uint64_t kept, log_frame *frame,
                            void *context)
{
    uint64_t at = 0;
    while (at < file->length) {
        struct frame this;
        uint64_t next = walk_frame(file, at, &this);
        if (next == 0 && at >= kept)
            break;
        if (next != 0)
            frame(context, this.node, this.attempt, at, next - at);
        at = next != 0 ? next : kept;
    }
    return at > kept ? at : kept;
}

struct run_log *log_resume(const struct run_folder *folder, uint64_t kept, log_frame *frame,
                           void *context, struct error *error)
{
    struct append_file file;
    if (!append_resume(&file, folder, "log", error))
        return NULL;
    uint64_t end = walk_frames(&file, kept, frame, context);
    if (end != file.length && !append_cut(&file, end, error)) {
        append_close(&file);
        return NULL;
    }
    struct run_log *log = memory_new(sizeof *log);
    *log = (struct run_log){.file = file, .last = NO_FRAME};
    return log;
}

void log_close(struct run_log *log)
{
    append_close(&log->file);
    buffer_release(&log->gathered);
    free(log);
}

/* --- reading --- */

/* A window on the file: bytes [offset, offset + length) of it are in memory. */
struct window {
    struct append_file file;
    char *bytes;
    uint64_t offset;
    size_t length;
};
enum { WINDOW_MOST = 4 * (FRAME_HEADER + FRAME_MOST) };

/* Brings `wanted` bytes from offset on into the window; NULL with an error if the file is shorter.
 */
static const char *show(struct window *window, uint64_t offset, size_t wanted, struct error *error)
{
    if (offset - window->offset <= window->length &&
        window->length - (offset - window->offset) >= wanted)
        return window->bytes + (offset - window->offset);
    size_t got = append_read(&window->file, offset, window->bytes, WINDOW_MOST, error);
    window->offset = offset;
    window->length = got == SIZE_MAX ? 0 : got;
    if (got == SIZE_MAX)
        return NULL;
    if (got >= wanted)
        return window->bytes;
    error_set(error, PLACE_NONE, "%s is damaged: it ends at %llu, within a frame",
              window->file.path, (unsigned long long)(offset + got));
    return NULL;
}

static bool read_frames(struct window *window, const struct extent *extent,
                        const struct frame *wanted, log_chunk *chunk, void *context,
                        struct error *error)
{
    uint64_t left = extent->length;
    for (uint64_t at = extent->offset; left > 0;) {
        struct frame frame;
        const char *bytes = NULL;
        if (left > FRAME_HEADER && (bytes = show(window, at, FRAME_HEADER, error)) == NULL)
            return false;
        if (bytes == NULL || !get_frame(bytes, &frame) || frame.length > left - FRAME_HEADER)
            return error_set(error, PLACE_NONE, "%s is damaged at %llu: no frame is there",
                             window->file.path, (unsigned long long)at);
        bool is_wanted = frame.node == wanted->node && frame.attempt == wanted->attempt;
        if (is_wanted && (bytes = show(window, at, FRAME_HEADER + frame.length, error)) == NULL)
            return false;
        if (is_wanted)
            chunk(context, frame.stream, bytes + FRAME_HEADER, frame.length);
        at += FRAME_HEADER + frame.length;
        left -= FRAME_HEADER + frame.length;
    }
    return true;
}

bool log_read(const struct run_folder *folder, uint32_t node, uint32_t attempt,
              const struct extent *extent, log_chunk *chunk, void *context, struct error *error)
{
    if (extent->length == 0)
        return true;
    struct window window = {0};
    if (!append_open(&window.file, folder, "log", error))
        return false;
    window.bytes = memory_new(WINDOW_MOST);
    struct frame wanted = {.node = node, .attempt = attempt};
    bool is_read = read_frames(&window, extent, &wanted, chunk, context, error);
    append_close(&window.file);
    free(window.bytes);
    return is_read;
}
