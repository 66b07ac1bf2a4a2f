#include "loadgen/users/request/answer.h"

#include <ctype.h>
#include <lua5.4/lauxlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/http/answer/capture.h"
#include "loadgen/users/lua/json.h"
#include "loadgen/users/lua/state.h"

enum { HEADER_STEPS = 50, BYTES_PER_STEP = 16 };

static const char answer_type[] = "headroom.answer";
static const char headers_type[] = "headroom.headers";

struct answer {
    uint64_t number; /* of the request */
    uint16_t status;
    enum outcome outcome;
    int system_error;
    double elapsed_s;
    size_t headers_length;
    size_t body_length;
    size_t url_length;
    size_t reason_length;
    char bytes[]; /* in this order */
};

static const char *headers_of(const struct answer *answer)
{
    return answer->bytes;
}

static const char *body_of(const struct answer *answer)
{
    return headers_of(answer) + answer->headers_length;
}

static const char *url_of(const struct answer *answer)
{
    return body_of(answer) + answer->body_length;
}

static const char *reason_of(const struct answer *answer)
{
    return url_of(answer) + answer->url_length;
}

size_t answer_size(const struct exchange *exchange, struct slice url)
{
    const struct capture *capture = exchange->capture;
    size_t length = capture ? capture->headers.length + capture->body.length : 0;
    return sizeof(struct answer) + length + url.length + strlen(exchange->reason);
}

void answer_push(lua_State *lua, const struct exchange *exchange, struct slice url)
{
    static const struct capture none;
    const struct capture *capture = exchange->capture ? exchange->capture : &none;
    size_t reason_length = strlen(exchange->reason);
    struct answer *answer = lua_newuserdatauv(lua, answer_size(exchange, url), 0);
    *answer = (struct answer){
        .number = exchange->number,
        .status = exchange->outcome == OUTCOME_ANSWERED ? exchange->code : 0,
        .outcome = exchange->outcome,
        .system_error = exchange->system_error,
        .elapsed_s = (double)(exchange->done_ns - exchange->started_ns) / NS_PER_S,
        .headers_length = capture->headers.length,
        .body_length = capture->body.length,
        .url_length = url.length,
        .reason_length = reason_length,
    };
    char *at = answer->bytes;
    const struct slice parts[] = {
        {capture->headers.bytes, capture->headers.length},
        {capture->body.bytes, capture->body.length},
        url,
        {exchange->reason, reason_length},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].length > 0) {
            memcpy(at, parts[i].at, parts[i].length);
        }
        at += parts[i].length;
    }
    luaL_setmetatable(lua, answer_type);
}

/* Fields. */

static void push_status(lua_State *lua, const struct answer *answer)
{
    lua_pushinteger(lua, answer->status);
}

static void push_ok(lua_State *lua, const struct answer *answer)
{
    lua_pushboolean(lua, answer->status >= 200 && answer->status < 400);
}

void answer_push_error(lua_State *lua, enum outcome outcome, int system_error, struct slice reason)
{
    static const char *const texts[] = {
#define X(id, text) text,
        OUTCOMES(X)
#undef X
    };
    if (outcome == OUTCOME_ANSWERED) {
        lua_pushnil(lua);
    } else if (system_error) {
        char text[128];
        lua_pushstring(lua, strerror_r(system_error, text, sizeof text));
    } else if (reason.length > 0) {
        lua_pushlstring(lua, reason.at, reason.length);
    } else {
        lua_pushstring(lua, texts[outcome]);
    }
}

static void push_error(lua_State *lua, const struct answer *answer)
{
    answer_push_error(lua, answer->outcome, answer->system_error,
                      (struct slice){reason_of(answer), answer->reason_length});
}

static void push_text(lua_State *lua, const struct answer *answer)
{
    lua_pushlstring(lua, body_of(answer), answer->body_length);
}

static void push_elapsed(lua_State *lua, const struct answer *answer)
{
    lua_pushnumber(lua, answer->elapsed_s);
}

static void push_url(lua_State *lua, const struct answer *answer)
{
    lua_pushlstring(lua, url_of(answer), answer->url_length);
}

static void push_lower(lua_State *lua, const char *text, size_t length)
{
    luaL_Buffer buffer;
    char *to = luaL_buffinitsize(lua, &buffer, length);
    for (size_t i = 0; i < length; i++) {
        to[i] = (char)tolower((unsigned char)text[i]);
    }
    luaL_pushresultsize(&buffer, length);
}

/* Adds a header. Lines with the same name are joined (RFC 9110, 5.3). */
static void add_header(lua_State *lua, const char *line, const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    state_spend(lua, HEADER_STEPS + (size_t)(end - line));
    if (!colon) {
        return;
    }
    const char *value = colon + 1 < end && colon[1] == ' ' ? colon + 2 : colon + 1;
    push_lower(lua, line, (size_t)(colon - line));
    lua_pushvalue(lua, -1);
    if (lua_rawget(lua, -3) == LUA_TSTRING) {
        state_spend(lua, lua_rawlen(lua, -1) / BYTES_PER_STEP);
        lua_pushliteral(lua, ", ");
        lua_pushlstring(lua, value, (size_t)(end - value));
        lua_concat(lua, 3);
    } else {
        lua_pop(lua, 1);
        lua_pushlstring(lua, value, (size_t)(end - value));
    }
    lua_rawset(lua, -3);
}

static void push_headers(lua_State *lua, const struct answer *answer)
{
    const char *line = headers_of(answer);
    const char *end = line + answer->headers_length;
    lua_newtable(lua);
    luaL_setmetatable(lua, headers_type);
    while (line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        const char *line_end = next ? next : end;
        add_header(lua, line, line_end > line && line_end[-1] == '\r' ? line_end - 1 : line_end);
        line = line_end + 1;
    }
}

static const struct {
    const char *name;
    void (*push)(lua_State *lua, const struct answer *answer);
} fields[] = {
    {"status", push_status},   {"ok", push_ok},           {"text", push_text},   {"url", push_url},
    {"elapsed", push_elapsed}, {"headers", push_headers}, {"error", push_error},
};

static int index_answer(lua_State *lua)
{
    const struct answer *answer = luaL_checkudata(lua, 1, answer_type);
    const char *name = luaL_checkstring(lua, 2);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            fields[i].push(lua, answer);
            return 1;
        }
    }
    lua_settop(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TNIL) {
        return luaL_error(lua,
                          "responses have no \"%s\"; they have status, ok, text, json(), headers, "
                          "url, elapsed, error, success() and failure()",
                          name);
    }
    return 1;
}

static int index_headers(lua_State *lua)
{
    size_t length = 0;
    const char *name = luaL_checklstring(lua, 2, &length);
    push_lower(lua, name, length);
    lua_rawget(lua, 1);
    return 1;
}

static int read_json(lua_State *lua)
{
    const struct answer *answer = luaL_checkudata(lua, 1, answer_type);
    char what[64];
    snprintf(what, sizeof what, "the body of the response (status %u) is not JSON", answer->status);
    json_decode(lua, body_of(answer), answer->body_length, what);
    return 1;
}

uint64_t answer_number(lua_State *lua, int argument)
{
    const struct answer *answer = luaL_checkudata(lua, argument, answer_type);
    return answer->number;
}

void answer_declare(lua_State *lua, const luaL_Reg *methods, lua_CFunction on_close)
{
    luaL_newmetatable(lua, answer_type);
    lua_newtable(lua);
    luaL_setfuncs(lua, methods, 0);
    lua_pushcfunction(lua, read_json);
    lua_setfield(lua, -2, "json");
    lua_pushcclosure(lua, index_answer, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, on_close);
    lua_setfield(lua, -2, "__close");
    state_hide_metatable(lua);
    luaL_newmetatable(lua, headers_type);
    lua_pushcfunction(lua, index_headers);
    lua_setfield(lua, -2, "__index");
    state_hide_metatable(lua);
    lua_pop(lua, 2);
}
