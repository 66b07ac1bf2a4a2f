#include "loadgen/users/lua/strings.h"

#include <ctype.h>
#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/pattern.h"
#include "loadgen/users/lua/state.h"

enum { FIND_BYTES_PER_STEP = 16 };

static struct slice text_at(lua_State *lua, int argument)
{
    struct slice text;
    text.at = luaL_checklstring(lua, argument, &text.length);
    return text;
}

/* Converts an argument such as 1, 5 or -1 to an offset; a result above `length`: beyond the end. */
static size_t offset_at(lua_State *lua, int argument, size_t length)
{
    lua_Integer position = luaL_opt(lua, number_check_integer, argument, 1);
    if (position > 0) {
        return (size_t)position - 1;
    }
    bool is_within = position < 0 && position >= -(lua_Integer)length;
    return is_within ? length - (size_t)-position : 0;
}

static bool has_specials(lua_State *lua, struct slice pattern)
{
    static const char specials[] = "^$*+?.([%-";
    state_spend(lua, pattern.length);
    for (size_t i = 0; i < pattern.length; i++) {
        if (memchr(specials, pattern.at[i], sizeof specials - 1)) {
            return true;
        }
    }
    return false;
}

/* Removes the "^" at the start, if there is one. */
static bool take_anchor(struct slice *pattern)
{
    bool is_anchored = pattern->length > 0 && pattern->at[0] == '^';
    pattern->at += is_anchored;
    pattern->length -= is_anchored;
    return is_anchored;
}

/* Finds the first match at or after *from, which becomes its start. NULL: no match. */
static const char *search(struct pattern *pattern, const char **from, bool is_anchored)
{
    for (;; ++*from) {
        const char *to = pattern_match(pattern, *from);
        if (to || is_anchored || *from == pattern->text_end) {
            return to;
        }
    }
}

static int push_range(lua_State *lua, struct slice text, const char *from, const char *to)
{
    lua_pushinteger(lua, from - text.at + 1);
    lua_pushinteger(lua, to - text.at);
    return 2;
}

static int find_plain(lua_State *lua, struct slice text, struct slice word, size_t offset)
{
    size_t length = text.length - offset;
    state_spend(lua, length / FIND_BYTES_PER_STEP);
    const char *found = memmem(text.at + offset, length, word.at, word.length);
    if (found) {
        return push_range(lua, text, found, found + word.length);
    }
    lua_pushnil(lua);
    return 1;
}

static int find_or_match(lua_State *lua, bool is_find)
{
    struct slice text = text_at(lua, 1);
    struct slice word = text_at(lua, 2);
    size_t offset = offset_at(lua, 3, text.length);
    if (offset > text.length) {
        lua_pushnil(lua);
        return 1;
    }
    if (is_find && (lua_toboolean(lua, 4) || !has_specials(lua, word))) {
        return find_plain(lua, text, word, offset);
    }
    bool is_anchored = take_anchor(&word);
    struct pattern pattern = pattern_of(lua, text, word);
    const char *from = text.at + offset;
    const char *to = search(&pattern, &from, is_anchored);
    if (!to) {
        lua_pushnil(lua);
        return 1;
    }
    if (is_find) {
        return push_range(lua, text, from, to) + pattern_push_all(&pattern, NULL, NULL);
    }
    return pattern_push_all(&pattern, from, to);
}

/* string.find(text, pattern, begin, is_plain) */
static int find(lua_State *lua)
{
    return find_or_match(lua, true);
}

/* string.match(text, pattern, begin) */
static int match(lua_State *lua)
{
    return find_or_match(lua, false);
}

/* The state of a loop over gmatch. Its texts are upvalues of its function. */
struct loop {
    struct pattern pattern;
    const char *from; /* the next match starts here or later */
    const char *last; /* end of the last match, where no empty match counts; NULL: none so far */
};

static int next_match(lua_State *lua)
{
    struct loop *loop = lua_touserdata(lua, lua_upvalueindex(3));
    struct pattern *pattern = &loop->pattern;
    pattern->lua = lua;
    for (const char *from = loop->from; from <= pattern->text_end; from++) {
        const char *to = pattern_match(pattern, from);
        if (to && to != loop->last) {
            loop->from = loop->last = to;
            return pattern_push_all(pattern, from, to);
        }
    }
    return 0;
}

/* string.gmatch(text, pattern, begin) */
static int gmatch(lua_State *lua)
{
    struct slice text = text_at(lua, 1);
    struct slice word = text_at(lua, 2);
    size_t offset = offset_at(lua, 3, text.length);
    lua_settop(lua, 2);
    struct loop *loop = lua_newuserdatauv(lua, sizeof *loop, 0);
    *loop = (struct loop){.pattern = pattern_of(lua, text, word)};
    loop->from = offset > text.length ? text.at + text.length + 1 : text.at + offset;
    lua_pushcclosure(lua, next_match, 3);
    return 1;
}

/* Appends the replacement at argument 3, with %0, %1 and so on expanded. */
static void add_replacement(const struct pattern *pattern, luaL_Buffer *out, const char *from,
                            const char *to)
{
    lua_State *lua = pattern->lua;
    struct slice rest;
    rest.at = lua_tolstring(lua, 3, &rest.length);
    const char *mark = NULL;
    while ((mark = memchr(rest.at, '%', rest.length))) {
        state_spend(lua, 1 + (size_t)(mark - rest.at) / FIND_BYTES_PER_STEP);
        luaL_addlstring(out, rest.at, (size_t)(mark - rest.at));
        char what = mark[1];
        if (what == '%') {
            luaL_addchar(out, '%');
        } else if (what == '0') {
            luaL_addlstring(out, from, (size_t)(to - from));
        } else if (isdigit((unsigned char)what)) {
            struct capture_range capture = pattern_capture(pattern, what - '1', from, to);
            if (capture.length == CAPTURE_POSITION) {
                luaL_addvalue(out);
            } else {
                luaL_addlstring(out, capture.at, (size_t)capture.length);
            }
        } else {
            luaL_error(lua, "invalid use of '%%' in replacement string");
        }
        rest.length -= (size_t)(mark + 2 - rest.at);
        rest.at = mark + 2;
    }
    luaL_addlstring(out, rest.at, rest.length);
}

/* False: the match is kept unchanged. */
static bool replace(const struct pattern *pattern, luaL_Buffer *out, const char *from,
                    const char *to)
{
    lua_State *lua = pattern->lua;
    switch (lua_type(lua, 3)) {
    case LUA_TFUNCTION:
        lua_pushvalue(lua, 3);
        lua_call(lua, pattern_push_all(pattern, from, to), 1);
        break;
    case LUA_TTABLE:
        pattern_push(pattern, 0, from, to);
        lua_gettable(lua, 3);
        break;
    default:
        add_replacement(pattern, out, from, to);
        return true;
    }
    if (!lua_toboolean(lua, -1)) {
        lua_pop(lua, 1);
        luaL_addlstring(out, from, (size_t)(to - from));
        return false;
    }
    if (!lua_isstring(lua, -1)) {
        luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
    }
    luaL_addvalue(out);
    return true;
}

/* string.gsub(text, pattern, replacement, most) */
static int gsub(lua_State *lua)
{
    struct slice text = text_at(lua, 1);
    struct slice word = text_at(lua, 2);
    int type = lua_type(lua, 3);
    lua_Integer most = luaL_opt(lua, number_check_integer, 4, (lua_Integer)text.length + 1);
    luaL_argexpected(lua,
                     type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
                         type == LUA_TTABLE,
                     3, "string/function/table");
    bool is_anchored = take_anchor(&word);
    struct pattern pattern = pattern_of(lua, text, word);
    const char *at = text.at;
    const char *last = NULL;
    lua_Integer count = 0;
    bool is_changed = false;
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    while (count < most) {
        const char *to = pattern_match(&pattern, at);
        if (to && to != last) {
            count++;
            is_changed |= replace(&pattern, &out, at, to);
            at = last = to;
        } else if (at < pattern.text_end) {
            luaL_addchar(&out, *at++);
        } else {
            break;
        }
        if (is_anchored) {
            break;
        }
    }
    if (is_changed) {
        luaL_addlstring(&out, at, (size_t)(pattern.text_end - at));
        luaL_pushresult(&out);
    } else {
        lua_pushvalue(lua, 1);
    }
    lua_pushinteger(lua, count);
    return 2;
}

void strings_replace(lua_State *lua)
{
    static const luaL_Reg list[] = {
        {"find", find}, {"gmatch", gmatch}, {"gsub", gsub}, {"match", match}, {NULL, NULL},
    };
    luaL_setfuncs(lua, list, 0);
}
