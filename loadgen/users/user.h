/*
 * user - the life of one user: on_start, then tasks with waits between them, then on_stop.
 *
 *     NEW --start--> STARTING --> WAITING <--> WORKING       on_start and tasks may pause: for an
 *      |                 |           |            |          answer, or in sleep()
 *      +-----------------+-----------+------------+--> STOPPING --> ENDED
 *
 * Once started, a user has its own coroutine, `self` table and cookie jar. It also has its own
 * connections, opened when needed, unless the order shares them. Its code runs in user_go,
 * user_iterate and user_answered, and pauses with user_pause.
 *
 * The intended time of a request follows from three times: *ready*, when an answer was read, a wait
 * ended, or the user was due to start; *resumed*, when the thread continued the script; and
 * *asked*, when the script sent the request. The intended time is asked - (resumed - ready): when
 * the script would have sent the request if no other script had delayed it.
 *
 * When the budget of requests (goal.h) is used up, the next request of a user is not sent: the
 * running function ends, and the user stops. When the budget of iterations is used up, a user stops
 * instead of beginning another iteration.
 *
 * An error in a script ends the task and is counted (exceptions.h). The user continues after its
 * wait.
 *
 * Threads: belongs to one thread. Memory: user_open, user_close.
 */
#ifndef LOADGEN_USERS_USER_H
#define LOADGEN_USERS_USER_H

#include <lua5.4/lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/base/heap.h"
#include "loadgen/http/owner.h"
#include "loadgen/users/goal/iterations.h"
#include "loadgen/users/message/cookies.h"
#include "loadgen/users/request/outbox.h"
#include "loadgen/users/scenario/classes.h"

struct flight;
struct seat;

enum user_phase {
    USER_NEW,
    USER_STARTING, /* in on_start */
    USER_WAITING,  /* for its next task */
    USER_WORKING,  /* in a task */
    USER_STOPPING, /* in on_stop */
    USER_ENDED,
};

enum user_pause {
    PAUSE_NONE, /* the script yielded by itself, which is an error */
    PAUSE_ANSWER,
    PAUSE_SLEEP,
    PAUSE_TASK_ENDS, /* the rest of the task is skipped */
    PAUSE_USER_ENDS,
    PAUSE_SET_ENDS, /* interrupt() of a task set */
};

/* A task set that a user is in. */
struct user_set {
    const struct class *set;
    size_t next; /* index of the next task, if the set is sequential */
};

struct user {
    struct seat *seat;
    const struct class *class;
    uint64_t number; /* in the run, from 0 */
    lua_State *coroutine;
    int coroutine_ref;
    int self_ref;
    const void *self; /* the table */
    enum user_phase phase;
    enum user_pause pause;
    bool is_stopping;      /* starts no further task */
    bool is_cut;           /* the task ends when the answer arrives */
    struct heap_entry due; /* for its start, its next task or the end of its sleep */
    size_t checked;        /* tasks begun so far, with -check */
    bool lacks_memory;     /* no memory was left for an answer: the script gets an error */
    bool is_past_start;
    struct idle idle;  /* while it is free (iterations.h) */
    bool is_iterating; /* has begun an iteration (goal.h) */
    bool is_in_task;   /* in the function of a task */
    unsigned depth;    /* number of task sets that it is in */
    struct user_set sets[CLASSES_DEPTH_MAX];
    bool skips_wait;  /* after interrupt(), and after on_start and on_stop of a set */
    bool has_stopped; /* on_stop was called */
    uint64_t task_ns; /* start of its last task */
    /* With a crowd (crowd.h): */
    bool is_expected;        /* the profile still includes a user with its number */
    bool is_hurried;         /* the time for its task is over */
    struct heap_entry leave; /* when its task, and then its on_stop, must have ended */
    struct user *next;       /* in a list of ended users */
    struct outbox outbox;
    struct owner owner;
    struct cookies cookies;
};

/* Creates a user that starts at start_ns. */
void user_open(struct user *user, struct seat *seat, uint64_t number, const struct class *class,
               uint64_t start_ns);
void user_close(struct user *user);

/* Continues a user that is due: starts it or its next task, or ends its sleep. */
void user_go(struct user *user);

/* Starts an iteration that was due at due_ns, with a user that is free (iterations.h). */
void user_iterate(struct user *user, uint64_t due_ns);

/*
 * Call this when a request has ended. Continues its user, unless other requests of parallel() are
 * still in flight.
 */
void user_answered(struct flight *flight, const struct exchange *exchange);

/*
 * Stops a user at the end of the run: runs on_stop, after the request in flight if there is one.
 * With `may_finish`, the user first completes its current task.
 */
void user_stop(struct user *user, bool may_finish);

/* Ends a user at the time limit: it starts nothing more. A request may still be in flight. */
void user_kill(struct user *user);

/*
 * For C functions that a user's script calls. user_calling returns the user whose script calls; it
 * raises an error if the scenario is still being loaded, if the call is in a coroutine that the
 * script created, or if Lua cannot pause there. user_pause pauses the script; the C function must
 * return its result. A sleep ends at due.key.
 */
struct user *user_calling(lua_State *lua, const char *what);
int user_pause(struct user *user, enum user_pause pause);

#endif
