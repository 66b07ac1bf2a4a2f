#include "loadgen/users/conductor.h"

#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/pace/slots.h"
#include "loadgen/users/lua/copy.h"
#include "loadgen/users/remedy.h"
#include "loadgen/users/scenario/declare.h"
#include "loadgen/users/user.h"
#include "loadgen/users/words.h"

enum { PARTS = 2, NAME_BYTES = 16 };

static const char *const names[PARTS] = {"test_start", "test_stop"};

struct conductor {
    struct seat seat; /* first member: a seat is cast to its conductor; has the run-wide state */
    struct users_order own;
    int functions[PARTS]; /* references in the registry; LUA_NOREF: none */
    struct shape shape;
    /* The running function: */
    enum conductor_part part;
    const struct numbers *numbers;
    bool has_returned;
    struct class class;
    struct task task;
    char class_name[NAME_BYTES];
    char task_name[NAME_BYTES];
    struct user user;
    struct user *all[1];
    struct bytes setup; /* what test_start returned; empty: nothing */
};

/* Reading. */

/* Rejects the names that Locust's examples use for their listeners. */
static bool check_names(lua_State *lua, const char *path, struct err *err)
{
    static const char *const others[PARTS] = {"on_test_start", "on_test_stop"};
    bool ok = true;
    lua_pushglobaltable(lua);
    for (int i = 0; ok && i < PARTS; i++) {
        lua_pushstring(lua, others[i]);
        if (lua_rawget(lua, -2) == LUA_TFUNCTION) {
            ok = err_set(err, ERR_USAGE, "%s: the function %s would not be called; name it %s",
                         path, others[i], names[i]);
        }
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return ok;
}

/* Reads the globals raw, because the script may have set a metatable for them. */
static bool read_functions(struct conductor *conductor, const char *path, struct err *err)
{
    lua_State *lua = conductor->seat.state.lua;
    bool ok = check_names(lua, path, err);
    lua_pushglobaltable(lua);
    for (int i = 0; i < PARTS; i++) {
        conductor->functions[i] = LUA_NOREF;
        lua_pushstring(lua, names[i]);
        int type = lua_rawget(lua, -2);
        if (type == LUA_TFUNCTION) {
            conductor->functions[i] = luaL_ref(lua, LUA_REGISTRYINDEX);
            continue;
        }
        if (type != LUA_TNIL) {
            ok = err_set(err, ERR_USAGE, "%s: %s: expected a function, not a %s", path, names[i],
                         lua_typename(lua, type));
        }
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return ok;
}

struct conductor *conductor_create(const struct users_order *order, struct err *err)
{
    struct conductor *conductor = memory_of(calloc(1, sizeof *conductor));
    struct seat *seat = &conductor->seat;
    /* A seed that no thread uses, so that users do not repeat the random numbers of test_start. */
    uint64_t seed = order->seed + SLOTS;
    if (!words_open(&seat->state, order->max_bytes, seed, err) ||
        !scenario_load(&order->scenario, order->host, &order->filter, &seat->state, &seat->classes,
                       err) ||
        !read_functions(conductor, order->scenario.path, err)) {
        conductor_destroy(conductor);
        return NULL;
    }
    shape_read(&conductor->shape, seat->state.lua);
    if (!heap_reserve(&seat->queue, 1)) {
        memory_of(NULL);
    }
    return conductor;
}

void conductor_destroy(struct conductor *conductor)
{
    if (!conductor) {
        return;
    }
    heap_fini(&conductor->seat.queue);
    classes_free(&conductor->seat.classes);
    state_close(&conductor->seat.state);
    shape_free(&conductor->shape);
    bytes_free(&conductor->setup);
    free(conductor);
}

const struct classes *conductor_classes(const struct conductor *conductor)
{
    return &conductor->seat.classes;
}

const struct shape *conductor_shape(const struct conductor *conductor)
{
    return &conductor->shape;
}

bool conductor_is_needed(const struct conductor *conductor)
{
    return conductor_has(conductor, CONDUCTOR_START) || conductor_has(conductor, CONDUCTOR_STOP) ||
           conductor->shape.is_on;
}

const char *conductor_name(enum conductor_part part)
{
    return names[part];
}

bool conductor_has(const struct conductor *conductor, enum conductor_part part)
{
    return conductor && conductor->functions[part] != LUA_NOREF;
}

/* Running a function of the script. */

static struct conductor *conductor_of(lua_State *lua)
{
    return (struct conductor *)state_of(lua)->seat;
}

static void push_row(lua_State *lua, const struct numbers_row *row)
{
    lua_createtable(lua, 0, 9);
    lua_pushinteger(lua, (lua_Integer)row->requests);
    lua_setfield(lua, -2, "requests");
    lua_pushinteger(lua, (lua_Integer)row->failures);
    lua_setfield(lua, -2, "failures");
    lua_pushnumber(lua, row->requests ? (double)row->failures / (double)row->requests : 0);
    lua_setfield(lua, -2, "fail_ratio");
    lua_pushnumber(lua, row->rate);
    lua_setfield(lua, -2, "rate");
#define X(name)                                                                                    \
    lua_pushnumber(lua, row->name);                                                                \
    lua_setfield(lua, -2, #name);
    NUMBERS_TIMES(X)
#undef X
}

static void push_numbers(lua_State *lua, const struct numbers *numbers)
{
    lua_createtable(lua, 0, 2);
    push_row(lua, &numbers->total);
    lua_setfield(lua, -2, "total");
    lua_createtable(lua, 0, (int)numbers->count);
    for (size_t i = 0; i < numbers->count; i++) {
        push_row(lua, &numbers->rows[i]);
        lua_setfield(lua, -2, numbers->rows[i].name);
    }
    lua_setfield(lua, -2, "rows");
}

/* Call this when the function has returned the value at index 1. */
static int leave(lua_State *lua, int status, lua_KContext context)
{
    struct conductor *conductor = conductor_of(lua);
    (void)status, (void)context;
    if (conductor->part == CONDUCTOR_START && !lua_isnil(lua, 1)) {
        copy_write(lua, 1, "setup", &conductor->setup);
    }
    conductor->has_returned = true;
    return 0;
}

/* The upvalue is the function; the argument is self. */
static int enter(lua_State *lua)
{
    const struct conductor *conductor = conductor_of(lua);
    lua_settop(lua, 1);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    if (conductor->numbers) {
        push_numbers(lua, conductor->numbers);
    }
    lua_callk(lua, lua_gettop(lua) - 1, 1, 0, leave);
    return leave(lua, LUA_OK, 0);
}

/*
 * Makes a new class for the user that runs the function, because names of requests belong to one
 * run.
 */
static void make_class(struct conductor *conductor)
{
    lua_State *lua = conductor->seat.state.lua;
    const struct classes *classes = &conductor->seat.classes;
    struct class *class = &conductor->class;
    memcpy(conductor->class_name, "setup", sizeof "setup");
    snprintf(conductor->task_name, NAME_BYTES, "%s", names[conductor->part]);
    *class = (struct class){
        .name = conductor->class_name,
        .on_start = LUA_NOREF,
        .on_stop = LUA_NOREF,
        .wait = LUA_NOREF,
        .tasks = &conductor->task,
        .task_count = 1,
    };
    for (size_t i = 0; i < classes->count && !class->host_text; i++) {
        class->host_text = classes->list[i].host_text;
        class->host = classes->list[i].host;
    }
    lua_newtable(lua);
    class->names = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_newtable(lua);
    class->table = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_createtable(lua, 0, 2);
    lua_getfield(lua, LUA_REGISTRYINDEX, DECLARE_USER);
    lua_setfield(lua, -2, "__index");
    state_hide_metatable(lua);
    class->instances = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, conductor->functions[conductor->part]);
    lua_pushcclosure(lua, enter, 1);
    conductor->task = (struct task){
        .name = conductor->task_name,
        .function = luaL_ref(lua, LUA_REGISTRYINDEX),
        .until = 1,
    };
}

static void drop_class(struct conductor *conductor)
{
    lua_State *lua = conductor->seat.state.lua;
    luaL_unref(lua, LUA_REGISTRYINDEX, conductor->class.names);
    luaL_unref(lua, LUA_REGISTRYINDEX, conductor->class.table);
    luaL_unref(lua, LUA_REGISTRYINDEX, conductor->class.instances);
    luaL_unref(lua, LUA_REGISTRYINDEX, conductor->task.function);
}

struct users_order *conductor_begin(struct users_order *order, enum conductor_part part,
                                    const struct numbers *numbers)
{
    struct conductor *conductor = order->conductor;
    struct users_order *own = &conductor->own;
    *own = *order;
    own->is_conducting = true;
    own->users = 1;
    own->max_requests = own->max_iterations = UINT64_MAX;
    own->schedule = (struct schedule){0};
    own->shape = (struct shape){0};
    own->is_quitting = false;
    own->quit_code = -1;
    exceptions_init(&own->exceptions);
    conductor->part = part;
    conductor->numbers = numbers;
    conductor->has_returned = false;
    make_class(conductor);
    return own;
}

static bool take_errors(const struct conductor *conductor, struct err *err)
{
    const struct exceptions *exceptions = &conductor->own.exceptions;
    if (exceptions->count == 0) {
        return true;
    }
    const struct exception *first = &exceptions->list[0];
    err->is_quoted = err->code == ERR_NONE;
    return err_set(err, ERR_FAILED, "%s: %s%s%s", names[conductor->part], first->message,
                   first->traceback[0] ? "\n" : "", first->traceback);
}

/*
 * True if the command may continue after a signal: a signal during test_start is meant for the
 * whole run.
 */
static bool may_go_on(const struct conductor *conductor)
{
    return conductor->part == CONDUCTOR_STOP && conductor->has_returned;
}

bool conductor_end(struct users_order *order, bool is_interrupted, struct err *err)
{
    struct conductor *conductor = order->conductor;
    struct users_order *own = &conductor->own;
    bool is_quitting = atomic_load(&own->is_quitting);
    bool ok = take_errors(conductor, err);
    if (ok && is_quitting) {
        int code = atomic_load(&own->quit_code);
        atomic_store(&order->is_quitting, true);
        atomic_store(&order->quit_code, code >= 0 ? code : atomic_load(&order->quit_code));
    } else if (ok && is_interrupted && !may_go_on(conductor)) {
        order->is_interrupted = err->code == ERR_NONE;
        ok = err_set(err, ERR_FAILED, "%s was interrupted", names[conductor->part]);
    }
    if (conductor->part == CONDUCTOR_START) {
        order->setup = ok && conductor->setup.length > 0 ? &conductor->setup : NULL;
    }
    drop_class(conductor);
    exceptions_fini(&own->exceptions);
    return ok;
}

/* For the driver. */

struct seat *conductor_sit(struct conductor *conductor, struct goal *goal, const struct plan *plan,
                           struct drive_thread *thread)
{
    struct seat *seat = &conductor->seat;
    seat->order = &conductor->own;
    seat->plan = plan;
    seat->thread = thread;
    seat->goal = goal;
    seat->state.seat = seat;
    seat->users = &conductor->user;
    seat->all = conductor->all;
    seat->count = 0;
    seat->ended = 0;
    seat->iterations = (struct iterations){0};
    seat->numbers = 0;
    seat->stage = 0;
    return seat;
}

void conductor_start(struct seat *seat, uint64_t end_ns)
{
    struct conductor *conductor = (struct conductor *)seat;
    seat->end_ns = end_ns;
    conductor->all[0] = &conductor->user;
    user_open(&conductor->user, seat, 0, &conductor->class, seat->thread->start_ns);
    conductor->user.is_stopping = true; /* after its only task */
    seat->count = 1;
}

void conductor_leave(struct seat *seat)
{
    for (size_t i = 0; i < seat->count; i++) {
        user_close(seat->all[i]);
    }
    seat->count = 0;
    seat->thread = NULL;
    seat->state.log = NULL;
}

const char *conductor_tick(const struct users_order *order, struct log *log, double run_time_s,
                           uint64_t users, struct shape_wish *wish)
{
    struct state *state = &order->conductor->seat.state;
    state->log = log;
    bool ok = shape_tick(&order->shape, state, run_time_s, users, wish);
    state->log = NULL;
    if (ok) {
        return NULL;
    }
    remedy_name_flag(order, state->error.at);
    return state->error.at;
}
