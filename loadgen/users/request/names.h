/*
 * names - the rows of results: each has one by class, method and name (target/catalogue.h).
 *
 *     Shopper GET /users_name/{id}      a request
 *     Shopper WS send                   a fired result: its type instead of a method
 *
 * Invalid bytes of a name become '?'. Names that do not have their own row share the row "other".
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_NAMES_H
#define LOADGEN_USERS_REQUEST_NAMES_H

#include <lua5.4/lua.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"

struct catalogue_table;
struct class;
struct request;

/* Limits: bytes of a name, and of a method or type. */
enum { NAME_BYTES_MAX = 200, METHOD_BYTES_MAX = 32 };

struct naming {
    struct catalogue_table *targets; /* of the thread */
    const struct class *class;
    const char *method;
    struct slice name;
    /* Appends the URL that results show for this row; NULL: they show none. Called only for a name
     * that is new to this class and method. */
    void (*add_url)(const void *context, struct bytes *url);
    const void *context;
};

/* The name at this index. Raises an error if it is not a string of 1 to NAME_BYTES_MAX bytes. */
struct slice names_check(lua_State *lua, int index);

/* Sets target and row of a request. */
void names_find(lua_State *lua, const struct naming *naming, struct request *request);

#endif
