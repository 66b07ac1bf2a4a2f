/*
 * declare - how a scenario declares classes of users and their tasks.
 *
 *     local Shopper = User { weight = 3, wait = between(1, 3), host = "http://target:5000" }
 *     function Shopper:on_start() ... end
 *     Shopper:task(3, "browse", function(self) ... end)
 *     local Hurried = Shopper { wait = constant(0) }      -- inherits everything else
 *
 *     local Flow = SequentialTaskSet {}                   -- or TaskSet: tasks that belong together
 *     Flow:task("first", function(self) ... end)
 *     Flow:task("last", function(self) self:interrupt() end)
 *     Shopper:task(2, Flow)
 *
 * A class is a table. Missing keys are looked up in its base, and finally in User, which has the
 * methods of every user (methods.h). classes.h reads what was declared.
 *
 * Classes get their names from the variables that hold them when the scenario has been executed.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_SCENARIO_DECLARE_H
#define LOADGEN_USERS_SCENARIO_DECLARE_H

#include <lua5.4/lua.h>

#define DECLARE_CLASSES "headroom.classes" /* in the registry: a list, in order, without User */
#define DECLARE_BASE "base"                /* fields of a class */
#define DECLARE_TASKS "tasks"              /* a list of { run, weight, name, tags } */
#define DECLARE_SEQUENTIAL "is_sequential"

/* Declares User, TaskSet and SequentialTaskSet in a new state, and leaves User on the stack. */
void declare_user(lua_State *lua);

/* A hook for the return of a main chunk: names classes after the variables that hold them. */
void declare_name(lua_State *lua, lua_Debug *where);

#endif
