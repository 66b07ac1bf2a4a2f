#include "loadgen/users/scenario/classes.h"

#include <lua5.4/lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/users/scenario/declare.h"

/* Reading, after the scenario was loaded. The class is on top of the stack. */

/* The position at which the class or set on top of the stack was declared. */
static const char *place_of(lua_State *lua)
{
    declare_push(lua, -1);
    lua_getfield(lua, -1, DECLARE_WHERE);
    const char *place = lua_tostring(lua, -1);
    lua_pop(lua, 2);
    return place;
}

static bool read_number(const struct class *class, lua_State *lua, const char *name, double *number,
                        struct err *err)
{
    bool is_given = lua_getfield(lua, -1, name) != LUA_TNIL;
    bool ok = !is_given || declare_is_number(lua) ||
              err_set(err, ERR_USAGE, "%s: %s: " DECLARE_NUMBER_FORM, class->name, name);
    *number = is_given ? lua_tonumber(lua, -1) : *number;
    lua_pop(lua, 1);
    return ok;
}

/* A reference to an optional function; raises an error if the value is something else. */
static int function_of(lua_State *lua, const char *name)
{
    const char *place = place_of(lua);
    int type = lua_getfield(lua, -1, name);
    if (type == LUA_TFUNCTION) {
        return luaL_ref(lua, LUA_REGISTRYINDEX);
    }
    if (type != LUA_TNIL) {
        luaL_error(lua, "%s: %s: expected a function, not a %s", place, name,
                   lua_typename(lua, type));
    }
    lua_pop(lua, 1);
    return LUA_NOREF;
}

static const char wait_form[] =
    "expected between(1, 3), constant(2), function(self) ... end, or seconds";

/* Reads the wait of the class or set on top of the stack; wait_s is -1 if it has none. */
static bool read_wait(struct class *class, lua_State *lua)
{
    class->wait = LUA_NOREF;
    class->wait_s = -1;
    int type = lua_getfield(lua, -1, "wait");
    if (type == LUA_TFUNCTION) {
        class->wait = luaL_ref(lua, LUA_REGISTRYINDEX);
        return true;
    }
    if (type == LUA_TNUMBER) {
        class->wait_s = fmax(0, lua_tonumber(lua, -1));
    }
    lua_pop(lua, 1);
    return type == LUA_TNUMBER || type == LUA_TNIL;
}

/*
 * True if a word of `list` is among the tags of the task on top of the stack. `list` may be NULL.
 */
static bool has_tag(lua_State *lua, const char *list)
{
    bool has_one = false;
    if (!list) {
        return false;
    }
    if (lua_getfield(lua, -1, "tags") == LUA_TTABLE) {
        for (size_t i = 1; i <= lua_rawlen(lua, -1); i++) {
            lua_rawgeti(lua, -1, (lua_Integer)i);
            const char *tag = lua_isstring(lua, -1) ? lua_tostring(lua, -1) : "";
            for (const char *at = list; *at;) {
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

/* State while a class and its sets are read. */
struct reading {
    struct classes *classes;
    lua_State *lua;
    unsigned depth;
    size_t sets; /* so far */
    size_t tasks;
};

static void read_tasks(struct reading *reading, struct class *class, bool is_tagged);

/*
 * Reads the set on top of the stack. It is read each time that it is a task, because tags may
 * select different tasks; a set that contains itself ends at CLASSES_DEPTH_MAX.
 */
static struct class *read_set(struct reading *reading, bool is_tagged)
{
    lua_State *lua = reading->lua;
    struct class *set = memory_of(calloc(1, sizeof *set));
    set->next = reading->classes->sets;
    reading->classes->sets = set;
    if (++reading->sets > CLASSES_SETS_MAX) {
        luaL_error(lua, "%s: more than %d task sets (a set counts each time it is used)",
                   place_of(lua), CLASSES_SETS_MAX);
    }
    if (++reading->depth > CLASSES_DEPTH_MAX) {
        luaL_error(lua, "%s: task sets are nested more than %d levels deep, or contain themselves",
                   place_of(lua), CLASSES_DEPTH_MAX);
    }
    set->on_start = function_of(lua, "on_start");
    set->on_stop = function_of(lua, "on_stop");
    if (!read_wait(set, lua)) {
        luaL_error(lua, "%s: wait: %s", place_of(lua), wait_form);
    }
    declare_push(lua, -1);
    lua_getfield(lua, -1, DECLARE_SEQUENTIAL);
    set->is_sequential = lua_toboolean(lua, -1);
    lua_pop(lua, 2);
    read_tasks(reading, set, is_tagged);
    reading->depth--;
    return set;
}

/*
 * Copies the name of the table on top of the stack, because the script may release it. NULL: no
 * name.
 */
static char *copy_name(lua_State *lua)
{
    lua_pushliteral(lua, "name");
    lua_rawget(lua, -2);
    size_t length = 0;
    const char *text = lua_tolstring(lua, -1, &length);
    if (length > DECLARE_NAME_MAX) {
        lua_pop(lua, 1);
        luaL_error(lua, "%s: name: expected a string of at most %d bytes", place_of(lua),
                   DECLARE_NAME_MAX);
    }
    char *name = text ? memory_of(strdup(text)) : NULL;
    lua_pop(lua, 1);
    return name;
}

/* Reads the task on top of the stack. False: it is filtered out. */
static bool read_task(struct reading *reading, struct task *task, bool is_tagged)
{
    lua_State *lua = reading->lua;
    const struct classes_filter *filter = &reading->classes->filter;
    is_tagged = is_tagged || has_tag(lua, filter->tags);
    if (has_tag(lua, filter->excluded_tags)) {
        return false;
    }
    task->name = NULL;
    task->set = NULL;
    task->function = LUA_NOREF;
    if (lua_getfield(lua, -1, "run") == LUA_TFUNCTION) {
        task->function = luaL_ref(lua, LUA_REGISTRYINDEX);
    } else {
        task->set = read_set(reading, is_tagged);
        task->name = copy_name(lua); /* of the set, unless the task has one */
        lua_pop(lua, 1);
    }
    bool is_kept = task->set ? task->set->task_count > 0 : is_tagged || !filter->tags;
    char *name = is_kept ? copy_name(lua) : NULL;
    if (name || !is_kept) {
        free(task->name);
        task->name = name;
    }
    return is_kept;
}

/* Reads the tasks of the class on top of the stack, those of its bases first. */
static void read_tasks(struct reading *reading, struct class *class, bool is_tagged)
{
    lua_State *lua = reading->lua;
    luaL_checkstack(lua, 10, NULL);
    declare_push(lua, -1);
    if (!lua_istable(lua, -1)) { /* User, TaskSet or SequentialTaskSet */
        lua_pop(lua, 1);
        return;
    }
    lua_getfield(lua, -1, DECLARE_BASE);
    read_tasks(reading, class, is_tagged);
    lua_pop(lua, 1);
    lua_getfield(lua, -1, DECLARE_TASKS);
    size_t count = lua_rawlen(lua, -1);
    reading->tasks += count;
    if (reading->tasks > CLASSES_TASKS_MAX) {
        luaL_error(lua,
                   "the scenario has more than %d tasks (a task counts once for each class that "
                   "has it)",
                   CLASSES_TASKS_MAX);
    }
    class->tasks =
        memory_of(realloc(class->tasks, (class->task_count + count + 1) * sizeof *class->tasks));
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i);
        struct task *task = &class->tasks[class->task_count];
        double weight = lua_getfield(lua, -1, "weight") == LUA_TNIL ? 1 : lua_tonumber(lua, -1);
        lua_pop(lua, 1);
        task->until = (class->task_count > 0 ? task[-1].until : 0) + weight;
        class->task_count += weight > 0 && read_task(reading, task, is_tagged);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 2);
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
                         "%s:%s: names that begin with on_ are reserved: users have only on_start "
                         "and on_stop",
                         class->name, key);
        }
        lua_pop(lua, 1);
    }
    return ok;
}

static bool check_wait(struct class *class, lua_State *lua, struct err *err)
{
    bool ok =
        read_wait(class, lua) || err_set(err, ERR_USAGE, "%s: wait: %s", class->name, wait_form);
    class->wait_s = fmax(0, class->wait_s);
    return ok;
}

static bool read_host(struct class *class, lua_State *lua, const char *host, struct err *err)
{
    int type = lua_getfield(lua, -1, "host");
    const char *text = host ? host : lua_tostring(lua, -1);
    class->host_text = text ? memory_of(strdup(text)) : NULL;
    lua_pop(lua, 1);
    if (type != LUA_TNIL && type != LUA_TSTRING) {
        return err_set(err, ERR_USAGE, "%s: host: expected a URL", class->name);
    }
    if (!class->host_text) {
        return true;
    }
    for (size_t n = strlen(class->host_text); n > 0 && class->host_text[n - 1] == '/';) {
        class->host_text[--n] = '\0';
    }
    return url_parse(class->host_text, &class->host, err) ||
           (host ? err_prefix(err, "users.host") : err_prefix(err, "%s: host", class->name));
}

static bool check_headers(const struct class *class, lua_State *lua, struct err *err)
{
    int type = lua_getfield(lua, -1, "headers");
    lua_pop(lua, 1);
    return type == LUA_TNIL || type == LUA_TTABLE ||
           err_set(err, ERR_USAGE, "%s: headers: expected a table", class->name);
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
    *class = (struct class){0};
    class->name = copy_name(lua);
    class->name = class->name ? class->name : memory_of(strdup(unnamed));
    double fixed_count = 0;
    class->weight = 1;
    if (!read_number(class, lua, "weight", &class->weight, err) ||
        !read_number(class, lua, "fixed_count", &fixed_count, err)) {
        return false;
    }
    class->fixed_count = (uint64_t)fixed_count;
    class->on_start = function_of(lua, "on_start");
    class->on_stop = function_of(lua, "on_stop");
    read_tasks(reading, class, false);
    read_instances(class, lua);
    return check_wait(class, lua, err) && read_host(class, lua, host, err) &&
           check_headers(class, lua, err) && check_methods(class, lua, err);
}

/* True if the class is the base of another one. */
static bool is_base(lua_State *lua, int all)
{
    bool is_one = false;
    for (size_t i = 1; i <= lua_rawlen(lua, all); i++) {
        lua_rawgeti(lua, all, (lua_Integer)i);
        declare_push(lua, -1);
        lua_getfield(lua, -1, DECLARE_BASE);
        is_one |= lua_rawequal(lua, -1, -4);
        lua_pop(lua, 3);
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
    for (size_t i = 0; i < class->task_count; i++) {
        free(class->tasks[i].name);
    }
    free(class->name);
    free(class->host_text);
    free(class->tasks);
}

static bool refuse_no_tasks(const struct classes *classes, const struct class *class,
                            struct err *err)
{
    if (classes->filter.tags || classes->filter.excluded_tags) {
        return true; /* all of its tasks are filtered out */
    }
    return err_set(err, ERR_USAGE,
                   "%s has no tasks; write %s:task(function(self) ... end), or abstract = true if "
                   "it is a base for other classes",
                   class->name, class->name);
}

bool classes_read(struct classes *classes, struct state *state, const char *host,
                  const struct classes_filter *filter, struct err *err)
{
    lua_State *lua = state->lua;
    struct reading reading = {.classes = classes, .lua = lua};
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
        if (!ok) {
            err_prefix(err, "%s", place_of(lua));
        }
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return ok;
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
