/* What a scenario declares, what is refused, and what scripts cannot do. */
#include <check.h>
#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/scenario/scenario.h"
#include "loadgen/users/words.h"

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
    struct scenario scenario = {.path = "test.lua"};
    err = (struct err){0};
    bytes_add_text(&scenario.text, text);
    bool ok = words_open(&state, 32 * MB, 1, &err) &&
              scenario_load(&scenario, NULL, &filter, &state, &classes, &err);
    scenario_close(&scenario);
    return ok;
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
     "test.lua:3: User: unknown option \"wieght\"; the nearest is weight"},
    {"User { wait_time = 1 }", "write wait"},
    {"User { weight = -1 }", "weight: expected a number of at least 0"},
    {"x = 1", "no users: declare a class"},
    {"A = User {}", "A has no tasks; write A:task("},
    {"A = User {} A:task(3, 'x')", "task: expected Class:task("},
    {"A = User {} A:task({ tag = 'x' }, print)",
     "task: unknown option \"tag\"; the nearest is tags"},
    {"A = User {} A:task(print) function A:on_strat() end",
     "A:on_strat: users have on_start and on_stop"},
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
     "nested more than 8 deep, or contain themselves"},
    {"A = User {} A:task(User {})", "expected Class:task("},
    {"error('my words')", "test.lua:1: my words"},
    {"error({})", "the error value is a table, not a string"},
    {"local function f() error('deep') end\nf()", "in local 'f'"},
    {"\nlocal A = User { wait = betwen(1, 2) }",
     "test.lua:2: attempt to call a nil value (global 'betwen'); the nearest is between\n"},
    {"local A = Usr {}", "(global 'Usr'); the nearest is User\n"},
    {"local A = User {}\nA:tsk(print)",
     "test.lua:2: attempt to call a nil value (method 'tsk'); the nearest is task\n"},
    {"json.encod {}",
     "test.lua:1: attempt to call a nil value (field 'encod'); the nearest is encode\n"},
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

/* Each of these must raise an error: it would reach out of the sandbox, or burn it down. */
static const char *const forbidden[] = {
    "io.open('/etc/passwd')",
    "os.execute('true')",
    "os.exit(1)",
    "os.remove('x')",
    "require 'x'",
    "dofile('x')",
    "loadfile('x')",
    "debug.getregistry()",
    "package.loadlib('x', 'y')",
    "collectgarbage('stop')",
    "setmetatable({}, { __gc = print })",
    "string.dump(print)",
    "assert(load('\\27Lua', 'x', 'b'))",
    "('x'):rep(1e9)",
    "string.rep('', 1e9, 'x')",
    "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end",
    "local s = 'x' while true do s = s .. s end",
    "getmetatable(null).x = 1",
    "getmetatable(array {}).__gc = print",
    "getmetatable(json.decode('[]')).__index = print",
    "getmetatable(User).__call = print",
    "getmetatable(TaskSet {}).__index = print",
    "setmetatable(TaskSet {}, { __index = print })",
    "array(TaskSet {})",
    "array(setmetatable({}, {}))",
    "table.move({}, 1, 1e15, 2)",
    "table.sort(setmetatable({}, { __len = function() return 1e9 end }))",
    "table.concat(setmetatable({}, { __index = rawlen }), '', 1, 1e9)",
    "table.concat(setmetatable({}, { __index = table.concat }), '', 1, 1e15)",
    "table.insert(setmetatable({}, { __len = function() return 1e15 end }), 1, 'x')",
    "table.remove(setmetatable({}, { __len = function() return 1e15 end }), 1)",
    ("local n = 0 local function len() n = n + 1 return n > 1 and 1e9 or 1 end "
     "table.sort(setmetatable({}, { __len = len }), rawequal)"),
};

START_TEST(scripts_stay_in_their_sandbox)
{
    char text[512];
    snprintf(text, sizeof text, "assert(not pcall(function() %s end))\n A = User {} A:task(print)",
             forbidden[_i]);
    declare(text);
    ck_assert_uint_le(state.used_bytes, 40 * MB);
}
END_TEST

START_TEST(what_is_harmless_works)
{
    declare(
        "assert(load('return 1')() == 1)\n"
        "assert(('ab'):rep(3, '-') == 'ab-ab-ab' and ('x'):rep(0) == '' and (''):rep(1e9) == '')\n"
        "assert(os.time() > 0 and os.getenv('PATH') and os.date('%Y'))\n"
        "assert(setmetatable({}, { __index = { x = 1 } }).x == 1)\n"
        "assert(#uuid() == 36 and uuid() ~= uuid())\n"
        "for _ = 1, 1000 do\n"
        "  local n = random(2, 4) assert(n >= 2 and n <= 4 and math.type(n) == 'integer')\n"
        "  n = random() assert(n >= 0 and n < 1)\n"
        "  n = between(1, 3)() assert(n >= 1 and n <= 3)\n"
        "end\n"
        "local t = { 'b', 'a' } table.insert(t, 1, 'c') assert(table.concat(t, '-') == 'c-b-a')\n"
        "table.sort(t) assert(table.concat(t, '', 2) == 'bc' and table.remove(t, 1) == 'a')\n"
        "assert(table.concat({ 1, 2, 3 }, ',', 2, 3) == '2,3' and table.concat {} == '')\n"
        "assert(choice { 7 } == 7 and constant(2)() == 2 and poisson(5)() >= 0)\n"
        "A = User {} A:task(print)\n");
}
END_TEST

START_TEST(json_keeps_what_it_is_given)
{
    declare(
        "local function same(text) local t = json.encode(json.decode(text)) assert(t == text, "
        "t) end\n"
        "same '{\"a\":null,\"b\":[],\"c\":{},\"d\":[1,2.5,\"x\",true,[[]]]}'\n"
        "same '5' same '5.0' same '-9223372036854775808' same '\"\\\\u0000\\\\\"\"'\n"
        "assert(json.encode { 1, 2 } == '[1,2]' and json.encode {} == '{}')\n"
        "assert(json.encode(array {}) == '[]' and json.encode { x = null } == '{\"x\":null}')\n"
        "assert(json.encode { b = 1, a = 2, c = { 10 / 2, 7 // 2 } } == "
        "'{\"a\":2,\"b\":1,\"c\":[5.0,3]}')\n"
        "assert(json.encode { 19.99, 0.1 + 0.2, 1 / 3, 1e22, -1e-7, '19.989999999999998', 5e-324 } "
        "== '[19.99,0.30000000000000004,0.3333333333333333,1e22,-1e-07,\"19.989999999999998\",'\n"
        "  .. '4.94065645841247e-324]')\n"
        "local loop = {} loop.x = loop\n"
        "local wide = {} for _ = 1, 60 do wide = { wide, wide } end\n"
        "for _, bad in ipairs { loop, wide, { [2] = 1 }, { 1, x = 1 }, { x = print }, { 0/0 }, "
        "'\\xff' } do\n"
        "  local ok, why = pcall(json.encode, bad) assert(not ok and why:find 'JSON: ', why)\n"
        "end\n"
        "local ok, why = pcall(json.decode, '{\"a\":')\n"
        "assert(not ok and why:find('json.decode: line 1, column 5', 1, true), why)\n"
        "A = User {} A:task(print)\n");
}
END_TEST

/* What jansson holds is part of the memory of scripts; so is the text. */
START_TEST(json_is_bounded_by_the_memory_of_scripts)
{
    struct rusage usage;
    declare(
        "local function refused(f, x)\n"
        "  local ok, why = pcall(f, x)\n"
        "  assert(not ok and why:find('not enough memory; raise users.script_memory', 1, true))\n"
        "end\n"
        "local text, list = ('x'):rep(1e6), {}\n"
        "for i = 1, 2000 do list[i] = text end\n"
        "refused(json.encode, list)\n"
        "for i = 1, 2000 do list[i] = '\\1' .. text:sub(1, 10000) end\n"
        "assert(#json.encode { list[1] } > 10000)\n"
        "list = {} for i = 1, 800000 do list[i] = 1 end refused(json.encode, list) list = nil\n"
        "refused(json.decode, '[' .. ('0,'):rep(4e6) .. '0]')\n"
        "assert(#json.decode('[' .. ('0,'):rep(1e5) .. '\"[,,\\\\\"\"]') == 100001)\n"
        "for _ = 1, 20 do assert(json.decode(json.encode { text })[1] == text) end\n"
        "A = User {} A:task(print)\n");
    getrusage(RUSAGE_SELF, &usage);
    ck_assert_int_lt(usage.ru_maxrss, 1024L * 1024); /* KB */
    ck_assert_uint_le(state.used_bytes, 32 * MB);
}
END_TEST

/* Code of a user that does not pause is stopped, whatever it catches. */
static const char *const endless[] = {
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "while true do pcall(error) end",
    "coroutine.wrap(function() while true do end end)()",
    "while true do coroutine.wrap(pcall)(function() while true do end end) end",
    "table.sort({ 3, 2, 1 }, function() while true do end end)",
    "table.sort({ 2, 1 }, function() while true do pcall(load('while true do end')) end end)",
    "coroutine.wrap(function() while true do pcall(load('while true do end')) end end)()",
    ("local function f(d) if d > 0 then for i = 1, 50 do coroutine.wrap(f)(d - 1) end end end "
     "f(6)"),
    ("local function f(d) if d > 0 then for i = 1, 50 do pcall(coroutine.wrap(f), d - 1) end end "
     "end f(6)"),
    ("local function f(d) for i = 1, d > 0 and 50 or 0 do "
     "coroutine.resume(coroutine.create(f), d - 1) end end f(6)"),
    /* These are in C functions most of the time. */
    "('a'):rep(30000):find(('.-'):rep(9) .. 'b')",
    "('a'):rep(30000):match(('a*'):rep(9) .. 'b')",
    "('a'):rep(30000):gsub(('a?'):rep(20) .. ('a*'):rep(9) .. 'b', '')",
    "for _ in ('a'):rep(30000):gmatch('(.-)(.-)(.-)%1b') do end",
    "('('):rep(3e6):find('%b()')",
    "while true do pcall(string.find, ('a'):rep(30000), ('.-'):rep(9) .. 'b') end",
    "coroutine.wrap(load(\"while true do pcall(string.find, ('a'):rep(3e4), '.-.-.-.-b') end\"))()",
    "local s = ('x'):rep(4e6) while true do local t = s .. 'y' end",
    "local s = ('x'):rep(4e6) while true do pcall(function() local t = s .. 'y' end) end",
    "while true do local s = ('x'):rep(4e6) end",
    "local s = ('x'):rep(4e6) while true do s:upper() end",
    "local t = {} for i = 1, 1e6 do t[i] = 'x' end while true do table.concat(t) end",
    "local s = ('x'):rep(2e6) while true do s:gsub('x', 'y') end",
    "local s, t = ('x'):rep(4e6), ('x'):rep(2e6) .. 'y' while true do s:find(t, 1, true) end",
    /* These are stopped by an error; then what they close must be stopped, too. */
    "coroutine.wrap(function() local x <close> = closes_never while true do end end)()",
    ("local c = coroutine.create(function() local x <close> = closes_never while true do end end) "
     "coroutine.resume(c) coroutine.close(c) while true do end"),
    "local x <close> = closes_never table.sort({ 2, 1 }, function() while true do end end)",
    "local x <close> = closes_never while true do end",
    /* An error in a hook calls no message handler, as nothing would stop that. */
    "local function f() while true do end end coroutine.wrap(function() xpcall(f, f) end)() f()",
    ("local function f() while true do end end table.sort({ 2, 1 }, function() xpcall(f, f) end) "
     "f()"),
    "local function f() while true do end end xpcall(error, f) f()",
};

START_TEST(code_that_never_pauses_is_stopped)
{
    char text[512];
    declare("A = User {} A:task(print)\n");
    snprintf(text, sizeof text,
             "\n\nlocal closes_never = setmetatable({}, { __close = function() while true do end "
             "end }); %s",
             endless[_i]);
    lua_State *coroutine = lua_newthread(state.lua);
    ck_assert_int_eq(luaL_loadbufferx(coroutine, text, strlen(text), "@test.lua", "t"), LUA_OK);
    clock_t begin = clock();
    ck_assert_int_eq(state_run(&state, coroutine, 0, 100 * NS_PER_MS), STATE_FAILED);
    ck_assert_int_lt(clock() - begin, 2 * CLOCKS_PER_SEC); /* other programs use CPU, too */
    ck_assert_msg(strstr(state.error.at, "test.lua:3: ") == state.error.at &&
                      strstr(state.error.at, "stopped: "),
                  "%s", state.error.at);
    /* It can be used again, and is stopped again. */
    ck_assert_int_eq(luaL_loadstring(coroutine, "return 1"), LUA_OK);
    ck_assert_int_eq(state_run(&state, coroutine, 0, 100 * NS_PER_MS), STATE_RETURNED);
    ck_assert_int_eq(luaL_loadstring(coroutine, "while true do end"), LUA_OK);
    ck_assert_int_eq(state_run(&state, coroutine, 0, 10 * NS_PER_MS), STATE_FAILED);
}
END_TEST

/* Of a thread that gets no CPU. */
static int stand_still(lua_State *lua)
{
    (void)lua;
    usleep(150000);
    return 0;
}

START_TEST(time_without_a_cpu_is_not_the_script_s)
{
    declare("A = User {} A:task(print)\n");
    lua_register(state.lua, "stand_still", stand_still);
    lua_State *coroutine = lua_newthread(state.lua);
    static const char text[] = "for _ = 1, 4 do stand_still() for i = 1, 10000 do end end";
    ck_assert_int_eq(luaL_loadstring(coroutine, text), LUA_OK);
    ck_assert_msg(state_run(&state, coroutine, 0, 100 * NS_PER_MS) == STATE_RETURNED, "%s",
                  state.error.at);
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
    bool ok = scenario_open(&scenario, path, &err) && words_open(&state, 32 * MB, 1, &err) &&
              scenario_load(&scenario, NULL, &filter, &state, &classes, &err);
    scenario_close(&scenario);
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c): a test's own words
    ck_assert_msg(ok, "%s", err.text);
    /* A user reads nothing. */
    lua_State *coroutine = lua_newthread(state.lua);
    lua_rawgeti(coroutine, LUA_REGISTRYINDEX, classes.list[0].tasks[0].function);
    ck_assert_int_eq(state_run(&state, coroutine, 0, NS_PER_S), STATE_FAILED);
    ck_assert_msg(strstr(state.error.at, "files are read while the scenario is loaded"), "%s",
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
    bool ok = scenario_open(&scenario, path, &err) && words_open(&state, 32 * MB, 1, &err) &&
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
    tcase_add_test(tc, names_outlive_those_of_the_script);
    tcase_add_loop_test(tc, tags_choose_tasks, 0, sizeof filters / sizeof *filters);
    tcase_add_test(tc, users_are_dealt_by_weight_at_every_number);
    tcase_add_test(tc, only_fixed_counts_are_not_exceeded);
    tcase_add_loop_test(tc, what_is_wrong_is_said_with_its_line, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_loop_test(tc, scripts_stay_in_their_sandbox, 0, sizeof forbidden / sizeof *forbidden);
    tcase_add_test(tc, what_is_harmless_works);
    tcase_add_test(tc, json_keeps_what_it_is_given);
    tcase_add_test(tc, json_is_bounded_by_the_memory_of_scripts);
    tcase_add_loop_test(tc, code_that_never_pauses_is_stopped, 0, sizeof endless / sizeof *endless);
    tcase_add_test(tc, time_without_a_cpu_is_not_the_script_s);
    tcase_add_test(tc, files_of_the_folder_are_read_at_load_time);
    tcase_add_loop_test(tc, a_python_file_is_recognised, 0, sizeof python / sizeof *python);
    tcase_add_test(tc, lua_is_not_taken_for_python);
    suite_add_tcase(suite, tc);
    return suite;
}
