/* Not under tsan: one thread. Its record of calls overflows where Lua leaves ours by longjmp. */
/* What scripts cannot do, and the functions that stand in for Lua's because of it. */
#include <check.h>
#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "loadgen/http/answer/capture.h"
#include "loadgen/http/exchange.h"
#include "loadgen/users/request/answer.h"
#include "tests/support/scenario_text.h"

#define MB ((size_t)1024 * 1024)

static struct state state;
static struct classes classes;

static void teardown(void)
{
    classes_free(&classes);
    state_close(&state);
}

static void declare(const char *text)
{
    struct err err = {0};
    ck_assert_msg(scenario_text_load(text, NULL, &state, &classes, &err), "%s", err.text);
}

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
    "local t = {} for i = 1, 1000001 do t[i] = 1 end table.insert(t, 1, 1)",
    "local t = {} for i = 1, 1000001 do t[i] = 1 end table.sort(t)",
    ("local s, t = ('x'):rep(16e6), {} for i = 1, 1e5 do t[i] = s end "
     "('%.0s'):rep(1e5):format(table.unpack(t))"),
    "os.date(('%c'):rep(1e6))",
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

/* In every length and order, with equal elements, and whatever the order function says. */
START_TEST(sort_sorts)
{
    declare(
        "local function check(t, less)\n"
        "  local count = {} for _, x in ipairs(t) do count[x] = (count[x] or 0) + 1 end\n"
        "  table.sort(t, less) less = less or function(a, b) return a < b end\n"
        "  for i, x in ipairs(t) do\n"
        "    assert(i == 1 or not less(x, t[i - 1])) count[x] = count[x] - 1\n"
        "  end\n"
        "  for _, n in pairs(count) do assert(n == 0) end\n"
        "end\n"
        "local function more(a, b) return a > b end\n"
        "for n = 0, 100 do for _, most in ipairs { 1, 3, 1000 } do\n"
        "  local t, same, texts = {}, {}, {}\n"
        "  for i = 1, n do t[i] = random(1, most) same[i], texts[i] = i, 'x' .. t[i] end\n"
        "  check(t) check(t) check(t, more) check(same, more) check(same) check(texts)\n"
        "end end\n"
        "local invalid = 0\n"
        "for n = 1, 300 do\n"
        "  local t = {} for i = 1, n do t[i] = i end\n"
        "  local ok, why = pcall(table.sort, t, function() return random(1, 9) > 1 end)\n"
        "  assert(#t == n and (ok or why == 'invalid order function for sorting'), why)\n"
        "  invalid = invalid + (ok and 0 or 1)\n"
        "end\n"
        "assert(invalid > 100)\n"
        "local list = setmetatable({}, { __index = function(_, i) return -i end })\n"
        "table.sort(list) assert(rawlen(list) == 0)\n"
        "local ok, why = pcall(table.sort, { 1, 'x' })\n"
        "assert(not ok and why:find('attempt to compare', 1, true), why)\n"
        "ok, why = pcall(table.sort, { 2, 1 }, 5) assert(why:find('function expected', 1, true), "
        "why)\n"
        "A = User {} A:task(print)\n");
}
END_TEST

/* Source code comes to the compiler in pieces. */
START_TEST(load_does_as_lua_s)
{
    declare(
        "local long = ('x = x + 1 '):rep(10000)\n"
        "x = 0 assert(load(long))() assert(x == 10000)\n"
        "local parts = { long, '', long }\n"
        "local n = 0 assert(load(function() n = n + 1 return parts[n] end))() assert(x == 20000)\n"
        "assert(load(('x = 5 '):gmatch('.')))() assert(x == 5)\n"
        "local f = load('return y', 'name', 'b', { y = 7 }) assert(f() == 7)\n"
        "assert(select(2, load('x =', '=here')) == 'here:1: unexpected symbol near <eof>')\n"
        "assert(select(2, load('x =')) == '[string \"x =\"]:1: unexpected symbol near <eof>')\n"
        "assert(select(2, load(function() return {} end)):find('must return a string', 1, true))\n"
        "assert(select(2, load('\\27Lua')):find('binary chunk', 1, true))\n"
        "assert(load('') and load(5) == nil and not pcall(load, {}) and not pcall(load))\n"
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

/* What jansson holds is part of the memory of scripts; so is the text. Buffers have up to twice the
 * bytes that they need; sanitizers keep what was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { GROWTH_KB = 1024 * 1024 };
#else
enum { GROWTH_KB = 48 * 1024 };
#endif

START_TEST(json_is_bounded_by_the_memory_of_scripts)
{
    struct rusage before;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &before);
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
        "refused(json.decode, '[' .. ('{},'):rep(15e4) .. '{}]')\n"
        "list = {} for i = 1, 15e4 do list[i] = {} end refused(json.encode, list) list = nil\n"
        "assert(#json.decode('[' .. ('0,'):rep(1e5) .. '\"[,,\\\\\"\"]') == 100001)\n"
        "for _ = 1, 20 do assert(json.decode(json.encode { text })[1] == text) end\n"
        "A = User {} A:task(print)\n");
    getrusage(RUSAGE_SELF, &usage);
    ck_assert_int_lt(usage.ru_maxrss - before.ru_maxrss, GROWTH_KB);
    ck_assert_uint_le(state.used_bytes, 32 * MB);
}
END_TEST

/* Collecting garbage for the answers of a script is the script's time. */
START_TEST(collecting_garbage_is_time_of_scripts)
{
    declare("A = User {} A:task(print) keep = {} for i = 1, 2e5 do keep[i] = {} end\n");
    state.busy_ns = 0;
    ck_assert(!state_has_room(state.lua, 32 * MB - state.used_bytes / 2));
    ck_assert_uint_gt(state.busy_ns, 100000);
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
    "local s = ('a'):rep(16e6) while true do ('x'):find(s) end",
    "('a'):rep(1e6):find('[' .. ('b'):rep(8e6) .. ']')",
    "('a'):rep(1e6):find('%f[' .. ('b'):rep(8e6) .. ']')",
    "('x'):rep(1e6):gsub('(y-)', ('%1'):rep(4e6))",
    "local s = ('a'):rep(6e6); (s .. 'b' .. s .. 'c' .. s):find('^(a*)b.-%1d')",
    "local t = {} for i = 1, 1e6 do t[i] = i * 7919 % 1000003 end while true do table.sort(t) end",
    "local s, t = ('x'):rep(8e6), {} for i = 1, 1e5 do t[i] = s end table.sort(t)",
    "local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t, rawequal) end",
    "local t = {} for i = 1, 9e5 do t[i] = i end while true do table.insert(t, 1, 0) end",
    "local t = {} for i = 1, 1e6 do t[i] = i end while true do table.remove(t, 1) end",
    "local s = ('x'):rep(16e6) while true do utf8.len(s) end",
    "local s = ('x'):rep(16e6) while true do utf8.offset(s, -16e6) end",
    "local s = ('x'):rep(16e6) while true do pcall(utf8.codepoint, s, 1, 5e5) end",
    "local f, s = utf8.codes('x'), ('\\x80'):rep(16e6) while true do pcall(f, s, 1) end",
    "local s = '.' .. ('0'):rep(15e6) while true do tonumber(s) end",
    "local s = ('0'):rep(16e6) while true do pcall(function() return s + 1 end) end",
    "local s = ('x = 1 '):rep(1e6) while true do load(s) end",
    "local s = '[' .. ('0,'):rep(1e5) .. '0]' while true do pcall(json.decode, s) end",
    "local t = {} for i = 1, 1e5 do t[i] = i end while true do pcall(json.encode, t) end",
    "local t = {} for i = 1, 1e5 do t[i] = i / 3 end while true do pcall(json.encode, t) end",
    /* A table of free places. */
    ("local e, t = {}, {} for i = 1, 2e5 do e[-i] = 1 end for k in pairs(e) do e[k] = nil end "
     "for i = 1, 2e4 do t[i] = e end json.encode(t)"),
    /* Each call collects all garbage. */
    "local t = {} for i = 1, 3e5 do t[i] = {} end while true do pcall(string.rep, 'x', 3e7) end",
    "while true do local _ = answer.headers end",
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

/* The global `answer`: it has five headers of 10,000 lines each. */
static void declare_answer(void)
{
    struct capture capture = {0};
    struct exchange exchange = {.outcome = OUTCOME_ANSWERED, .code = 200, .capture = &capture};
    for (int i = 0; i < 50000; i++) {
        char line[16];
        int length = snprintf(line, sizeof line, "h%d: abc\r\n", i % 5);
        capture_header(&capture, line, (size_t)length);
    }
    answer_push(state.lua, &exchange, slice_of("http://127.0.0.1/"));
    lua_setglobal(state.lua, "answer");
    capture_fini(&capture);
}

START_TEST(code_that_never_pauses_is_stopped)
{
    char text[512];
    declare("A = User {} A:task(print)\n");
    declare_answer();
    snprintf(text, sizeof text,
             "\n\nlocal closes_never = setmetatable({}, { __close = function() while true do end "
             "end }); %s",
             endless[_i]);
    lua_State *coroutine = lua_newthread(state.lua);
    ck_assert_int_eq(luaL_loadbufferx(coroutine, text, strlen(text), "@test.lua", "t"), LUA_OK);
    clock_t begin = clock();
    ck_assert_int_eq(state_run(&state, coroutine, 0, 100 * NS_PER_MS), STATE_FAILED);
    ck_assert_msg(strstr(state.error.at, "test.lua:3: ") == state.error.at &&
                      strstr(state.error.at, "stopped: "),
                  "%s", state.error.at);
    state_reset(&state, coroutine);
    ck_assert_int_lt(clock() - begin, 2 * CLOCKS_PER_SEC); /* other programs use CPU, too */
    /* It can be used again, and is stopped again. */
    ck_assert_int_eq(luaL_loadstring(coroutine, "return 1"), LUA_OK);
    ck_assert_int_eq(state_run(&state, coroutine, 0, 100 * NS_PER_MS), STATE_RETURNED);
    ck_assert_int_eq(luaL_loadstring(coroutine, "while true do end"), LUA_OK);
    ck_assert_int_eq(state_run(&state, coroutine, 0, 10 * NS_PER_MS), STATE_FAILED);
}
END_TEST

/* Runs a text in a new coroutine. */
static enum state_result run_text(lua_State **coroutine, const char *text)
{
    *coroutine = lua_newthread(state.lua);
    ck_assert_int_eq(luaL_loadbufferx(*coroutine, text, strlen(text), "@test.lua", "t"), LUA_OK);
    return state_run(&state, *coroutine, 0, NS_PER_S);
}

START_TEST(a_lack_of_memory_has_the_place_of_its_own_run)
{
    lua_State *coroutine = NULL;
    declare("A = User {} A:task(print)\n");
    ck_assert_int_eq(run_text(&coroutine,
                              "\n\npcall(function() local t = {}\n"
                              "while true do t[#t + 1] = ('x'):rep(1e6) .. #t end end)"),
                     STATE_RETURNED);
    ck_assert_str_eq(state.refused_at, "test.lua:4: ");
    lua_gc(state.lua, LUA_GCCOLLECT);
    /* Lua takes it for its own. */
    ck_assert_int_eq(run_text(&coroutine, "error('not enough memory', 0)"), STATE_FAILED);
    ck_assert_str_eq(state.error.at, "not enough memory; raise users.script_memory");
}
END_TEST

START_TEST(errors_of_what_is_closed_are_told)
{
    lua_State *coroutine = NULL;
    declare("A = User {} A:task(print)\n"
            "function closing(f) return setmetatable({}, { __close = f }) end\n");
    run_text(&coroutine, "local x <close> = closing(rawlen) coroutine.yield()");
    ck_assert(state_reset(&state, coroutine));
    ck_assert_int_eq(run_text(&coroutine, "local x <close> = closing(function()\n"
                                          "error('closed') end) coroutine.yield()"),
                     STATE_PAUSED);
    ck_assert(!state_reset(&state, coroutine));
    ck_assert_msg(strstr(state.error.at, "test.lua:2: closed") == state.error.at, "%s",
                  state.error.at);
    /* It ran for too long, and then this: two errors. */
    ck_assert_int_eq(run_text(&coroutine, "local x <close> = closing(function()\n"
                                          "error('closed') end) while true do end"),
                     STATE_FAILED);
    ck_assert_ptr_nonnull(strstr(state.error.at, "stopped: "));
    ck_assert(!state_reset(&state, coroutine));
    ck_assert_msg(strstr(state.error.at, "test.lua:2: closed") == state.error.at, "%s",
                  state.error.at);
    /* Of an error that was told there is nothing left. */
    ck_assert_int_eq(run_text(&coroutine, "error('told')"), STATE_FAILED);
    ck_assert(state_reset(&state, coroutine));
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

Suite *script_bounds_suite(void);
Suite *script_bounds_suite(void)
{
    Suite *suite = suite_create("script_bounds");
    TCase *tc = tcase_create("script_bounds");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, scripts_stay_in_their_sandbox, 0, sizeof forbidden / sizeof *forbidden);
    tcase_add_test(tc, what_is_harmless_works);
    tcase_add_test(tc, sort_sorts);
    tcase_add_test(tc, load_does_as_lua_s);
    tcase_add_test(tc, json_keeps_what_it_is_given);
    tcase_add_test(tc, json_is_bounded_by_the_memory_of_scripts);
    tcase_add_test(tc, collecting_garbage_is_time_of_scripts);
    tcase_add_loop_test(tc, code_that_never_pauses_is_stopped, 0, sizeof endless / sizeof *endless);
    tcase_add_test(tc, a_lack_of_memory_has_the_place_of_its_own_run);
    tcase_add_test(tc, errors_of_what_is_closed_are_told);
    tcase_add_test(tc, time_without_a_cpu_is_not_the_script_s);
    suite_add_tcase(suite, tc);
    return suite;
}
