#include "loadgen/users/scenario/settings.h"

#include <lua5.4/lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "common/nearest.h"
#include "loadgen/users/files/feeds.h"
#include "loadgen/users/lua/state.h"

/*
 * A key of the registry: the list of declared arguments, { name, default, help } each, all strings.
 */
static const char declared[] = "headroom.arguments";

enum { FIELD_NAME = 1, FIELD_DEFAULT, FIELD_HELP };

/* Values. */

/* The name of the type of the value at `index`; NULL: it cannot be a default. */
static const char *type_of(lua_State *lua, int index)
{
    switch (lua_type(lua, index)) {
    case LUA_TSTRING:
        return "a string";
    case LUA_TNUMBER:
        return lua_isinteger(lua, index) ? "a whole number" : "a number";
    case LUA_TBOOLEAN:
        return "true or false";
    default:
        return NULL;
    }
}

/* Parses a text and pushes the number or boolean. False: it is neither. */
static bool push_number(lua_State *lua, const char *text, bool is_integer)
{
    if (lua_stringtonumber(lua, text) == 0) {
        return false;
    }
    if (!is_integer) {
        lua_pushnumber(lua, lua_tonumber(lua, -1));
    }
    return !is_integer || lua_isinteger(lua, -1);
}

static bool push_boolean(lua_State *lua, const char *text)
{
    bool value = false;
    if (!cli_set_bool(&value, text, NULL)) {
        return false;
    }
    lua_pushboolean(lua, value);
    return true;
}

/* Pushes a text as a value of the type of the default at `index`; nil counts as a string. */
static void push_value(lua_State *lua, int index, const char *name, const char *text)
{
    bool ok = true;
    switch (lua_type(lua, index)) {
    case LUA_TNUMBER:
        ok = push_number(lua, text, lua_isinteger(lua, index));
        break;
    case LUA_TBOOLEAN:
        ok = push_boolean(lua, text);
        break;
    default:
        lua_pushstring(lua, text);
        break;
    }
    if (!ok) {
        luaL_error(lua, "%s: \"%s\" is not %s", name, text, type_of(lua, index));
    }
}

/* The value of a variable; NULL: it is not set. */
static const char *read_variable(lua_State *lua, const char *name)
{
    const struct state *state = state_of(lua);
    if (state->given) {
        const struct given_item *item = given_find(&state->given->variables, name);
        if (!item) {
            luaL_error(lua,
                       "env: %s is not known to this worker: only variables that are read "
                       "while the scenario is loaded are sent to workers",
                       name);
            return NULL;
        }
        return item->bytes;
    }
    const char *text = getenv(name);
    if (state->feeds) {
        feeds_note_variable(state->feeds, name, text);
    }
    return text;
}

/* env(name, default) */
static int env(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    luaL_argcheck(lua, strlen(name) == lua_rawlen(lua, 1), 1, "the name contains a NUL byte");
    lua_settop(lua, 2);
    if (!lua_isnil(lua, 2) && !type_of(lua, 2)) {
        return luaL_error(lua, "env: default of %s: expected a string, a number or a boolean",
                          name);
    }
    const char *text = read_variable(lua, name);
    if (text && text[0] != '\0') {
        push_value(lua, 2, name, text);
    }
    return 1;
}

/* Arguments. */

/* Length of the name in "NAME=VALUE". */
static size_t name_length(const char *argument)
{
    return strcspn(argument, "=");
}

const char *settings_given(const struct arguments *arguments, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < arguments->count; i++) {
        const char *argument = arguments->list[i];
        size_t length = name_length(argument);
        if (length == strlen(name) && strncmp(argument, name, length) == 0) {
            value = argument + length + (argument[length] == '=');
        }
    }
    return value;
}

/* The declared names. Their texts belong to the table. */
struct names {
    lua_State *lua;
};

static const char *name_at(const void *list, size_t i)
{
    lua_State *lua = ((const struct names *)list)->lua;
    const char *name = NULL;
    lua_getfield(lua, LUA_REGISTRYINDEX, declared);
    if (lua_rawgeti(lua, -1, (lua_Integer)i + 1) == LUA_TTABLE) {
        lua_rawgeti(lua, -1, FIELD_NAME);
        name = lua_tostring(lua, -1);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 2);
    return name;
}

static bool is_declared(lua_State *lua, const char *name, size_t length)
{
    const struct names names = {lua};
    const char *known = NULL;
    for (size_t i = 0; (known = name_at(&names, i)) != NULL; i++) {
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            return true;
        }
    }
    return false;
}

static void check_name(lua_State *lua, const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t length = lua_rawlen(lua, 1);
    if (length == 0 || length > SETTINGS_NAME_MAX || strspn(name, allowed) != length) {
        luaL_error(lua, "arg: name: expected letters, digits, _ and -, at most %d",
                   SETTINGS_NAME_MAX);
    }
    if (is_declared(lua, name, length)) {
        luaL_error(lua, "arg: \"%s\" is declared twice", name);
    }
}

/* Adds the argument whose name, default and help are at 1 to 3. */
static void add(lua_State *lua)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, declared);
    size_t count = lua_rawlen(lua, -1);
    if (count == SETTINGS_ARGUMENTS_MAX) {
        luaL_error(lua, "arg: more than %d arguments", SETTINGS_ARGUMENTS_MAX);
    }
    lua_createtable(lua, FIELD_HELP, 0);
    lua_pushvalue(lua, 1);
    lua_rawseti(lua, -2, FIELD_NAME);
    luaL_tolstring(lua, 2, NULL);
    lua_rawseti(lua, -2, FIELD_DEFAULT);
    lua_pushvalue(lua, 3);
    lua_rawseti(lua, -2, FIELD_HELP);
    lua_rawseti(lua, -2, (lua_Integer)count + 1);
    lua_pop(lua, 1);
}

/* arg(name, default, help) */
static int arg(lua_State *lua)
{
    const struct arguments *arguments = state_of(lua)->arguments;
    const char *name = luaL_checkstring(lua, 1);
    if (!arguments) {
        return luaL_error(lua, "arg: can be called only while the scenario is loaded, not in "
                               "functions that users run");
    }
    lua_settop(lua, 3);
    check_name(lua, name);
    if (!type_of(lua, 2)) {
        return luaL_error(lua, "arg: default of %s: expected a string, a number or a boolean",
                          name);
    }
    luaL_optstring(lua, 3, "");
    add(lua);
    lua_pushvalue(lua, 2);
    const char *text = settings_given(arguments, name);
    if (text) {
        push_value(lua, 2, name, text);
    }
    return 1;
}

bool settings_check(const struct arguments *arguments, lua_State *lua, struct err *err)
{
    const struct names names = {lua};
    for (size_t i = 0; i < arguments->count; i++) {
        char name[SETTINGS_NAME_MAX + 1];
        const char *argument = arguments->list[i];
        size_t length = name_length(argument);
        if (is_declared(lua, argument, length)) {
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)length, argument);
        const char *nearest = nearest_find(name, name_at, &names);
        return nearest
                   ? err_set(err, ERR_USAGE,
                             "users.arg: the scenario has no argument \"%s\"; did you mean "
                             "%s?",
                             name, nearest)
                   : err_set(
                         err, ERR_USAGE,
                         "users.arg: the scenario declares no arguments, so \"%s\" cannot be set",
                         name);
    }
    return true;
}

void settings_visit(lua_State *lua, settings_visit_fn *visit, void *context)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, declared);
    size_t count = lua_rawlen(lua, -1);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i);
        for (int field = FIELD_NAME; field <= FIELD_HELP; field++) {
            lua_rawgeti(lua, -field, field);
        }
        const char *help = lua_tostring(lua, -1);
        visit(context, lua_tostring(lua, -3), lua_tostring(lua, -2), help ? help : "");
        lua_pop(lua, 1 + FIELD_HELP);
    }
    lua_pop(lua, 1);
}

/* A file, and whether the title has been printed to it. */
struct listing {
    FILE *out;
    bool has_title;
};

static void print_one(void *context, const char *name, const char *value, const char *help)
{
    struct listing *listing = context;
    fprintf(listing->out, "%s    %s=%s%s%s\n", listing->has_title ? "" : "Arguments:\n", name,
            value, help[0] ? "  " : "", help);
    listing->has_title = true;
}

void settings_print(lua_State *lua, FILE *out)
{
    struct listing listing = {out, false};
    settings_visit(lua, print_one, &listing);
}

void settings_declare(lua_State *lua)
{
    lua_newtable(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, declared);
    lua_register(lua, "arg", arg);
    lua_register(lua, "env", env);
}
