/*
 * declare - lets a scenario declare classes of users and their tasks.
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
 * methods of every user (methods.h). classes.h reads the declarations.
 *
 * A class or task set without a `name` is named after the variable that holds it when the scenario
 * has been executed.
 *
 * Threads: the state's thread.
 */
#ifndef LOADGEN_USERS_SCENARIO_DECLARE_H
#define LOADGEN_USERS_SCENARIO_DECLARE_H

#include <lua5.4/lua.h>
#include <stdbool.h>

/* Registry keys: the classes in order, without User; User, which has the methods of users. */
#define DECLARE_CLASSES "headroom.classes"
#define DECLARE_USER "headroom.user"

/*
 * Limits: the number of classes, the levels of inheritance, the length of names of classes, tasks
 * and tags, and the number of tags of a task. classes.c recurses once for each level.
 */
enum {
    DECLARE_CLASSES_MAX = 1000,
    DECLARE_DEPTH_MAX = 100,
    DECLARE_NAME_MAX = 200,
    DECLARE_TAGS_MAX = 100,
};

/* Fields of a declaration. */
#define DECLARE_KIND "is_user" /* true: a class of users; false: a task set */
#define DECLARE_WHERE "where"  /* "shopper.lua:3" */
#define DECLARE_BASE "base"    /* the class that it inherits from */
#define DECLARE_TASKS "tasks"  /* a list of { run, weight, name, tags } */
#define DECLARE_SEQUENTIAL "is_sequential"

/*
 * Pushes the declaration of the class or task set at this index, or nil if the value is something
 * else. Scripts cannot reach the declaration, which is a table.
 */
void declare_push(lua_State *lua, int index);

/* True if the value on top of the stack is a valid weight or count. */
#define DECLARE_NUMBER_FORM "expected a number of at least 0 and at most 1e9"
static inline bool declare_is_number(lua_State *lua)
{
    double number = lua_tonumber(lua, -1);
    return lua_type(lua, -1) == LUA_TNUMBER && number >= 0 && number <= 1e9;
}

/* Declares User, TaskSet and SequentialTaskSet in a new state, and leaves User on the stack. */
void declare_user(lua_State *lua);

/* A hook for the return of a main chunk: names classes after the variables that hold them. */
void declare_name(lua_State *lua, lua_Debug *where);

#endif
