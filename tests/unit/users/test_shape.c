/* Not under tsan: one thread. */
/* Shapes of scenarios, and values that are copied from one state to another. */
#include <check.h>
#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/users/lua/copy.h"
#include "loadgen/users/scenario/scenario.h"
#include "loadgen/users/scenario/shape.h"
#include "loadgen/users/words.h"

#define MB ((size_t)1024 * 1024)
#define A_USER "A = User {} A:task(print)\n"

static struct state state;
static struct classes classes;
static struct classes_filter filter;
static struct shape shape;
static struct err err;

static void teardown(void)
{
    classes_free(&classes);
    shape_free(&shape);
    state_close(&state);
}

static bool load(const char *text)
{
    struct scenario scenario = {.path = "test.lua"};
    err = (struct err){0};
    bytes_add_text(&scenario.text, text);
    bool ok = words_open(&state, 32 * MB, 1, &err) &&
              scenario_load(&scenario, NULL, &filter, &state, &classes, &err);
    scenario_close(&scenario);
    if (ok) {
        shape_read(&shape, state.lua);
    }
    return ok;
}

START_TEST(stages_are_what_was_declared)
{
    char words[SHAPE_WORDS];
    ck_assert_msg(load(A_USER "Shape { { duration = 1.5, users = 10, spawn_rate = 0.5 },\n"
                              "{ ends_at = 4, users = 0, spawn_rate = 100 },\n"
                              "{ duration = 2, users = 20 / 2, spawn_rate = 1 } }"),
                  "%s", err.text);
    ck_assert(shape.is_on && !shape.has_tick);
    ck_assert_uint_eq(shape.count, 3);
    ck_assert_uint_eq(shape.stages[0].at_ns, 0);
    ck_assert_uint_eq(shape.stages[1].at_ns, 3 * NS_PER_S / 2);
    ck_assert_uint_eq(shape.stages[2].at_ns, 4 * NS_PER_S);
    ck_assert_uint_eq(shape.end_ns, 6 * NS_PER_S);
    ck_assert_uint_eq(shape.most_users, 10);
    ck_assert_uint_eq(shape.stages[1].users, 0);
    ck_assert(shape.stages[0].per_s == 0.5);
    ck_assert_str_eq(shape_print(&shape, words), "up to 10 users in 3 stages");
}
END_TEST

START_TEST(without_a_shape_there_is_none)
{
    ck_assert_msg(load(A_USER), "%s", err.text);
    ck_assert(!shape.is_on);
}
END_TEST

/* Each is on line 2. */
static const struct {
    const char *text;
    const char *message;
} refused[] = {
    {"Shape()", "test.lua:2: Shape: expected stages, as in Shape {"},
    {"Shape {}", "test.lua:2: Shape: expected stages"},
    {"Shape { duration = 1, users = 1, spawn_rate = 1 }", "test.lua:2: Shape: expected stages"},
    {"Shape { 5 }", "test.lua:2: Shape: expected stages"},
    {"local s = {} for i = 1, 20 do s[i] = { duration = 1e9, users = 1, spawn_rate = 1 } end "
     "Shape(s)",
     "test.lua:2: Shape: stage 2: it ends more than 1000000000 seconds after the start of the run"},
    {"Shape { { users = 1, spawn_rate = 1 } }",
     "test.lua:2: Shape: stage 1: expected either duration, the length of the stage, or ends_at"},
    {"Shape { { duration = 1, ends_at = 1, users = 1, spawn_rate = 1 } }",
     "Shape: stage 1: expected either duration"},
    {"Shape { { duration = 0, users = 1, spawn_rate = 1 } }",
     "Shape: stage 1: duration: expected seconds, more than 0"},
    {"Shape { { duration = '5', users = 1, spawn_rate = 1 } }", "duration: expected seconds"},
    {"Shape { { duration = 5, users = 1, spawn_rate = 1 }, { ends_at = 5, users = 1, spawn_rate = "
     "1 } }",
     "Shape: stage 2: ends_at: must be after the end of the stage before it, 5.0"},
    {"Shape { { duration = 1, users = 1.5, spawn_rate = 1 } }",
     "Shape: stage 1: users: expected a whole number of users, 0 to 1000000"},
    {"Shape { { duration = 1, users = 1000001, spawn_rate = 1 } }", "stage 1: users: expected"},
    {"Shape { { duration = 1, users = '1', spawn_rate = 1 } }", "stage 1: users: expected"},
    {"Shape { { duration = 1, users = 1 } }",
     "Shape: stage 1: spawn_rate: expected a number of users per second, more than 0"},
    {"Shape { { duration = 1, users = 1, spawn_rate = 1 / 0 } }", "spawn_rate: expected"},
    {"Shape { { duration = 1, user = 1, spawn_rate = 1 } }",
     "Shape: unknown option \"user\"; did you mean users"},
    {"Shape { { duration = 1, users = 1, spawn_rate = 1, user_classes = { A } } }",
     "Shape: stage 1: user_classes: a shape cannot choose classes"},
    {"Shape { tick = 5 }", "test.lua:2: Shape: tick: expected a function"},
    {"Shape { tick = print, { duration = 1, users = 1, spawn_rate = 1 } }",
     "Shape: options are written { name = value }; found a value without a name"},
    {"for i = 1, 2 do Shape { tick = print } end",
     "test.lua:2: Shape: a scenario has one shape, and this is the second"},
};

START_TEST(what_is_wrong_is_said_with_its_line)
{
    char text[512];
    snprintf(text, sizeof text, A_USER "%s", refused[_i].text);
    ck_assert(!load(text));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, refused[_i].message) != NULL, "%s", err.text);
}
END_TEST

static bool tick(double run_time_s, uint64_t users, struct shape_wish *wish)
{
    *wish = (struct shape_wish){0};
    return shape_tick(&shape, &state, run_time_s, users, wish);
}

START_TEST(tick_says_how_many)
{
    struct shape_wish wish;
    ck_assert_msg(load(A_USER "Shape { tick = function(run_time, users)\n"
                              "if run_time < 10 then return users + run_time // 1, 0.5 end end }"),
                  "%s", err.text);
    ck_assert(shape.is_on && shape.has_tick);
    ck_assert_msg(tick(2.5, 7, &wish), "%s", state.error.at);
    ck_assert_uint_eq(wish.users, 9);
    ck_assert(wish.per_s == 0.5 && !wish.ends);
    ck_assert(tick(10, 7, &wish) && wish.ends);
}
END_TEST

static const struct {
    const char *body;
    const char *message;
} wrong[] = {
    {"return 'x', 1", "test.lua:2: tick: its first result: expected a whole number of users"},
    {"return 1.5, 1", "test.lua:2: tick: its first result: expected a whole number"},
    {"return -1, 1", "test.lua:2: tick: its first result"},
    {"return 1", "test.lua:2: tick: its second result, the spawn rate: expected a number of users"},
    {"return 1, 0", "test.lua:2: tick: its second result"},
    {"return 1, 1, { A }", "test.lua:2: tick: its third result: a shape cannot choose classes"},
    {"\nerror('my words')", "test.lua:3: my words"},
    {"\nlocal x = nothing.y", "test.lua:3: attempt to index a nil value"},
    {"sleep(1)", "sleep: can be called only in on_start, on_stop, tasks, test_start"},
    {"quit()", "quit: can be called only in on_start, on_stop, tasks, test_start"},
    {"while true do end", "ran for too long"},
};

START_TEST(errors_in_tick_name_file_and_line)
{
    char text[512];
    struct shape_wish wish;
    snprintf(text, sizeof text, A_USER "Shape { tick = function(run_time, users) %s end }",
             wrong[_i].body);
    ck_assert_msg(load(text), "%s", err.text);
    ck_assert(!tick(1, 1, &wish));
    ck_assert_msg(strstr(state.error.at, wrong[_i].message) != NULL, "%s", state.error.at);
}
END_TEST

/* Copying. */

static struct bytes copied;

static int copy_first(lua_State *lua)
{
    bytes_clear(&copied);
    copy_write(lua, 1, "setup", &copied);
    return 0;
}

/* Runs the text with the globals of a new scenario's state. */
static const char *run(const char *text)
{
    lua_State *lua = state.lua;
    bool ok = luaL_loadstring(lua, text) == LUA_OK && lua_pcall(lua, 0, 0, 0) == LUA_OK;
    return ok ? NULL : lua_tostring(lua, -1);
}

static void open_state(void)
{
    ck_assert_msg(load(A_USER), "%s", err.text);
    lua_register(state.lua, "copy", copy_first);
}

START_TEST(values_are_copied)
{
    open_state();
    const char *problem = run(
        "local shared = { 1 }\n"
        "copy { 5, 5.0, -0.5, 'a\\0b', '', true, false, null, array {}, { [1.5] = 'x', [true] = "
        "{} }, json.decode('[]'), n = { n = { n = math.mininteger } }, "
        "twice = { shared, shared } }");
    ck_assert_msg(!problem, "%s", problem);
    teardown();
    memset(&classes, 0, sizeof classes);
    open_state();
    copy_push(state.lua, &copied);
    lua_setglobal(state.lua, "got");
    problem = run("assert(math.type(got[1]) == 'integer' and got[1] == 5)\n"
                  "assert(math.type(got[2]) == 'float' and got[2] == 5 and got[3] == -0.5)\n"
                  "assert(got[4] == 'a\\0b' and got[5] == '' and got[6] == true)\n"
                  "assert(got[7] == false and got[8] == null)\n"
                  "assert(json.encode(got[9]) == '[]' and json.encode(got[11]) == '[]')\n"
                  "assert(got[10][1.5] == 'x' and json.encode(got[10][true]) == '{}')\n"
                  "assert(got.n.n.n == math.mininteger)\n"
                  "assert(got.twice[1][1] == 1 and got.twice[1] ~= got.twice[2])\n");
    ck_assert_msg(!problem, "%s", problem);
    bytes_free(&copied);
}
END_TEST

/* Of bytes that somebody sent: what copy_check lets pass can be read. */
START_TEST(bytes_that_are_no_copy_are_refused)
{
    static const char not_a_number[] = "{d\0\0\0\0\0\0\xf8\x7f"
                                       "t}";
    open_state();
    ck_assert_ptr_null(
        run("copy { 5, 0.5, 'text', true, null, array { {} }, n = { [1.5] = 'x' } }"));
    ck_assert(copy_check((struct slice){copied.at, copied.length}));
    for (size_t length = 0; length < copied.length; length++) {
        ck_assert(!copy_check((struct slice){copied.at, length}));
    }
    ck_assert(!copy_check((struct slice){not_a_number, sizeof not_a_number - 1}));
    for (size_t i = 0; i < copied.length; i++) {
        char before = copied.at[i];
        for (int byte = 0; byte < 256; byte++) {
            copied.at[i] = (char)byte;
            if (copy_check((struct slice){copied.at, copied.length})) {
                copy_push(state.lua, &copied);
                lua_pop(state.lua, 1);
            }
        }
        copied.at[i] = before;
    }
    bytes_free(&copied);
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} not_copied[] = {
    {"copy(print)", "setup: a function cannot be copied to the users; only strings"},
    {"copy { shops = { 1, 2, print } }", "setup.shops[3]: a function cannot be copied"},
    {"copy { [print] = 1 }", "setup[function]: a function cannot be copied"},
    {"copy { c = coroutine.create(print) }", "setup.c: a thread cannot be copied"},
    {"local t = {} t.t = t copy(t)", "nested more than 100 levels deep, or contain themselves"},
    {"copy { ('x'):rep(600000), ('x'):rep(600000) }", "setup[2]: more than 1048576 bytes"},
};

START_TEST(what_cannot_be_copied_is_named)
{
    open_state();
    const char *problem = run(not_copied[_i].text);
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, not_copied[_i].message) != NULL, "%s", problem);
    bytes_free(&copied);
}
END_TEST

Suite *shape_suite(void);
Suite *shape_suite(void)
{
    Suite *suite = suite_create("shape");
    TCase *tests = tcase_create("shape");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, stages_are_what_was_declared);
    tcase_add_test(tests, without_a_shape_there_is_none);
    tcase_add_loop_test(tests, what_is_wrong_is_said_with_its_line, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_test(tests, tick_says_how_many);
    tcase_add_loop_test(tests, errors_in_tick_name_file_and_line, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, values_are_copied);
    tcase_add_test(tests, bytes_that_are_no_copy_are_refused);
    tcase_add_loop_test(tests, what_cannot_be_copied_is_named, 0,
                        sizeof not_copied / sizeof *not_copied);
    suite_add_tcase(suite, tests);
    return suite;
}
