#include "loadgen/users/lua/json.h"

#include <jansson.h>
#include <lua5.4/lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "loadgen/users/lua/globals.h"
#include "loadgen/users/lua/number.h"
#include "loadgen/users/lua/state.h"

enum { DEPTH_MAX = 100, VALUES_MAX = 1000000 };

static const char array_type = 0; /* its address is the registry's key of a metatable */

/*
 * Writing. Problems are returned as texts, so that jansson's objects are freed before an error is
 * raised.
 */
struct writing {
    lua_State *lua;
    unsigned depth;
    unsigned values; /* written so far; limited, because a table that is referenced many times is
                        written many times */
    bool has_floats;
    size_t room; /* bytes left for jansson's objects and for the text */
    const char *problem;
    struct bytes *out;
    size_t begin; /* of the text */
};

/*
 * Memory that jansson needs, apart from texts: for a value in its container, for a key and its
 * sorting, and for an array or object without its values.
 */
enum { VALUE_BYTES = 96, KEY_BYTES = 128, TABLE_BYTES = 256 };

/* Steps (state_spend). A table may have any number of free entries, which must be skipped. */
enum { VALUE_STEPS = 20, TABLE_STEPS = 5000, FLOAT_STEPS = 300, BYTES_PER_STEP = 8 };

enum { READ_STEPS_PER_BYTE = 5 };

static const char no_memory[] = "not enough memory; " STATE_MORE_MEMORY;
static const char no_time[] = "out of time"; /* never shown: the script is stopped */

/* Reserves memory. False: there is none left. */
static bool use_room(struct writing *writing, size_t bytes)
{
    if (bytes > writing->room) {
        writing->problem = no_memory;
        return false;
    }
    writing->room -= bytes;
    return true;
}

/* Counts steps. False: the script is out of time. */
static bool use_time(struct writing *writing, size_t steps)
{
    if (!state_has_time(writing->lua, steps)) {
        writing->problem = no_time;
        return false;
    }
    return true;
}

static json_t *write_value(struct writing *writing, int index);

/* The number of elements if all keys are 1 to n; -1: some are not. */
static lua_Integer count_elements(lua_State *lua, int index)
{
    lua_Integer keys = 0;
    lua_Integer last = (lua_Integer)lua_rawlen(lua, index);
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        lua_Integer key = lua_isinteger(lua, -2) ? lua_tointeger(lua, -2) : 0;
        if (key < 1 || key > last) {
            lua_pop(lua, 2);
            return -1;
        }
        keys++;
        lua_pop(lua, 1);
    }
    return keys == last ? keys : -1;
}

bool json_is_marked_array(lua_State *lua, int index)
{
    if (!lua_getmetatable(lua, index)) {
        return false;
    }
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &array_type);
    bool is_array = lua_rawequal(lua, -1, -2);
    lua_pop(lua, 2);
    return is_array;
}

static json_t *write_array(struct writing *writing, int index, lua_Integer count)
{
    json_t *array = json_array();
    for (lua_Integer i = 1; i <= count && !writing->problem; i++) {
        lua_rawgeti(writing->lua, index, i);
        json_array_append_new(array, write_value(writing, lua_gettop(writing->lua)));
        lua_pop(writing->lua, 1);
    }
    return array;
}

static void write_member(struct writing *writing, json_t *object)
{
    lua_State *lua = writing->lua;
    size_t length = 0;
    if (lua_type(lua, -2) != LUA_TSTRING) {
        writing->problem = "keys must be strings, or 1 to n for an array";
        return;
    }
    const char *key = lua_tolstring(lua, -2, &length);
    if (!use_room(writing, length + KEY_BYTES)) {
        return;
    }
    json_t *value = write_value(writing, lua_gettop(lua));
    if (writing->problem) {
        json_decref(value);
    } else if (json_object_setn_new(object, key, length, value) != 0) {
        writing->problem = "a key is not UTF-8";
    }
}

static json_t *write_object(struct writing *writing, int index)
{
    lua_State *lua = writing->lua;
    json_t *object = json_object();
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        write_member(writing, object);
        lua_pop(lua, 1);
        if (writing->problem) {
            lua_pop(lua, 1);
            break;
        }
    }
    return object;
}

static json_t *write_table(struct writing *writing, int index)
{
    lua_State *lua = writing->lua;
    json_t *json = NULL;
    if (writing->depth == DEPTH_MAX || !lua_checkstack(lua, 8)) {
        writing->problem = "a table is nested too deeply, or contains itself";
        return NULL;
    }
    if (!use_room(writing, TABLE_BYTES) || !use_time(writing, TABLE_STEPS)) {
        return NULL;
    }
    writing->depth++;
    lua_Integer count = count_elements(lua, index);
    bool is_marked = json_is_marked_array(lua, index);
    if (is_marked && count < 0) {
        writing->problem = "an array has keys other than 1 to n";
    } else if (is_marked || count > 0) {
        json = write_array(writing, index, count);
    } else {
        json = write_object(writing, index);
    }
    writing->depth--;
    return json;
}

static json_t *write_text(struct writing *writing, int index)
{
    size_t length = 0;
    const char *text = lua_tolstring(writing->lua, index, &length);
    if (!use_room(writing, length) || !use_time(writing, length / BYTES_PER_STEP)) {
        return NULL;
    }
    json_t *json = json_stringn(text, length);
    if (!json) {
        writing->problem = "a string is not UTF-8";
    }
    return json;
}

static json_t *write_number(struct writing *writing, int index)
{
    if (lua_isinteger(writing->lua, index)) {
        return json_integer(lua_tointeger(writing->lua, index));
    }
    double number = lua_tonumber(writing->lua, index);
    if (!isfinite(number)) {
        writing->problem = "JSON cannot represent infinity or NaN";
        return NULL;
    }
    writing->has_floats = true;
    return json_real(number);
}

static json_t *write_value(struct writing *writing, int index)
{
    if (++writing->values > VALUES_MAX) {
        writing->problem = "more than a million values";
        return NULL;
    }
    if (!use_room(writing, VALUE_BYTES) || !use_time(writing, VALUE_STEPS)) {
        return NULL;
    }
    switch (lua_type(writing->lua, index)) {
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(writing->lua, index));
    case LUA_TNUMBER:
        return write_number(writing, index);
    case LUA_TSTRING:
        return write_text(writing, index);
    case LUA_TTABLE:
        return write_table(writing, index);
    case LUA_TLIGHTUSERDATA:
        return json_null();
    default:
        writing->problem =
            "JSON cannot represent nil, functions or responses; for JSON null, use the global null";
        return NULL;
    }
}

/* Called by jansson with a piece of the text; -1 stops it. */
static int add_bytes(const char *text, size_t length, void *context)
{
    struct writing *writing = context;
    if (writing->problem || !use_room(writing, length) ||
        !use_time(writing, 1 + length / BYTES_PER_STEP)) {
        return -1;
    }
    bytes_add(writing->out, text, length);
    return 0;
}

/* Copies the number at *from, shorter if it is a float. Returns the end of the copy. */
static char *copy_number(lua_State *lua, const char **from, char *to)
{
    char text[NUMBER_TEXT];
    size_t length = strspn(*from, "-+.0123456789eE");
    bool is_float = strcspn(*from, ".eE") < length;
    state_spend(lua, is_float ? FLOAT_STEPS : VALUE_STEPS);
    size_t shorter = is_float ? number_print(strtod(*from, NULL), text) : length;
    if (shorter < length) {
        memcpy(to, text, shorter);
    } else {
        shorter = length;
        memmove(to, *from, length);
    }
    *from += length;
    return to + shorter;
}

/* jansson prints 17 digits of each float, as in 19.989999999999998. Rewrites the JSON at `text`,
 * which ends with a NUL, with no more digits than needed. Returns its length. */
static size_t shorten_floats(lua_State *lua, char *text)
{
    char *to = text;
    bool is_in_string = false;
    for (const char *from = text; *from;) {
        if (!is_in_string && (*from == '-' || (*from >= '0' && *from <= '9'))) {
            to = copy_number(lua, &from, to);
            continue;
        }
        state_spend(lua, 1);
        is_in_string ^= *from == '"';
        if (*from == '\\') {
            *to++ = *from++;
        }
        *to++ = *from++;
    }
    return (size_t)(to - text);
}

/*
 * Converts with jansson. False: `problem` says why. jansson's objects and the text share the memory
 * that the script may still use.
 */
static bool write_json(struct writing *writing, int index)
{
    struct bytes *out = writing->out;
    const struct state *state = state_of(writing->lua);
    writing->room = state->max_bytes > state->used_bytes ? state->max_bytes - state->used_bytes : 0;
    json_t *json = write_value(writing, index);
    if (!writing->problem) {
        json_dump_callback(json, add_bytes, writing,
                           JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    }
    json_decref(json);
    if (writing->has_floats && !writing->problem) {
        bytes_add(out, "", 1);
        char *text = out->has_failed ? NULL : out->at + writing->begin;
        out->length = writing->begin + (text ? shorten_floats(writing->lua, text) : 0);
    }
    return !writing->problem;
}

void json_encode(lua_State *lua, int index, struct bytes *out)
{
    const struct writing start = {.lua = lua, .out = out, .begin = out->length};
    struct writing writing = start;
    index = lua_absindex(lua, index);
    if (!write_json(&writing, index) && writing.problem == no_memory) {
        state_collect(lua);
        out->length = start.begin;
        writing = start;
        write_json(&writing, index);
    }
    if (!writing.problem) {
        return;
    }
    state_trim(state_of(lua)); /* the error skips the callers, which would do this */
    if (writing.problem == no_time) {
        state_check_time(lua);
    }
    luaL_error(lua, "JSON: %s", writing.problem);
}

/* Reading. Lua may raise an error if memory is short, so a userdata owns jansson's object. */

static void push(lua_State *lua, json_t *json);

/* Marks the table on top of the stack as an array, even if it is empty. */
void json_mark_array(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &array_type);
    lua_setmetatable(lua, -2);
}

static void push_array(lua_State *lua, json_t *json)
{
    size_t count = json_array_size(json);
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push(lua, json_array_get(json, i));
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    json_mark_array(lua);
}

static void push_object(lua_State *lua, json_t *json)
{
    lua_createtable(lua, 0, (int)json_object_size(json));
    void *at = json_object_iter(json);
    for (; at; at = json_object_iter_next(json, at)) {
        lua_pushlstring(lua, json_object_iter_key(at), json_object_iter_key_len(at));
        push(lua, json_object_iter_value(at));
        lua_rawset(lua, -3);
    }
}

static void push(lua_State *lua, json_t *json)
{
    luaL_checkstack(lua, 4, "JSON is nested too deeply");
    state_spend(lua, VALUE_STEPS + json_string_length(json) / BYTES_PER_STEP);
    if (!json) {
        lua_pushnil(lua);
        return;
    }
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        push_object(lua, json);
        break;
    case JSON_ARRAY:
        push_array(lua, json);
        break;
    case JSON_STRING:
        lua_pushlstring(lua, json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        lua_pushinteger(lua, json_integer_value(json));
        break;
    case JSON_REAL:
        lua_pushnumber(lua, json_real_value(json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(lua, json_is_true(json));
        break;
    case JSON_NULL:
        lua_pushlightuserdata(lua, NULL);
        break;
    }
}

static const char held_type[] = "headroom.held";

/* A userdata that frees jansson's object. */
struct held {
    json_t *json;
    size_t bytes; /* counted for it (state_take) */
};

static int free_held(lua_State *lua)
{
    struct held *held = lua_touserdata(lua, 1);
    json_decref(held->json);
    state_give(state_of(lua), held->bytes);
    *held = (struct held){0};
    return 0;
}

/* The memory that jansson needs to parse this text, if it is JSON. */
static size_t count_bytes(const char *text, size_t length)
{
    size_t bytes = length + VALUE_BYTES;
    size_t longest = 0; /* string; jansson has two more copies of it for a while */
    size_t begin = 0;
    bool is_in_string = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (is_in_string && c == '\\') {
            i++;
        } else if (c == '"') {
            longest = is_in_string && i - begin > longest ? i - begin : longest;
            begin = i;
            is_in_string = !is_in_string;
        } else if (!is_in_string) {
            bytes += c == ',' ? VALUE_BYTES : c == ':' ? KEY_BYTES : 0;
            bytes += c == '[' || c == '{' ? TABLE_BYTES + VALUE_BYTES : 0;
        }
    }
    return bytes + 2 * longest;
}

/* The text that jansson has not read yet. */
struct reading {
    lua_State *lua;
    struct slice rest;
    bool is_late;
};

/* Copies the next part; returns 0 at the end. */
static size_t next_part(void *to, size_t room, void *context)
{
    struct reading *reading = context;
    size_t length = reading->rest.length < room ? reading->rest.length : room;
    if (!state_has_time(reading->lua, READ_STEPS_PER_BYTE * length)) {
        reading->is_late = true;
        return 0;
    }
    memcpy(to, reading->rest.at, length);
    reading->rest.at += length;
    reading->rest.length -= length;
    return length;
}

void json_decode(lua_State *lua, const char *text, size_t length, const char *what)
{
    json_error_t error;
    struct reading reading = {lua, {text, length}, false};
    struct held *held = lua_newuserdatauv(lua, sizeof *held, 0);
    *held = (struct held){0};
    luaL_setmetatable(lua, held_type);
    state_spend(lua, length);
    size_t bytes = count_bytes(text, length);
    state_take(lua, bytes);
    held->bytes = bytes;
    held->json = json_load_callback(next_part, &reading, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!held->json && reading.is_late) {
        state_check_time(lua);
    }
    if (!held->json) {
        luaL_error(lua, "%s: line %d, column %d: %s", what, error.line, error.column, error.text);
    }
    push(lua, held->json);
    lua_pushcfunction(lua, free_held);
    lua_pushvalue(lua, -3);
    lua_call(lua, 1, 0);
    lua_remove(lua, -2);
}

/* For scripts. */

static int array(lua_State *lua)
{
    if (lua_isnone(lua, 1)) {
        lua_newtable(lua);
    }
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    if (lua_getmetatable(lua, 1) && !json_is_marked_array(lua, 1)) {
        return luaL_error(lua, "array: the table has a metatable");
    }
    lua_settop(lua, 1);
    json_mark_array(lua);
    return 1;
}

static int encode(lua_State *lua)
{
    struct bytes *out = &state_of(lua)->body;
    luaL_checkany(lua, 1);
    bytes_clear(out);
    json_encode(lua, 1, out);
    lua_pushlstring(lua, out->at, out->length);
    state_trim(state_of(lua));
    return 1;
}

static int decode(lua_State *lua)
{
    size_t length = 0;
    const char *text = luaL_checklstring(lua, 1, &length);
    json_decode(lua, text, length, "json.decode");
    return 1;
}

void json_declare(lua_State *lua)
{
    static const luaL_Reg functions[] = {{"encode", encode}, {"decode", decode}, {NULL, NULL}};
    lua_createtable(lua, 0, 1);
    state_hide_metatable(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &array_type);
    luaL_newmetatable(lua, held_type);
    lua_pushcfunction(lua, free_held);
    lua_setfield(lua, -2, "__gc");
    lua_pop(lua, 1);
    lua_register(lua, "array", array);
    lua_pushlightuserdata(lua, NULL);
    lua_setglobal(lua, "null");
    globals_declare_table(lua, "json", functions);
}
