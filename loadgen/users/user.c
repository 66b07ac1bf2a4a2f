#include "loadgen/users/user.h"

#include <lua5.4/lauxlib.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/users/lua/copy.h"
#include "loadgen/users/message/check.h"
#include "loadgen/users/remedy.h"
#include "loadgen/users/request/answer.h"
#include "loadgen/users/request/flight.h"
#include "loadgen/users/request/listeners.h"
#include "loadgen/users/seat.h"

enum { SETUP_ERROR_BYTES = 200 };

#define WAIT_MAX_S 1e9
#define WAIT_FAILED_S 1 /* wait after a wait function that fails */

void user_open(struct user *user, struct seat *seat, uint64_t number, const struct class *class,
               uint64_t start_ns)
{
    *user = (struct user){
        .seat = seat,
        .class = class,
        .number = number,
        .coroutine_ref = LUA_NOREF,
        .self_ref = LUA_NOREF,
        .due.key = start_ns,
        .outbox = {.seat = seat, .class = class},
    };
    heap_add(&seat->queue, &user->due);
}

/* Releases the user's Lua values. */
static void let_go(struct user *user)
{
    lua_State *lua = user->seat->state.lua;
    luaL_unref(lua, LUA_REGISTRYINDEX, user->coroutine_ref);
    luaL_unref(lua, LUA_REGISTRYINDEX, user->self_ref);
    user->coroutine_ref = user->self_ref = LUA_NOREF;
    user->coroutine = NULL;
    user->self = NULL;
    outbox_drop(&user->outbox);
    cookies_free(&user->cookies);
}

void user_close(struct user *user)
{
    outbox_drop(&user->outbox);
    owner_close(&user->owner);
    cookies_free(&user->cookies);
}

/* Pushes the user's own table of headers, which starts as a copy of its class's. */
static void push_headers(lua_State *lua, int table)
{
    lua_newtable(lua);
    if (lua_getfield(lua, table, "headers") == LUA_TTABLE) {
        lua_pushnil(lua);
        while (lua_next(lua, -2)) {
            lua_pushvalue(lua, -2);
            lua_insert(lua, -2);
            lua_rawset(lua, -5);
        }
    }
    lua_pop(lua, 1);
}

static void come_to_life(struct user *user)
{
    const struct class *class = user->class;
    lua_State *lua = user->seat->state.lua;
    luaL_checkstack(lua, 10, NULL);
    user->coroutine = state_new_coroutine(&user->seat->state);
    user->coroutine_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_createtable(lua, 0, 2);
    user->self = lua_topointer(lua, -1);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, class->table);
    push_headers(lua, lua_gettop(lua));
    lua_setfield(lua, -3, "headers");
    lua_pop(lua, 1);
    lua_pushinteger(lua, (lua_Integer)user->number + 1);
    lua_setfield(lua, -2, "number");
    lua_rawgeti(lua, LUA_REGISTRYINDEX, class->instances);
    lua_setmetatable(lua, -2);
    user->self_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
    atomic_fetch_add_explicit(&user->seat->goal->users, 1, memory_order_relaxed);
}

/* Sets self.setup. Arguments: self, and the user. */
static int give_setup(lua_State *lua)
{
    const struct user *user = lua_touserdata(lua, 2);
    lua_pushliteral(lua, "setup");
    copy_push(lua, user->seat->order->setup);
    lua_rawset(lua, 1);
    return 0;
}

/*
 * Copies the result of test_start to the user. False: out of memory; the run ends, because later
 * users would have none either.
 */
static bool take_setup(struct user *user)
{
    struct seat *seat = user->seat;
    struct state *state = &seat->state;
    char text[SETUP_ERROR_BYTES];
    double none = 0;
    if (!seat->order->setup) {
        return true;
    }
    lua_pushcfunction(state->lua, give_setup);
    lua_rawgeti(state->lua, LUA_REGISTRYINDEX, user->self_ref);
    lua_pushlightuserdata(state->lua, user);
    if (state_call(state, 2, &none)) {
        return true;
    }
    remedy_name_flag(seat->order, state->error.at);
    snprintf(text, sizeof text, "self.setup: %.*s", (int)strcspn(state->error.at, "\n"),
             state->error.at);
    exceptions_add(&seat->order->exceptions, text);
    seat_end_run(seat);
    return false;
}

/* Running. */

static void queue_at(struct user *user, uint64_t due_ns)
{
    user->due.key = due_ns;
    heap_add(&user->seat->queue, &user->due);
}

/* In a check, users run one after the other. */
static void start_next_check(struct user *user)
{
    struct seat *seat = user->seat;
    struct user *next = user + 1;
    if (seat->order->check && next < seat->users + seat->count && next->phase == USER_NEW) {
        heap_remove(&seat->queue, &next->due);
        queue_at(next, clock_now_ns());
    }
}

static void end_iteration(struct user *user)
{
    struct seat *seat = user->seat;
    user->is_in_task = false;
    if (user->is_iterating) {
        user->is_iterating = false;
        if (budget_end_one(&seat->goal->iterations)) {
            seat_end_run(seat);
        }
    }
}

static void pass_start(struct user *user)
{
    if (!user->is_past_start) {
        user->is_past_start = true;
        iterations_pass_start(&user->seat->iterations);
    }
}

/* Call this when the user has nothing in flight; the last answer may still have set cookies. */
static void close_connections(struct user *user)
{
    struct seat *seat = user->seat;
    owner_close(&user->owner);
    cookies_free(&user->cookies);
    if (seat->crowd && !user->is_expected) {
        user->next = seat->gone;
        seat->gone = user;
    }
}

static void end(struct user *user)
{
    end_iteration(user);
    pass_start(user);
    iterations_end_user(&user->seat->iterations);
    heap_remove(&user->seat->leaving, &user->leave);
    user->phase = USER_ENDED;
    user->seat->ended++;
    if (user->coroutine) { /* it has started */
        atomic_fetch_sub_explicit(&user->seat->goal->users, 1, memory_order_relaxed);
    }
    let_go(user);
    if (user->outbox.in_flight == 0) {
        close_connections(user);
    }
    start_next_check(user);
}

/* The class whose wait applies: the innermost set that has one, or the user's class. */
static const struct class *waiting_class(const struct user *user)
{
    for (unsigned i = user->depth; i > 0; i--) {
        const struct class *set = user->sets[i - 1].set;
        if (set->wait != LUA_NOREF || set->wait_s >= 0) {
            return set;
        }
    }
    return user->class;
}

/* Counts the error of the script that has just failed. */
static void add_exception(struct user *user)
{
    remedy_add_exception(user->seat->order, user->seat->state.error.at);
}

/* Ends the running function. Errors when its <close> variables are closed are counted, too. */
static void reset(struct user *user)
{
    if (!state_reset(&user->seat->state, user->coroutine)) {
        add_exception(user);
    }
}

/* Shows judged and fired results to the listeners. Returns how long that took, in nanoseconds. */
static uint64_t settle(struct user *user)
{
    if (!user->outbox.judged) {
        return 0;
    }
    uint64_t begin_ns = clock_now_ns();
    listeners_show(&user->outbox, user);
    return clock_now_ns() - begin_ns;
}

/* Seconds until the next task. */
static double wait_s(struct user *user)
{
    struct state *state = &user->seat->state;
    const struct class *class = waiting_class(user);
    double seconds = 0;
    if (class->wait == LUA_NOREF) {
        return class->wait_s;
    }
    lua_rawgeti(state->lua, LUA_REGISTRYINDEX, class->wait);
    lua_rawgeti(state->lua, LUA_REGISTRYINDEX, user->self_ref);
    state->user = user;
    if (!state_call(state, 1, &seconds)) {
        add_exception(user);
        seconds = WAIT_FAILED_S;
    }
    state->user = NULL;
    settle(user);
    return seconds > 0 ? fmin(seconds, WAIT_MAX_S) : 0;
}

static void stop(struct user *user);
static void leave_set(struct user *user);

/* Makes the user wait for its next task or, at a rate, for its next iteration. */
static void wait_until(struct user *user, uint64_t due_ns)
{
    user->phase = USER_WAITING;
    pass_start(user);
    if (user->seat->goal->pacing.is_on && !user->is_iterating) {
        iterations_set_free(&user->seat->iterations, &user->idle);
    } else {
        queue_at(user, due_ns);
    }
}

/* Ends the judging of all results of the script. */
static void record(struct user *user)
{
    outbox_record(&user->outbox, NULL);
    settle(user);
}

/* Call this when a function of the script has ended, in whatever way. */
static void function_ended(struct user *user)
{
    user->pause = PAUSE_NONE;
    outbox_drop(&user->outbox); /* of a list with a wrong request */
    record(user);
    if (user->is_in_task) {
        end_iteration(user);
    }
    if (user->is_stopping || user->phase == USER_STOPPING) {
        stop(user);
    } else {
        bool waits = user->phase == USER_WORKING && !user->skips_wait &&
                     !user->seat->order->check && !user->seat->goal->pacing.is_on;
        user->skips_wait = false;
        double seconds = waits ? wait_s(user) : 0;
        wait_until(user, clock_now_ns() + (uint64_t)(seconds * NS_PER_S));
    }
}

static void paused(struct user *user)
{
    struct seat *seat = user->seat;
    switch (user->pause) {
    case PAUSE_ANSWER:
        break;
    case PAUSE_SLEEP:
        heap_add(&seat->queue, &user->due);
        break;
    case PAUSE_USER_ENDS:
        user->is_stopping = true;
        reset(user);
        function_ended(user);
        break;
    case PAUSE_TASK_ENDS:
        reset(user);
        function_ended(user);
        break;
    case PAUSE_SET_ENDS:
        reset(user);
        leave_set(user);
        break;
    case PAUSE_NONE:
        exceptions_add(&seat->order->exceptions,
                       "coroutine.yield outside of a coroutine of the script");
        reset(user);
        function_ended(user);
        break;
    }
}

/*
 * Listeners are part of the user's script: its next request or sleep begins when they have
 * returned. If the request were sent earlier, its answer could arrive while they run, and would be
 * read late.
 */
static void settle_pause(struct user *user)
{
    uint64_t took_ns = settle(user);
    if (user->pause == PAUSE_SLEEP) {
        user->due.key += took_ns;
    } else if (user->pause == PAUSE_ANSWER && user->outbox.in_flight == 0) {
        outbox_send(&user->outbox);
        user->pause = user->outbox.in_flight > 0 ? PAUSE_ANSWER : PAUSE_USER_ENDS;
    }
}

/* Runs the coroutine with the arguments on its stack. */
static void run(struct user *user, int arguments, uint64_t ready_ns)
{
    struct state *state = &user->seat->state;
    user->pause = PAUSE_NONE;
    user->outbox.ready_ns = ready_ns;
    user->outbox.resumed_ns = clock_now_ns();
    state->user = user;
    enum state_result result = state_run(state, user->coroutine, arguments, STATE_RUN_NS);
    state->user = NULL;
    if (result == STATE_PAUSED) {
        settle_pause(user);
        paused(user);
        return;
    }
    if (result == STATE_FAILED) {
        add_exception(user);
        reset(user);
    }
    function_ended(user);
}

/* Calls a function of the script with self. */
static void call(struct user *user, int function, const char *name, uint64_t ready_ns)
{
    if (user->seat->order->check) {
        check_function(user->seat->order->check, user->class->name, name);
    }
    user->lacks_memory = false;
    luaL_checkstack(user->coroutine, 4, NULL);
    lua_rawgeti(user->coroutine, LUA_REGISTRYINDEX, function);
    lua_rawgeti(user->coroutine, LUA_REGISTRYINDEX, user->self_ref);
    run(user, 1, ready_ns);
}

static void start(struct user *user)
{
    come_to_life(user);
    user->phase = USER_STARTING;
    if (!take_setup(user)) {
        end(user);
        return;
    }
    if (user->class->on_start != LUA_NOREF) {
        call(user, user->class->on_start, "on_start", user->due.key);
    } else {
        wait_until(user, user->due.key);
    }
}

/* on_stop of the sets that the user is in, from the inside out, then its own. */
static void stop(struct user *user)
{
    user->phase = USER_STOPPING;
    while (user->depth > 0) {
        const struct class *set = user->sets[--user->depth].set;
        if (set->on_stop != LUA_NOREF) {
            call(user, set->on_stop, "on_stop of a task set", clock_now_ns());
            return;
        }
    }
    if (user->class->on_stop != LUA_NOREF && !user->has_stopped) {
        user->has_stopped = true;
        call(user, user->class->on_stop, "on_stop", clock_now_ns());
        return;
    }
    end(user);
}

/* Task sets. */

/* Leaves the innermost set; the user continues in the enclosing set or class, without a wait. */
static void leave_set(struct user *user)
{
    if (user->is_stopping) {
        function_ended(user);
        return;
    }
    const struct class *set = user->sets[--user->depth].set;
    user->skips_wait = true;
    if (user->is_in_task) {
        end_iteration(user);
    }
    if (set->on_stop != LUA_NOREF) {
        call(user, set->on_stop, "on_stop of a task set", clock_now_ns());
    } else {
        function_ended(user);
    }
}

/* Enters a set. True if its on_start runs. */
static bool enter_set(struct user *user, const struct class *set)
{
    user->sets[user->depth++] = (struct user_set){set, 0};
    if (set->on_start == LUA_NOREF) {
        return false;
    }
    user->skips_wait = true;
    call(user, set->on_start, "on_start of a task set", user->due.key);
    return true;
}

/* The next task; NULL: the check is complete. */
static const struct task *next_task(struct user *user)
{
    struct user_set *inner = user->depth > 0 ? &user->sets[user->depth - 1] : NULL;
    const struct class *class = inner ? inner->set : user->class;
    if (inner && (class->is_sequential || user->seat->order->check)) {
        return &class->tasks[inner->next++ % class->task_count];
    }
    if (!inner && user->seat->order->check) {
        return user->checked < class->task_count ? &class->tasks[user->checked++] : NULL;
    }
    return classes_pick(class, &user->seat->state.random);
}

/* True if, in a check, each task of the set has run once. */
static bool is_set_checked(const struct user *user)
{
    const struct user_set *inner = user->depth > 0 ? &user->sets[user->depth - 1] : NULL;
    return user->seat->order->check && inner && inner->next >= inner->set->task_count;
}

static void work(struct user *user)
{
    user->is_iterating = user->is_iterating || budget_take(&user->seat->goal->iterations);
    if (!user->is_iterating) {
        stop(user);
        return;
    }
    user->phase = USER_WORKING;
    if (is_set_checked(user)) {
        leave_set(user);
        return;
    }
    const struct task *task = next_task(user);
    user->task_ns = user->due.key;
    while (task && task->set) {
        if (enter_set(user, task->set)) {
            return;
        }
        task = next_task(user);
    }
    if (task) {
        user->is_in_task = true;
        call(user, task->function, task->name ? task->name : "task", user->due.key);
    } else {
        stop(user);
    }
}

void user_go(struct user *user)
{
    heap_remove(&user->seat->queue, &user->due);
    if (user->pause == PAUSE_SLEEP) {
        run(user, 0, user->due.key);
    } else if (user->phase == USER_NEW) {
        start(user);
    } else {
        work(user);
    }
}

void user_iterate(struct user *user, uint64_t due_ns)
{
    user->is_iterating = true;
    user->due.key = due_ns;
    work(user);
}

/* Answers. */

/* Pushes the answer or, for parallel(), adds it to the list on top of the stack. */
static void push_answer(struct flight *flight, const struct exchange *exchange)
{
    lua_State *lua = flight->user->coroutine;
    luaL_checkstack(lua, 5, NULL);
    if (!state_has_room(lua, answer_size(exchange, flight->url))) {
        flight->user->lacks_memory = true;
        lua_pushnil(lua);
    } else {
        answer_push(lua, exchange, flight->url);
        listeners_keep_answer(lua, flight->user->seat, flight);
    }
    if (flight->index > 0) {
        lua_rawseti(lua, -2, (lua_Integer)flight->index);
    }
}

/* Keeps the answer for listeners, if there is memory for it; the script does not continue. */
static void keep_answer(struct flight *flight, const struct exchange *exchange)
{
    struct seat *seat = flight->user->seat;
    lua_State *lua = seat->state.lua;
    if (seat->listener_count > 0 && state_has_room(lua, answer_size(exchange, flight->url))) {
        luaL_checkstack(lua, 5, NULL);
        answer_push(lua, exchange, flight->url);
        listeners_keep_answer(lua, flight->user->seat, flight);
        lua_pop(lua, 1);
    }
}

void user_answered(struct flight *flight, const struct exchange *exchange)
{
    struct user *user = flight->user;
    bool goes_on = user->phase != USER_ENDED && !user->is_cut;
    if (budget_end_one(&user->seat->goal->requests)) {
        seat_end_run(user->seat);
    }
    flight_take_cookies(flight, &user->cookies, exchange->capture);
    if (user->seat->order->check) {
        check_exchange(user->seat->order->check, exchange);
    }
    if (goes_on) {
        push_answer(flight, exchange);
    } else {
        keep_answer(flight, exchange);
    }
    outbox_end(&user->outbox, flight, exchange);
    if (user->outbox.in_flight > 0) {
        return; /* listeners also wait, because they would delay the reading of the other answers */
    }
    uint64_t took_ns = settle(user);
    if (goes_on && !user->outbox.is_cut_short) {
        run(user, 1,
            exchange->done_ns + took_ns); /* the time of the user's own listeners is not lag */
    } else if (user->phase != USER_ENDED) {
        user->is_cut = false;
        user->is_stopping |= user->outbox.is_cut_short;
        reset(user);
        function_ended(user);
    } else {
        record(user);
        close_connections(user);
    }
}

/* The end. */

void user_stop(struct user *user, bool may_finish)
{
    bool is_in_task = user->phase == USER_STARTING || user->phase == USER_WORKING;
    user->is_stopping = true;
    if (user->phase == USER_ENDED || user->phase == USER_STOPPING || (is_in_task && may_finish)) {
        return;
    }
    if (user->outbox.in_flight > 0) {
        user->is_cut = true;
        outbox_drop(&user->outbox);
        return;
    }
    heap_remove(&user->seat->queue, &user->due);
    if (user->phase == USER_NEW) {
        end(user);
        return;
    }
    if (is_in_task) {
        reset(user);
        user->pause = PAUSE_NONE;
        record(user);
    }
    stop(user);
}

void user_kill(struct user *user)
{
    if (user->phase != USER_ENDED) {
        heap_remove(&user->seat->queue, &user->due);
        record(user);
        end(user);
    }
}

/* For C functions. */

struct user *user_calling(lua_State *lua, const char *what)
{
    struct user *user = state_of(lua)->user;
    if (!user) {
        luaL_error(lua,
                   "%s: can be called only in on_start, on_stop, tasks, test_start and test_stop",
                   what);
    } else if (user->outbox.shown) {
        luaL_error(lua, "%s: cannot be called in a listener, which can only read results", what);
    } else if (lua == state_of(lua)->lua) {
        luaL_error(lua, "%s: cannot be called in a wait function; call it from the task", what);
    } else if (lua != user->coroutine) {
        luaL_error(lua, "%s: cannot be called in a coroutine of the script; call it from the task",
                   what);
    } else if (!lua_isyieldable(lua)) {
        luaL_error(lua,
                   "%s: cannot be called in a function that Lua's library calls, such as the "
                   "comparison of table.sort",
                   what);
    }
    return user;
}

/* Continues the script with this number of results on top of the stack. */
static int resumed(lua_State *lua, int status, lua_KContext results)
{
    struct user *user = state_of(lua)->user;
    (void)status;
    if (user->lacks_memory) {
        user->lacks_memory = false;
        return luaL_error(lua, "not enough memory for the response; " STATE_MORE_MEMORY);
    }
    return (int)results;
}

int user_pause(struct user *user, enum user_pause pause)
{
    user->pause = pause;
    return lua_yieldk(user->coroutine, 0, pause == PAUSE_ANSWER, resumed);
}
