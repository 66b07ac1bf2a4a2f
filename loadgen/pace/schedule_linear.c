/*
 * ramp and stages: periods in which the rate changes linearly.
 *
 * Everything but a first guess is in whole numbers. A stage with rates a and b per hour and of
 * length D has done, after t nanoseconds,
 *
 *     work(t) = 2 a t + (b - a) t^2 / D         of which a request takes REQUEST_WORK, two hours
 *
 * so that stages add up without a remainder, however many there are and whatever their rates.
 */
#include <math.h>
#include <stdio.h>

#include "loadgen/base/duration.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/pace/schedule_words.h"

__extension__ typedef unsigned __int128 wide;

#define REQUEST_WORK UINT64_C(7200000000000)
_Static_assert(REQUEST_WORK == 2 * SCHEDULE_HOUR_NS, "rates are requests per hour");

/* Rounded up to a whole number; t is at most the stage's length. */
static wide work_after(const struct stage *stage, uint64_t t_ns)
{
    bool rises = stage->to_per_h >= stage->from_per_h;
    uint64_t change =
        rises ? stage->to_per_h - stage->from_per_h : stage->from_per_h - stage->to_per_h;
    /* change * t * t / D in two steps, as three factors may leave 128 bits. */
    wide square = (wide)t_ns * t_ns;
    wide product = (wide)change * (uint64_t)(square % stage->duration_ns);
    wide bent =
        (wide)change * (uint64_t)(square / stage->duration_ns) + product / stage->duration_ns;
    wide straight = (wide)(2 * stage->from_per_h) * t_ns;
    if (!rises) {
        return straight - bent; /* what bent lacks to a whole number is what this is rounded up */
    }
    return straight + bent + (product % stage->duration_ns > 0);
}

static wide work_of(const struct stage *stage)
{
    return (wide)(stage->from_per_h + stage->to_per_h) * stage->duration_ns;
}

/*
 * The t at which `work` is done, nearly. The quadratic is solved from the end at which the rate is
 * lower, in the form in which nothing is subtracted: t = w / (a + sqrt(a^2 + c w)), c = (b - a) /
 * D.
 */
static uint64_t guess_ns(const struct stage *stage, wide work)
{
    bool rises = stage->to_per_h >= stage->from_per_h;
    double low = (double)(rises ? stage->from_per_h : stage->to_per_h);
    double high = (double)(rises ? stage->to_per_h : stage->from_per_h);
    double length_ns = (double)stage->duration_ns;
    double todo = (double)(rises ? work : work_of(stage) - work);
    double root = sqrt(low * low + (high - low) / length_ns * todo);
    double t_ns = todo > 0 ? todo / (low + root) : 0;
    t_ns = rises ? t_ns : length_ns - t_ns;
    uint64_t last = stage->duration_ns - 1;
    return t_ns <= 0 ? 0 : t_ns >= (double)last ? last : (uint64_t)t_ns;
}

/* The last whole t at which no more than `work`, which is less than the stage's, is done. */
static uint64_t time_of_work(const struct stage *stage, wide work)
{
    uint64_t low = guess_ns(stage, work);
    uint64_t high = low + 1;
    for (uint64_t step = 1; work_after(stage, low) > work; step *= 2) {
        high = low;
        low -= low < step ? low : step;
    }
    for (uint64_t step = 1; work_after(stage, high) <= work; step *= 2) {
        low = high;
        high += stage->duration_ns - high < step ? stage->duration_ns - high : step;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (work_after(stage, middle) > work) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return low;
}

static uint64_t linear_due_ns(struct schedule_cursor *cursor, uint64_t k)
{
    const struct stages *stages = &cursor->schedule->stages;
    wide work = (wide)k * REQUEST_WORK;
    for (; cursor->stage.index < stages->count; cursor->stage.index++) {
        const struct stage *stage = &stages->list[cursor->stage.index];
        if (work - cursor->stage.start_work < work_of(stage)) {
            return cursor->stage.start_ns + time_of_work(stage, work - cursor->stage.start_work);
        }
        cursor->stage.start_work += work_of(stage);
        cursor->stage.start_ns += stage->duration_ns;
    }
    return UINT64_MAX;
}

static uint64_t linear_count(struct schedule_cursor *cursor, uint64_t elapsed_ns)
{
    const struct stages *stages = &cursor->schedule->stages;
    wide work = 0;
    for (size_t i = 0; i < stages->count; i++) {
        const struct stage *stage = &stages->list[i];
        if (elapsed_ns < stage->duration_ns) {
            work += work_after(stage, elapsed_ns);
            break;
        }
        work += work_of(stage);
        elapsed_ns -= stage->duration_ns;
    }
    return (uint64_t)((work + REQUEST_WORK - 1) / REQUEST_WORK);
}

static void ramp_print(const struct schedule *schedule, char text[SCHEDULE_TEXT])
{
    const struct stage *stage = &schedule->stages.list[0];
    char from[SCHEDULE_RATE_TEXT];
    char to[SCHEDULE_RATE_TEXT];
    char length[DURATION_TEXT];
    snprintf(text, SCHEDULE_TEXT, "from %s to %s in %s",
             schedule_rate_print(stage->from_per_h, from), schedule_rate_print(stage->to_per_h, to),
             duration_print(stage->duration_ns, length));
}

/* "to 100/s in 30s then to 500/s in 1m0s": a "from" is said only where the rate jumps. */
static void stages_print(const struct schedule *schedule, char text[SCHEDULE_TEXT])
{
    const struct stages *stages = &schedule->stages;
    uint64_t rate_per_h = 0;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < stages->count; i++) {
        const struct stage *stage = &stages->list[i];
        char jump[SCHEDULE_RATE_TEXT + 8] = "";
        char rate[SCHEDULE_RATE_TEXT];
        char length[DURATION_TEXT];
        char part[SCHEDULE_TEXT];
        if (stage->from_per_h != rate_per_h) {
            snprintf(jump, sizeof jump, "from %s ", schedule_rate_print(stage->from_per_h, rate));
        }
        rate_per_h = stage->to_per_h;
        int length_of_part = snprintf(part, sizeof part, "%s%sto %s in %s", i ? " then " : "", jump,
                                      schedule_rate_print(rate_per_h, rate),
                                      duration_print(stage->duration_ns, length));
        const char more[] = " then ...";
        if (used + (size_t)length_of_part + sizeof more > SCHEDULE_TEXT) {
            snprintf(text + used, SCHEDULE_TEXT - used, "%s", more);
            return;
        }
        snprintf(text + used, SCHEDULE_TEXT - used, "%s", part);
        used += (size_t)length_of_part;
    }
}

const struct schedule_kind schedule_ramp = {
    .name = "ramp",
    .help = "the rate changes linearly from one value to another",
    .due_ns = linear_due_ns,
    .count = linear_count,
    .print = ramp_print,
};

const struct schedule_kind schedule_stages = {
    .name = "stages",
    .help = "in each stage the rate changes linearly to the stage's rate",
    .due_ns = linear_due_ns,
    .count = linear_count,
    .print = stages_print,
};
