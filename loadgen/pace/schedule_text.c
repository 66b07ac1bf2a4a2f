#include "loadgen/pace/schedule_text.h"

#include <inttypes.h>
#include <string.h>

#include "loadgen/base/duration.h"
#include "loadgen/pace/schedule_words.h"

__extension__ typedef unsigned __int128 wide;

enum { PART_TEXT = 48 };

/* Copies the text before `end` and moves *text past it. False if there is no `end`. For the last
 * part, `end` is '\0'. */
static bool take_part(const char **text, char end, char part[PART_TEXT])
{
    const char *stop = strchr(*text, end);
    if (!stop || stop - *text >= PART_TEXT) {
        return false;
    }
    memcpy(part, *text, (size_t)(stop - *text));
    part[stop - *text] = '\0';
    *text = end ? stop + 1 : stop;
    return true;
}

/* A rate as -rate has it, with its limit, but finite. */
static bool parse_rate(const char *text, uint64_t *per_h)
{
    struct rate rate = {0, 0};
    if (strcmp(text, "infinity") == 0 || !rate_set(&rate, text, NULL)) {
        return false;
    }
    wide product = (wide)rate.count * SCHEDULE_HOUR_NS;
    *per_h = (uint64_t)(product / rate.per_ns);
    return product % rate.per_ns == 0;
}

/* When it is no rate, `hint` says what it may be; as in rate_hint. */
static bool take_rate(const char **text, char end, uint64_t *per_h, char hint[RATE_HINT])
{
    char part[PART_TEXT];
    hint[0] = '\0';
    if (!take_part(text, end, part)) {
        return false;
    }
    return parse_rate(part, per_h) || (rate_hint(part, hint), false);
}

static bool take_duration(const char **text, char end, uint64_t *ns)
{
    char part[PART_TEXT];
    return take_part(text, end, part) && duration_parse(part, ns, NULL);
}

bool schedule_set_arrival(void *field, const char *text, struct err *err)
{
    static const enum schedule_type types[] = {SCHEDULE_CONSTANT, SCHEDULE_POISSON};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(text, schedule_kind(&(struct schedule){.type = types[i]})->name) == 0) {
            *(enum schedule_type *)field = types[i];
            return true;
        }
    }
    return err_set(err, ERR_USAGE, "\"%s\" is not an arrival process; use constant or poisson",
                   text);
}

bool schedule_set_ramp(void *field, const char *text, struct err *err)
{
    struct schedule_flags *flags = field;
    const char *rest = text;
    char hint[RATE_HINT];
    flags->has_ramp = true;
    if (!take_rate(&rest, ':', &flags->ramp.from_per_h, hint) ||
        !take_rate(&rest, '\0', &flags->ramp.to_per_h, hint)) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a ramp; expected FROM:TO, such as 10:500 or "
                       "600/m:500/s, at most one request per nanosecond%s",
                       text, hint);
    }
    return true;
}

bool schedule_set_sine(void *field, const char *text, struct err *err)
{
    struct sine *sine = field;
    const char *rest = text;
    char hint[RATE_HINT];
    *sine = (struct sine){.start = SINE_UP};
    bool ok = take_rate(&rest, ':', &sine->mean_per_h, hint) &&
              take_rate(&rest, ':', &sine->amplitude_per_h, hint) &&
              take_duration(&rest, strchr(rest, ':') ? ':' : '\0', &sine->period_ns) &&
              sine->period_ns > 0;
    ok = ok && (rest[-1] != ':' || *rest) &&
         (!*rest || schedule_sine_start_parse(rest, &sine->start));
    if (!ok) {
        return err_set(
            err, ERR_USAGE,
            "\"%s\" is not a sine wave; expected MEAN:AMPLITUDE:PERIOD[:START], such as 100:50:1m "
            "or 100:50:1m:peak; START is up, peak, down or trough (default up)%s",
            text, hint);
    }
    return true;
}

static bool bad_stages(const char *text, const char *hint, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "\"%s\" is not a list of stages; expected TIME:RATE,..., such as "
                   "30s:100,1m:500 (from 0 to 100/s in 30s, then to 500/s in 1m)%s",
                   text, hint);
}

bool schedule_set_stages(void *field, const char *text, struct err *err)
{
    struct stages *stages = field;
    const char *rest = text;
    struct stage stage = {0};
    uint64_t total_ns = 0;
    bool is_last = false;
    char hint[RATE_HINT] = "";
    stages->count = 0;
    while (!is_last) {
        is_last = strchr(rest, ',') == NULL;
        if (!take_duration(&rest, ':', &stage.duration_ns) ||
            !take_rate(&rest, is_last ? '\0' : ',', &stage.to_per_h, hint) ||
            __builtin_add_overflow(total_ns, stage.duration_ns, &total_ns) ||
            total_ns > INT64_MAX) {
            return bad_stages(text, hint, err);
        }
        if (stages->count == SCHEDULE_STAGES_MAX) {
            return err_set(err, ERR_USAGE, "at most %d stages", SCHEDULE_STAGES_MAX);
        }
        /* A stage of no length is a jump: the next one begins at its rate. */
        if (stage.duration_ns > 0) {
            stages->list[stages->count++] = stage;
        }
        stage.from_per_h = stage.to_per_h;
    }
    return stages->count > 0 || bad_stages(text, "", err);
}

/* The flags that say what the rate is; one at most. */
static bool find_type(const struct schedule_flags *flags, enum schedule_type *type, struct err *err)
{
    const struct {
        const char *name;
        bool is_given;
        enum schedule_type type;
    } ways[] = {
        {"order.rate", flags->rate.per_ns > 0, flags->arrival},
        {"order.ramp", flags->has_ramp, SCHEDULE_RAMP},
        {"order.sine", flags->sine.period_ns > 0, SCHEDULE_SINE},
        {"order.stages", flags->stages.count > 0, SCHEDULE_STAGES},
    };
    const char *given = NULL;
    *type = flags->arrival;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (!ways[i].is_given) {
            continue;
        }
        if (given) {
            return err_set(err, ERR_USAGE, "%s and %s both set the rate; use only one", given,
                           ways[i].name);
        }
        given = ways[i].name;
        *type = ways[i].type;
    }
    if (flags->arrival == SCHEDULE_POISSON && *type != SCHEDULE_POISSON) {
        return err_set(err, ERR_USAGE,
                       "order.arrival poisson requires a constant order.rate; remove "
                       "order.arrival or %s",
                       given);
    }
    return true;
}

bool schedule_from_flags(const struct schedule_flags *flags, struct schedule *schedule,
                         struct err *err)
{
    *schedule = (struct schedule){
        .duration_ns = flags->duration_ns,
        .rate = flags->rate,
        .seed = flags->seed,
        .sine = flags->sine,
    };
    if (!find_type(flags, &schedule->type, err)) {
        return false;
    }
    bool needs_rate = schedule->type == SCHEDULE_CONSTANT || schedule->type == SCHEDULE_POISSON;
    if (needs_rate && flags->rate.per_ns == 0) {
        rate_set(&schedule->rate, SCHEDULE_RATE_DEFAULT, NULL);
    }
    if (schedule->type == SCHEDULE_RAMP) {
        schedule->stages = (struct stages){{flags->ramp}, 1};
        schedule->stages.list[0].duration_ns = flags->duration_ns;
    }
    if (schedule->type == SCHEDULE_STAGES) {
        if (flags->duration_ns > 0) {
            return err_set(err, ERR_USAGE,
                           "order.duration and order.stages both set the duration; use only one");
        }
        schedule->stages = flags->stages;
        for (size_t i = 0; i < flags->stages.count; i++) {
            schedule->duration_ns += flags->stages.list[i].duration_ns;
        }
    }
    return schedule_check(schedule, err);
}
