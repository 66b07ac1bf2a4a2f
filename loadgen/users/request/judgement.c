#include "loadgen/users/request/judgement.h"

#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/base/text/utf8.h"
#include "loadgen/users/lua/sandbox.h"

void judgement_accept(lua_State *lua, struct held *held)
{
    if (held->exchange.outcome != OUTCOME_ANSWERED) {
        luaL_error(lua, "success: there is no response");
    }
    held->exchange.judgement = JUDGEMENT_SUCCESS;
}

const char *judgement_text(lua_State *lua)
{
    luaL_checkstring(lua, 2);
    lua_pushcfunction(lua, sandbox_format);
    lua_insert(lua, 2);
    lua_call(lua, lua_gettop(lua) - 2, 1);
    return luaL_checkstring(lua, 2);
}

/* Reports and JSON need UTF-8 on one line. A long text is cut between characters. */
void judgement_keep_reason(char reason[REASON_MAX], const char *text)
{
    enum { CHARACTER_MAX = 4 };
    const char *from = text[0] ? text : "failure";
    size_t length = strnlen(from, REASON_MAX - 1);
    size_t least = length < CHARACTER_MAX ? 0 : length - CHARACTER_MAX;
    while (length > least && ((unsigned char)from[length] & 0xc0) == 0x80) {
        length--;
    }
    snprintf(reason, REASON_MAX, "%.*s", (int)length, from);
    utf8_clean(reason);
}

void judgement_refuse(struct held *held, const char *text)
{
    held->exchange.judgement = JUDGEMENT_FAILURE;
    judgement_keep_reason(held->exchange.reason, text);
}
