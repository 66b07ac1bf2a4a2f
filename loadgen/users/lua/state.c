#include "loadgen/users/lua/state.h"

#include <lua5.4/lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

/* How many instructions may pass until the clock is read. */
enum { COUNT_PER_CHECK = 1000 };

/* From this size on an allocation takes so long that the clock is read. */
enum { LARGE_BYTES = 64 * 1024 };

static bool is_late(const struct state *state)
{
    return clock_now_ns() >= state->until_ns;
}

static bool may_grow(const struct state *state, size_t more)
{
    return !state->is_bounded || (state->used_bytes + more <= state->max_bytes &&
                                  (more < LARGE_BYTES || !is_late(state)));
}

static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct state *state = context;
    size_t had = old ? old_size : 0; /* else it is a type */
    if (size == 0) {
        free(old);
        state->used_bytes -= had;
        return NULL;
    }
    if (size > had && !may_grow(state, size - had)) {
        return NULL;
    }
    void *block = realloc(old, size);
    if (block) {
        state->used_bytes += size - had;
    }
    return block;
}

/* Outside of scripts nothing fails but memory. */
static int on_panic(lua_State *lua)
{
    (void)lua;
    memory_of(NULL);
    return 0;
}

static void keep_error(struct state *state, const char *text)
{
    bytes_clear(&state->error);
    bytes_add_text(&state->error, text);
    bytes_add(&state->error, "", 1);
    if (state->error.has_failed) {
        memory_of(NULL);
    }
}

static void on_event(lua_State *lua, lua_Debug *where);

static const char too_late[] = "stopped: ran for too long without a request, sleep() or return";

/* Pushes "file:line: " of the innermost function that has lines. */
static void push_place(lua_State *lua, lua_State *of)
{
    lua_Debug where;
    for (int level = 0; lua_getstack(of, level, &where); level++) {
        lua_getinfo(of, "Sl", &where);
        if (where.currentline > 0) {
            lua_pushfstring(lua, "%s:%d: ", where.short_src, where.currentline);
            return;
        }
    }
    lua_pushliteral(lua, "");
}

/*
 * A yield stops the code for good: it is never resumed. Where Lua cannot yield, as inside the
 * comparison of table.sort, and in a coroutine of the script, an error has to do. It comes again at
 * the next instruction, so that each pcall catches only one of them.
 */
static void stop_if_late(struct state *state, lua_State *lua)
{
    if (!state->is_bounded || !is_late(state)) {
        if (lua_gethookcount(lua) == 1) {
            lua_sethook(lua, on_event, lua_gethookmask(lua), COUNT_PER_CHECK);
        }
        return;
    }
    push_place(lua, lua);
    lua_pushstring(lua, too_late);
    lua_concat(lua, 2);
    if (lua == state->running && lua_isyieldable(lua)) {
        /* Here, as a yield moves the code back by one instruction. */
        keep_error(state, lua_tostring(lua, -1));
        lua_pop(lua, 1);
        state->is_stopped = true;
        lua_yield(lua, 0);
    } else {
        lua_sethook(lua, on_event, LUA_MASKCOUNT, 1);
        lua_error(lua);
    }
}

void state_check_time(lua_State *lua)
{
    struct state *state = state_of(lua);
    state->steps = 0;
    stop_if_late(state, lua);
}

static void on_event(lua_State *lua, lua_Debug *where)
{
    struct state *state = state_of(lua);
    if (where->event == LUA_HOOKCOUNT) {
        stop_if_late(state, lua);
    } else if (state->on_return && lua_getinfo(lua, "S", where) &&
               strcmp(where->what, "main") == 0) {
        state->on_return(lua, where);
    }
}

void state_watch_return(struct state *state, lua_State *coroutine, lua_Hook on_return)
{
    state->on_return = on_return;
    lua_sethook(coroutine, on_event, LUA_MASKCOUNT | LUA_MASKRET, COUNT_PER_CHECK);
}

bool state_open(struct state *state, size_t max_bytes, uint64_t seed, struct err *err)
{
    memset(state, 0, sizeof *state);
    state->max_bytes = max_bytes;
    state->random = random_seeded(seed);
    state->lua = lua_newstate(allocate, state);
    if (!state->lua) {
        return err_set(err, ERR_FAILED, "not enough memory for Lua");
    }
    lua_atpanic(state->lua, on_panic);
    *(struct state **)lua_getextraspace(state->lua) = state;
    lua_sethook(state->lua, on_event, LUA_MASKCOUNT, COUNT_PER_CHECK); /* coroutines inherit it */
    return true;
}

void state_close(struct state *state)
{
    if (state->lua) {
        lua_close(state->lua);
    }
    bytes_free(&state->error);
    bytes_free(&state->path);
    bytes_free(&state->headers);
    bytes_free(&state->body);
    bytes_free(&state->message);
    memset(state, 0, sizeof *state);
}

/* The text of the error value on top of the stack. No metamethod is called: it could fail. */
static const char *error_text(lua_State *lua)
{
    const char *text = lua_tostring(lua, -1);
    return text ? text
                : lua_pushfstring(lua, "the error value is a %s, not a string",
                                  luaL_typename(lua, -1));
}

/* Pushes the message of a coroutine that failed. Lua tells no place for a lack of memory. */
static const char *push_message(struct state *state, lua_State *coroutine)
{
    lua_State *lua = state->lua;
    const char *text = state->is_stopped ? state->error.at : error_text(coroutine);
    if (strcmp(text, "not enough memory") != 0) {
        return lua_pushstring(lua, text);
    }
    push_place(lua, coroutine);
    lua_pushstring(lua, is_late(state) ? too_late : text);
    lua_concat(lua, 2);
    return lua_tostring(lua, -1);
}

/* Message and traceback of a coroutine that failed. */
static void describe(struct state *state, lua_State *coroutine)
{
    lua_State *lua = state->lua;
    luaL_checkstack(coroutine, 4, NULL);
    luaL_traceback(lua, coroutine, push_message(state, coroutine), 0);
    keep_error(state, lua_tostring(lua, -1));
    lua_pop(lua, 2);
}

/* A script begins to run; returns the time. */
static uint64_t begin(struct state *state, uint64_t limit_ns)
{
    uint64_t now_ns = clock_now_ns();
    state->until_ns = now_ns + limit_ns;
    state->is_bounded = true;
    return now_ns;
}

static void finish(struct state *state, uint64_t begin_ns)
{
    state->is_bounded = false;
    state->busy_ns += clock_now_ns() - begin_ns;
}

enum state_result state_run(struct state *state, lua_State *coroutine, int arguments,
                            uint64_t limit_ns)
{
    int results = 0;
    state->running = coroutine;
    state->is_stopped = false;
    uint64_t begin_ns = begin(state, limit_ns);
    int status = lua_resume(coroutine, state->lua, arguments, &results);
    finish(state, begin_ns);
    state->running = NULL;
    if (status == LUA_OK || (status == LUA_YIELD && !state->is_stopped)) {
        lua_pop(coroutine, results);
        return status == LUA_OK ? STATE_RETURNED : STATE_PAUSED;
    }
    describe(state, coroutine);
    state_reset(state, coroutine);
    return STATE_FAILED;
}

static int add_traceback(lua_State *lua)
{
    luaL_traceback(lua, lua, error_text(lua), 1);
    return 1;
}

bool state_call(struct state *state, int arguments, double *number)
{
    lua_State *lua = state->lua;
    int handler = lua_gettop(lua) - arguments;
    lua_pushcfunction(lua, add_traceback);
    lua_insert(lua, handler);
    uint64_t begin_ns = begin(state, STATE_RUN_NS);
    bool ok = lua_pcall(lua, arguments, 1, handler) == LUA_OK;
    finish(state, begin_ns);
    *number = ok ? lua_tonumber(lua, -1) : 0;
    if (!ok) {
        keep_error(state, error_text(lua));
    }
    lua_settop(lua, handler - 1);
    return ok;
}

void state_reset(struct state *state, lua_State *coroutine)
{
    uint64_t begin_ns = begin(state, STATE_RUN_NS); /* __close functions run */
    lua_resetthread(coroutine);
    finish(state, begin_ns);
    lua_settop(coroutine, 0);
}
