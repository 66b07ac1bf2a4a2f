/*
 * request - sends a request of a script: converts Lua arguments to bytes and starts the exchange.
 *
 *     self:post("/items", { json = { lines = array {} }, name = "/items", timeout = 5 })
 *
 *     name              last part of the row's name in the report, after class and method, at most
 *                       200 bytes; default: the path without its query, cut to 200 bytes
 *     headers           { ["X-Name"] = "value" }, overriding self.headers; false: not sent
 *     params            { page = 2 }, added to the URL as a query
 *     json, form, body  a value sent as JSON; { field = value } sent as a form; raw bytes
 *     files             { field = { "a.txt", bytes, "text/plain" } }, sent with `form` as
 *                       multipart/form-data (multipart.h)
 *     auth              { "user", "password" }: sets Authorization: Basic, overriding headers
 *     cookies           { name = "value" }, added to the user's jar; the jar is sent unless headers
 *                       have a Cookie
 *     timeout           seconds; default: the timeout of the run
 *     check             true: the script judges the answer (judge.h)
 *     allow_redirects   false: redirects are not followed
 *
 * The user pauses until the answer arrives (answer.h).
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_REQUEST_H
#define LOADGEN_USERS_REQUEST_REQUEST_H

#include <lua5.4/lua.h>
#include <stddef.h>

struct user;

/*
 * For C functions that scripts call: sends the request whose path is at this argument and whose
 * options follow it. The caller must return the result.
 */
int request_send(lua_State *lua, const char *method, int path);

/*
 * The parts of request_send. request_begin returns the user whose script calls method `what` of
 * self. request_add adds to the user's outbox the request whose path is at index `path`, followed
 * by its options, a table or nil. request_send_all sends these requests. `index`: of the answer in
 * the list of parallel(), from 1; 0: a single request.
 */
struct user *request_begin(lua_State *lua, const char *what);
void request_add(lua_State *lua, struct user *user, const char *method, int path, size_t index);
int request_send_all(struct user *user);

/* Converts the method at this index, which must not be negative, to upper case, and returns it.
 * Raises an error if it is not a method. */
const char *request_check_method(lua_State *lua, int index);

#endif
