/*
 * copy - copies values from one Lua state to another, through bytes.
 *
 * Strings, numbers, booleans, null, and tables of them can be copied. Integers stay integers, and
 * arrays (json.h) stay arrays; other metatables are left out. A table that is referenced twice is
 * copied twice.
 *
 * Threads: copy_write on the thread of the state that is read, copy_push on that of the other one.
 * Memory: the bytes are the caller's.
 */
#ifndef LOADGEN_USERS_LUA_COPY_H
#define LOADGEN_USERS_LUA_COPY_H

#include <lua5.4/lua.h>
#include <stdbool.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"

enum { COPY_BYTES_MAX = 1024 * 1024, COPY_DEPTH_MAX = 100 };

/*
 * Appends the value at this index. Raises an error that begins with `what` and the path in the
 * table, as in "setup.shops[3]: a function cannot be copied", if a value is of another type, or if
 * the limits are exceeded.
 */
void copy_write(lua_State *lua, int index, const char *what, struct bytes *out);

/* True if copy_push can read the bytes, which another process has sent. */
bool copy_check(struct slice bytes);

/* Pushes the value. */
void copy_push(lua_State *lua, const struct bytes *bytes);

#endif
