/*
 * ask - reads the parts of a request from a script's arguments (request.h).
 *
 * Slices point into scratch buffers of the state and are valid until the request is built. Every
 * function may raise a Lua error.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_ASK_H
#define LOADGEN_USERS_REQUEST_ASK_H

#include <lua5.4/lua.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"
#include "loadgen/http/send.h"
#include "loadgen/target/request/url.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/user.h"

struct ask {
    lua_State *lua;
    struct user *user;
    struct state *state;
    const char *method;
    int path;    /* index of the argument */
    int options; /* index of the argument, a table; 0: none */
    struct url url;
    struct slice body; /* at == NULL: none */
    struct terms terms;
    bool is_checked; /* the option `check` */
    const char *content_type;
    char multipart_type[80]; /* content_type of a form with files */
};

/*
 * Push an option and return its type, LUA_TNIL if it is missing. They call no metamethods, which
 * could use the scratch buffers. ask_table raises an error if the option is neither missing nor a
 * table.
 */
int ask_option(const struct ask *ask, const char *name);
int ask_table(const struct ask *ask, const char *name);

/* Call these in this order. They read the URL with its params, read the body (json, form with
 * files, or body), and write state->headers. */
void ask_read_url(struct ask *ask);
void ask_read_body(struct ask *ask);
void ask_write_headers(const struct ask *ask);

/* Sets the terms, except on_hop and context. */
void ask_set_terms(struct ask *ask);

/* Appends the URL. */
void ask_write_url(const struct ask *ask, struct bytes *out);

#endif
