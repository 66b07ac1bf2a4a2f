/*
 * classes - the kinds of users that a scenario has declared (declare.h), and their tasks.
 *
 * A class has no users if it is abstract, or if it has subclasses and no tasks.
 *
 * Threads: the state's thread. Memory: classes_free; Lua values are the state's.
 */
#ifndef LOADGEN_USERS_SCENARIO_CLASSES_H
#define LOADGEN_USERS_SCENARIO_CLASSES_H

#include <lua5.4/lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/base/random.h"
#include "loadgen/target/request/url.h"
#include "loadgen/users/lua/state.h"

/*
 * Maximum nesting of task sets, and their number and that of tasks. Both are counted at each place
 * where they are used, because sets of sets multiply.
 */
enum { CLASSES_DEPTH_MAX = 8, CLASSES_SETS_MAX = 10000, CLASSES_TASKS_MAX = 1000000 };

struct class;

struct task {
    char *name;              /* "browse"; NULL: it has none */
    int function;            /* reference in the registry */
    const struct class *set; /* a task set instead of a function; NULL: none */
    double until;            /* sum of the weights up to and including this task */
};

struct class
{
    char *name;
    double weight;
    uint64_t fixed_count; /* 0: its number of users follows from the weights */
    int table;            /* references in the registry; LUA_NOREF: none */
    int instances;        /* metatable of its users */
    int on_start;
    int on_stop;
    int wait;
    double wait_s;   /* used if there is no function `wait` */
    int names;       /* targets of requests, by method and name (request.c) */
    char *host_text; /* the URL that its paths are appended to; NULL: none */
    struct url host;
    uint32_t endpoint; /* of the host; set by the driver */
    struct task *tasks;
    size_t task_count;
    bool is_sequential; /* a set whose tasks run in order */
    struct class *next; /* in the list of sets */
};

/* Selects tasks: lists of tags, separated by commas or spaces; NULL: no filter. */
struct classes_filter {
    const char *tags;          /* keeps only tasks with one of these */
    const char *excluded_tags; /* drops tasks with one of these */
};

struct classes {
    struct classes_filter filter;
    struct class *list; /* classes that have users, in the order of their declaration */
    size_t count;
    struct class *sets; /* task sets */
};

/*
 * Reads what the scenario has declared. `host` replaces the hosts of the classes; NULL: none was
 * given. ERR_USAGE with file and line if tasks or a valid host are missing, or a field has a wrong
 * type; some of these errors are Lua's. There may be no classes.
 */
bool classes_read(struct classes *classes, struct state *state, const char *host,
                  const struct classes_filter *filter, struct err *err);
void classes_free(struct classes *classes);

/* Picks a task at random, by weight. */
const struct task *classes_pick(const struct class *class, struct random *random);

#endif
