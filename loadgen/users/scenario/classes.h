/*
 * classes - the kinds of users that a scenario has declared (declare.h), and their tasks.
 *
 * A class has no users if it is abstract, if its weight is 0 and it has no fixed_count, or if it
 * has no tasks. A class that would have users but has no tasks is an error, unless it has
 * subclasses or a filter is set.
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
 * Limits: the nesting of task sets, their number, and the number of tasks. A set or task counts
 * once for each class or set that has it, because sets of sets multiply.
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
    double wait_s;   /* used if there is no function `wait`; -1: a set that has neither */
    int names;       /* targets of requests, by method and name (request.c) */
    char *host_text; /* the URL that its paths are appended to; NULL: none */
    struct url host;
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
 * given. ERR_USAGE with file and line if a class lacks tasks, a host is invalid, or a field has a
 * wrong type; some of these are raised as Lua errors instead. The list of classes may be empty.
 */
bool classes_read(struct classes *classes, struct state *state, const char *host,
                  const struct classes_filter *filter, struct err *err);
void classes_free(struct classes *classes);

/* Picks a task at random, by weight. */
const struct task *classes_pick(const struct class *class, struct random *random);

#endif
