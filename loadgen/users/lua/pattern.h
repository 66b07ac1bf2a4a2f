/*
 * pattern - matches Lua's patterns (reference manual, 6.4.1) like Lua's own matcher, but counts its
 * steps with state_spend. So a pattern such as ".-.-.-x", which backtracks too much on a long
 * string, is stopped like any other code that runs for too long.
 *
 * Errors are those of Lua, with the same messages.
 *
 * Threads: the state's thread. Memory: borrows the string and the pattern.
 */
#ifndef LOADGEN_USERS_LUA_PATTERN_H
#define LOADGEN_USERS_LUA_PATTERN_H

#include <lua5.4/lua.h>
#include <stddef.h>

#include "common/slice.h"

enum {
    PATTERN_CAPTURES_MAX = 32,
    PATTERN_DEPTH_MAX = 200, /* nested calls of a match */
};

/* Special values of `length`. */
enum {
    CAPTURE_OPEN = -1,     /* the end of the capture was not reached */
    CAPTURE_POSITION = -2, /* "()" */
};

struct capture_range {
    const char *at;
    ptrdiff_t length;
};

struct pattern {
    lua_State *lua; /* of the running function */
    const char *text;
    const char *text_end;
    const char *at; /* the pattern, without its "^" */
    const char *end;
    int depth;
    int count; /* captures of the last match */
    struct capture_range captures[PATTERN_CAPTURES_MAX];
};

/* Both strings must have a NUL after their last byte, as all Lua strings do. */
struct pattern pattern_of(lua_State *lua, struct slice text, struct slice pattern);

/* Returns the end of the match that begins at `from`; NULL: there is none. */
const char *pattern_match(struct pattern *pattern, const char *from);

/*
 * Reads capture i of the match [from, to). If the pattern has no captures, capture 0 is the whole
 * match. If the capture is a position, pushes the position and returns the length CAPTURE_POSITION.
 */
struct capture_range pattern_capture(const struct pattern *pattern, int i, const char *from,
                                     const char *to);

/*
 * pattern_push pushes capture i. pattern_push_all pushes all captures and returns their number; if
 * the pattern has none, it pushes the whole match, or nothing if `from` is NULL.
 */
void pattern_push(const struct pattern *pattern, int i, const char *from, const char *to);
int pattern_push_all(const struct pattern *pattern, const char *from, const char *to);

#endif
