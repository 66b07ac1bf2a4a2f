/*
 * Our functions with patterns against those of Lua's library.
 *
 * Not under tsan: one thread.
 */
#include <check.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

#include "loadgen/users/lua/sandbox.h"
#include "loadgen/users/lua/state.h"

static struct state state;
static struct err err;

static void setup(void)
{
    ck_assert_msg(state_open(&state, (size_t)64 << 20, 1, &err), "%s", err.text);
    sandbox_open(state.lua);
    luaL_requiref(state.lua, "lua", luaopen_string, 0);
    lua_setglobal(state.lua, "lua");
}

static void teardown(void)
{
    state_close(&state);
}

static void run(const char *text)
{
    ck_assert_msg(luaL_dostring(state.lua, text) == LUA_OK, "%s", lua_tostring(state.lua, -1));
}

/* Compares all four functions, results or errors; in front of each script. */
static const char compare[] =
    "local function pack(...) local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, '|') end\n"
    "local function all(lib, s, p, r, i)\n"
    "  local each = {}\n"
    "  local function collect()\n"
    "    for a, b in lib.gmatch(s, p, i) do\n"
    "      each[#each + 1] = pack(a, b) if #each > 50 then break end\n"
    "    end\n"
    "    return table.concat(each, ';')\n"
    "  end\n"
    "  local function upper(x, y) return x ~= 'a' and lib.upper(x) .. tostring(y) end\n"
    "  return table.concat({ pack(pcall(lib.find, s, p, i)), pack(pcall(lib.match, s, p, i)),\n"
    "    pack(pcall(collect)), pack(pcall(lib.gsub, s, p, r)), pack(pcall(lib.gsub, s, p, "
    "upper)),\n"
    "    pack(pcall(lib.gsub, s, p, { a = 'A', b = 1, c = false }, 2)),\n"
    "    pack(pcall(lib.find, s, p, i, true)) }, '\\n')\n"
    "end\n"
    "local function same(s, p, r, i)\n"
    "  local ours, theirs = all(string, s, p, r, i), all(lua, s, p, r, i)\n"
    "  if ours ~= theirs then error(lua.format('%q %q %q %s\\n%s\\n\\n%s', s, p, r, i, ours, "
    "theirs)) end\n"
    "end\n";

START_TEST(random_patterns_do_the_same)
{
    struct bytes text = {0};
    bytes_add_text(&text, compare);
    bytes_add_text(
        &text,
        "math.randomseed(1)\n"
        "local items = { 'a', 'b', '.', '%a', '%A', '[ab]', '[^a]', '[a-c]', '[]]', '[^]]', "
        "'[%d-]', '(',\n"
        "  ')', '()', '(', ')', '*', '+', '-', '?', '^', '$', '%1', '%2', '%b()', '%f[%w]', '%',\n"
        "  '[', '%0', '%f', '%b', 'x', '1', '\\0', '%s', '[\\0-a]', '%W' }\n"
        "local letters = { 'a', 'a', 'b', '(', ')', ' ', '1', 'c', '-', ']', '\\0', '\\xff' }\n"
        "local replacements = { '', '<%0>', '%1', '%2', '%%', '%', 'x%', '[%1%1]' }\n"
        "local function some(list, n)\n"
        "  local t = {} for i = 1, math.random(0, n) do t[i] = list[math.random(#list)] end\n"
        "  return table.concat(t)\n"
        "end\n"
        "for _ = 1, 10000 do\n"
        "  same(some(letters, 10), some(items, 7), replacements[math.random(#replacements)],\n"
        "    math.random(-12, 12))\n"
        "end\n");
    bytes_add(&text, "", 1);
    run(text.at);
    bytes_free(&text);
}
END_TEST

START_TEST(usual_patterns_do_the_same)
{
    struct bytes text = {0};
    bytes_add_text(&text, compare);
    bytes_add_text(
        &text,
        "local page = '<input name=\"csrf\" value=\"a1-b2\"> (x (y) z) THE (quick) fox\\n'\n"
        "for _, p in ipairs { 'name=\"csrf\" value=\"([^\"]+)\"', '^<(%w+)', '%b()', "
        "'%f[%a]%u+%f[%A]',\n"
        "  '(%w+)=(%b\"\")', '[^\\n]+$', '()', '.-', '', '^', '$', '(%a)%1', '%((%a+)%)' } do\n"
        "  same(page, p, '<%0>', 1) same(page, p, '%1', -20) same('', p, 'x', 1) same(page, p, "
        "'x', "
        "1000)\n"
        "end\n"
        "same(('a'):rep(300), ('a?'):rep(250), '', 1)\n"
        "same('x', ('('):rep(33) .. (')'):rep(33), '', 1)\n"
        "local function list() return {} end\n"
        "for _, bad in ipairs { {}, { 'x' }, { 'x', 'y', true }, { 'x', 'y', 'z', 'n' },\n"
        "  { 'x', 'x', list } } do\n"
        "  for _, name in ipairs { 'find', 'match', 'gmatch', 'gsub' } do\n"
        "    local _, ours = pcall(string[name], table.unpack(bad))\n"
        "    local _, theirs = pcall(lua[name], table.unpack(bad))\n"
        "    assert(type(ours) == 'function' or ours:gsub('\\'string%.', '\\'lua.') == theirs, "
        "ours)\n"
        "  end\n"
        "end\n"
        "local big = ('ab'):rep(1e5)\n"
        "assert(string.gsub(big, 'a', '%0%0') == lua.gsub(big, 'a', '%0%0'))\n"
        "assert(select(2, string.gsub(big, '', '-')) == 2e5 + 1 and string.find(big, 'ba', -3) == "
        "2e5 - 2)\n");
    bytes_add(&text, "", 1);
    run(text.at);
    bytes_free(&text);
}
END_TEST

Suite *pattern_suite(void);
Suite *pattern_suite(void)
{
    Suite *suite = suite_create("pattern");
    TCase *tc = tcase_create("pattern");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, random_patterns_do_the_same);
    tcase_add_test(tc, usual_patterns_do_the_same);
    suite_add_tcase(suite, tc);
    return suite;
}
