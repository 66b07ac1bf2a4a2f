/*
 * coursed - a controller's run with a real broker and without workers, for tests of its parts.
 *
 *     coursed_start(&coursed);
 *     coursed_open(&coursed, &course, run);      as often as needed: each is another controller
 *     ... course_take_over(&course, &err) ...
 *     coursed_close(&course);
 *     coursed_stop(&coursed);
 *
 * The streams and the bucket exist. The order is a GET with a rate of 100/s for one minute.
 * A failure fails the calling test. Threads: one. Memory: a struct coursed must not move.
 */
#ifndef TESTS_SUPPORT_COURSED_H
#define TESTS_SUPPORT_COURSED_H

#include "loadgen/cluster/controller/course.h"
#include "loadgen/target/targets.h"
#include "tests/support/brokered.h"

enum { COURSED_TALLIES = 256 * 1024 }; /* bytes of their stream */

struct coursed {
    struct brokered brokered;
    struct bucket *bucket;
    struct plan plan;
    struct targets targets;
    struct source source;
    struct order order;
    struct observer observer;
    struct control control;
    struct controller_options options;
};

void coursed_start(struct coursed *coursed);
void coursed_stop(struct coursed *coursed);

/* A course of this run, with an empty summary and a packed order. */
void coursed_open(struct coursed *coursed, struct course *course, uint64_t run);
void coursed_close(struct course *course);

/* Publishes the head of the course's order, and a start that was `ago_ns` ago, so the run is on. */
void coursed_publish(struct course *course, uint64_t ago_ns);

#endif
