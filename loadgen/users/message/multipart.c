#include "loadgen/users/message/multipart.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "loadgen/users/lua/state.h"
#include "loadgen/users/message/pairs.h"

enum { AROUND_PART = 256, BYTES_PER_STEP = 16 };

struct multipart {
    lua_State *lua;
    const char *boundary;
    struct bytes *out;
};

static const char form_of_files[] =
    "files: %s: expected { \"NAME\", CONTENT [, \"TYPE\"] }, a string, or a list of files";

/* Appends ; name="text". Characters that would end it are percent-encoded, as in browsers. */
static void add_parameter(struct bytes *out, const char *name, struct slice text)
{
    bytes_add_text(out, "; ");
    bytes_add_text(out, name);
    bytes_add_text(out, "=\"");
    for (size_t i = 0; i < text.length; i++) {
        const char *code = text.at[i] == '"'    ? "%22"
                           : text.at[i] == '\r' ? "%0D"
                           : text.at[i] == '\n' ? "%0A"
                                                : NULL;
        if (code) {
            bytes_add_text(out, code);
        } else {
            bytes_add(out, &text.at[i], 1);
        }
    }
    bytes_add_text(out, "\"");
}

/* `name` and `type` may be missing (at == NULL). */
static void add_part(const struct multipart *multipart, struct slice field, struct slice name,
                     struct slice content, struct slice type)
{
    struct bytes *out = multipart->out;
    size_t length = 3 * (field.length + name.length) + content.length + type.length;
    state_spend(multipart->lua, 1 + length / BYTES_PER_STEP);
    state_check_room(multipart->lua, out->length + length + AROUND_PART);
    bytes_add_text(out, "--");
    bytes_add_text(out, multipart->boundary);
    bytes_add_text(out, "\r\nContent-Disposition: form-data");
    add_parameter(out, "name", field);
    if (name.at) {
        add_parameter(out, "filename", name);
    }
    if (type.at) {
        bytes_add_text(out, "\r\nContent-Type: ");
        bytes_add(out, type.at, type.length);
    }
    bytes_add_text(out, "\r\n\r\n");
    bytes_add(out, content.at, content.length);
    bytes_add_text(out, "\r\n");
}

static void add_field(void *context, struct slice key, struct slice value)
{
    const struct slice none = {0};
    add_part(context, key, none, value, none);
}

/* Element i of the file on top of the stack: a text, or nil or false unless is_needed. */
static struct slice text_of(lua_State *lua, lua_Integer i, struct slice field, bool is_needed)
{
    struct slice text = {0};
    int type = lua_rawgeti(lua, -1, i);
    if (type == LUA_TSTRING) {
        text.at = lua_tolstring(lua, -1, &text.length);
    } else if (is_needed || (type != LUA_TNIL && lua_toboolean(lua, -1))) {
        luaL_error(lua, form_of_files, field.at);
    }
    lua_pop(lua, 1);
    return text;
}

/* Appends the file on top of the stack. */
static void add_file(const struct multipart *multipart, lua_State *lua, struct slice field)
{
    if (!lua_istable(lua, -1)) {
        luaL_error(lua, form_of_files, field.at);
    }
    struct slice name = text_of(lua, 1, field, false);
    struct slice content = text_of(lua, 2, field, true);
    struct slice type = text_of(lua, 3, field, false);
    for (size_t i = 0; i < type.length; i++) {
        if ((unsigned char)type.at[i] < ' ') {
            luaL_error(lua, "files: %s: the type contains a control character", field.at);
        }
    }
    add_part(multipart, field, name, content, type);
}

/* True if the value on top of the stack is a list of files. */
static bool is_list(lua_State *lua)
{
    bool is_one = false;
    if (lua_istable(lua, -1)) {
        is_one = lua_rawgeti(lua, -1, 1) == LUA_TTABLE;
        lua_pop(lua, 1);
    }
    return is_one;
}

/* Appends the files in the value on top of the stack. */
static void add_files(const struct multipart *multipart, lua_State *lua, struct slice field)
{
    if (lua_type(lua, -1) == LUA_TSTRING) {
        struct slice content;
        content.at = lua_tolstring(lua, -1, &content.length);
        add_part(multipart, field, field, content, (struct slice){0});
    } else if (is_list(lua)) {
        for (size_t i = 1; i <= lua_rawlen(lua, -1); i++) {
            lua_rawgeti(lua, -1, (lua_Integer)i);
            add_file(multipart, lua, field);
            lua_pop(lua, 1);
        }
    } else {
        add_file(multipart, lua, field);
    }
}

void multipart_write(lua_State *lua, int files, int form, const char *boundary, struct bytes *out)
{
    struct multipart multipart = {lua, boundary, out};
    struct slice fields[PAIRS_MAX];
    if (form) {
        pairs_visit(lua, form, "form", add_field, &multipart);
    }
    size_t count = pairs_read_keys(lua, files, "files", fields);
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(lua, fields[i].at, fields[i].length);
        lua_rawget(lua, files);
        add_files(&multipart, lua, fields[i]);
        lua_pop(lua, 1);
    }
    bytes_add_text(out, "--");
    bytes_add_text(out, boundary);
    bytes_add_text(out, "--\r\n");
}
