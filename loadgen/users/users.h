/*
 * users - the input of the scenario driver (driver.h), and the errors that it collects.
 *
 * Threads: set up before the run and read by all of its threads; fields that change during the run
 * are atomic or locked. Memory: strings are borrowed and must outlive the run; users_close frees
 * the scenario and the exceptions.
 */
#ifndef LOADGEN_USERS_USERS_H
#define LOADGEN_USERS_USERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "loadgen/measure/exceptions.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/users/library/log.h"
#include "loadgen/users/scenario/scenario.h"
#include "loadgen/users/scenario/shape.h"

struct conductor;

struct users_order {
    struct scenario scenario;
    const char *host; /* replaces the hosts of the classes; NULL: none was given */
    struct classes_filter filter;
    struct arguments arguments; /* for the scenario */
    uint64_t users;
    bool is_elastic;          /* `users` and `spawn_per_s` may be changed during the run, and users
                                 may move to other processes */
    bool shares_connections;  /* users share connections */
    double spawn_per_s;       /* users that start per second; more than 0 */
    struct schedule schedule; /* of iterations (iterations.h); time 0 is ITERATIONS_LEAD_NS after
                                 all users have completed on_start. A closed loop if no rate was
                                 given */
    uint64_t max_requests;    /* the run ends when this many have ended, over all processes;
                                 UINT64_MAX: no limit */
    uint64_t max_iterations;  /* the same for iterations (goal.h) */
    uint64_t stop_timeout_ns; /* how long tasks may continue after the end of the run */
    size_t max_bytes;         /* of each state (state.h), and of all data files together */
    uint64_t seed;
    void (*name_flags)(char *text); /* replaces field names with flags, only in remedies (remedy.h);
                                       NULL: keeps them */
    struct log_reader log_reader;   /* also gets the lines of log(); zeroes: none */
    _Atomic bool is_quitting;       /* the scenario has called quit() */
    _Atomic int quit_code;          /* -1: quit() was called without one, or not at all */
    bool is_interrupted;            /* test_start or test_stop was stopped, and did not fail */
    FILE *check; /* `run -check` prints here (check.h): one user of each class, one after the other,
                    runs each task once, on one thread; NULL: a normal run */
    /* Set by users_open: */
    size_t class_count;          /* of the scenario */
    struct shape shape;          /* replaces `users` and `spawn_per_s`; owned by the conductor */
    struct conductor *conductor; /* run-wide functions of the scenario; NULL: it has none */
    const struct bytes *setup;   /* result of test_start, for the users (conductor.h); NULL: none */
    bool is_conducting;          /* this order comes from conductor_begin */
    struct exceptions exceptions; /* of scripts */
};

#endif
