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
#include "loadgen/users/scenario/scenario.h"

struct users_order {
    struct scenario scenario;
    const char *host; /* replaces the hosts of the classes; NULL: none was given */
    struct classes_filter filter;
    uint64_t users;
    bool shares_connections;  /* users have no connections of their own */
    double spawn_per_s;       /* users that start per second; more than 0 */
    struct schedule schedule; /* of iterations (iterations.h); its time 0 is when all users have
                                 completed on_start. A closed loop if no rate was given */
    uint64_t max_requests;    /* the run ends when this many have ended; UINT64_MAX: no limit */
    uint64_t max_iterations;  /* the same for iterations (goal.h) */
    uint64_t stop_timeout_ns; /* how long tasks may continue after the end of the run */
    size_t max_bytes;         /* of each state (state.h) */
    uint64_t seed;
    void (*name_flags)(char *text); /* replaces field names in errors by flags; NULL: keep them */
    _Atomic bool is_quitting;       /* the scenario has called quit() */
    _Atomic int quit_code;
    FILE *check; /* `run -check` prints here (check.h): one user of each class, one after the other,
                    runs each task once, on one thread; NULL: a normal run */
    size_t class_count;           /* of the scenario; set by users_open */
    struct exceptions exceptions; /* of scripts */
};

#endif
