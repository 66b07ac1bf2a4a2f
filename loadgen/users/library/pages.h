/*
 * pages - extracts parts of pages and other texts for scripts.
 *
 *     hidden_field(page, name)   the value of the first <input> of an HTML page with this name, or
 *                                the content of the first <meta>; nil if there is none
 *     find_all(text, pattern)    a list of all matches of a Lua pattern: of the first capture, or
 *                                of the whole pattern if it has none
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_LIBRARY_PAGES_H
#define LOADGEN_USERS_LIBRARY_PAGES_H

#include <lua5.4/lua.h>

/* Maximum size of a page for hidden_field, in bytes: that of an answer's body (ANSWER_BODY_MAX). */
enum { PAGES_BYTES_MAX = 16 * 1024 * 1024 };

/* Declares these functions as globals. */
void pages_declare(lua_State *lua);

#endif
