/* Lua's patterns (Lua 5.4 manual, 6.4.1), matched in a number of steps that counts against the
 * limits of the evaluation: Lua's own matching backtracks without end and cannot be stopped. */
#ifndef VALUE_PATTERN_H
#define VALUE_PATTERN_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOST_CAPTURES = 32, CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct capture {
    const char *begin;
    ptrdiff_t length; /* or CAPTURE_... */
};

struct matcher {
    lua_State *lua;
    const char *text, *text_end;
    const char *pattern, *pattern_end; /* without the ^ in front */
    bool is_anchored;
    int depth;
    uint32_t steps; /* not charged yet */
    int capture_count;
    struct capture captures[MOST_CAPTURES];
};

/* Text and pattern are the first two arguments of the function that is running. Raises errors. */
void matcher_init(struct matcher *matcher, lua_State *lua);
/* The end of the match that begins at `at`, or NULL. Raises errors for malformed patterns. */
const char *matcher_try(struct matcher *matcher, const char *at);
/* The first match from *at on: its end, or NULL; *at becomes its beginning. */
const char *matcher_search(struct matcher *matcher, const char **at);
/* Pushes the captures of a match, or the whole of it if there are none; returns their number. */
int matcher_push(struct matcher *matcher, const char *begin, const char *end);
void matcher_push_capture(struct matcher *matcher, int i, const char *begin, const char *end);

int pattern_find(lua_State *lua);
int pattern_match(lua_State *lua);
int pattern_gmatch(lua_State *lua);
int pattern_gsub(lua_State *lua);

#endif
