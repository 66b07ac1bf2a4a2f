#include "loadgen/capacity/search/forecast.h"

#include <math.h>
#include <string.h>

#include "loadgen/base/random.h"

static const double GUESS_SD = 0.2; /* of the logarithm of capacity / guess */
enum { PLAYS = 15 };

/* The target of one simulated search. */
struct player {
    struct random random;
    double capacity;
    double noise; /* standard deviation, as a fraction of the capacity */
};

static double draw_normal(struct player *player)
{
    double radius = sqrt(-2 * log(1 - random_fraction(&player->random)));
    return radius * cos(2 * M_PI * random_fraction(&player->random));
}

/*
 * Draws a capacity within the interval, beyond its only end or, without an interval, around the
 * first estimate.
 */
static double draw_capacity(struct player *player, const struct search_options *options,
                            const struct search_move *move)
{
    double off = GUESS_SD * draw_normal(player);
    if (move->good_rate > 0 && move->bad_rate > 0) {
        return move->good_rate *
               pow(move->bad_rate / move->good_rate, random_fraction(&player->random));
    }
    if (move->good_rate > 0) {
        return move->good_rate * exp(fabs(off));
    }
    return move->bad_rate > 0 ? move->bad_rate * exp(-fabs(off) - options->width / 2)
                              : fmax(options->first_rate, options->min_rate) * exp(off);
}

static struct trial play_trial(struct player *player, const struct search_move *move)
{
    double capacity = player->capacity * (1 + player->noise * draw_normal(player));
    return (struct trial){
        .rate = move->rate,
        .duration_ns = move->duration_ns,
        .outcome = move->rate <= capacity ? TRIAL_GOOD : TRIAL_BAD,
    };
}

static uint64_t play(const struct search_options *options, const struct trial *trials, size_t count,
                     uint64_t between_ns, uint64_t seed)
{
    struct player player = {.random = random_seeded(seed), .noise = options->width / 2};
    struct trial played[SEARCH_TRIALS_MAX];
    uint64_t sum_ns = 0;
    if (count > 0) {
        memcpy(played, trials, count * sizeof played[0]);
    }
    struct search_move move = search_next(options, played, count);
    player.capacity = draw_capacity(&player, options, &move);
    while (!move.is_done) {
        played[count++] = play_trial(&player, &move);
        sum_ns += move.duration_ns + move.rest_ns + between_ns;
        move = search_next(options, played, count);
    }
    return sum_ns;
}

/* Inserts a value into an ascending list. */
static void insert(uint64_t *list, size_t count, uint64_t value)
{
    while (count > 0 && list[count - 1] > value) {
        list[count] = list[count - 1];
        count--;
    }
    list[count] = value;
}

uint64_t forecast_ns(const struct search_options *options, const struct trial *trials, size_t count,
                     uint64_t between_ns)
{
    struct search_options unlimited = *options;
    uint64_t times_ns[PLAYS];
    unlimited.time_limit_ns = 0;
    for (size_t i = 0; i < PLAYS; i++) {
        insert(times_ns, i, play(&unlimited, trials, count, between_ns, i));
    }
    return times_ns[PLAYS / 2];
}
