/*
 * parallel - sends several requests of a user at once, as a browser fetches the parts of a page.
 *
 *     local answers = self:parallel {
 *         "/style.css",                                             -- GET
 *         { "POST", "/log", { json = { page = 1 } } },              -- method, path, options
 *     }
 *     assert(answers[1].ok)
 *
 * All requests have the same intended time. At most OUTBOX_AT_ONCE are in flight; the others wait
 * for a connection, and this time counts as wait, not as lag. The user continues when all are
 * answered. The answers are in the order of the requests. If a request is invalid, an error is
 * raised before any is sent.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_PARALLEL_H
#define LOADGEN_USERS_REQUEST_PARALLEL_H

#include <lua5.4/lua.h>

enum { PARALLEL_MAX = 1000 };

/* A C function: self:parallel(list). */
int parallel_send(lua_State *lua);

#endif
