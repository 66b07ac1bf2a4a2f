#include "loadgen/users/request/methods.h"

#include <lua5.4/lauxlib.h>

#include "loadgen/users/request/parallel.h"
#include "loadgen/users/request/request.h"
#include "loadgen/users/user.h"

#define METHODS(X)                                                                                 \
    X(get, "GET")                                                                                  \
    X(post, "POST")                                                                                \
    X(put, "PUT")                                                                                  \
    X(patch, "PATCH")                                                                              \
    X(delete, "DELETE")                                                                            \
    X(head, "HEAD")                                                                                \
    X(options, "OPTIONS")

#define X(name, method)                                                                            \
    static int send_##name(lua_State *lua)                                                         \
    {                                                                                              \
        return request_send(lua, method, 2);                                                       \
    }
METHODS(X)
#undef X

/* self:request(method, path, options) */
static int send_any(lua_State *lua)
{
    return request_send(lua, request_check_method(lua, 2), 3);
}

/* self:cookie(name) */
static int cookie(lua_State *lua)
{
    const struct user *user = request_begin(lua, "cookie");
    struct slice name;
    name.at = luaL_checklstring(lua, 2, &name.length);
    struct slice value = cookies_find(&user->cookies, name);
    if (value.at) {
        lua_pushlstring(lua, value.at, value.length);
    } else {
        lua_pushnil(lua);
    }
    return 1;
}

static int stop_user(lua_State *lua)
{
    return user_pause(user_calling(lua, "stop_user"), PAUSE_USER_ENDS);
}

static int reschedule(lua_State *lua)
{
    return user_pause(user_calling(lua, "reschedule"), PAUSE_TASK_ENDS);
}

/* self:interrupt() ends the set of the running task. */
static int interrupt(lua_State *lua)
{
    struct user *user = user_calling(lua, "interrupt");
    if (user->depth == 0) {
        return luaL_error(lua, "interrupt: the user is not in a task set");
    }
    return user_pause(user, PAUSE_SET_ENDS);
}

void methods_add(lua_State *lua)
{
    static const luaL_Reg list[] = {
#define X(name, method) {#name, send_##name},
        METHODS(X)
#undef X
            {"cookie", cookie},
        {"interrupt", interrupt},
        {"parallel", parallel_send},
        {"request", send_any},
        {"reschedule", reschedule},
        {"stop_user", stop_user},
        {NULL, NULL},
    };
    luaL_setfuncs(lua, list, 0);
}
