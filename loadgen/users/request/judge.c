#include "loadgen/users/request/judge.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/base/utf8.h"
#include "loadgen/users/lua/sandbox.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/request/answer.h"
#include "loadgen/users/user.h"

/* What is held of the answer at argument 1; NULL: its result was recorded. */
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
        luaL_error(
            lua,
            "%s: the result is already recorded; pass check = true to the request, and judge "
            "its answer before the next request",
            what);
    }
    return held;
}

static int success(lua_State *lua)
{
    struct held *held = held_of(lua, "success");
    if (held->exchange.outcome != OUTCOME_ANSWERED) {
        return luaL_error(lua, "success: there is no answer");
    }
    held->exchange.judgement = JUDGEMENT_SUCCESS;
    return 0;
}

/* Reports and JSON want UTF-8 on one line. */
static void keep_reason(char reason[REASON_MAX], const char *text)
{
    snprintf(reason, REASON_MAX, "%s", text[0] ? text : "failure");
    if (!utf8_is_text(reason)) {
        for (char *c = reason; *c; c++) {
            *c = (char)((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f ? '?' : *c);
        }
    }
}

/* r:failure(format, ...). string.format calls __tostring of scripts, which may close the answer. */
static int failure(lua_State *lua)
{
    held_of(lua, "failure");
    luaL_checkstring(lua, 2);
    lua_pushcfunction(lua, sandbox_format);
    lua_insert(lua, 2);
    lua_call(lua, lua_gettop(lua) - 2, 1);
    struct held *held = held_of(lua, "failure");
    held->exchange.judgement = JUDGEMENT_FAILURE;
    keep_reason(held->exchange.reason, luaL_checkstring(lua, 2));
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
