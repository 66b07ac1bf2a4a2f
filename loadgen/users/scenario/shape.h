/*
 * shape - the number of users over time, as a scenario declares it.
 *
 *     Shape {                                              -- stages, one after the other
 *         { duration = 60, users = 10, spawn_rate = 5 },   -- seconds; users per second
 *         { duration = 120, users = 50, spawn_rate = 5 },
 *     }
 *     Shape { tick = function(run_time, users)             -- or a function, called once a second
 *         if run_time < 180 then return 10 * (run_time // 60 + 1), 5 end
 *     end }                                                -- nil: the run ends
 *
 * A shape replaces the number of users and the spawn rate of the order. `ends_at`, seconds after
 * the start of the run, can be given instead of `duration`.
 *
 * Threads: the state's thread. Memory: shape_free; the function is the state's.
 */
#ifndef LOADGEN_USERS_SCENARIO_SHAPE_H
#define LOADGEN_USERS_SCENARIO_SHAPE_H

#include <lua5.4/lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHAPE_USERS_MAX = 1000000, SHAPE_STAGES_MAX = 10000, SHAPE_WORDS = 64 };

struct state;

struct shape_stage {
    uint64_t at_ns; /* start, relative to that of the run */
    uint64_t users;
    double per_s; /* users that start or end per second */
};

/* All zeroes: there is no shape. */
struct shape {
    bool is_on;
    bool has_tick; /* else it has stages */
    int tick;      /* reference in the registry */
    struct shape_stage *stages;
    size_t count;
    uint64_t end_ns;     /* of the last stage */
    uint64_t most_users; /* of all stages */
};

/* Declares the global Shape. */
void shape_declare(lua_State *lua);

/* Reads the shape that the scenario has declared, if any. */
void shape_read(struct shape *shape, lua_State *lua);
void shape_free(struct shape *shape);

/* Describes a shape in words: "up to 50 users in 3 stages". */
const char *shape_print(const struct shape *shape, char words[SHAPE_WORDS]);

/* What `tick` returns. */
struct shape_wish {
    bool ends; /* the run ends; the other fields are not set */
    uint64_t users;
    double per_s;
};

/*
 * Calls tick in the state that the shape was read from. False: it failed, and the state's `error`
 * says why, with file and line.
 */
bool shape_tick(const struct shape *shape, struct state *state, double run_time_s, uint64_t users,
                struct shape_wish *wish);

#endif
