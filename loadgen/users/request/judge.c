#include "loadgen/users/request/judge.h"

#include "loadgen/users/lua/state.h"
#include "loadgen/users/request/answer.h"
#include "loadgen/users/request/judgement.h"
#include "loadgen/users/user.h"

/* The held result of the answer at argument 1; NULL: the result was already recorded. */
static struct held *find(lua_State *lua)
{
    uint64_t number = answer_number(lua, 1);
    const struct user *user = state_of(lua)->user;
    return user ? outbox_find(&user->outbox, number) : NULL;
}

static struct held *held_of(lua_State *lua, const char *what)
{
    struct held *held = find(lua);
    if (!held) {
        luaL_error(lua,
                   "%s: the result is already recorded; pass check = true to the request, and "
                   "judge its response before the next request",
                   what);
    }
    return held;
}

static int success(lua_State *lua)
{
    judgement_accept(lua, held_of(lua, "success"));
    return 0;
}

/*
 * r:failure(format, ...). Formats first: string.format may call a __tostring of the script, which
 * may close the answer.
 */
static int failure(lua_State *lua)
{
    held_of(lua, "failure");
    const char *text = judgement_text(lua);
    judgement_refuse(held_of(lua, "failure"), text);
    return 0;
}

int judge_close(lua_State *lua)
{
    struct held *held = find(lua);
    if (held) {
        outbox_record(&state_of(lua)->user->outbox, held);
    }
    return 0;
}

const luaL_Reg judge_methods[] = {{"failure", failure}, {"success", success}, {NULL, NULL}};
