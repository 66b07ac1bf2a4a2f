#include "loadgen/users/lua/state.h"

#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/suggest.h"

/* Instructions between two readings of the clock. */
enum { COUNT_PER_CHECK = 1000 };

/* The CPU time is first read after 1 / LOOKS of the limit. */
enum { LOOKS = 10 };

/* Before an allocation of at least this size, the clock is read. */
enum { LARGE_BYTES = 64 * 1024 };

/* Bytes copied per step. */
enum { WRITTEN_PER_STEP = 16 };

/* Larger scratch buffers are freed after use. */
enum { SCRATCH_BYTES = 1024 * 1024 };

/*
 * CPU time decides, because the thread may have waited for a CPU. Reading it takes a system call,
 * but most scripts pause before the first reading.
 */
static bool is_late(struct state *state)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns < state->look_ns) {
        return false;
    }
    uint64_t cpu_ns = clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
    if (state->stop_cpu_ns == 0) {
        state->stop_cpu_ns = cpu_ns + state->limit_ns;
    }
    bool is_over = cpu_ns >= state->stop_cpu_ns;
    state->look_ns = now_ns + (is_over ? 0 : state->stop_cpu_ns - cpu_ns);
    return is_over;
}

bool state_is_on_time(struct state *state)
{
    bool is_on_time = !state->is_bounded || !is_late(state);
    if (is_on_time) {
        state->steps = 0; /* once it is late, each step reads the clock */
    }
    return is_on_time;
}

static bool may_grow(struct state *state, size_t more)
{
    if (!state->is_bounded) {
        return true;
    }
    if (state->used_bytes + more > state->max_bytes) {
        return false;
    }
    bool reads_clock = more >= LARGE_BYTES || state->steps >= STATE_STEPS;
    return !reads_clock || state_is_on_time(state);
}

/*
 * Appends "file:line: " of the innermost function with line information, without allocating memory.
 */
static void add_place(struct state *state, lua_State *lua)
{
    lua_Debug where;
    size_t length = strlen(state->refused_at);
    for (int level = 0; lua_getstack(lua, level, &where); level++) {
        lua_getinfo(lua, "Sl", &where);
        if (where.currentline > 0) {
            snprintf(state->refused_at + length, sizeof state->refused_at - length,
                     "%s:%d: ", where.short_src, where.currentline);
            return;
        }
    }
}

/*
 * Records where the script is. If it runs in a coroutine that it created itself, both positions are
 * recorded.
 */
static void keep_place(struct state *state, lua_State *lua)
{
    lua_State *outer = state->running ? state->running : state->lua;
    state->refused_at[0] = '\0';
    add_place(state, outer);
    if (lua != outer) {
        add_place(state, lua);
    }
}

/*
 * Refuses an allocation. Records where the script is, because Lua unwinds the stack before it
 * reports the error. Lua first collects all garbage, which takes long, so the next step or
 * allocation reads the clock.
 */
static void *refuse(struct state *state)
{
    state->is_refused_late = is_late(state);
    state->steps = STATE_STEPS;
    keep_place(state, state->running ? state->running : state->lua);
    return NULL;
}

static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct state *state = context;
    size_t had = old ? old_size : 0; /* otherwise, old_size is a type */
    if (size == 0) {
        free(old);
        state->used_bytes -= had;
        return NULL;
    }
    if (size > had && !may_grow(state, size - had)) {
        return refuse(state);
    }
    void *block = realloc(old, size);
    if (block) {
        state->used_bytes += size - had;
    }
    return block;
}

void state_collect(lua_State *lua)
{
    struct state *state = state_of(lua);
    uint64_t begin_ns = clock_now_ns();
    lua_gc(lua, LUA_GCCOLLECT);
    if (!state->is_bounded) { /* otherwise, `finish` counts it */
        state->busy_ns += clock_now_ns() - begin_ns;
    }
    state->steps = STATE_STEPS;
}

bool state_has_room(lua_State *lua, size_t bytes)
{
    const struct state *state = state_of(lua);
    if (bytes > state->max_bytes) {
        return false;
    }
    if (state->used_bytes > state->max_bytes - bytes) {
        state_collect(lua);
    }
    return state->used_bytes <= state->max_bytes - bytes;
}

void state_check_room(lua_State *lua, size_t bytes)
{
    if (!state_has_room(lua, bytes)) {
        luaL_error(lua, "not enough memory; " STATE_MORE_MEMORY);
    }
    state_spend(lua, bytes / WRITTEN_PER_STEP);
}

void state_take(lua_State *lua, size_t bytes)
{
    state_check_room(lua, bytes);
    state_of(lua)->used_bytes += bytes;
}

void state_trim(struct state *state)
{
    enum { BUFFERS = 4 };
    struct bytes *const buffers[BUFFERS] = {&state->path, &state->headers, &state->body,
                                            &state->message};
    for (int i = 0; i < BUFFERS; i++) {
        if (buffers[i]->room > SCRATCH_BYTES) {
            bytes_free(buffers[i]);
        }
    }
}

/* Outside of scripts, only lack of memory can fail. */
static int on_panic(lua_State *lua)
{
    (void)lua;
    memory_of(NULL);
    return 0;
}

static void keep_error(struct state *state, const char *place, const char *text)
{
    bytes_clear(&state->error);
    bytes_add_text(&state->error, place);
    bytes_add_text(&state->error, text);
    bytes_add(&state->error, "", 1);
    if (state->error.has_failed) {
        memory_of(NULL);
    }
}

static void on_event(lua_State *lua, lua_Debug *where);

static const char memory_error[] = "not enough memory"; /* Lua's; lua_error knows it, too */
static const char too_late[] = "stopped: ran for too long without a request, sleep() or return";

/*
 * Stops the script by a yield, after which it is never resumed. Where Lua cannot yield, as inside
 * the comparison of table.sort, and in coroutines of the script, an error is raised instead. It is
 * raised again at each further instruction, so a pcall catches only one of them. It is Lua's
 * out-of-memory error, because that calls no handler of xpcall, which would run with hooks switched
 * off.
 */
static void stop_if_late(struct state *state, lua_State *lua)
{
    if (state_is_on_time(state)) {
        if (lua_gethookcount(lua) == 1) {
            lua_sethook(lua, on_event, lua_gethookmask(lua), COUNT_PER_CHECK);
        }
        return;
    }
    keep_place(state, lua);
    if (lua == state->running && lua_isyieldable(lua)) {
        /* Before the yield, because a yield moves the code back by one instruction. */
        keep_error(state, state->refused_at, too_late);
        state->is_stopped = true;
        lua_yield(lua, 0);
    } else {
        lua_sethook(lua, on_event, LUA_MASKCOUNT, 1);
        state->is_refused_late = true;
        lua_pushstring(lua, memory_error);
        lua_error(lua);
    }
}

void state_check_time(lua_State *lua)
{
    stop_if_late(state_of(lua), lua);
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

static void link_to(lua_State *lua, const struct state_link *link)
{
    *(const struct state_link **)lua_getextraspace(lua) = link;
}

lua_State *state_new_coroutine(struct state *state)
{
    lua_State *coroutine = lua_newthread(state->lua);
    link_to(coroutine, &state->own);
    return coroutine;
}

bool state_is_own(lua_State *coroutine)
{
    const struct state *state = state_of(coroutine);
    return coroutine == state->lua ||
           *(const struct state_link **)lua_getextraspace(coroutine) == &state->own;
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
    state->own.state = state->foreign.state = state;
    link_to(state->lua, &state->foreign);                              /* inherited by coroutines */
    lua_sethook(state->lua, on_event, LUA_MASKCOUNT, COUNT_PER_CHECK); /* inherited by coroutines */
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

/* The text of the error value on top of the stack. Calls no metamethod, because that could fail. */
static const char *error_text(lua_State *lua)
{
    const char *text = lua_tostring(lua, -1);
    return text ? text
                : lua_pushfstring(lua, "the error value is a %s, not a string",
                                  luaL_typename(lua, -1));
}

/* Keeps a message. For lack of memory, adds the position, which Lua does not give. */
static void keep_message(struct state *state, const char *text)
{
    if (strcmp(text, memory_error) == 0) {
        keep_error(state, state->refused_at,
                   state->is_refused_late ? too_late : "not enough memory; " STATE_MORE_MEMORY);
    } else {
        keep_error(state, "", text);
    }
}

/*
 * Protection. An error raised by a hook leaves hooks switched off in its coroutine until it reaches
 * a protected call (Lua's ldo.c: allowhook). Without such a call, nothing could stop the __close
 * functions that run next, or what the coroutine runs later. So the function of each coroutine runs
 * in a protected call.
 */

/* Pushes message and traceback, without the last line, which shows the protected call. */
static void push_traceback(lua_State *lua, lua_State *of, const char *message, int level)
{
    luaL_traceback(lua, of, message, level);
    const char *text = lua_tostring(lua, -1);
    const char *last = strrchr(text, '\n');
    lua_pushlstring(lua, text, last ? (size_t)(last - text) : strlen(text));
    lua_remove(lua, -2);
}

static int add_traceback_inside(lua_State *lua)
{
    push_traceback(lua, lua, suggest_function(lua, error_text(lua)), 1);
    return 1;
}

static int end_protected(lua_State *lua, int status, lua_KContext first)
{
    bool ok = status == LUA_OK || status == LUA_YIELD;
    return ok ? lua_gettop(lua) - (int)first : lua_error(lua);
}

/* Calls the function that is its first argument. */
static int protect_first(lua_State *lua)
{
    lua_pushcfunction(lua, add_traceback_inside);
    lua_insert(lua, 1);
    return end_protected(lua,
                         lua_pcallk(lua, lua_gettop(lua) - 2, LUA_MULTRET, 1, 1, end_protected), 1);
}

int state_protect(lua_State *lua)
{
    state_spend(lua, COUNT_PER_CHECK); /* what the coroutine may run before its first check */
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    return end_protected(lua,
                         lua_pcallk(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0, 0, end_protected), 0);
}

/* Call this when a script starts to run. Returns the time. */
static uint64_t begin(struct state *state, uint64_t limit_ns)
{
    uint64_t now_ns = clock_now_ns();
    state->limit_ns = limit_ns;
    state->look_ns = now_ns + limit_ns / LOOKS;
    state->stop_cpu_ns = 0;
    state->is_refused_late = false;
    state->refused_at[0] = '\0';
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
    if (lua_status(coroutine) == LUA_OK) {
        lua_pushcfunction(coroutine, protect_first);
        lua_insert(coroutine, -arguments - 2);
        arguments++;
    }
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
    if (state->is_stopped) {
        push_traceback(state->lua, coroutine, state->error.at, 0);
        keep_error(state, "", lua_tostring(state->lua, -1));
        lua_pop(state->lua, 1);
    } else {
        keep_message(state, error_text(coroutine));
    }
    return STATE_FAILED;
}

static int add_traceback(lua_State *lua)
{
    luaL_traceback(lua, lua, suggest_function(lua, error_text(lua)), 1);
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
    *number = ok && number_is_short(lua, -1) ? lua_tonumber(lua, -1) : 0;
    if (!ok) {
        keep_message(state, error_text(lua));
    }
    lua_settop(lua, handler - 1);
    return ok;
}

bool state_reset(struct state *state, lua_State *coroutine)
{
    bool has_failed = lua_status(coroutine) > LUA_YIELD; /* its variables are already closed */
    state->running = coroutine;
    uint64_t begin_ns = begin(state, STATE_RUN_NS); /* __close functions run */
    bool ok = lua_resetthread(coroutine) == LUA_OK || has_failed;
    finish(state, begin_ns);
    state->running = NULL;
    if (!ok) {
        keep_message(state, error_text(coroutine));
    }
    lua_settop(coroutine, 0);
    return ok;
}
