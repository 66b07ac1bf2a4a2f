/* Not under tsan: one thread. Its record of calls overflows where Lua leaves ours by longjmp. */
/* What a scenario declares, and what is refused. */
#include <check.h>
#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/words.h"
#include "tests/support/scenario_text.h"

#define MB ((size_t)1024 * 1024)

static struct state state;
static struct classes classes;
static struct classes_filter filter;
static struct err err;

static void teardown(void)
{
    classes_free(&classes);
    state_close(&state);
}

static bool load(const char *text)
{
    err = (struct err){0};
    return scenario_text_load(text, &filter, &state, &classes, &err);
}

static void declare(const char *text)
{
    ck_assert_msg(load(text), "%s", err.text);
}

START_TEST(classes_are_what_was_declared)
{
    declare("local Base = User { wait = constant(1), host = 'http://127.0.0.1:5000/api/', weight = "
            "2 }\n"
            "Base:task(3, 'first', function(self) end)\n"
            "function Base:on_start() end\n"
            "local Reader = Base { weight = 4 }\n"
            "Reader:task('second', { tags = { 'read' } }, function(self) end)\n"
            "Writer = Base { fixed_count = 2 }\n"
            "local Empty = User { abstract = true }\n"
            "Unused = User { name = 'Guest', weight = 0.5 }\n"
            "Unused:task(function(self) end)\n");
    ck_assert_uint_eq(classes.count, 4);
    const struct class *reader = &classes.list[1];
    ck_assert_str_eq(classes.list[0].name, "Base");
    ck_assert_str_eq(reader->name, "Reader");
    ck_assert_str_eq(classes.list[2].name, "Writer");
    ck_assert_str_eq(classes.list[3].name, "Guest");
    ck_assert(reader->weight == 4 && classes.list[3].weight == 0.5);
    ck_assert_uint_eq(classes.list[2].fixed_count, 2);
    ck_assert_uint_eq(reader->task_count, 2);
    ck_assert_str_eq(reader->tasks[0].name, "first");
    ck_assert_str_eq(reader->tasks[1].name, "second");
    ck_assert(reader->tasks[0].until == 3 && reader->tasks[1].until == 4);
    ck_assert_str_eq(reader->host_text, "http://127.0.0.1:5000/api");
    ck_assert_int_ne(reader->on_start, LUA_NOREF);
    ck_assert_int_eq(reader->on_stop, LUA_NOREF);
    ck_assert_int_ne(reader->wait, LUA_NOREF);
}
END_TEST

START_TEST(a_base_without_tasks_has_no_users)
{
    declare("local Base = User {}\n"
            "local One = Base {}\n"
            "One:task(function() end)\n");
    ck_assert_uint_eq(classes.count, 1);
    ck_assert_str_eq(classes.list[0].name, "One");
}
END_TEST

/* Whatever scripts do with fields that look like ours, and with names. */
START_TEST(declarations_are_out_of_reach_of_scripts)
{
    declare(
        "S = TaskSet { name = 'a name ' .. 'of a set' } S:task({ name = 'in ' .. 'it' }, print)\n"
        "A = User {} A:task(print) A:task(S) A.base = A A.is_sequential = true\n"
        "rawset(A, 'tasks', { 1, 2 }) A:task(print) rawset(S, 'tasks', 5) S.base = 5\n"
        "S.name = nil\n"
        "B = A { wait = 1 } B.base = setmetatable({}, { __index = error })\n");
    lua_gc(state.lua, LUA_GCCOLLECT);
    ck_assert_uint_eq(classes.count, 2);
    ck_assert_uint_eq(classes.list[1].task_count, 3);
    ck_assert_str_eq(classes.list[1].tasks[1].name, "S");
    ck_assert_str_eq(classes.list[1].tasks[1].set->tasks[0].name, "in it");
}
END_TEST

START_TEST(scripts_have_fields_of_their_own)
{
    declare("A = User {} A:task(print) A.cart = {} A.page = 1 A.hosts = {} A.rate = 2 A.age = 3\n"
            "A[1] = 'x' A[('x'):rep(1e7)] = 1 A.wait = 1 A.weight = 2 function A:log_in() end\n"
            "S = TaskSet {} S:task(print) S.weight = 5 S.wait = 1 function S:on_start() end\n");
}
END_TEST

/* They were once those of strings that Lua could free. */
START_TEST(names_outlive_those_of_the_script)
{
    declare("S = TaskSet { name = ('set '):rep(30) } S:task(print)\n"
            "A = User {} A:task(S)\n");
    ck_assert_int_eq(luaL_dostring(state.lua, "S.name = nil"), LUA_OK);
    lua_gc(state.lua, LUA_GCCOLLECT);
    ck_assert_int_eq(luaL_dostring(state.lua, "for i = 100, 999 do S[i] = (i .. 'x'):rep(30) end"),
                     LUA_OK);
    ck_assert_uint_eq(strlen(classes.list[0].tasks[0].name), 120);
    ck_assert(strncmp(classes.list[0].tasks[0].name, "set set ", 8) == 0);
}
END_TEST

static const char tagged[] =
    "local Inner = TaskSet {} Inner:task('one', print)\n"
    "Inner:task('two', { tags = { 'write', 'slow' } }, print)\n"
    "local A = User {} A:task('three', { tags = { 'read' } }, print)\n"
    "A:task(Inner) A:task('tagged', { tags = { 'read' } }, Inner) A:task('four', print)\n"
    "local B = User {} B:task(print)\n";

static const struct {
    struct classes_filter filter;
    size_t classes;
    const char *tasks; /* of the first class; those of a set in brackets */
} filters[] = {
    {{NULL, NULL}, 2, "three Inner[one two] tagged[one two] four "},
    {{"read", NULL}, 1, "three tagged[one two] "},
    {{"write read", NULL}, 1, "three Inner[two] tagged[one two] "},
    {{NULL, "slow"}, 2, "three Inner[one] tagged[one] four "},
    {{"read,other", "slow,x"}, 1, "three tagged[one] "},
};

START_TEST(tags_choose_tasks)
{
    struct bytes found = {0};
    filter = filters[_i].filter;
    declare(tagged);
    ck_assert_uint_eq(classes.count, filters[_i].classes);
    const struct class *class = &classes.list[0];
    for (size_t i = 0; i < class->task_count; i++) {
        const struct class *set = class->tasks[i].set;
        bytes_add_text(&found, class->tasks[i].name);
        for (size_t k = 0; set && k < set->task_count; k++) {
            bytes_add_text(&found, k == 0 ? "[" : " ");
            bytes_add_text(&found, set->tasks[k].name);
        }
        bytes_add_text(&found, set ? "] " : " ");
    }
    bytes_add(&found, "", 1);
    ck_assert_str_eq(found.at, filters[_i].tasks);
    bytes_free(&found);
}
END_TEST

START_TEST(tags_are_those_of_the_declaration)
{
    filter = (struct classes_filter){.tags = "read"};
    declare("local t = { 'read' } local A = User {} A:task('one', { tags = t }, print)\n"
            "t[1] = 'write' for i = 2, 1e5 do t[i] = 'write' end\n");
    ck_assert_uint_eq(classes.count, 1);
    ck_assert_uint_eq(classes.list[0].task_count, 1);
}
END_TEST

START_TEST(users_are_dealt_by_weight_at_every_number)
{
    declare("A = User { weight = 3 } B = User { weight = 1 } C = User { fixed_count = 2 }\n"
            "for _, class in ipairs { A, B, C } do class:task(function() end) end\n");
    enum { USERS = 402 };
    uint64_t counts[3] = {0};
    struct deal deal;
    deal_init(&deal, &classes);
    for (int i = 0; i < USERS; i++) {
        const struct class *class = deal_next(&deal);
        counts[class->name[0] - 'A']++;
        double dealt = (double)(counts[0] + counts[1]);
        ck_assert_uint_eq(counts[2], i < 2 ? (uint64_t)i + 1 : 2);
        ck_assert(counts[0] <= 0.75 * dealt + 1 && counts[0] + 1 >= 0.75 * dealt);
    }
    ck_assert_uint_eq(counts[0], 300);
    deal_fini(&deal);
}
END_TEST

START_TEST(only_fixed_counts_are_not_exceeded)
{
    declare("A = User { fixed_count = 2 } A:task(function() end)\n");
    struct deal deal;
    deal_init(&deal, &classes);
    ck_assert_ptr_nonnull(deal_next(&deal));
    ck_assert_ptr_nonnull(deal_next(&deal));
    ck_assert_ptr_null(deal_next(&deal));
    deal_fini(&deal);
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} refused[] = {
    {"local x = = 1", "test.lua:1: unexpected symbol near '='"},
    {"\n\nlocal A = User { wieght = 1 }",
     "test.lua:3: User: unknown option \"wieght\"; did you mean weight"},
    {"User { wait_time = 1 }", "write wait"},
    {"User { weight = -1 }", "weight: expected a number of at least 0"},
    {"x = 1", "no users: declare a class"},
    {"A = User {}", "A has no tasks; write A:task("},
    {"A = User {} A:task(3, 'x')", "task: expected Class:task("},
    {"A = User {} A:task({ tag = 'x' }, print)", "task: unknown option \"tag\"; did you mean tags"},
    {"A = User {} A:task(print)\nfunction A:on_strat() end",
     "test.lua:2: unknown field \"on_strat\"; did you mean on_start?"},
    {"A = User {} A:task(print) function A:on_end() end",
     "A:on_end: names that begin with on_ are reserved"},
    {"A = User {}\nA.wiat = constant(1) A:task(print)",
     "test.lua:2: unknown field \"wiat\"; did you mean wait?"},
    {"A = User {} A:task(print) A.hots = 'http://a'", "did you mean host?"},
    {"A = User { abstract = true } B = A {} B.wegiht = 2", "did you mean weight?"},
    {"S = TaskSet {} function S:onstop() end", "did you mean on_stop?"},
    {"S = TaskSet {} S.nmae = 'x'", "did you mean name?"},
    {"A = User {} A.wait_time = between(1, 2)", "test.lua:1: wait_time: write wait"},
    {"A = User { host = 'target:5000' } A:task(print)", "A: host: \"target:5000\" is not a URL"},
    {"\nA = User { wait = 'x' } A:task(print)", "test.lua:2: A: wait: expected between(1, 3)"},
    {"A = User { tasks = {} }", "test.lua:1: User: unknown option \"tasks\"; write Class:task("},
    {"A = User {}\nA.tasks = nil A:task(print)", "test.lua:2: tasks: declare each one with Class:"},
    {"A = User {}\nA:task(print) A.tasks = { print }", "test.lua:2: tasks: declare each one with"},
    {"A = User {} A:task(print) A.weight = 'x'", "test.lua:1: A: weight: expected a number"},
    {"A = User {} A:task(print) A.weight = 0 / 0", "A: weight: expected a number of at least 0"},
    {"A = User { fixed_count = 1 } A:task(print) A.fixed_count = -1", "A: fixed_count: expected"},
    {"A = User { weight = 1 / 0 }", "User: weight: expected a number of at least 0 and at most"},
    {"A = User {} A:task(print) A.host = {}", "test.lua:1: A: host: expected a URL"},
    {"A = User {} A:task(print) A.headers = 'x'", "test.lua:1: A: headers: expected a table"},
    {"A = User {} A:task(print) A.on_start = 5",
     "test.lua:1: on_start: expected a function, not a number"},
    {"S = TaskSet { wait = 'x' } S:task(print) A = User {} A:task(S)",
     "test.lua:1: wait: expected"},
    {"A = User {} A:task({ weight = 'x' }, print)", "test.lua:1: task: weight: expected a number"},
    {"A = User {} A:task({ name = 5 }, print)", "test.lua:1: task: name: expected a string"},
    {"A = User {} A:task(('x'):rep(201), print)",
     "test.lua:1: task: name: expected a string of at"},
    {"A = User { name = ('x'):rep(201) } A:task(print)",
     "test.lua:1: name: expected a string of at most 200"},
    {"User { [('x'):rep(1e7)] = 1 }", "test.lua:1: User: unknown option of more than 64 bytes"},
    {"for i = 1, 1001 do User {} end", "test.lua:1: User: more than 1000 classes"},
    {"local s = TaskSet {} s:task(print) for i = 1, 8e4 do s = s {} end\ns.wait = 1\n"
     "function s:on_start() end function s:on_stop() end A = User {} A:task(s)",
     "test.lua:1: TaskSet: more than 100 levels of inheritance"},
    {"local s = User { abstract = true }\nfor i = 1, 100 do s = s {} end",
     "test.lua:2: User: more than 100 levels of inheritance"},
    {"S = TaskSet {} S:task(print) for d = 1, 7 do local T = TaskSet {} for i = 1, 9 do T:task(S) "
     "end "
     "S = T end\nA = User {} A:task(S)",
     "more than 10000 task sets"},
    {"B = User { abstract = true } for i = 1, 2e4 do B:task(print) end\nfor i = 1, 99 do B {} end",
     "more than 1000000 tasks"},
    {"A = User {} A:task({ tags = 'x' }, print)", "test.lua:1: task: tags: expected a list"},
    {"S = TaskSet { weight = 1 }", "TaskSet: unknown option \"weight\""},
    {"S = TaskSet {} S:task(S) A = User {} A:task(S)",
     "nested more than 8 levels deep, or contain themselves"},
    {"A = User {} A:task(User {})", "expected Class:task("},
    {"A = User {} local t = {} for i = 1, 101 do t[i] = 'x' end\nA:task({ tags = t }, print)",
     "test.lua:2: task: tags: more than 100"},
    {"A = User {} A:task({ tags = { print } }, print)", "test.lua:1: task: tags: expected a list"},
    {"A = User {} A:task({ tags = { ('x'):rep(201) } }, print)",
     "test.lua:1: task: tags: expected a list of strings of at most 200 bytes"},
    {"error('my words')", "test.lua:1: my words"},
    {"table.insert({}, 5, 1)", "test.lua:1: bad argument #2 to 'insert' (position out of bounds)"},
    {"string.format('%d', 'x')", "test.lua:1: bad argument #2 to 'format' (number expected"},
    {"error({})", "the error value is a table, not a string"},
    {"local function f() error('deep') end\nf()", "in local 'f'"},
    {"\nlocal A = User { wait = betwen(1, 2) }",
     "test.lua:2: attempt to call a nil value (global 'betwen'); did you mean between?\n"},
    {"local A = Usr {}", "(global 'Usr'); did you mean User?\n"},
    {"local A = User {}\nA:tsk(print)",
     "test.lua:2: attempt to call a nil value (method 'tsk'); did you mean task?\n"},
    {"json.encod {}",
     "test.lua:1: attempt to call a nil value (field 'encod'); did you mean encode?\n"},
    {"nothing_like_it()", "attempt to call a nil value (global 'nothing_like_it')\n"},
    {"local t = {} t:getter()", "attempt to call a nil value (method 'getter')\n"},
    {"sleep(1)", "sleep: can be called only in on_start"},
    {"User.get({}, '/')", "GET: can be called only in on_start"},
    {"coroutine.yield()", "coroutine.yield outside of a coroutine of the script"},
};

START_TEST(what_is_wrong_is_said_with_its_line)
{
    ck_assert(!load(refused[_i].text));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, refused[_i].message) != NULL, "%s", err.text);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* A scenario in a folder that has rows.csv, with a secret file outside. */
static const char reads[] =
    "assert(read_file('rows.csv') == 'anna,1\\nbert,2\\n' and read_file('empty') == '')\n"
    "assert(read_file('./sub/../rows.csv') == read_file('sub/same.csv'))\n"
    "for name, why in pairs { ['../secret'] = 'it is not in', ['/etc/passwd'] = 'it is not in',\n"
    "  link = 'it is not in', sub = 'not a regular', ['.'] = 'it is not in', pipe = 'not a "
    "regular',"
    "\n  none = 'No such file', ['rows.csv\\0'] = 'NUL', ['../in-other/rows.csv'] = 'it is not in'"
    ",\n  [('x'):rep(5000)] = 'too long', ['sub/../../secret'] = 'it is not in' } do\n"
    "  local ok, message = pcall(read_file, name)\n"
    "  assert(not ok and message:find('read_file: ', 1, true) and message:find(why, 1, true), "
    "message)"
    "\nend\n"
    "late = read_file\n"
    "A = User {} A:task(function() late('rows.csv') end)\n";

START_TEST(files_of_the_folder_are_read_at_load_time)
{
    char command[512];
    char path[64];
    char root[] = "/tmp/test_scenario.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(command, sizeof command,
             "cd %s && mkdir -p in/sub in-other && printf 'anna,1\\nbert,2\\n' >in/rows.csv && "
             "cp in/rows.csv in-other && : >in/empty && echo secret >secret && "
             "ln -s ../secret in/link && ln -s ../rows.csv in/sub/same.csv && mkfifo in/pipe",
             root);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c): a test's own words
    snprintf(path, sizeof path, "%s/in/test.lua", root);
    write_file(path, reads);
    struct scenario scenario;
    err = (struct err){0};
    bool ok = scenario_open(&scenario, path, 32 * MB, &err) &&
              words_open(&state, 32 * MB, 1, &err) &&
              scenario_load(&scenario, NULL, &filter, &state, &classes, &err);
    scenario_close(&scenario);
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c): a test's own words
    ck_assert_msg(ok, "%s", err.text);
    /* A user reads nothing. */
    lua_State *coroutine = lua_newthread(state.lua);
    lua_rawgeti(coroutine, LUA_REGISTRYINDEX, classes.list[0].tasks[0].function);
    ck_assert_int_eq(state_run(&state, coroutine, 0, NS_PER_S), STATE_FAILED);
    ck_assert_msg(
        strstr(state.error.at, "read_file: can be called only while the scenario is loaded"), "%s",
        state.error.at);
}
END_TEST

/* A file of this text is opened and loaded. */
static bool load_file(const char *text)
{
    char path[] = "/tmp/test_scenario.XXXXXX";
    struct scenario scenario;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    write_file(path, text);
    err = (struct err){0};
    bool ok = scenario_open(&scenario, path, 32 * MB, &err) &&
              words_open(&state, 32 * MB, 1, &err) &&
              scenario_load(&scenario, NULL, &filter, &state, &classes, &err);
    scenario_close(&scenario);
    unlink(path);
    return ok;
}

static const char *const python[] = {
    "from locust import HttpUser\n",
    "# comment\nimport time\nendpoint = 1\n",
    "\nclass A(HttpUser):\n    pass\n",
};

START_TEST(a_python_file_is_recognised)
{
    ck_assert(!load_file(python[_i]));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, "is a Python file") && strstr(err.text, "docs/scenarios.md"),
                  "%s", err.text);
}
END_TEST

/* Words of Python in its comments and texts. */
START_TEST(lua_is_not_taken_for_python)
{
    static const char lua[] = "--[[\nimport the users\nclass of 2026:\n]]\n"
                              "local text = [[\nfrom here on\n@task\ndef x():\n]]\n"
                              "local A = User {}\nA:task(print)\n";
    char text[512];
    ck_assert_msg(load_file(lua), "%s", err.text);
    teardown();
    snprintf(text, sizeof text, "%sA:task(\n", lua);
    ck_assert(!load_file(text));
    ck_assert_msg(strstr(err.text, ":13: unexpected symbol near <eof>"), "%s", err.text);
}
END_TEST

Suite *scenario_suite(void);
Suite *scenario_suite(void)
{
    Suite *suite = suite_create("scenario");
    TCase *tc = tcase_create("scenario");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, classes_are_what_was_declared);
    tcase_add_test(tc, a_base_without_tasks_has_no_users);
    tcase_add_test(tc, declarations_are_out_of_reach_of_scripts);
    tcase_add_test(tc, scripts_have_fields_of_their_own);
    tcase_add_test(tc, names_outlive_those_of_the_script);
    tcase_add_loop_test(tc, tags_choose_tasks, 0, sizeof filters / sizeof *filters);
    tcase_add_test(tc, tags_are_those_of_the_declaration);
    tcase_add_test(tc, users_are_dealt_by_weight_at_every_number);
    tcase_add_test(tc, only_fixed_counts_are_not_exceeded);
    tcase_add_loop_test(tc, what_is_wrong_is_said_with_its_line, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_test(tc, files_of_the_folder_are_read_at_load_time);
    tcase_add_loop_test(tc, a_python_file_is_recognised, 0, sizeof python / sizeof *python);
    tcase_add_test(tc, lua_is_not_taken_for_python);
    suite_add_tcase(suite, tc);
    return suite;
}
