#include "loadgen/users/scenario/classes.h"

#include <lua5.4/lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/users/scenario/declare.h"

/* Reading, after the scenario was loaded. The class is on top of the stack. */

static double number_of(lua_State *lua, const char *name, double otherwise)
{
    double number = lua_getfield(lua, -1, name) == LUA_TNIL ? otherwise : lua_tonumber(lua, -1);
    lua_pop(lua, 1);
    return number;
}

static int function_of(lua_State *lua, const char *name)
{
    if (lua_getfield(lua, -1, name) == LUA_TFUNCTION) {
        return luaL_ref(lua, LUA_REGISTRYINDEX);
    }
    lua_pop(lua, 1);
    return LUA_NOREF;
}

/* Is a word of `list` among the tags of the task on top of the stack? */
static bool has_tag(lua_State *lua, const char *list)
{
    bool has_one = false;
    if (lua_getfield(lua, -1, "tags") == LUA_TTABLE) {
        for (size_t i = 1; i <= lua_rawlen(lua, -1); i++) {
            lua_rawgeti(lua, -1, (lua_Integer)i);
            const char *tag = lua_isstring(lua, -1) ? lua_tostring(lua, -1) : "";
            for (const char *at = list; at && *at;) {
                size_t length = strcspn(at, ", ");
                has_one |= length == strlen(tag) && memcmp(at, tag, length) == 0;
                at += length + strspn(at + length, ", ");
            }
            lua_pop(lua, 1);
        }
    }
    lua_pop(lua, 1);
    return has_one;
}

/* What is read of a class and its sets. */
struct reading {
    struct classes *classes;
    lua_State *lua;
    unsigned depth;
};

static void read_tasks(struct reading *reading, struct class *class, bool is_tagged);

/*
 * The set on top of the stack. It is read for each place where it is a task, as tags may leave
 * different tasks there; a set that contains itself ends at CLASSES_DEPTH_MAX.
 */
static struct class *read_set(struct reading *reading, bool is_tagged)
{
    lua_State *lua = reading->lua;
    struct class *set = memory_of(calloc(1, sizeof *set));
    set->next = reading->classes->sets;
    reading->classes->sets = set;
    if (++reading->depth > CLASSES_DEPTH_MAX) {
        luaL_error(lua, "task sets are nested more than %d deep, or contain themselves",
                   CLASSES_DEPTH_MAX);
    }
    set->on_start = function_of(lua, "on_start");
    set->on_stop = function_of(lua, "on_stop");
    set->wait = LUA_NOREF;
    set->wait_s = -1; /* the user's */
    if (lua_getfield(lua, -1, "wait") == LUA_TFUNCTION) {
        set->wait = luaL_ref(lua, LUA_REGISTRYINDEX);
    } else {
        set->wait_s = lua_isnumber(lua, -1) ? fmax(0, lua_tonumber(lua, -1)) : -1;
        lua_pop(lua, 1);
    }
    lua_getfield(lua, -1, DECLARE_SEQUENTIAL);
    set->is_sequential = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    read_tasks(reading, set, is_tagged);
    reading->depth--;
    return set;
}

/* The task on top of the stack; false: it is filtered out. */
static bool read_task(struct reading *reading, struct task *task, bool is_tagged)
{
    lua_State *lua = reading->lua;
    const struct classes_filter *filter = &reading->classes->filter;
    is_tagged = is_tagged || has_tag(lua, filter->tags);
    if (has_tag(lua, filter->excluded_tags)) {
        return false;
    }
    lua_getfield(lua, -1, "name");
    task->name = lua_isstring(lua, -1) ? lua_tostring(lua, -1) : NULL; /* kept by the task */
    lua_pop(lua, 1);
    task->set = NULL;
    task->function = function_of(lua, "run");
    if (task->function == LUA_NOREF) {
        lua_getfield(lua, -1, "run");
        lua_getfield(lua, -1, "name");
        task->name = !task->name && lua_isstring(lua, -1) ? lua_tostring(lua, -1) : task->name;
        lua_pop(lua, 1);
        task->set = read_set(reading, is_tagged);
        lua_pop(lua, 1);
        return task->set->task_count > 0;
    }
    return is_tagged || !filter->tags;
}

/* Of the class on top of the stack. Those of the bases come first. */
static void read_tasks(struct reading *reading, struct class *class, bool is_tagged)
{
    lua_State *lua = reading->lua;
    luaL_checkstack(lua, 10, NULL);
    lua_pushliteral(lua, DECLARE_BASE);
    if (lua_rawget(lua, -2) == LUA_TTABLE) {
        read_tasks(reading, class, is_tagged);
    }
    lua_pop(lua, 1);
    lua_pushliteral(lua, DECLARE_TASKS);
    if (lua_rawget(lua, -2) != LUA_TTABLE) {
        lua_pop(lua, 1);
        return;
    }
    size_t count = lua_rawlen(lua, -1);
    class->tasks =
        memory_of(realloc(class->tasks, (class->task_count + count + 1) * sizeof *class->tasks));
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i);
        struct task *task = &class->tasks[class->task_count];
        double weight = number_of(lua, "weight", 1);
        task->until = (class->task_count > 0 ? task[-1].until : 0) + weight;
        class->task_count += weight > 0 && read_task(reading, task, is_tagged);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

static bool check_methods(const struct class *class, lua_State *lua, struct err *err)
{
    bool ok = true;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
        if (ok && strncmp(key, "on_", 3) == 0 && lua_isfunction(lua, -1) &&
            strcmp(key, "on_start") != 0 && strcmp(key, "on_stop") != 0) {
            ok = err_set(err, ERR_USAGE,
                         "%s:%s: users have on_start and on_stop; give other functions a name that "
                         "does not begin with on_",
                         class->name, key);
        }
        lua_pop(lua, 1);
    }
    return ok;
}

static bool read_wait(struct class *class, lua_State *lua, struct err *err)
{
    class->wait = LUA_NOREF;
    switch (lua_getfield(lua, -1, "wait")) {
    case LUA_TFUNCTION:
        class->wait = luaL_ref(lua, LUA_REGISTRYINDEX);
        return true;
    case LUA_TNUMBER:
        class->wait_s = fmax(0, lua_tonumber(lua, -1));
        lua_pop(lua, 1);
        return true;
    case LUA_TNIL:
        lua_pop(lua, 1);
        return true;
    default:
        lua_pop(lua, 1);
        return err_set(err, ERR_USAGE,
                       "%s: wait: expected between(1, 3), constant(2), another function of self, "
                       "or seconds",
                       class->name);
    }
}

static bool read_host(struct class *class, lua_State *lua, const char *host, struct err *err)
{
    lua_getfield(lua, -1, "host");
    const char *text = host ? host : lua_tostring(lua, -1);
    class->host_text = text ? memory_of(strdup(text)) : NULL;
    lua_pop(lua, 1);
    if (!class->host_text) {
        return true;
    }
    for (size_t n = strlen(class->host_text); n > 0 && class->host_text[n - 1] == '/';) {
        class->host_text[--n] = '\0';
    }
    return url_parse(class->host_text, &class->host, err) ||
           (host ? err_prefix(err, "users.host") : err_prefix(err, "%s: host", class->name));
}

static void read_instances(struct class *class, lua_State *lua)
{
    lua_newtable(lua);
    class->names = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, -2);
    lua_setfield(lua, -2, "__index");
    state_hide_metatable(lua);
    class->instances = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_pushvalue(lua, -1);
    class->table = luaL_ref(lua, LUA_REGISTRYINDEX);
}

static bool read_class(struct reading *reading, struct class *class, size_t number,
                       const char *host, struct err *err)
{
    lua_State *lua = reading->lua;
    char unnamed[32];
    snprintf(unnamed, sizeof unnamed, "User%zu", number);
    lua_pushliteral(lua, "name");
    lua_rawget(lua, -2);
    *class = (struct class){0};
    class->name = memory_of(strdup(lua_isstring(lua, -1) ? lua_tostring(lua, -1) : unnamed));
    lua_pop(lua, 1);
    class->weight = number_of(lua, "weight", 1);
    class->fixed_count = (uint64_t)fmin(number_of(lua, "fixed_count", 0), 1e9);
    class->on_start = function_of(lua, "on_start");
    class->on_stop = function_of(lua, "on_stop");
    read_tasks(reading, class, false);
    read_instances(class, lua);
    return read_wait(class, lua, err) && read_host(class, lua, host, err) &&
           check_methods(class, lua, err);
}

/* Is it the base of another one? */
static bool is_base(lua_State *lua, int all)
{
    bool is_one = false;
    for (size_t i = 1; i <= lua_rawlen(lua, all); i++) {
        lua_rawgeti(lua, all, (lua_Integer)i);
        lua_pushliteral(lua, DECLARE_BASE);
        lua_rawget(lua, -2);
        is_one |= lua_rawequal(lua, -1, -3);
        lua_pop(lua, 2);
    }
    return is_one;
}

static bool is_abstract(lua_State *lua)
{
    lua_pushliteral(lua, "abstract");
    lua_rawget(lua, -2);
    bool is_one = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return is_one;
}

static void free_class(struct class *class)
{
    free(class->name);
    free(class->host_text);
    free(class->tasks);
}

static bool refuse_no_tasks(const struct classes *classes, const struct class *class,
                            struct err *err)
{
    if (classes->filter.tags || classes->filter.excluded_tags) {
        return true; /* none of its tasks is wanted */
    }
    return err_set(err, ERR_USAGE,
                   "%s has no tasks; write %s:task(function(self) ... end), or abstract = true if "
                   "it is a base for others",
                   class->name, class->name);
}

static bool refuse_no_users(const struct classes *classes, struct err *err)
{
    return err_set(err, ERR_USAGE, "%s",
                   classes->filter.tags || classes->filter.excluded_tags
                       ? "no users: no task matches the tags"
                       : "no users: declare a class, such as local Visitor = User { wait = "
                         "between(1, 3) }");
}

bool classes_read(struct classes *classes, struct state *state, const char *host,
                  const struct classes_filter *filter, struct err *err)
{
    lua_State *lua = state->lua;
    struct reading reading = {classes, lua, 0};
    bool ok = true;
    *classes = (struct classes){.filter = *filter};
    lua_getfield(lua, LUA_REGISTRYINDEX, DECLARE_CLASSES);
    int all = lua_gettop(lua);
    size_t count = lua_rawlen(lua, all);
    classes->list = memory_of(calloc(count + 1, sizeof *classes->list));
    for (size_t i = 1; ok && i <= count; i++) {
        lua_rawgeti(lua, all, (lua_Integer)i);
        struct class *class = &classes->list[classes->count++]; /* freed if Lua raises an error */
        ok = read_class(&reading, class, i, host, err);
        bool has_users = !is_abstract(lua) && (class->task_count > 0 || !is_base(lua, all)) &&
                         (class->weight > 0 || class->fixed_count > 0);
        if (ok && has_users && class->task_count == 0) {
            ok = refuse_no_tasks(classes, class, err);
            has_users = !ok;
        }
        if (!has_users) {
            free_class(class);
            classes->count--;
        }
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return ok && (classes->count > 0 || refuse_no_users(classes, err));
}

void classes_free(struct classes *classes)
{
    for (size_t i = 0; i < classes->count; i++) {
        free_class(&classes->list[i]);
    }
    free(classes->list);
    while (classes->sets) {
        struct class *next = classes->sets->next;
        free_class(classes->sets);
        free(classes->sets);
        classes->sets = next;
    }
    *classes = (struct classes){0};
}

const struct task *classes_pick(const struct class *class, struct random *random)
{
    const struct task *task = class->tasks;
    const struct task *last = &class->tasks[class->task_count - 1];
    double at = random_fraction(random) * last->until;
    while (task < last && at >= task->until) {
        task++;
    }
    return task;
}
