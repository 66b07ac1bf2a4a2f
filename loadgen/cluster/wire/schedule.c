#include "loadgen/cluster/wire/schedule.h"

enum {
#define X(upper, lower) TYPE_##upper,
    SCHEDULE_KINDS(X)
#undef X
        TYPES,
};

enum { STAGE_LEAST = 3 }; /* bytes */

static void pass_rate(struct wire *wire, struct rate *rate)
{
    rate->count = wire_number(wire, rate->count, INT64_MAX);
    rate->per_ns = wire_number(wire, rate->per_ns, INT64_MAX);
    wire_require(wire, rate->per_ns > 0);
    wire_require(wire, rate->count <= rate->per_ns); /* at most RATE_MAX_PER_S */
}

static void pass_sine(struct wire *wire, struct sine *sine)
{
    sine->mean_per_h = wire_number(wire, sine->mean_per_h, SCHEDULE_RATE_MAX_PER_H);
    sine->amplitude_per_h = wire_number(wire, sine->amplitude_per_h, SCHEDULE_RATE_MAX_PER_H);
    sine->period_ns = wire_number(wire, sine->period_ns, INT64_MAX);
    wire_require(wire, sine->period_ns > 0);
    sine->start = (enum sine_start)wire_number(wire, sine->start, SINE_TROUGH);
}

static void pass_stages(struct wire *wire, struct stages *stages, uint64_t duration_ns)
{
    uint64_t left_ns = duration_ns;
    stages->count = wire_count(wire, stages->count, SCHEDULE_STAGES_MAX, STAGE_LEAST);
    for (size_t i = 0; i < stages->count; i++) {
        struct stage *stage = &stages->list[i];
        stage->duration_ns = wire_number(wire, stage->duration_ns, left_ns);
        stage->from_per_h = wire_number(wire, stage->from_per_h, SCHEDULE_RATE_MAX_PER_H);
        stage->to_per_h = wire_number(wire, stage->to_per_h, SCHEDULE_RATE_MAX_PER_H);
        wire_require(wire, stage->duration_ns > 0);
        left_ns -= stage->duration_ns;
    }
    wire_require(wire, left_ns == 0);
}

void wire_schedule(struct wire *wire, struct schedule *schedule)
{
    enum schedule_type type = (enum schedule_type)wire_number(wire, schedule->type, TYPES - 1);
    schedule->type = type;
    schedule->duration_ns = wire_number(wire, schedule->duration_ns, INT64_MAX);
    if (type == SCHEDULE_CONSTANT || type == SCHEDULE_POISSON) {
        pass_rate(wire, &schedule->rate);
        schedule->seed = wire_number(wire, schedule->seed, UINT64_MAX);
    } else if (type == SCHEDULE_SINE) {
        pass_sine(wire, &schedule->sine);
    } else {
        pass_stages(wire, &schedule->stages, schedule->duration_ns);
        wire_require(wire, type != SCHEDULE_RAMP || schedule->stages.count == 1);
    }
    wire_require(wire, wire_has_failed(wire) || schedule_check(schedule, NULL));
}

/* A walk never makes more than all arrivals, and has no moment after the last one. */
static bool is_within(const struct schedule *schedule, const struct schedule_walk *walk)
{
    uint64_t total = pacer_count(schedule->rate, schedule->duration_ns);
    bool is_made = walk->made <= total || (walk->made - 1 == total && walk->due_ns == UINT64_MAX);
    return is_made && walk->total == (walk->made > 0 ? total : 0);
}

void wire_walk(struct wire *wire, const struct schedule *schedule, struct schedule_walk *walk)
{
    if (schedule->type != SCHEDULE_POISSON) {
        return;
    }
    walk->random.state = wire_number(wire, walk->random.state, UINT64_MAX);
    walk->made = wire_amount(wire, walk->made);
    walk->total = wire_amount(wire, walk->total);
    walk->due_ns = wire_number(wire, walk->due_ns, UINT64_MAX);
    walk->part_ns = wire_real(wire, walk->part_ns);
    if (schedule->duration_ns > 0) {
        wire_require(wire, wire_has_failed(wire) || is_within(schedule, walk));
    }
}
