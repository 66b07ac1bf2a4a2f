#include "loadgen/users/cargo_goal.h"

#include <string.h>

#include "common/clock.h"
#include "loadgen/pace/portion.h"
#include "loadgen/pace/share.h"
#include "loadgen/users/files/feeds.h"

/* Rates have no other schedules than these two (command/flags/run_flags.h). */
static json_t *rate_to_json(const struct schedule *schedule)
{
    if (schedule_is_closed(schedule)) {
        return NULL;
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:I}", "kind", schedule_kind(schedule)->name, "count",
                     (json_int_t)schedule->rate.count, "per", (json_int_t)schedule->rate.per_ns,
                     "duration", (json_int_t)schedule->duration_ns, "seed",
                     (json_int_t)schedule->seed);
}

static void pack_limit(json_t *json, const char *key, uint64_t limit)
{
    if (limit <= INT64_MAX) {
        json_object_set_new(json, key, json_integer((json_int_t)limit));
    }
}

void cargo_goal_pack(const struct users_order *order, json_t *json)
{
    json_t *rate = rate_to_json(&order->schedule);
    if (rate) {
        json_object_set_new(json, "rate", rate);
    }
    pack_limit(json, "requests", order->max_requests);
    pack_limit(json, "iterations", order->max_iterations);
}

/* Unlike json_unpack, refuses negative numbers. */
static uint64_t number_of(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    return number >= 0 ? (uint64_t)number : UINT64_MAX;
}

static bool read_rate(struct schedule *schedule, const json_t *json, struct err *err)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    bool is_poisson = kind && strcmp(kind, schedule_poisson.name) == 0;
    *schedule = (struct schedule){
        .type = is_poisson ? SCHEDULE_POISSON : SCHEDULE_CONSTANT,
        .duration_ns = number_of(json, "duration"),
        .rate = {number_of(json, "count"), number_of(json, "per")},
        .seed = (uint64_t)json_integer_value(json_object_get(json, "seed")), /* any 64 bits */
    };
    const struct rate *rate = &schedule->rate;
    bool is_known = is_poisson || (kind && strcmp(kind, schedule_constant.name) == 0);
    bool is_rate = rate->count > 0 && rate->count <= rate->per_ns && rate->per_ns <= INT64_MAX;
    return (is_known && is_rate && schedule->duration_ns <= INT64_MAX &&
            schedule_check(schedule, NULL)) ||
           err_set(err, ERR_FAILED, "source.rate: invalid");
}

/* A limit that may be missing. */
static bool read_limit(const json_t *json, const char *key, uint64_t *limit, struct err *err)
{
    *limit = number_of(json, key);
    bool is_missing = !json_object_get(json, key);
    return is_missing || (*limit > 0 && *limit != UINT64_MAX) ||
           err_set(err, ERR_FAILED, "source.%s: invalid", key);
}

bool cargo_goal_read(struct users_order *order, const json_t *json, struct err *err)
{
    const json_t *rate = json_object_get(json, "rate");
    order->schedule = (struct schedule){.rate = {0, NS_PER_S}};
    return (!rate || read_rate(&order->schedule, rate, err)) &&
           read_limit(json, "requests", &order->max_requests, err) &&
           read_limit(json, "iterations", &order->max_iterations, err);
}

/* Iterations at a rate that were due before the end, unless a number of them ends the run. */
static uint64_t count_iterations(const struct users_order *order, const struct slots *slots,
                                 uint16_t first, uint16_t threads)
{
    const struct schedule *schedule = &order->schedule;
    uint64_t count = 0;
    if (schedule_is_closed(schedule) || schedule->duration_ns == 0 ||
        order->max_requests != UINT64_MAX || order->max_iterations != UINT64_MAX) {
        return UINT64_MAX;
    }
    uint64_t all = schedule_count(schedule, schedule->duration_ns);
    for (uint16_t i = 0; i < threads; i++) {
        struct share share;
        share_init(&share, slots, (uint16_t)(first + i));
        count += share_count(&share, 0, all);
    }
    return count;
}

struct cargo_part cargo_goal_part(const struct users_order *order, const struct slots *slots,
                                  uint16_t first, uint16_t threads)
{
    struct portion portion;
    portion_init(&portion, slots, first, threads);
    bool has_other_end = order->schedule.duration_ns > 0 || order->max_iterations != UINT64_MAX ||
                         order->shape.is_on;
    bool has_limit = order->max_requests != UINT64_MAX && !has_other_end;
    return (struct cargo_part){
        .requests = has_limit ? portion_count(&portion, order->max_requests) : UINT64_MAX,
        .iterations = count_iterations(order, slots, first, threads),
        .rows = feeds_count_once(order->scenario.feeds, &portion),
    };
}
