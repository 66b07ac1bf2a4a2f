/*
 * schedule - when each request of a run is due, for every load profile.
 *
 * A schedule is plain data. Let N(t) be the number of requests scheduled in the first t
 * nanoseconds; it need not be whole. Request k, from 0, is due when N(t) reaches k, so ceil(N(t))
 * requests are due before t:
 *
 *     constant   N = rate t                                      the arithmetic of pacer.h
 *     ramp       N = a t + (b - a) t^2 / 2D                      integers, exact
 *     stages     consecutive ramps                               integers, exact
 *     sine       N = M t + (A P / 2 pi) (cos O - cos(O + 2 pi t / P))    exact at whole periods
 *     poisson    independent arrivals; with a duration, exactly ceil(rate x duration) of them
 *
 * docs/measurement.md explains the symbols. Nothing here reads a clock. A cursor and schedule_count
 * agree exactly for every t.
 *
 * Units: nanoseconds since the start of the schedule; rates of ramps, sines and stages are requests
 * per hour, so that N/s, N/m and N/h are all integers. Threads: a schedule is shared and never
 * changes; a cursor belongs to one thread. Memory: plain values without allocations. The schedule
 * must outlive its cursors.
 */
#ifndef LOADGEN_PACE_SCHEDULE_H
#define LOADGEN_PACE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/base/random.h"
#include "loadgen/pace/pacer.h"

/* All kinds of schedule. To add one, add a line here and define its `const struct schedule_kind`.
 */
#define SCHEDULE_KINDS(X)                                                                          \
    X(CONSTANT, constant)                                                                          \
    X(POISSON, poisson)                                                                            \
    X(RAMP, ramp)                                                                                  \
    X(SINE, sine)                                                                                  \
    X(STAGES, stages)

enum schedule_type {
#define X(upper, lower) SCHEDULE_##upper,
    SCHEDULE_KINDS(X)
#undef X
};

#define SCHEDULE_HOUR_NS UINT64_C(3600000000000)

/* Maximum rate of a ramp, a sine or a stage: one request per nanosecond. */
#define SCHEDULE_RATE_MAX_PER_H (RATE_MAX_PER_S * UINT64_C(3600))

enum { SCHEDULE_STAGES_MAX = 64, SCHEDULE_TEXT = 160 };

/* A period in which the rate changes linearly. */
struct stage {
    uint64_t duration_ns; /* not 0 */
    uint64_t from_per_h;
    uint64_t to_per_h;
};

struct stages {
    struct stage list[SCHEDULE_STAGES_MAX];
    size_t count;
};

/*
 * Where a sine starts: at its mean and rising, at its peak, at its mean and falling, or at its
 * trough.
 */
enum sine_start { SINE_UP, SINE_PEAK, SINE_DOWN, SINE_TROUGH };

struct sine {
    uint64_t mean_per_h;
    uint64_t amplitude_per_h; /* less than the mean */
    uint64_t period_ns;
    enum sine_start start;
};

struct schedule {
    enum schedule_type type;
    uint64_t duration_ns; /* 0: until stopped */
    struct rate rate;     /* constant, poisson; constant with count 0: a closed loop */
    uint64_t seed;        /* poisson */
    struct sine sine;     /* sine */
    struct stages stages; /* stages, or the one stage of a ramp; they last duration_ns */
};

/* The position in a Poisson schedule: plain numbers, from which another machine can continue. */
struct schedule_walk {
    struct random random;
    uint64_t made;   /* arrivals so far */
    uint64_t total;  /* with a duration: number of all arrivals */
    uint64_t due_ns; /* of the last arrival so far */
    double part_ns;  /* with a duration: time left in it; otherwise the fraction of due_ns */
};

/* A position in the schedule. All fields are private. */
struct schedule_cursor {
    const struct schedule *schedule;
    struct {
        size_t index;      /* stage that the cursor is in */
        uint64_t start_ns; /* of that stage */
        __extension__ unsigned __int128 start_work;
    } stage;
    struct schedule_walk walk;
};

/* The operations of one kind of schedule. */
struct schedule_kind {
    const char *name;
    const char *help; /* one line, no full stop */

    /*
     * When request k is due; UINT64_MAX: never. May be at or after the end of the duration; such a
     * request is not part of the schedule. k must not decrease from call to call.
     */
    uint64_t (*due_ns)(struct schedule_cursor *cursor, uint64_t k);

    /*
     * The number of requests due before elapsed_ns, which must not decrease from call to call and
     * must not exceed the duration.
     */
    uint64_t (*count)(struct schedule_cursor *cursor, uint64_t elapsed_ns);

    /* Prints the schedule in words, without commas. */
    void (*print)(const struct schedule *schedule, char text[SCHEDULE_TEXT]);
};

#define X(upper, lower) extern const struct schedule_kind schedule_##lower;
SCHEDULE_KINDS(X)
#undef X

const struct schedule_kind *schedule_kind(const struct schedule *schedule);

/* True for a closed loop: each worker sends when it is free, so no request has a due time. */
bool schedule_is_closed(const struct schedule *schedule);

/* Checks that the values are consistent. ERR_USAGE names the field to change. */
bool schedule_check(const struct schedule *schedule, struct err *err);

/*
 * The schedule of the warm-up, whose requests are not counted: duration_ns at a constant rate. The
 * rate is the mean of `schedule` if that is a sine; otherwise it is the initial rate or, if that is
 * 0, the first rate above 0. A closed loop stays a closed loop.
 */
struct schedule schedule_warmup(const struct schedule *schedule, uint64_t duration_ns);

/* Prints the schedule in words, for reports: "from 100/s to 500/s in 10s". Returns `text`. */
const char *schedule_print(const struct schedule *schedule, char text[SCHEDULE_TEXT]);

/*
 * Sets the cursor to the start. Use a cursor either with schedule_due or with schedule_count_next.
 */
void schedule_begin(struct schedule_cursor *cursor, const struct schedule *schedule);

/* Sets the cursor to the position of another cursor, whose state is `walk`. */
void schedule_resume(struct schedule_cursor *cursor, const struct schedule *schedule,
                     const struct schedule_walk *walk);

/*
 * When request k is due; UINT64_MAX: there is none. k must not decrease from call to call. A call
 * takes about 5 ns for constant rates, 30 ns for ramps, 150 ns for sines, and 30 to 50 ns for each
 * Poisson arrival since the last k.
 */
uint64_t schedule_due(struct schedule_cursor *cursor, uint64_t k);

/* The number of requests due before elapsed_ns. Recomputes all Poisson arrivals before then. */
uint64_t schedule_count(const struct schedule *schedule, uint64_t elapsed_ns);

/*
 * Like schedule_count, for times that do not decrease from call to call: computes each Poisson
 * arrival only once.
 */
uint64_t schedule_count_next(struct schedule_cursor *cursor, uint64_t elapsed_ns);

/* Mean number of requests per second over the whole duration; 0 for a closed loop. */
double schedule_mean_per_s(const struct schedule *schedule);

#endif
