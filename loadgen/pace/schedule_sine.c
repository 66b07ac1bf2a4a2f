/*
 * sine: the rate swings about its mean.
 *
 * vegeta's SinePacer has rate(t) = M + A sin(O + 2 pi t / P), so N(t) = M t + (A P / 2 pi) (cos O -
 * cos(O + 2 pi t / P)). A period brings M P requests, so whole periods are taken off in whole
 * numbers first: errors do not grow with the run, and a run of whole periods has exactly M D
 * requests. Within a period, with x = t / P and y the part of M P that is due,
 *
 *     y = x + (A / M) swing(x)
 *
 * rises for A < M and is solved for x. There sin and cos, and so the last bit of a double, decide;
 * sine_count goes by the moments themselves, so that both agree.
 */
#include <math.h>
#include <stdio.h>

#include "loadgen/base/duration.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/pace/schedule_words.h"

__extension__ typedef unsigned __int128 wide;

#define TWO_PI 6.283185307179586477

enum { STEPS_MAX = 100 }; /* of 5 or 6; a bound, should the arithmetic surprise */

/* y(x) and its slope. cos O - cos(O + a) is written so that small angles keep their digits. */
static double part_due(const struct sine *sine, double x, double *slope)
{
    double angle = TWO_PI * x;
    double half = sin(angle / 2);
    double ratio = (double)sine->amplitude_per_h / (double)sine->mean_per_h;
    double swing = 0;
    double rate = 0;
    switch (sine->start) {
    case SINE_UP:
        swing = 2 * half * half;
        rate = sin(angle);
        break;
    case SINE_PEAK:
        swing = sin(angle);
        rate = cos(angle);
        break;
    case SINE_DOWN:
        swing = -2 * half * half;
        rate = -sin(angle);
        break;
    case SINE_TROUGH:
        swing = -sin(angle);
        rate = -cos(angle);
        break;
    }
    *slope = 1 + ratio * rate;
    return x + ratio * swing / TWO_PI;
}

/* Newton's steps, kept inside a bracket that shrinks with each; halving it where a step leaves it.
 */
static double solve(const struct sine *sine, double y)
{
    double low = 0;
    double high = 1;
    double x = y;
    for (int i = 0; i < STEPS_MAX; i++) {
        double slope = 1;
        double excess = part_due(sine, x, &slope) - y;
        if (excess > 0) {
            high = x;
        } else {
            low = x;
        }
        double next = x - excess / slope;
        if (!(next >= low && next <= high)) {
            next = low + (high - low) / 2;
        }
        if (fabs(next - x) <= 1e-15 * x) {
            return next;
        }
        x = next;
    }
    return x;
}

static uint64_t sine_due_ns(struct schedule_cursor *cursor, uint64_t k)
{
    const struct sine *sine = &cursor->schedule->sine;
    wide work = (wide)k * SCHEDULE_HOUR_NS;
    wide period_work = (wide)sine->mean_per_h * sine->period_ns;
    wide periods = work / period_work;
    wide rest = work % period_work;
    double x = rest > 0 ? solve(sine, (double)rest / (double)period_work) : 0;
    wide due_ns = periods * sine->period_ns + (wide)(x * (double)sine->period_ns);
    return due_ns < UINT64_MAX ? (uint64_t)due_ns : UINT64_MAX;
}

/* N(t) says the count to a request or so; the moments themselves say it exactly. */
static uint64_t sine_count(struct schedule_cursor *cursor, uint64_t elapsed_ns)
{
    const struct sine *sine = &cursor->schedule->sine;
    wide period_work = (wide)sine->mean_per_h * sine->period_ns;
    double slope = 0;
    double part =
        part_due(sine, (double)(elapsed_ns % sine->period_ns) / (double)sine->period_ns, &slope);
    wide work = elapsed_ns / sine->period_ns * period_work +
                (part > 0 ? (wide)(part * (double)period_work) : 0);
    uint64_t count = (uint64_t)(work / SCHEDULE_HOUR_NS);
    while (count > 0 && sine_due_ns(cursor, count - 1) >= elapsed_ns) {
        count--;
    }
    while (sine_due_ns(cursor, count) < elapsed_ns) {
        count++;
    }
    return count;
}

static void sine_print(const struct schedule *schedule, char text[SCHEDULE_TEXT])
{
    const struct sine *sine = &schedule->sine;
    char mean[SCHEDULE_RATE_TEXT];
    char amplitude[SCHEDULE_RATE_TEXT];
    char period[DURATION_TEXT];
    snprintf(text, SCHEDULE_TEXT, "%s +- %s every %s from %s",
             schedule_rate_print(sine->mean_per_h, mean),
             schedule_rate_print(sine->amplitude_per_h, amplitude),
             duration_print(sine->period_ns, period), schedule_sine_start_name(sine->start));
}

const struct schedule_kind schedule_sine = {
    .name = "sine",
    .help = "the rate oscillates around its mean",
    .due_ns = sine_due_ns,
    .count = sine_count,
    .print = sine_print,
};
