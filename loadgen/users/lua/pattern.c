#include "loadgen/users/lua/pattern.h"

#include <ctype.h>
#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "loadgen/users/lua/state.h"

enum { BYTES_PER_STEP = 16 }; /* of memcmp and of loops without branches */

/* A place in the text, and one in the pattern. */
struct place {
    const char *text; /* NULL: no match */
    const char *item;
};

__attribute__((nonnull)) static const char *match(struct pattern *p, const char *text,
                                                  const char *item);

struct pattern pattern_of(lua_State *lua, struct slice text, struct slice pattern)
{
    return (struct pattern){
        .lua = lua,
        .text = text.at,
        .text_end = text.at + text.length,
        .at = pattern.at,
        .end = pattern.at + pattern.length,
    };
}

/* Items that match one character. */

/* The end of the item, which may be followed by *, +, - or ?. */
static const char *item_end(const struct pattern *p, const char *item)
{
    const char *at = item + 1;
    if (*item == '%') {
        if (at == p->end) {
            luaL_error(p->lua, "malformed pattern (ends with '%%')");
        }
        return at + 1;
    }
    if (*item != '[') {
        return at;
    }
    at += *at == '^';
    do { /* a "]" that comes first belongs to the set */
        if (at == p->end) {
            luaL_error(p->lua, "malformed pattern (missing ']')");
        }
        at += *at == '%' && at + 1 < p->end ? 2 : 1;
    } while (*at != ']');
    state_spend(p->lua, (size_t)(at - item));
    return at + 1;
}

/* %a, %d and so on; the complement if it is written in upper case. */
static bool is_of_class(int c, int class)
{
    static const struct {
        char name;
        int (*has)(int c);
    } classes[] = {
        {'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph}, {'l', islower},
        {'p', ispunct}, {'s', isspace}, {'u', isupper}, {'w', isalnum}, {'x', isxdigit},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (classes[i].name == tolower(class)) {
            return (classes[i].has(c) != 0) != (isupper(class) != 0);
        }
    }
    return class == c;
}

/* [set]: `item` is at its first bracket, `last` at its last one. */
static bool is_in_set(int c, const char *item, const char *last)
{
    bool is_complement = item[1] == '^';
    for (const char *at = item + 1 + is_complement; at < last; at++) {
        bool has = false;
        if (*at == '%') {
            has = is_of_class(c, (unsigned char)*++at);
        } else if (at[1] == '-' && at + 2 < last) {
            has = (unsigned char)at[0] <= c && c <= (unsigned char)at[2];
            at += 2;
        } else {
            has = (unsigned char)*at == c;
        }
        if (has) {
            return !is_complement;
        }
    }
    return is_complement;
}

static bool is_one(const struct pattern *p, const char *text, const char *item, const char *end)
{
    state_spend(p->lua, 1);
    if (text >= p->text_end) {
        return false;
    }
    int c = (unsigned char)*text;
    switch (*item) {
    case '.':
        return true;
    case '%':
        return is_of_class(c, (unsigned char)item[1]);
    case '[':
        state_spend(p->lua, (size_t)(end - item));
        return is_in_set(c, item, end - 1);
    default:
        return (unsigned char)*item == c;
    }
}

/* At least `least`, then as many as possible, then fewer. */
static const char *match_longest(struct pattern *p, const char *text, const char *item,
                                 const char *end, size_t least)
{
    size_t count = 0;
    while (is_one(p, text + count, item, end)) {
        count++;
    }
    for (size_t more = count + 1; more > least; more--) {
        const char *to = match(p, text + more - 1, end + 1);
        if (to) {
            return to;
        }
    }
    return NULL;
}

/* As few as possible, then more. */
static const char *match_shortest(struct pattern *p, const char *text, const char *item,
                                  const char *end)
{
    for (;;) {
        const char *to = match(p, text, end + 1);
        if (to || !is_one(p, text, item, end)) {
            return to;
        }
        text++;
    }
}

/* Steps: each matches an item at *at. True: the match goes on there; false: at->text is its end. */

static bool end_with(struct place *at, const char *to)
{
    at->text = to;
    return false;
}

static bool step_character(struct pattern *p, struct place *at)
{
    const char *item = at->item;
    const char *end = item_end(p, item);
    const char *to = NULL;
    switch (*end) {
    case '*':
    case '+':
        return end_with(at, match_longest(p, at->text, item, end, *end == '+'));
    case '-':
        return end_with(at, match_shortest(p, at->text, item, end));
    case '?':
        if (is_one(p, at->text, item, end) && (to = match(p, at->text + 1, end + 1))) {
            return end_with(at, to);
        }
        at->item = end + 1;
        return true;
    default:
        at->item = end;
        at->text = is_one(p, at->text, item, end) ? at->text + 1 : NULL;
        return at->text != NULL;
    }
}

/* %bxy */
static bool step_balance(struct pattern *p, struct place *at)
{
    const char *item = at->item + 2;
    const char *text = at->text;
    size_t open = 1;
    if (item >= p->end - 1) {
        luaL_error(p->lua, "malformed pattern (missing arguments to '%%b')");
    }
    if (*text != item[0]) {
        return end_with(at, NULL);
    }
    while (open > 0 && ++text < p->text_end) {
        if (*text == item[1]) {
            open--;
        } else if (*text == item[0]) {
            open++;
        }
    }
    state_spend(p->lua, (size_t)(text - at->text) / BYTES_PER_STEP);
    at->item += 4;
    at->text = open == 0 ? text + 1 : NULL;
    return open == 0;
}

/* %f[set] */
static bool step_frontier(struct pattern *p, struct place *at)
{
    const char *item = at->item + 2;
    if (*item != '[') {
        luaL_error(p->lua, "missing '[' after '%%f' in pattern");
    }
    const char *end = item_end(p, item);
    state_spend(p->lua, 2 * (size_t)(end - item));
    int before = at->text == p->text ? 0 : (unsigned char)at->text[-1];
    bool has =
        !is_in_set(before, item, end - 1) && is_in_set((unsigned char)*at->text, item, end - 1);
    at->item = end;
    at->text = has ? at->text : NULL;
    return has;
}

/* %1 */
static bool step_reference(struct pattern *p, struct place *at)
{
    int i = (unsigned char)at->item[1] - '1';
    if (i < 0 || i >= p->count || p->captures[i].length == CAPTURE_OPEN) {
        luaL_error(p->lua, "invalid capture index %%%d", i + 1);
    }
    size_t length = (size_t)p->captures[i].length;
    bool has = (size_t)(p->text_end - at->text) >= length;
    state_spend(p->lua, has ? length / BYTES_PER_STEP : 0);
    has = has && memcmp(p->captures[i].at, at->text, length) == 0;
    at->item += 2;
    at->text = has ? at->text + length : NULL;
    return has;
}

static bool step_escape(struct pattern *p, struct place *at)
{
    char what = at->item[1];
    if (what == 'b') {
        return step_balance(p, at);
    }
    if (what == 'f') {
        return step_frontier(p, at);
    }
    return isdigit((unsigned char)what) ? step_reference(p, at) : step_character(p, at);
}

/* Captures. */

static const char *open_capture(struct pattern *p, const char *text, const char *item,
                                ptrdiff_t length)
{
    if (p->count == PATTERN_CAPTURES_MAX) {
        luaL_error(p->lua, "too many captures");
    }
    p->captures[p->count++] = (struct capture_range){text, length};
    const char *to = match(p, text, item);
    p->count -= !to;
    return to;
}

static const char *close_capture(struct pattern *p, const char *text, const char *item)
{
    int i = p->count - 1;
    while (i >= 0 && p->captures[i].length != CAPTURE_OPEN) {
        i--;
    }
    if (i < 0) {
        luaL_error(p->lua, "invalid pattern capture");
    }
    p->captures[i].length = text - p->captures[i].at;
    const char *to = match(p, text, item);
    if (!to) {
        p->captures[i].length = CAPTURE_OPEN;
    }
    return to;
}

static bool step(struct pattern *p, struct place *at)
{
    const char *item = at->item;
    switch (*item) {
    case '(':
        return end_with(at, item[1] == ')' ? open_capture(p, at->text, item + 2, CAPTURE_POSITION)
                                           : open_capture(p, at->text, item + 1, CAPTURE_OPEN));
    case ')':
        return end_with(at, close_capture(p, at->text, item + 1));
    case '%':
        return step_escape(p, at);
    case '$':
        if (item + 1 == p->end) {
            return end_with(at, at->text == p->text_end ? at->text : NULL);
        }
        return step_character(p, at);
    default:
        return step_character(p, at);
    }
}

/* Matches the pattern from this item on. */
static const char *match(struct pattern *p, const char *text, const char *item)
{
    struct place at = {text, item};
    if (p->depth == PATTERN_DEPTH_MAX) {
        luaL_error(p->lua, "pattern too complex");
    }
    p->depth++;
    state_spend(p->lua, 1);
    while (at.item != p->end && step(p, &at)) {
    }
    p->depth--;
    return at.text;
}

const char *pattern_match(struct pattern *pattern, const char *from)
{
    pattern->count = 0;
    pattern->depth = 0;
    return match(pattern, from, pattern->at);
}

struct capture_range pattern_capture(const struct pattern *pattern, int i, const char *from,
                                     const char *to)
{
    if (i >= pattern->count) {
        if (i != 0) {
            luaL_error(pattern->lua, "invalid capture index %%%d", i + 1);
        }
        return (struct capture_range){from, to - from};
    }
    struct capture_range capture = pattern->captures[i];
    if (capture.length == CAPTURE_OPEN) {
        luaL_error(pattern->lua, "unfinished capture");
    } else if (capture.length == CAPTURE_POSITION) {
        lua_pushinteger(pattern->lua, capture.at - pattern->text + 1);
    }
    return capture;
}

void pattern_push(const struct pattern *pattern, int i, const char *from, const char *to)
{
    struct capture_range capture = pattern_capture(pattern, i, from, to);
    if (capture.length != CAPTURE_POSITION) {
        state_spend(pattern->lua, (size_t)capture.length / BYTES_PER_STEP);
        lua_pushlstring(pattern->lua, capture.at, (size_t)capture.length);
    }
}

int pattern_push_all(const struct pattern *pattern, const char *from, const char *to)
{
    int count = pattern->count == 0 && from ? 1 : pattern->count;
    luaL_checkstack(pattern->lua, count, "too many captures");
    for (int i = 0; i < count; i++) {
        pattern_push(pattern, i, from, to);
    }
    return count;
}
