/*
 * schedule - when each request of a run is due, whatever the shape of the load.
 *
 * A schedule is plain data. With N(t) for the requests that it wants in the first t nanoseconds,
 * request k, from 0, is due when N(t) reaches k, and ceil(N(t)) requests are due before t:
 *
 *     constant   N = rate t                                      the arithmetic of pacer.h
 *     ramp       N = a t + (b - a) t^2 / 2D                      whole numbers, exact
 *     stages     a ramp after another; 0 is the first's a        whole numbers, exact
 *     sine       N = M t + (A P / 2 pi) (cos O - cos(O + 2 pi t / P))    exact at whole periods
 *     poisson    independent arrivals; with a duration exactly rate x duration of them
 *
 * Nothing here reads a clock. What a cursor hands out and what schedule_count says agree for every
 * t to the request (docs/measurement.md has the formulae).
 *
 * Units: nanoseconds since the start of the run; rates of ramps, sines and stages are requests per
 * hour, so that N/s, N/m and N/h are all whole numbers.
 * Threads: a schedule is shared and never changes; a cursor belongs to one thread.
 * Memory: plain values, nothing is allocated. The schedule outlives its cursors.
 */
#ifndef LOADGEN_PACE_SCHEDULE_H
#define LOADGEN_PACE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/pace/pacer.h"

/* Every kind of schedule, once: a kind is a name here and a `const struct schedule_kind`. */
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

/* The most that a ramp, a sine or a stage may ask for: a request a nanosecond. */
#define SCHEDULE_RATE_MAX_PER_H (RATE_MAX_PER_S * UINT64_C(3600))

enum { SCHEDULE_STAGES_MAX = 64, SCHEDULE_TEXT = 160 };

/* A time in which the rate changes evenly. */
struct stage {
    uint64_t duration_ns; /* not 0 */
    uint64_t from_per_h;
    uint64_t to_per_h;
};

struct stages {
    struct stage list[SCHEDULE_STAGES_MAX];
    size_t count;
};

/* Where a sine begins: at its mean and rising, at its peak, at its mean and falling, at its trough.
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
    struct rate rate;     /* constant, poisson. constant with count 0: a closed loop */
    uint64_t seed;        /* poisson */
    struct sine sine;     /* sine */
    struct stages stages; /* stages; ramp: one. Their durations add up to duration_ns */
};

/* Where a thread is in the schedule; the members are the business of loadgen/pace. */
struct schedule_cursor {
    const struct schedule *schedule;
    struct share share;
    uint64_t number; /* of the next request of the share */
    uint64_t due_ns;
    struct {
        size_t index;      /* stage that the cursor is in */
        uint64_t start_ns; /* of that stage */
        __extension__ unsigned __int128 start_work;
    } stage;
    struct {
        uint64_t random;
        uint64_t made;   /* arrivals so far */
        uint64_t total;  /* with a duration: that there will be */
        uint64_t due_ns; /* of the last one */
        double part_ns;  /* with a duration: what is left of it; else the fraction of due_ns */
    } walk;
};

/* What a kind is. */
struct schedule_kind {
    const char *name;
    const char *help; /* one line, no full stop */

    /* Moment of request k; numbers asked of one cursor never fall. The duration is not its concern.
     */
    uint64_t (*due_ns)(struct schedule_cursor *cursor, uint64_t k);

    /* How many requests have a moment before elapsed_ns, which never falls either and is no more
     * than the duration. */
    uint64_t (*count)(struct schedule_cursor *cursor, uint64_t elapsed_ns);

    /* What was asked for, in words without a comma. */
    void (*print)(const struct schedule *schedule, char text[SCHEDULE_TEXT]);
};

#define X(upper, lower) extern const struct schedule_kind schedule_##lower;
SCHEDULE_KINDS(X)
#undef X

const struct schedule_kind *schedule_kind(const struct schedule *schedule);

/* Has nobody said when: does each worker send when it is free? It has no moments and no count. */
bool schedule_is_closed(const struct schedule *schedule);

/* Checks what the flags say together. ERR_USAGE names the flag to change. */
bool schedule_check(const struct schedule *schedule, struct err *err);

/*
 * What is sent before the schedule begins, and not counted: the rate at which it begins, or if that
 * is 0 the first one that it goes to, for duration_ns. A closed loop stays one.
 */
struct schedule schedule_warmup(const struct schedule *schedule, uint64_t duration_ns);

/* Writes the schedule in words, as the report has them: "100/s to 500/s in 10s". Returns `text`. */
const char *schedule_print(const struct schedule *schedule, char text[SCHEDULE_TEXT]);

/* The cursor stands at the first request of this share. */
void schedule_begin(struct schedule_cursor *cursor, const struct schedule *schedule,
                    struct share share);

/* Moment of the next request of the share; UINT64_MAX when there is none. */
static inline uint64_t schedule_peek(const struct schedule_cursor *cursor)
{
    return cursor->due_ns;
}

/*
 * Goes on to the next request of the share. Takes the same time however far the run is: some 5 ns
 * when the rate is constant, 30 in ramps, 150 in sines. Of Poisson's arrivals each thread makes
 * all, at 30 to 50 ns each, and skips those of the others.
 */
void schedule_take(struct schedule_cursor *cursor);

/* How many requests, of all shares, are due before elapsed_ns; share_count says how many of a share
 * that is. Poisson's arrivals are made anew each time. */
uint64_t schedule_count(const struct schedule *schedule, uint64_t elapsed_ns);

/*
 * The same with a cursor that is used for nothing else and asked for times that never fall: Poisson
 * arrivals are then made once.
 */
uint64_t schedule_count_next(struct schedule_cursor *cursor, uint64_t elapsed_ns);

/* Requests per second over the whole of it, on average; 0 for a closed loop. */
double schedule_mean_per_s(const struct schedule *schedule);

/* Moment of request k; UINT64_MAX when there is none. Poisson's arrivals are made anew each time.
 */
uint64_t schedule_due_ns(const struct schedule *schedule, uint64_t k);

#endif
