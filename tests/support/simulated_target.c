#include "tests/support/simulated_target.h"

#include <math.h>

#include "common/clock.h"

static const double TRUTH_LOW = 50, TRUTH_HIGH = 20000;
static const double PROBE_SD = 0.2;
static const double DAMAGE = 0.15, HEAL_S = 20;
static const double BISTABLE_FROM = 0.85, NOT_RECOVERED = 0.1;
static const double UNSEEN = 1.5; /* times the truth: the knee of trials that see no trouble */
enum { REST_S = 2 };              /* before a trial, at least */

const char *const simulated_names[SIMULATED_ALL] = {
#define X(constant, name) [SIMULATED_##constant] = (name),
    SIMULATED_MODELS(X)
#undef X
};

static double draw_normal(struct simulated_target *target)
{
    double radius = sqrt(-2 * log(1 - random_fraction(&target->random)));
    return radius * cos(2 * M_PI * random_fraction(&target->random));
}

struct simulated_target simulated_target_make(enum simulated_model model, uint64_t seed,
                                              const struct search_options *options)
{
    struct simulated_target target = {.model = model,
                                      .width = options->width,
                                      .trial_ns = options->trial_ns,
                                      .random = random_seeded(seed)};
    double knee = TRUTH_LOW * pow(TRUTH_HIGH / TRUTH_LOW, random_fraction(&target.random));
    double lower = knee * (0.6 + 0.35 * random_fraction(&target.random));
    target.truth = model == SIMULATED_MOSTLY_LOW ? lower : knee;
    target.other_knee = model == SIMULATED_MOSTLY_LOW ? knee : lower;
    return target;
}

double simulated_target_probe(struct simulated_target *target)
{
    return target->truth * exp(PROBE_SD * draw_normal(target));
}

/* At the truth a trial of standard length tips the target in half the cases. */
static bool is_bistable_good(struct simulated_target *target, double rate, double duration_s)
{
    double from = BISTABLE_FROM * target->truth;
    double over = (rate - from) / (target->truth - from);
    if (over <= 0) {
        target->is_tipped = false;
        return true;
    }
    double half_life_s = (double)target->trial_ns / NS_PER_S / (over * over);
    target->is_tipped =
        target->is_tipped || random_fraction(&target->random) > exp2(-duration_s / half_life_s);
    return !target->is_tipped;
}

static bool is_degrading_good(struct simulated_target *target, double rate, double duration_s)
{
    bool is_good = rate <= target->truth * (1 - target->damage);
    target->damage = is_good ? target->damage * exp(-duration_s / HEAL_S) : DAMAGE;
    return is_good;
}

static void rest(struct simulated_target *target, double rest_s)
{
    target->damage *= exp(-rest_s / HEAL_S);
    target->is_tipped =
        target->is_tipped && random_fraction(&target->random) < pow(NOT_RECOVERED, rest_s / REST_S);
}

static double periodic_knee(const struct simulated_target *target, double duration_s)
{
    bool is_seen = duration_s >= 2 * (double)target->trial_ns / NS_PER_S;
    return is_seen ? target->truth : UNSEEN * target->truth;
}

static bool is_good(struct simulated_target *target, double rate, double duration_s)
{
    switch (target->model) {
    case SIMULATED_CLEAN:
        return rate <= target->truth;
    case SIMULATED_NOISY:
        return rate <= target->truth * (1 + target->width / 2 * draw_normal(target));
    case SIMULATED_RARELY_LOW:
    case SIMULATED_MOSTLY_LOW:
        return rate <=
               (random_fraction(&target->random) < 0.1 ? target->other_knee : target->truth);
    case SIMULATED_DEGRADING:
        return is_degrading_good(target, rate, duration_s);
    case SIMULATED_BISTABLE:
        return is_bistable_good(target, rate, duration_s);
    case SIMULATED_PERIODIC:
        return rate <= periodic_knee(target, duration_s);
    case SIMULATED_NEVER:
        return true;
    case SIMULATED_ALWAYS:
    case SIMULATED_ALL:
        break;
    }
    return false;
}

struct trial simulated_target_try(struct simulated_target *target, const struct search_move *move)
{
    uint64_t rest_ns = REST_S * NS_PER_S + move->rest_ns;
    struct trial trial = {
        .rate = move->rate,
        .duration_ns = move->duration_ns,
        .took_ns = move->duration_ns + rest_ns,
    };
    rest(target, (double)rest_ns / NS_PER_S);
    bool is_limited = target->generator_rate > 0 && move->rate > target->generator_rate;
    trial.outcome = is_limited ? TRIAL_INVALID
                    : is_good(target, move->rate, (double)move->duration_ns / NS_PER_S) ? TRIAL_GOOD
                                                                                        : TRIAL_BAD;
    return trial;
}
