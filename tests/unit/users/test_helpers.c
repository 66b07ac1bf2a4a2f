/* Not under tsan: one thread. */
/* What scripts have for data: feeders, arguments, random elements, dates, encodings, pages. */
#include <check.h>
#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/pace/team.h"
#include "loadgen/users/files/feeds.h"
#include "loadgen/users/scenario/scenario.h"
#include "loadgen/users/seat.h"
#include "loadgen/users/user.h"
#include "loadgen/users/words.h"

#define MB ((size_t)1024 * 1024)

static struct state state;
static struct classes classes;
static struct scenario scenario;
static struct classes_filter filter;
static struct err err;
static char folder[] = "/tmp/test_helpers.XXXXXX";
static char path[64];

static void write_file(const char *name, const char *text)
{
    char file_path[128];
    snprintf(file_path, sizeof file_path, "%s/%s", folder, name);
    FILE *file = fopen(file_path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static const char *const names[] = {"users.csv", "words.txt", "items.json", "bad.csv",
                                    "test.lua",  "MORE.CSV",  "large.txt"};

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_helpers.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/test.lua", folder);
    write_file("users.csv", "user,city\nanna,\"Paris, \"\"F\"\"\"\nbert,\n");
    write_file("words.txt", "nut\nbolt\ngear\n");
    write_file("items.json", "[{\"id\": 1, \"tags\": [], \"none\": null}, 2.5]\n");
    write_file("bad.csv", "user,city\nanna\n");
}

static void teardown(void)
{
    classes_free(&classes);
    state_close(&state);
    scenario_close(&scenario);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file_path[128];
        snprintf(file_path, sizeof file_path, "%s/%s", folder, names[i]);
        unlink(file_path);
    }
    rmdir(folder);
}

static bool load(const char *text, struct arguments arguments)
{
    err = (struct err){0};
    write_file("test.lua", text);
    bool ok = scenario_open(&scenario, path, 32 * MB, &err);
    scenario.arguments = arguments;
    return ok && words_open(&state, 32 * MB, 1, &err) &&
           scenario_load(&scenario, NULL, &filter, &state, &classes, &err);
}

/* Runs a script of asserts, which returns. */
static void run(const char *text)
{
    struct bytes all = {0};
    bytes_add_text(&all, text);
    bytes_add_text(&all, "\nA = User {} A:task(print)\n");
    bytes_add(&all, "", 1);
    ck_assert_msg(load(all.at, (struct arguments){0}), "%s", err.text);
    bytes_free(&all);
}

START_TEST(elements_are_chosen_at_random)
{
    run("local n = { a = 0, b = 0, c = 0 }\n"
        "for _ = 1, 4000 do\n"
        "  local x = choice({ 'a', 'b', 'c' }, { 3, 0, 1 }) n[x] = n[x] + 1\n"
        "end\n"
        "assert(n.b == 0 and n.a > 2800 and n.a < 3200 and n.a + n.c == 4000)\n"
        "assert(choice({ 7, 8 }, { 0, 1e-300 }) == 8)\n"
        "for _, bad in ipairs { { {}, {} }, { { 1 }, { 1, 2 } }, { { 1 }, { 0 } }, { { 1 }, { -1 } "
        "},\n"
        "  { { 1 }, { 'x' } }, { { 1 }, { 0 / 0 } }, { { 1 }, 5 } } do\n"
        "  assert(not pcall(choice, bad[1], bad[2]))\n"
        "end\n"
        "local first = {}\n"
        "for _ = 1, 500 do\n"
        "  local s, seen = sample({ 'a', 'b', 'c', 'd', 'e' }, 3), {}\n"
        "  assert(#s == 3)\n"
        "  for _, x in ipairs(s) do assert(not seen[x]) seen[x] = true end\n"
        "  first[s[1]] = (first[s[1]] or 0) + 1\n"
        "end\n"
        "for _, x in ipairs { 'a', 'b', 'c', 'd', 'e' } do assert(first[x] > 60) end\n"
        "local all = sample({ 1, 2, 3, 4 }, 4) table.sort(all)\n"
        "assert(table.concat(all) == '1234' and #sample({}, 0) == 0)\n"
        "assert(not pcall(sample, { 1 }, 2) and not pcall(sample, { 1 }, -1))\n"
        "assert(letters(8):match('^%l%l%l%l%l%l%l%l$') and letters(0) == '')\n"
        "assert(letters(50, '01'):match('^[01]+$') and #letters(50, '01') == 50)\n"
        "assert(letters(20) ~= letters(20) and not pcall(letters, -1) and not pcall(letters, 1, "
        "''))\n"
        "assert(uuid():match('^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$'))\n");
}
END_TEST

/* The same seed makes the same choices. */
START_TEST(choices_follow_the_seed)
{
    char texts[2][64];
    for (int i = 0; i < 2; i++) {
        ck_assert(words_open(&state, 32 * MB, 7, &err));
        ck_assert_int_eq(luaL_dostring(state.lua, "return letters(12) .. table.concat(sample({ 1, "
                                                  "2, 3, 4 }, 4)) .. choice({ 1, 2 }, { 1, 1 })"),
                         LUA_OK);
        snprintf(texts[i], sizeof texts[i], "%s", lua_tostring(state.lua, -1));
        state_close(&state);
    }
    ck_assert_str_eq(texts[0], texts[1]);
}
END_TEST

START_TEST(dates_are_those_of_utc)
{
    run("local function same(a, b) assert(a == b, tostring(a) .. ' is not ' .. tostring(b)) end\n"
        "local t = 1796067408\n"
        "same(iso_time(t), '2026-11-30T19:36:48Z') same(iso_date(t), '2026-11-30')\n"
        "same(iso_time(t + 0.25), '2026-11-30T19:36:48.250Z') same(iso_time(0.0), "
        "'1970-01-01T00:00:00.000Z')\n"
        "same(iso_time(t + 0.9999), '2026-11-30T19:36:49.000Z') same(iso_time(-1), "
        "'1969-12-31T23:59:59Z')\n"
        "same(iso_time(-62135596800), '0001-01-01T00:00:00Z') same(iso_time(253402300799), "
        "'9999-12-31T23:59:59Z')\n"
        "same(iso_time(253402300799.9999), '9999-12-31T23:59:59.999Z')\n"
        "assert(math.abs(now() - os.time()) < 2 and "
        "iso_time():match('^%d+%-%d%d%-%d%dT.*%.%d%d%dZ$'))\n"
        "same(iso_date(add_time(t, { days = 1 })), '2026-12-01')\n"
        "same(iso_time(add_time(t, { months = 3 })), '2027-02-28T19:36:48Z')\n"
        "same(iso_time(add_time(t, { years = 2, months = -9 })), '2028-02-29T19:36:48Z')\n"
        "same(iso_time(add_time(t, { weeks = -1, hours = 5, minutes = 1, seconds = 2 })), "
        "'2026-11-24T00:37:50Z')\n"
        "same(math.type(add_time(t, { days = 1 })), 'integer') same(add_time(t, { seconds = 0.5 "
        "}), t + 0.5)\n"
        "same(math.type(add_time(now(), {})), 'float') same(add_time(t, {}), t)\n"
        "for text, seconds in pairs { ['2026-11-30'] = 1795996800, ['2026-11-30T19:36:48Z'] = t,\n"
        "  ['2026-11-30 19:36:48'] = t, ['2026-11-30T20:36:48+01:00'] = t, "
        "['2026-11-30T14:06:48-0530'] = t,\n"
        "  ['2026-11-30T19:36Z'] = t - 48, ['2026-11-30 19:36'] = t - 48, "
        "['2026-11-30T20:36+01:00'] = t - 48,\n"
        "  ['2026-11-30T19:36:48.25Z'] = t + 0.25, ['2028-02-29'] = 1835395200 } do\n"
        "  same(parse_time(text), seconds)\n"
        "end\n"
        "for _, bad in ipairs { '', 'now', '2026-11', '2026-13-01', '2026-02-29', "
        "'2026-11-30T19', '2026-11-30T19:', '2026-11-30T19:36:', '2026-11-30T24:00:00Z', "
        "'2026-11-30T19:36.5Z',\n"
        "  '2026-11-30T19:36:48.Z', '2026-11-30T19:36:48Zx', '2026-11-30x', '0000-01-01', "
        "'2026-11-30T19:36:48+1',\n"
        "  '2026-11-30\\0', '2026-11-30T19:36:48.' .. ('1'):rep(100) } do\n"
        "  same(parse_time(bad), nil)\n"
        "end\n"
        "same(parse_time(iso_time(t)), t)\n"
        "for _, bad in ipairs { { 0 / 0 }, { 1e300 }, { 'x' } } do assert(not pcall(iso_time, "
        "bad[1])) end\n"
        "for _, bad in ipairs { { day = 1 }, { days = 'x' }, { months = 0.5 }, { years = 1e9 }, { "
        "seconds = 1 / 0 }, { days = 1e9 } } do\n"
        "  assert(not pcall(add_time, t, bad))\n"
        "end\n"
        "local ok, why = pcall(add_time, t, { day = 1 }) assert(why:find('did you mean days', 1, "
        "true), why)\n");
}
END_TEST

/* Lua reads megabytes of digits for seconds, in one step. */
START_TEST(long_texts_are_no_numbers)
{
    run("local long = ('0'):rep(200) .. '1'\n"
        "local list = {\n"
        "  function() iso_time(long) end, function() add_time(long, {}) end,\n"
        "  function() between(long, 1) end, function() constant_throughput(long) end,\n"
        "  function() letters(long) end, function() sample({ 1 }, long) end,\n"
        "  function() random(1.5, long) end, function() sleep(long) end, function() quit(long) "
        "end,\n"
        "  function() return ('x'):rep(long) end, function() return ('x'):find('x', long) end,\n"
        "  function() return ('x'):gsub('x', 'y', long) end, function() return long + 1 end,\n"
        "  function() return 2 // long end, function() return -long end,\n"
        "  function() table.move({}, 1, long, 1) end, function() table.insert({}, long, 1) end,\n"
        "  function() table.remove({}, long) end, function() table.concat({}, '', 1, long) end,\n"
        "}\n"
        "for i, f in ipairs(list) do\n"
        "  local ok, why = pcall(f)\n"
        "  assert(not ok and why:find('the text is too long for a number', 1, true), i .. ': ' .. "
        "tostring(why))\n"
        "end\n"
        "assert(tonumber(long) == nil and tonumber(long:sub(2)) == 1 and tonumber(long, 10) == 1)\n"
        "assert(iso_time('0') == iso_time(0.0) and '2' + 1 == 3 and table.remove({ 5 }, nil) == "
        "5)\n"
        "assert(not pcall(choice, { 1 }, { long }) and not pcall(add_time, 0, { days = long }))\n");
}
END_TEST

/* Known answers of RFC 4648, FIPS 180, RFC 4231 and RFC 3986. */
START_TEST(codes_are_known)
{
    run("local function same(a, b) assert(a == b, a .. ' is not ' .. b) end\n"
        "same(base64.encode('fo'), 'Zm8=') same(base64.decode('Zm8='), 'fo') "
        "same(base64.encode(''), '')\n"
        "same(base64url.encode('\\xfb\\xff'), '-_8') same(base64url.decode('-_8'), '\\xfb\\xff')\n"
        "for n = 0, 9 do local s = letters(n, 'ab\\0\\xff') "
        "same(base64url.decode(base64url.encode(s)), s) same(base64.decode(base64.encode(s)), s) "
        "end\n"
        "for _, bad in ipairs { 'Zm8', 'Zm9=', 'Z m8', '-_8=' } do assert(not pcall(base64.decode, "
        "bad)) end\n"
        "for _, bad in ipairs { 'A', '+/8', 'Zm8=', 'Zm9' } do assert(not pcall(base64url.decode, "
        "bad), bad) end\n"
        "same(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')\n"
        "same(sha256('abc', 'base64'), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=')\n"
        "same(#sha256('', 'raw'), 32) assert(not pcall(sha256, 'x', 'hexx'))\n"
        "same(hmac_sha256('Jefe', 'what do ya want for nothing?'), "
        "'5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')\n"
        "same(hmac_sha256(('\\xaa'):rep(131), 'Test Using Larger Than Block-Size Key - Hash Key "
        "First'), "
        "'60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54')\n"
        "same(hmac_sha256('', ''), "
        "'b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad')\n"
        "same(url_encode('a b/\\xc3\\xbc-._~%'), 'a%20b%2F%C3%BC-._~%25') "
        "same(url_decode('a%20b%2f+%zz%4'), 'a b/+%zz%4')\n"
        "local jwt = base64url.encode('{\"alg\":\"HS256\",\"typ\":\"JWT\"}') .. '.' .. "
        "base64url.encode('{\"sub\":\"1\"}')\n"
        "same(#hmac_sha256('secret', jwt, 'base64url'), 43)\n");
}
END_TEST

/* They are not part of what scripts may use. */
START_TEST(buffers_of_refused_codes_are_freed)
{
    run("local text = ('A'):rep(4 * 1024 * 1024) .. 'A!!!'\n"
        "assert(not pcall(base64.decode, text))\n");
    ck_assert_uint_le(state.body.room, MB);
    ck_assert_int_eq(luaL_dostring(state.lua, "local text = ('A'):rep(4 * 1024 * 1024) .. 'A!!!'\n"
                                              "assert(not pcall(base64url.decode, text))\n"),
                     LUA_OK);
    ck_assert_uint_le(state.body.room, MB);
    ck_assert_uint_le(state.message.room, MB);
}
END_TEST

START_TEST(buffers_of_refused_json_are_freed)
{
    run("local text = ('a'):rep(4 * 1024 * 1024)\n"
        "local ok, why = pcall(json.encode, { text, text, text, text })\n"
        "assert(not ok and why:find('not enough memory'), why)\n");
    ck_assert_uint_le(state.body.room, MB);
}
END_TEST

START_TEST(parts_of_pages_are_found)
{
    run("local function same(a, b) assert(a == b, tostring(a) .. ' is not ' .. tostring(b)) end\n"
        "local page = [[<!-- <input name=\"csrf\" value=\"old\"> --><html><META content='m&amp;1' "
        "Name='csrf-token'>\n"
        "<form><input type=text name=user value=eva><INPUT\n type=\"hidden\" "
        "value='a&quot;&#39;&#x20AC;&no;&' NAME=\"csrf\" />\n"
        "<input name=\"csrf\" value=\"second\"><input name=empty value=\"\"><input "
        "name=none><input/name=slash/value=x>\n"
        "<inputs name='other' value='x'><input name='cut' value='abc]]\n"
        "same(hidden_field(page, 'csrf'), 'a\"\\'\\u{20ac}&no;&') same(hidden_field(page, "
        "'csrf-token'), 'm&1')\n"
        "same(hidden_field(page, 'user'), 'eva') same(hidden_field(page, 'empty'), '')\n"
        "for _, name in ipairs { 'none', 'other', 'CSRF', '', 'form' } do same(hidden_field(page, "
        "name), nil) end\n"
        "same(hidden_field('<', 'x'), nil) same(hidden_field('<input', 'x'), nil) "
        "same(hidden_field('<!--', 'x'), nil)\n"
        "same(hidden_field('<input name=a value=>', 'a'), '') same(hidden_field('<input =x name=a "
        "value=1>', 'a'), '1')\n"
        "page = [[<!DOCTYPE html><title><input name=t value=no></title><a title='<input name=t "
        "value=no>' href=/x/>\n"
        "<script type=x>if (1 < 2) s = '<input name=t value=no></scripts>'</SCRIPT "
        "><textarea><meta "
        "name=t content=no>\n"
        "</textarea>1 < 2 </p title='<'><?php <input name=t value=no?><input name=t name=u value=1 "
        "value=2><input name=u value=3>]]\n"
        "same(hidden_field(page, 't'), '1') same(hidden_field(page, 'u'), '3')\n"
        "for _, text in ipairs { '<script', '<script>', '<script></', '<script><', '<', '</', "
        "'<!', "
        "'<a b=', '<a b=\"' } do same(hidden_field(text, 'x'), nil) end\n"
        "same(hidden_field('<xmp></</xmp><input name=x value=y>', 'x'), 'y')\n"
        "same(table.concat(find_all('a=1, b=22', '%d+'), ' '), '1 22') "
        "same(table.concat(find_all('a=1, b=22', '(%a)=(%d)'), ' '), 'a b')\n"
        "same(#find_all('abc', ''), 4) same(#find_all('', 'x'), 0) same(find_all('ab', '()b')[1], "
        "2)\n"
        "assert(not pcall(find_all, 'x', '['))\n");
}
END_TEST

START_TEST(the_environment_has_defaults)
{
    setenv("HELPERS_TEXT", "text", 1);
    setenv("HELPERS_NUMBER", "12", 1);
    setenv("HELPERS_EMPTY", "", 1);
    setenv("HELPERS_BOOLEAN", "true", 1);
    unsetenv("HELPERS_NONE");
    run("assert(env('HELPERS_TEXT') == 'text' and env('HELPERS_TEXT', 'x') == 'text')\n"
        "assert(env('HELPERS_NONE') == nil and env('HELPERS_NONE', 'x') == 'x' and "
        "env('HELPERS_EMPTY', 5) == 5)\n"
        "assert(env('HELPERS_NUMBER', 3) == 12 and math.type(env('HELPERS_NUMBER', 3)) == "
        "'integer')\n"
        "assert(math.type(env('HELPERS_NUMBER', 3.0)) == 'float' and env('HELPERS_NUMBER') == "
        "'12')\n"
        "assert(env('HELPERS_BOOLEAN', false) == true)\n"
        "local ok, why = pcall(env, 'HELPERS_TEXT', 3)\n"
        "assert(not ok and why:find('HELPERS_TEXT: \"text\" is not a whole number', 1, true), "
        "why)\n"
        "assert(not pcall(env, 'X', {}) and not pcall(env))\n"
        "ok, why = pcall(env, 'HELPERS_TEXT\\0x')\n"
        "assert(not ok and why:find('the name contains a NUL byte', 1, true), why)\n");
}
END_TEST

static const char argued[] =
    "local n = arg('shards', 3, 'how many shards')\n"
    "local x, s, b = arg('factor', 1.5), arg('host-name', 'h'), arg('fast', false, 'hurry')\n"
    "seen = table.concat({ tostring(n), tostring(x), s, tostring(b) }, ' ')\n"
    "A = User {} A:task(print)\n";

static const struct {
    const char *list[4];
    const char *seen; /* or the error */
    bool ok;
} given_lists[] = {
    {{NULL}, "3 1.5 h false", true},
    {{"shards=5", "host-name=a=b", "fast=true"}, "5 1.5 a=b true", true},
    {{"shards=5", "factor=2", "shards=-6"}, "-6 2.0 h false", true},
    {{"host-name="}, "3 1.5  false", true},
    {{"shards=2.5"}, "test.lua:1: shards: \"2.5\" is not a whole number", false},
    {{"factor=x"}, "test.lua:2: factor: \"x\" is not a number", false},
    {{"fast=maybe"}, "test.lua:2: fast: \"maybe\" is not true or false", false},
    {{"shard=5"}, "users.arg: the scenario has no argument \"shard\"; did you mean shards", false},
};

START_TEST(arguments_have_the_type_of_their_default)
{
    struct arguments given = {given_lists[_i].list, 0};
    while (given.count < 4 && given.list[given.count]) {
        given.count++;
    }
    bool ok = load(argued, given);
    ck_assert_int_eq(ok, given_lists[_i].ok);
    if (ok) {
        lua_getglobal(state.lua, "seen");
        ck_assert_str_eq(lua_tostring(state.lua, -1), given_lists[_i].seen);
    } else {
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(strstr(err.text, given_lists[_i].seen) != NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(arguments_are_listed)
{
    char text[512] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    ck_assert_msg(load(argued, (struct arguments){0}), "%s", err.text);
    settings_print(state.lua, out);
    fclose(out);
    ck_assert_str_eq(text, "Arguments:\n    shards=3  how many shards\n    factor=1.5\n"
                           "    host-name=h\n    fast=false  hurry\n");
    ck_assert_int_eq(lua_gettop(state.lua), 0);
}
END_TEST

/* With the argument x=1. */
static const struct {
    const char *text;
    const char *problem;
} refused[] = {
    {"A = User {} A:task(print)", "the scenario declares no arguments, so \"x\" cannot be set"},
    {"arg('x', 1) arg('x', 1)", "test.lua:1: arg: \"x\" is declared twice"},
    {"arg('x')", "arg: default of x: expected a string, a number or a boolean"},
    {"arg('x y', 1)", "arg: name: expected letters, digits"},
    {"for i = 1, 1001 do arg('a' .. i, 1) end", "arg: more than 1000 arguments"},
    {"feeder('none.csv')", "test.lua:1: feeder: cannot read none.csv: No such file"},
    {"feeder('../x.csv')", "feeder: cannot read ../x.csv: "},
    {"\nfeeder('bad.csv')",
     "test.lua:2: feeder: bad.csv:2: 1 value instead of 2, as in the first line"},
    {"feeder('users.csv', { oder = 'once' })",
     "feeder: unknown option \"oder\"; did you mean order"},
    {"feeder('users.csv', { order = 'randm' })",
     "feeder: order: expected in_turn, random, by_user or once"},
    {"feeder('users.csv', { format = 1 })", "feeder: format: expected csv, lines or json"},
    {"feeder('users.csv', { at_end = 'restart' })", "feeder: at_end needs order = \"once\""},
    {"feeder('items.json', { format = 'csv' })", "feeder: items.json:1: "},
    {"feeder('users.csv'):next()", "next of a feeder can be called only in on_start"},
    {"feeder('users.csv'):nxt()", "attempt to call a nil value (method 'nxt')"},
    {"getmetatable(feeder('users.csv')).__gc = print", "attempt to index a boolean value"},
    {"for i = 1, 1001 do feeder('users.csv') end", "feeder: more than 1000 feeders"},
};

START_TEST(what_is_wrong_is_said)
{
    static const char *const list[] = {"x=1"};
    ck_assert(!load(refused[_i].text, (struct arguments){list, 1}));
    ck_assert_msg(strstr(err.text, refused[_i].problem) != NULL, "%s", err.text);
}
END_TEST

START_TEST(endings_of_names_may_be_upper_case)
{
    write_file("MORE.CSV", "user\nanna\n");
    run("assert(#feeder('MORE.CSV') == 1)");
}
END_TEST

/* What takes long in C is counted, so a script that does nothing else is stopped, too. */
START_TEST(files_are_not_read_without_end)
{
    struct bytes text = {0};
    memset(bytes_reserve(&text, 32 * MB), 'x', 32 * MB);
    text.length = 32 * MB;
    bytes_add(&text, "", 1);
    write_file("large.txt", text.at);
    bytes_free(&text);
    run("");
    lua_State *coroutine = state_new_coroutine(&state);
    state.folder = folder;
    state.feeds = scenario.feeds;
    ck_assert_int_eq(luaL_loadstring(coroutine, "while true do pcall(feeder, 'large.txt') end"),
                     LUA_OK);
    uint64_t begin_ns = clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
    ck_assert_int_eq(state_run(&state, coroutine, 0, NS_PER_S / 10), STATE_FAILED);
    ck_assert_uint_lt(clock_read_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns, NS_PER_S / 2);
    ck_assert_msg(strstr(state.error.at, "ran for too long") != NULL, "%s", state.error.at);
}
END_TEST

/* A user that calls a function of the scenario. */
static enum state_result call(struct user *user, const char *function)
{
    lua_getglobal(user->coroutine, function);
    user->pause = PAUSE_NONE;
    state.user = user;
    enum state_result result = state_run(&state, user->coroutine, 0, NS_PER_S);
    state.user = NULL;
    return result;
}

START_TEST(users_are_fed)
{
    struct users_order order = {.users = 2};
    static const struct team team = {.threads = 1, .all = 1};
    struct drive_thread thread = {.team = &team};
    struct goal goal = {.end_ns = UINT64_MAX};
    struct seat seat = {.order = &order, .thread = &thread, .goal = &goal};
    struct user user = {.seat = &seat, .number = 1};
    ck_assert_msg(
        load("local users, words, items = feeder('users.csv'), feeder('words.txt', { order = "
             "'by_user' }), feeder('items.json')\n"
             "local once = feeder('words.txt', { order = 'once' })\n"
             "assert(#users == 2 and #words == 3 and #items == 2)\n"
             "function read()\n"
             "  local a, b = users:next(), users:next()\n"
             "  assert(a.user == 'anna' and a.city == 'Paris, \"F\"' and b.user == 'bert' and "
             "b.city == '' and next(b, next(b, next(b))) == nil)\n"
             "  assert(words:next() == 'bolt' and words:next() == 'bolt')\n"
             "  local item = items:next() assert(item.id == 1 and item.none == null and "
             "json.encode(item.tags) == '[]' and items:next() == 2.5)\n"
             "  assert(once:next() .. once:next() .. once:next() == 'nutboltgear')\n"
             "  assert(not pcall(feeder, 'users.csv'))\n"
             "end\n"
             "function end_user() pcall(once.next, once) error('not reached') end\n"
             "function elsewhere() assert(coroutine.wrap(function() return users:next().user "
             "end)() == 'anna') coroutine.wrap(function() once:next() end)() end\n"
             "function waiting() return once:next() end\n"
             "A = User {} A:task(print)\n",
             (struct arguments){0}),
        "%s", err.text);
    state.seat = &seat;
    user.coroutine = state_new_coroutine(&state);
    ck_assert_msg(call(&user, "read") == STATE_RETURNED, "%s", state.error.at);
    ck_assert_int_eq(call(&user, "end_user"), STATE_PAUSED);
    ck_assert_int_eq(user.pause, PAUSE_USER_ENDS);
    ck_assert(goal.end_ns == UINT64_MAX);
    state_reset(&state, user.coroutine);
    ck_assert_int_eq(call(&user, "elsewhere"), STATE_FAILED);
    ck_assert_msg(strstr(state.error.at, "has run out of rows") &&
                      strstr(state.error.at, "coroutine of the script"),
                  "%s", state.error.at);
    double seconds = 0;
    state.user = &user;
    lua_getglobal(state.lua, "waiting");
    ck_assert(!state_call(&state, 0, &seconds));
    state.user = NULL;
    ck_assert_msg(strstr(state.error.at, "next of a feeder that has run out of rows: cannot be "
                                         "called in a wait function; call it from the task"),
                  "%s", state.error.at);
}
END_TEST

Suite *helpers_suite(void);
Suite *helpers_suite(void)
{
    Suite *suite = suite_create("helpers");
    TCase *tests = tcase_create("helpers");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, elements_are_chosen_at_random);
    tcase_add_test(tests, choices_follow_the_seed);
    tcase_add_test(tests, dates_are_those_of_utc);
    tcase_add_test(tests, long_texts_are_no_numbers);
    tcase_add_test(tests, codes_are_known);
    tcase_add_test(tests, buffers_of_refused_codes_are_freed);
    tcase_add_test(tests, buffers_of_refused_json_are_freed);
    tcase_add_test(tests, parts_of_pages_are_found);
    tcase_add_test(tests, the_environment_has_defaults);
    tcase_add_loop_test(tests, arguments_have_the_type_of_their_default, 0,
                        sizeof given_lists / sizeof *given_lists);
    tcase_add_test(tests, arguments_are_listed);
    tcase_add_loop_test(tests, what_is_wrong_is_said, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, endings_of_names_may_be_upper_case);
    tcase_add_test(tests, files_are_not_read_without_end);
    tcase_add_test(tests, users_are_fed);
    suite_add_tcase(suite, tests);
    return suite;
}
