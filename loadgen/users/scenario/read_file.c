#include "loadgen/users/scenario/read_file.h"

#include <lua5.4/lauxlib.h>
#include <string.h>

#include "loadgen/users/files/feeds.h"
#include "loadgen/users/files/folder.h"
#include "loadgen/users/lua/state.h"

static int refuse(lua_State *lua, const char *name, const char *why)
{
    return luaL_error(lua, "read_file: cannot read %s: %s", name, why);
}

static int read_given(lua_State *lua, const struct given *given, const char *name)
{
    const struct given_item *file = given_find(&given->files, name);
    if (!file) {
        return refuse(lua, name, "it did not come with the order");
    }
    lua_pushlstring(lua, file->bytes, file->length);
    return 1;
}

static int read_file(lua_State *lua)
{
    const char *folder = state_of(lua)->folder;
    const char *name = luaL_checkstring(lua, 1);
    char path[PATH_MAX];
    size_t size = 0;
    size_t length = 0;
    luaL_Buffer buffer;
    if (!folder) {
        return luaL_error(lua, "read_file: can be called only while the scenario is loaded, not in "
                               "functions that users run; keep the text in a local variable");
    }
    if (strlen(name) != lua_rawlen(lua, 1)) {
        return luaL_error(lua, "read_file: the name contains a NUL byte");
    }
    if (state_of(lua)->given) {
        return read_given(lua, state_of(lua)->given, name);
    }
    const char *problem = folder_find(folder, name, path, &size);
    if (problem) {
        return refuse(lua, name, problem);
    }
    /* Before the file is opened, because this may raise an error. */
    char *to = luaL_buffinitsize(lua, &buffer, size);
    problem = folder_read(path, to, size, &length);
    if (problem) {
        return refuse(lua, name, problem);
    }
    if (state_of(lua)->feeds) {
        feeds_note_file(state_of(lua)->feeds, name, to, length);
    }
    luaL_pushresultsize(&buffer, length);
    return 1;
}

void read_file_declare(lua_State *lua)
{
    lua_register(lua, "read_file", read_file);
}
