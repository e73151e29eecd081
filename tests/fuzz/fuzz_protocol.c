/* Fuzz target of the verbs' protocol: any bytes as lines of a client. A request that is taken must
 * be whole, and its answer must be one line of JSON with its id. */
#include <assert.h>
#include <string.h>

#include "execute/execute.h"
#include "fuzz/fuzz.h"
#include "value/value.h"

static void check_answer(const struct verb_request *request, const struct error *error)
{
    CLEANUP_BUFFER struct buffer out = {0};
    const struct verb_reply reply = {.id = request->id,
                                     .status = error->message != NULL ? 2 : 0,
                                     .message = error->message,
                                     .value = request->value,
                                     .lease = request->lease};
    verb_reply_write(&reply, &out);
    assert(memchr(out.bytes, '\n', out.length) == out.bytes + out.length - 1);
    json_t *answer = value_from_json(out.bytes, out.length, NULL);
    assert(json_is_object(answer));
    const json_t *id = json_object_get(request->line, "id");
    if (error->message == NULL && id != NULL)
        assert(value_equal(id, json_object_get(answer, "id")));
    json_decref(answer);
}

static void check_line(const char *line, size_t length)
{
    struct verb_request request;
    CLEANUP_ERROR struct error error = {0};
    if (verb_request_read(&request, line, length, &error)) {
        assert(request.word < VERB_WORDS && request.token != NULL && request.name != NULL);
        assert(request.amount > 0 && request.timeout >= -1);
        assert((request.word == WORD_PUT) == (request.value != NULL));
    } else {
        assert(error.message != NULL);
    }
    check_answer(&request, &error);
    verb_request_release(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        check_line(at, (size_t)(stop - at));
        at = stop + 1;
    }
    return 0;
}
