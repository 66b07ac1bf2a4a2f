#include "loadgen/pace/schedule.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"

/* So many a double counts one by one. */
#define POISSON_MOST (UINT64_C(1) << 53)

/* constant: pacer.h has the arithmetic. */

static uint64_t constant_due_ns(struct schedule_cursor *cursor, uint64_t k)
{
    return pacer_due_ns(cursor->schedule->rate, k);
}

static uint64_t constant_count(struct schedule_cursor *cursor, uint64_t elapsed_ns)
{
    return pacer_count(cursor->schedule->rate, elapsed_ns);
}

static void constant_print(const struct schedule *schedule, char text[SCHEDULE_TEXT])
{
    char per[DURATION_TEXT];
    if (schedule->rate.count == 0) {
        snprintf(text, SCHEDULE_TEXT, "as fast as possible");
    } else {
        snprintf(text, SCHEDULE_TEXT, "%" PRIu64 "/%s", schedule->rate.count,
                 duration_print(schedule->rate.per_ns, per));
    }
}

const struct schedule_kind schedule_constant = {
    .name = "constant",
    .help = "requests at equal intervals",
    .due_ns = constant_due_ns,
    .count = constant_count,
    .print = constant_print,
};

/* What all kinds have in common. */

const struct schedule_kind *schedule_kind(const struct schedule *schedule)
{
    static const struct schedule_kind *const kinds[] = {
#define X(upper, lower) [SCHEDULE_##upper] = &schedule_##lower,
        SCHEDULE_KINDS(X)
#undef X
    };
    return kinds[schedule->type];
}

bool schedule_is_closed(const struct schedule *schedule)
{
    return schedule->type == SCHEDULE_CONSTANT && schedule->rate.count == 0;
}

static bool wants_any(const struct stages *stages)
{
    for (size_t i = 0; i < stages->count; i++) {
        if (stages->list[i].from_per_h > 0 || stages->list[i].to_per_h > 0) {
            return true;
        }
    }
    return false;
}

bool schedule_check(const struct schedule *schedule, struct err *err)
{
    enum schedule_type type = schedule->type;
    if (type == SCHEDULE_POISSON && schedule->rate.count == 0) {
        return err_set(err, ERR_USAGE,
                       "order.arrival poisson requires order.rate; with order.rate 0, each worker "
                       "sends as soon as it is free");
    }
    if (type == SCHEDULE_POISSON &&
        pacer_count(schedule->rate, schedule->duration_ns) > POISSON_MOST) {
        return err_set(err, ERR_USAGE,
                       "order.arrival poisson supports at most 2^53 requests; lower order.rate or "
                       "order.duration, or "
                       "omit order.duration");
    }
    if ((type == SCHEDULE_RAMP || type == SCHEDULE_SINE) && schedule->duration_ns == 0) {
        return err_set(err, ERR_USAGE, "order.%s needs order.duration%s",
                       schedule_kind(schedule)->name,
                       type == SCHEDULE_RAMP ? ", the time from the first rate to the second" : "");
    }
    if ((type == SCHEDULE_RAMP || type == SCHEDULE_STAGES) && !wants_any(&schedule->stages)) {
        return err_set(err, ERR_USAGE, "order.%s: all rates are 0, so nothing would be sent",
                       schedule_kind(schedule)->name);
    }
    if (type == SCHEDULE_SINE && schedule->sine.amplitude_per_h >= schedule->sine.mean_per_h) {
        return err_set(
            err, ERR_USAGE,
            "order.sine: the amplitude must be less than the mean, so that the rate stays above 0");
    }
    return true;
}

const char *schedule_print(const struct schedule *schedule, char text[SCHEDULE_TEXT])
{
    schedule_kind(schedule)->print(schedule, text);
    return text;
}

struct schedule schedule_warmup(const struct schedule *schedule, uint64_t duration_ns)
{
    struct schedule warmup = {.type = SCHEDULE_CONSTANT, .duration_ns = duration_ns};
    switch (schedule->type) {
    case SCHEDULE_CONSTANT:
    case SCHEDULE_POISSON:
        warmup.rate = schedule->rate;
        break;
    case SCHEDULE_SINE:
        warmup.rate = (struct rate){schedule->sine.mean_per_h, SCHEDULE_HOUR_NS};
        break;
    case SCHEDULE_RAMP:
    case SCHEDULE_STAGES:
        for (size_t i = 0; i < schedule->stages.count && warmup.rate.count == 0; i++) {
            const struct stage *stage = &schedule->stages.list[i];
            uint64_t per_h = stage->from_per_h ? stage->from_per_h : stage->to_per_h;
            warmup.rate = (struct rate){per_h, SCHEDULE_HOUR_NS};
        }
        break;
    }
    return warmup;
}

void schedule_begin(struct schedule_cursor *cursor, const struct schedule *schedule)
{
    const struct schedule_walk walk = {
        .random = random_seeded(schedule->seed),
        .part_ns = (double)schedule->duration_ns,
    };
    schedule_resume(cursor, schedule, &walk);
}

void schedule_resume(struct schedule_cursor *cursor, const struct schedule *schedule,
                     const struct schedule_walk *walk)
{
    *cursor = (struct schedule_cursor){.schedule = schedule, .walk = *walk};
}

/* A request is part of the schedule when it is due before the end. */
uint64_t schedule_due(struct schedule_cursor *cursor, uint64_t k)
{
    const struct schedule *schedule = cursor->schedule;
    if (schedule_is_closed(schedule)) {
        return UINT64_MAX;
    }
    uint64_t due_ns = schedule_kind(schedule)->due_ns(cursor, k);
    return schedule->duration_ns > 0 && due_ns >= schedule->duration_ns ? UINT64_MAX : due_ns;
}

uint64_t schedule_count_next(struct schedule_cursor *cursor, uint64_t elapsed_ns)
{
    const struct schedule *schedule = cursor->schedule;
    if (schedule_is_closed(schedule)) {
        return 0;
    }
    if (schedule->duration_ns > 0 && elapsed_ns > schedule->duration_ns) {
        elapsed_ns = schedule->duration_ns;
    }
    return schedule_kind(schedule)->count(cursor, elapsed_ns);
}

uint64_t schedule_count(const struct schedule *schedule, uint64_t elapsed_ns)
{
    struct schedule_cursor cursor;
    schedule_begin(&cursor, schedule);
    return schedule_count_next(&cursor, elapsed_ns);
}

double schedule_mean_per_s(const struct schedule *schedule)
{
    bool is_even = schedule->type == SCHEDULE_CONSTANT || schedule->type == SCHEDULE_POISSON;
    uint64_t count =
        is_even ? schedule->rate.count : schedule_count(schedule, schedule->duration_ns);
    uint64_t span_ns = is_even ? schedule->rate.per_ns : schedule->duration_ns;
    return count > 0 ? (double)count * (double)NS_PER_S / (double)span_ns : 0;
}
