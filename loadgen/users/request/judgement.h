/*
 * judgement - success() and failure() of a result, for judge.h and listeners.h.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_REQUEST_JUDGEMENT_H
#define LOADGEN_USERS_REQUEST_JUDGEMENT_H

#include <lua5.4/lua.h>

#include "loadgen/users/request/outbox.h"

/* Raises an error if there is no answer. */
void judgement_accept(lua_State *lua, struct held *held);
void judgement_refuse(struct held *held, const char *text);

/* Formats the arguments from 2 on, and leaves the text at 2. */
const char *judgement_text(lua_State *lua);

/* Cleans a text for reports; an empty one becomes "failure". */
void judgement_keep_reason(char reason[REASON_MAX], const char *text);

#endif
