/*
 * state - the Lua state of one worker thread, and the limits on its scripts.
 *
 * A script is source text. It can use Lua's libraries, but not files, processes, bytecode or the
 * debug library (sandbox.h). Code that uses STATE_RUN_NS of CPU time (at most 10% late)
 * without returning or pausing is stopped, even if it uses pcall. If a script needs more than
 * max_bytes of memory, Lua raises "not enough memory".
 *
 * The clock is read every thousand instructions of Lua, before each large allocation, and after a
 * full garbage collection. C functions that a script calls count their steps with state_spend,
 * which reads the clock when needed; those that allocate memory themselves call state_take. Lua's
 * own functions are called through ours, which do both (sandbox.h). Only single instructions on
 * strings of megabytes, such as comparing them or converting them to numbers, can run long
 * unchecked.
 *
 * Code runs in coroutines: one loads the scenario, then each user has its own. To pause a script,
 * the C function that it calls uses lua_yield; state_run then returns.
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

struct arguments;
struct feeds;
struct given;
struct log;
struct seat;
struct user;

#define STATE_RUN_NS NS_PER_S
/* The limit while the scenario is loaded, which may prepare data. */
#define STATE_LOAD_NS (10 * NS_PER_S)

/* Advice in errors of scripts. It names the field of the order. */
#define STATE_MORE_MEMORY "raise users.script_memory"

/* The clock is read after this many steps of C code. A step takes a few nanoseconds. */
enum { STATE_STEPS = 100000 };

enum { STATE_PLACE = 2 * (LUA_IDSIZE + 16) }; /* room for "file:line: ", twice */

/* The extra space of a coroutine (lua_getextraspace) points to this. */
struct state_link {
    struct state *state;
};

struct state {
    lua_State *lua;
    struct state_link own;     /* of coroutines from state_new_coroutine */
    struct state_link foreign; /* of coroutines that scripts create */
    size_t used_bytes;
    size_t max_bytes;
    bool is_bounded;      /* a script is running */
    bool is_stopped;      /* it ran for too long */
    lua_State *running;   /* the coroutine that state_run runs; NULL: none */
    uint64_t limit_ns;    /* of the script that is running */
    uint64_t look_ns;     /* when to read the thread's CPU time next */
    uint64_t stop_cpu_ns; /* CPU time of the thread at which the script is stopped; 0: unknown */
    uint64_t busy_ns;     /* time spent in scripts; outbox_send subtracts the time for sending their
                             requests */
    size_t steps;         /* of C code, since a check found that the script had time left */
    lua_Hook on_return;   /* of a main chunk; NULL: not watched */
    /* The last out-of-memory error of the running code: */
    bool is_refused_late;         /* true: the script had run out of time, not of memory */
    char refused_at[STATE_PLACE]; /* where in the script */
    const char *folder;           /* folder whose files the script may read now; NULL: none */
    const struct given *given;    /* files and variables, if not those of this machine
                                     (files/given.h) */
    struct seat *seat;            /* of this thread (seat.h) */
    struct user *user;            /* whose code is running; NULL: the scenario is being loaded */
    struct log *log;              /* of the run (log.h); NULL: the scenario is being loaded */
    struct feeds *feeds;          /* of the scenario while it is loaded (files/feeds.h) */
    const struct arguments *arguments; /* of the scenario while it is loaded; otherwise NULL */
    struct random random;
    struct bytes error; /* the last one: message and traceback, with a NUL */
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
 * state_spend counts steps of a C function that a script calls. If the script is out of time, it is
 * stopped: the call then does not return. Counting more steps than needed only reads the clock more
 * often. A function that must free something first uses state_has_time instead, which returns false
 * if the script is out of time, and then calls state_check_time, which stops it.
 */
void state_check_time(lua_State *lua);

/* Reads the clock. For state_has_time. */
bool state_is_on_time(struct state *state);

static inline bool state_has_time(lua_State *lua, size_t steps)
{
    struct state *state = state_of(lua);
    state->steps += steps;
    return state->steps < STATE_STEPS || state_is_on_time(state);
}

static inline void state_spend(lua_State *lua, size_t steps)
{
    if (!state_has_time(lua, steps)) {
        state_check_time(lua);
    }
}

/*
 * Hides the metatable on top of the stack from scripts: getmetatable returns false, setmetatable
 * fails. Each of our metatables must be hidden; otherwise scripts could replace its functions,
 * including __gc, which would run without limits.
 */
static inline void state_hide_metatable(lua_State *lua)
{
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
}

/*
 * Memory of C code that serves scripts is part of max_bytes: state_take counts it until state_give.
 * state_has_room returns true if this many more bytes are allowed; it collects garbage if that may
 * make room. state_check_room and state_take raise an error if the bytes are not allowed, and count
 * steps for writing them. state_collect collects all garbage; its time is the scripts' (busy_ns).
 */
void state_collect(lua_State *lua);
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
    STATE_FAILED, /* `error` says why; state_reset the coroutine before its next use */
};

/* Pushes a new coroutine for state_run. Scripts can neither resume nor close it. */
lua_State *state_new_coroutine(struct state *state);

/* True if this is the main coroutine, or one from state_new_coroutine. */
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

/*
 * Ends the function of a coroutine that is paused or has failed, and closes its variables. The
 * coroutine can be reused. False: closing them failed, and `error` says why.
 */
bool state_reset(struct state *state, lua_State *coroutine);

#endif
