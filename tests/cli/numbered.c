/* Bytes each of which depends on its place: `numbered write COUNT` writes so many to standard
 * output, `numbered read COUNT` reads standard input to its end and judges whether these were they.
 * Both in pieces whose lengths vary, so that no piece of one is a piece of the other. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 8192, PIECE = WORDS * (int)sizeof(uint64_t) };

/* The words from `first` on, and one more, for pieces that begin within a word. */
static void fill(uint64_t *words, uint64_t first)
{
    for (uint64_t i = 0; i <= WORDS; i++) {
        uint64_t word = (first + i) * 0x9e3779b97f4a7c15u;
        words[i] = word ^ word >> 29;
    }
}

static const char *expected(uint64_t at)
{
    static uint64_t words[WORDS + 1];
    fill(words, at / sizeof *words);
    return (const char *)words + at % sizeof *words;
}

static size_t piece_at(uint64_t at, uint64_t count)
{
    size_t most = at % 7 == 0 ? PIECE : 1 + at * 2654435761u % PIECE;
    return count - at < most ? (size_t)(count - at) : most;
}

static int write_all(uint64_t count)
{
    for (uint64_t at = 0; at < count;) {
        ssize_t length = write(STDOUT_FILENO, expected(at), piece_at(at, count));
        if (length < 0 && errno != EINTR)
            return 1;
        at += length > 0 ? (uint64_t)length : 0;
    }
    return 0;
}

static int read_all(uint64_t count)
{
    static char bytes[PIECE];
    uint64_t at = 0;
    ssize_t length;
    while ((length = read(STDIN_FILENO, bytes, sizeof bytes)) > 0) {
        if (memcmp(bytes, expected(at), (size_t)length) != 0) {
            fprintf(stderr, "differs after byte %llu\n", (unsigned long long)at);
            return 1;
        }
        at += (uint64_t)length;
    }
    if (length == 0 && at == count)
        return 0;
    fprintf(stderr, "%llu bytes of %llu\n", (unsigned long long)at, (unsigned long long)count);
    return 1;
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    uint64_t bytes = strtoull(arguments[2], NULL, 10);
    return strcmp(arguments[1], "write") == 0 ? write_all(bytes) : read_all(bytes);
}
