/*
 * runner - the interface through which the web server starts runs of any kind.
 *
 *     users      a number of users of a scenario
 *     rate       requests at a rate, to a list of targets
 *     capacity   a search for the highest rate that meets an SLO: of requests to targets, or of
 *                iterations of users
 *
 * A command fills in a struct runner for each kind that it offers. A run is opened on the server's
 * thread, so that the answer to the request can say why it is refused, and then runs on the
 * command's thread.
 */
#ifndef LOADGEN_WEB_BOARD_RUNNER_H
#define LOADGEN_WEB_BOARD_RUNNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

struct control;
struct target_load;
struct observer;
struct summary;

/* The kinds of runs: constant, and name in forms and JSON. */
#define RUN_KINDS_ALL(X)                                                                           \
    X(USERS, users)                                                                                \
    X(RATE, rate)                                                                                  \
    X(CAPACITY, capacity)

enum run_kind {
#define X(constant, name) RUN_##constant,
    RUN_KINDS_ALL(X)
#undef X
};
enum { RUN_KINDS = RUN_CAPACITY + 1 };

extern const char *const run_kind_names[RUN_KINDS];

/* The course of a rate: constant, and the name of its field. */
#define RUN_COURSES_ALL(X)                                                                         \
    X(CONSTANT, rate)                                                                              \
    X(RAMP, ramp)                                                                                  \
    X(SINE, sine)                                                                                  \
    X(STAGES, stages)

enum run_course {
#define X(constant, name) COURSE_##constant,
    RUN_COURSES_ALL(X)
#undef X
};
enum { RUN_COURSES = COURSE_STAGES + 1 };

extern const char *const run_course_names[RUN_COURSES];

enum run_arrival { ARRIVAL_DEFAULT, ARRIVAL_CONSTANT, ARRIVAL_POISSON };

/* Bytes of the text of a course, and of all arguments, with their NULs. */
enum { RUN_COURSE_TEXT = 1024, RUN_ARGUMENTS_BYTES = 4096 };

/* Arguments of a scenario: "NAME=VALUE" one after the other, each with a NUL. */
struct run_arguments {
    size_t length;
    char list[RUN_ARGUMENTS_BYTES];
};

/* The settings that a client may choose. All others are those of the command line. */
struct run_order {
    enum run_kind kind;
    uint64_t run_time_ns; /* of users and a rate; 0: until it is stopped */
    const char *host;     /* NULL: that of the command line, or those of the scenario */
    /* users, and a search of a scenario */
    uint64_t users; /* 0: the scenario decides; in a search: as on the command line */
    double spawn_per_s;
    struct run_arguments arguments; /* those not listed are as on the command line */
    /* a rate */
    enum run_course course;
    double rate_per_s;                 /* if it is constant; 0: as on the command line */
    char course_text[RUN_COURSE_TEXT]; /* if it is not, as in pace/schedule_text.h: "10:500" */
    enum run_arrival arrival;          /* ARRIVAL_DEFAULT: as on the command line */
    /* capacity */
    double min_rate_per_s; /* 0: as on the command line */
    double max_rate_per_s; /* 0: as on the command line */
    bool is_quick;         /* always true if set on the command line */
};

/* Settings of a run, and functions that it calls. */
struct run_watch {
    const struct control *control;
    const struct observer *observer; /* in a search, seconds count from 0 in each trial */
    /*
     * Called when a search begins, progresses or ends, with an object:
     *
     *     phase    "warming up", "searching", "verifying" or "done"
     *     rate     of the current trial, even while it waits for the target to recover; or null
     *     lower    highest rate that met the SLO, or null
     *     upper    lowest rate that did not, or null
     *     trials   [{rate, seconds, outcome, why, p99_ms}]; outcome is good, bad or invalid, and
     *              p99_ms null without answers
     *     result   null, or at the end {capacity, low, high, text, confidence}; the rates may be
     *              null. Null also if the search has failed
     *
     * on_result gets the result of a complete search, as `loadgen capacity -output` writes it. Both
     * take ownership of the JSON, which the runner no longer changes.
     */
    void (*on_search)(void *context, json_t *search);
    void (*on_result)(void *context, json_t *result);
    /* Receives the target's metrics before and after each trial of a search. */
    void (*on_target)(void *context, const struct target_load *target, bool is_after);
    /* Lines that scripts log; called on the thread of the log (users/library/log.h). NULL: not
       wanted. */
    void (*on_lines)(void *context, struct slice lines);
    /* Called if the file cannot be written, for example because the disk is full; the run
       continues. Any thread may call it. */
    void (*on_unkept)(void *context, const struct err *why);
    /*
     * Called when a run has ended, and only the scenario's test_stop remains: a stop after this has
     * no effect.
     */
    void (*on_ending)(void *context);
    void *context;
    /*
     * The file to write during the run; NULL: none. For a search, it is its journal, and must not
     * exist yet; otherwise, a result file with the counts of each second.
     */
    const char *file;
};

/*
 * An error of `open` or `change` that concerns a field of the order begins with the name of the
 * field and a colon: "users: ...". RUN_FIELDS lists the names.
 */
#define RUN_FIELDS(X)                                                                              \
    X(users)                                                                                       \
    X(spawn_rate)                                                                                  \
    X(run_time)                                                                                    \
    X(host)                                                                                        \
    X(rate)                                                                                        \
    X(ramp)                                                                                        \
    X(sine)                                                                                        \
    X(stages)                                                                                      \
    X(arrival)                                                                                     \
    X(arguments)                                                                                   \
    X(min_rate)                                                                                    \
    X(max_rate)

/*
 * Returns the field with which an error begins, and stores the text after the colon in *rest. NULL:
 * there is none, and *rest is the whole text.
 */
const char *run_field_of(const char *text, const char **rest);

/* True if a field has this name. */
bool run_has_field(const char *name, size_t length);

struct runner {
    enum run_kind kind;
    void *context;
    const char *host;          /* of the command line; NULL: none */
    struct run_order defaults; /* values of the command line, for forms; 0: none */
    bool has_shape;            /* the scenario has a Shape, which sets the number of users */
    /*
     * Arguments that the scenario declares: [{name, value, help}]. `value` is the default as text,
     * or null if it may be a secret. NULL: there is no scenario.
     */
    json_t *arguments;
    /* Prepares a run, and copies the order. NULL with err: it cannot start. */
    void *(*open)(void *context, const struct run_order *order, struct err *err);
    /*
     * Runs it to its end: run (loadgen/run/run.h), or a search. The texts in the last second of the
     * observer are valid until `close`.
     */
    bool (*run)(void *run, const struct run_watch *watch, struct summary *summary, struct err *err);
    /*
     * Changes the number of users, or the rate, of an active run. Called on the server's thread. A
     * new rate is constant, whatever the course was. ERR_USAGE: the run cannot be changed in this
     * way.
     */
    bool (*change)(void *run, const struct run_order *order, struct err *err);
    /*
     * The duration of a run whose order sets none: the sum of its stages; 0: until it is stopped.
     * NULL: only orders set it.
     */
    uint64_t (*run_time_ns)(const void *run);
    /* NULL is allowed. */
    void (*close)(void *run);
    /*
     * Returns the ratios of classes and of their tasks for this number of users, as in Locust's
     * /tasks. Called on the server's thread. NULL with err if the scenario cannot be read. `tasks`
     * itself is NULL if runs have no users.
     */
    json_t *(*tasks)(void *context, uint64_t users, struct err *err);
};

#endif
