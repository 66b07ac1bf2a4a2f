/*
 * url_text - percent-encodes paths and parameters that scripts pass.
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_MESSAGE_URL_TEXT_H
#define LOADGEN_USERS_MESSAGE_URL_TEXT_H

#include <lua5.4/lua.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"

/* Length of an encoded byte (%XX), and the steps that encoding it takes (state_spend). */
enum { URL_TEXT_GROWTH = 3, URL_TEXT_STEPS = 5 };

/* Appends a path or URL as written; encodes only bytes that HTTP does not allow there. Omits the
 * fragment. */
void url_text_add_path(struct bytes *out, struct slice text);

/* Appends the table at `index` as "a=1&b=x%20y" (pairs.h). */
void url_text_add_pairs(lua_State *lua, int index, const char *what, struct bytes *out);

#endif
