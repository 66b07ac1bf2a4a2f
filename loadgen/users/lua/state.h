/*
 * state - the Lua state of one worker thread, and the limits on its scripts.
 *
 * A script is text; it has Lua's libraries without files, processes, bytecode and the debug library
 * (sandbox.h). Code that uses STATE_RUN_NS of CPU time (a tenth more, at most) without returning or
 * pausing is stopped, in a way that no pcall can catch. A state cannot allocate more than
 * max_bytes: Lua then raises "not enough memory". After STATE_RUN_NS large allocations fail too,
 * which stops C functions of Lua that build long strings. C functions that can take longer call
 * state_spend, and those that allocate memory themselves state_take.
 *
 * Code runs in coroutines: one loads the scenario, then each user has its own. The C functions that
 * a script calls pause its coroutine with lua_yield; then state_run returns.
 *
 * C code that uses the state outside of state_run has no such limits: if memory runs out there, the
 * program ends (base/memory.h).
 *
 * Threads: belongs to one thread. Memory: state_open, state_close.
 */
#ifndef LOADGEN_USERS_LUA_STATE_H
#define LOADGEN_USERS_LUA_STATE_H

#include <lua5.4/lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/base/bytes.h"
#include "loadgen/base/random.h"

struct seat;
struct user;

#define STATE_RUN_NS NS_PER_S
/* The limit while the scenario is loaded, which may prepare data. */
#define STATE_LOAD_NS (10 * NS_PER_S)

/* In errors of scripts; the field of the order. */
#define STATE_MORE_MEMORY "raise users.script_memory"

/* The clock is read after this many steps of C code. A step takes a few nanoseconds. */
enum { STATE_STEPS = 100000 };

enum { STATE_PLACE = 2 * (LUA_IDSIZE + 16) }; /* room for "file:line: ", twice */

/* What the extra space of a coroutine (lua_getextraspace) points to. */
struct state_link {
    struct state *state;
};

struct state {
    lua_State *lua;
    struct state_link own;     /* of coroutines of state_new_coroutine */
    struct state_link foreign; /* of coroutines that scripts create */
    size_t used_bytes;
    size_t max_bytes;
    bool is_bounded;      /* a script is running */
    bool is_stopped;      /* it ran for too long */
    lua_State *running;   /* the coroutine of state_run; NULL: none */
    uint64_t limit_ns;    /* of the script that is running */
    uint64_t look_ns;     /* when to read the thread's CPU time next */
    uint64_t stop_cpu_ns; /* CPU time of the thread at which the script is stopped; 0: unknown */
    uint64_t busy_ns;     /* time spent in scripts; outbox_send subtracts the time for sending their
                             requests */
    size_t steps;         /* of C code since the clock was read and the script was not late */
    lua_Hook on_return;   /* of a main chunk; NULL: not watched */
    /* Of the last error for a lack of memory: */
    bool is_refused_late;         /* true: the script was out of time, not of memory */
    char refused_at[STATE_PLACE]; /* where in the script */
    const char *folder;           /* folder whose files the script may read now; NULL: none */
    struct seat *seat;            /* of this thread (seat.h) */
    struct user *user;            /* whose code is running; NULL: the scenario is being loaded */
    struct random random;
    struct bytes error; /* of the last STATE_FAILED: message and traceback, with a NUL */
    struct bytes path;  /* scratch of requests (request.c) */
    struct bytes headers;
    struct bytes body;
    struct bytes message;
};

/* Opens a state without libraries (sandbox.h). ERR_FAILED if out of memory. */
bool state_open(struct state *state, size_t max_bytes, uint64_t seed, struct err *err);
void state_close(struct state *state);

/* The state that a C function was called in. */
static inline struct state *state_of(lua_State *lua)
{
    return (*(const struct state_link **)lua_getextraspace(lua))->state;
}

/*
 * state_spend counts steps of a C function that a script calls. If the script is out of time,
 * state_check_time stops it: the call then does not return.
 */
void state_check_time(lua_State *lua);

static inline void state_spend(lua_State *lua, size_t steps)
{
    struct state *state = state_of(lua);
    state->steps += steps;
    if (state->steps >= STATE_STEPS) {
        state_check_time(lua);
    }
}

/*
 * Hides the metatable on top of the stack from scripts: getmetatable returns false, setmetatable
 * fails. Every metatable of ours needs it, because scripts could replace its functions, and a __gc
 * would run without limits.
 */
static inline void state_hide_metatable(lua_State *lua)
{
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
}

/*
 * Memory of C code that serves scripts is part of max_bytes: state_take counts it until state_give.
 * state_has_room returns true if this many more bytes are allowed; it collects garbage if that may
 * make room. state_check_room and state_take raise an error if the bytes are not allowed.
 */
bool state_has_room(lua_State *lua, size_t bytes);
void state_check_room(lua_State *lua, size_t bytes);
void state_take(lua_State *lua, size_t bytes);

static inline void state_give(struct state *state, size_t bytes)
{
    state->used_bytes -= bytes;
}

/* Frees scratch buffers that have become large. */
void state_trim(struct state *state);

enum state_result {
    STATE_RETURNED, /* the function's results were dropped */
    STATE_PAUSED,
    STATE_FAILED, /* `error` says why; the coroutine can be used again */
};

/* Pushes a new coroutine for state_run. Scripts can neither resume nor close it. */
lua_State *state_new_coroutine(struct state *state);

/* True if this is the main coroutine, or one of state_new_coroutine. */
bool state_is_own(lua_State *coroutine);

/*
 * Runs a coroutine until it returns, pauses or fails: starts the function below the arguments on
 * its stack, or continues after a pause. Fails when the code has used limit_ns of CPU time.
 */
enum state_result state_run(struct state *state, lua_State *coroutine, int arguments,
                            uint64_t limit_ns);

/*
 * A C closure that calls its upvalue with its arguments. Coroutines that scripts create run their
 * functions in it; otherwise an error at the time limit would leave them without a limit.
 */
int state_protect(lua_State *lua);

/*
 * Calls the function below the arguments on the stack of state->lua; it cannot pause. Sets *number
 * to its result, or 0 if that is not a number. False: it failed, and `error` says why.
 */
bool state_call(struct state *state, int arguments, double *number);

/* Calls `on_return` when a main chunk in this coroutine returns, while its variables exist. */
void state_watch_return(struct state *state, lua_State *coroutine, lua_Hook on_return);

/* Ends the paused function of a coroutine and closes its variables. The coroutine can be reused. */
void state_reset(struct state *state, lua_State *coroutine);

#endif
