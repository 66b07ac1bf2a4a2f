/*
 * multipart - writes the body of a form with files, multipart/form-data (RFC 7578), as Python's
 * requests does.
 *
 *     files = { photo = { "a.jpg", bytes, "image/jpeg" } }, form = { kind = "x" }
 *
 * A file is { name, content, type }. Without a type, no Content-Type is sent; if the name is false,
 * no file name is sent. A string alone is sent as a file named after its field. All files of a list
 * are sent in the same field. The fields of the form precede the files; both are in alphabetical
 * order.
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_MESSAGE_MULTIPART_H
#define LOADGEN_USERS_MESSAGE_MULTIPART_H

#include <lua5.4/lua.h>

#include "loadgen/base/bytes.h"

/*
 * Appends the files of the table at index `files`, and the fields of the table at `form` (0: none).
 */
void multipart_write(lua_State *lua, int files, int form, const char *boundary, struct bytes *out);

#endif
