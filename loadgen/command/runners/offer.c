#include "loadgen/command/runners/offer.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/command/session/slo_flag.h"
#include "loadgen/run/runner.h"
#include "loadgen/users/files/feeds.h"

enum { USERS_PER_S = 1, SEARCH_USERS_PER_S = 100, SEARCH_CONNECTIONS = 1024 };
static const struct rate default_rate = {50, NS_PER_S};

/* Scenario, targets or URL. */

static bool is_url(const char *operand)
{
    return strstr(operand, "://") != NULL;
}

static bool find_source(struct offer *offer, const struct serve_options *options, char **operands,
                        int count, struct err *err)
{
    const char *file = options->run.file;
    for (int i = 0; i < count; i++) {
        const char **place = is_url(operands[i]) ? &offer->url : &offer->scenario;
        if (*place) {
            return err_set(err, ERR_USAGE, "more than one %s: \"%s\" and \"%s\"%s",
                           place == &offer->url ? "URL" : "scenario", *place, operands[i],
                           place == &offer->url ? "; put them in a file for -targets" : "");
        }
        *place = operands[i];
    }
    if (offer->scenario && file) {
        return err_set(err, ERR_USAGE, "more than one scenario: \"%s\" and \"%s\"", file,
                       offer->scenario);
    }
    offer->scenario = file ? file : offer->scenario;
    bool has_targets = offer->url || options->run.attack.targets;
    if (offer->scenario && has_targets) {
        return err_set(err, ERR_USAGE,
                       "a scenario and %s cannot be combined: a server either runs the users of a "
                       "scenario, or sends requests to targets",
                       offer->url ? "a URL" : "-targets");
    }
    return offer->scenario || has_targets ||
           err_set(err, ERR_USAGE,
                   "a scenario or -targets is required; for example: loadgen serve scenario.lua "
                   "-H http://127.0.0.1:5000");
}

/* Flags without effect. */

/* The first flag for targets that was given; NULL: none. */
static const char *find_targets_flag(const struct attack_options *attack)
{
    return attack->schedule.rate.per_ns > 0 ? "-rate"
           : attack->headers.count > 0      ? "-header"
           : attack->body                   ? "-body"
           : attack->is_chunked             ? "-chunked"
                                            : NULL;
}

/* The first flag for searches that was given; NULL: none. */
static const char *find_search_flag(const struct serve_options *options)
{
    return options->is_quick                    ? "-quick"
           : options->min_rate.per_ns > 0       ? "-min-rate"
           : options->max_rate.per_ns > 0       ? "-max-rate"
           : options->generator_rate.per_ns > 0 ? "-generator-rate"
           : options->trial_ns > 0              ? "-trial"
           : options->time_limit_ns > 0         ? "-time-limit"
                                                : NULL;
}

static bool is_zero(const struct rate *rate)
{
    return rate->per_ns > 0 && rate->count == 0;
}

static bool is_stdin(const char *file)
{
    return file && strcmp(file, "stdin") == 0;
}

static bool check_flags(const struct offer *offer, const struct serve_options *options,
                        struct err *err)
{
    const struct attack_options *attack = &options->run.attack;
    const char *flag = offer->scenario ? find_targets_flag(attack) : NULL;
    if (flag) {
        return err_set(err, ERR_USAGE,
                       "%s is for targets; the users of a scenario decide what to send and when",
                       flag);
    }
    if (!offer->scenario && options->run.host) {
        return err_set(err, ERR_USAGE, "-host is for scenarios; targets name their hosts");
    }
    if (is_stdin(attack->targets) || is_stdin(attack->body)) {
        return err_set(err, ERR_USAGE, "%s: stdin can be read only once; name a file",
                       is_stdin(attack->targets) ? "-targets" : "-body");
    }
    flag = attack->slo ? NULL : find_search_flag(options);
    if (flag) {
        return err_set(err, ERR_USAGE,
                       "%s is for searches, which require -slo, such as -slo 'p99<100ms'", flag);
    }
    return !(is_zero(&attack->schedule.rate) || is_zero(&options->min_rate) ||
             is_zero(&options->max_rate) || is_zero(&options->generator_rate)) ||
           err_set(err, ERR_USAGE,
                   "-rate, -min-rate, -max-rate and -generator-rate must be greater than 0");
}

/* Searches. */

static void make_search_options(struct offer *offer, const struct serve_options *options)
{
    const struct run_options *run = &options->run;
    struct capacity_options *search = &offer->search_options;
    *search = (struct capacity_options){
        .attack = run->attack,
        .scenario = offer->scenario,
        .host = run->host,
        .users = run->users,
        .shares_connections = run->shares_connections,
        .spawn_per_s = run->spawn_per_s > 0 ? run->spawn_per_s : SEARCH_USERS_PER_S,
        .max_memory = run->max_memory,
        .tags = run->tags,
        .excluded_tags = run->excluded_tags,
        .arguments = run->arguments,
        .slo = run->attack.slo,
        .is_quick = options->is_quick,
        .min_rate = options->min_rate,
        .max_rate = options->max_rate,
        .generator_rate = options->generator_rate,
        .trial_ns = options->trial_ns,
        .time_limit_ns = options->time_limit_ns,
        .metrics = options->metrics,
        .repeat = 1,
    };
    struct attack_options *attack = &search->attack;
    attack->max_connections =
        attack->max_connections > 0 ? attack->max_connections : SEARCH_CONNECTIONS;
}

/* False for scenarios that can only be run and judged. */
static bool can_be_searched(const struct offer *offer)
{
    const struct users_order *users = &offer->users.users;
    bool has_end = offer->scenario && feeds_find_finite(users->scenario.feeds);
    bool has_shape = offer->scenario && users->shape.is_on;
    if (has_end || has_shape) {
        fprintf(stderr, "loadgen: capacity searches are unavailable: %s\n",
                has_shape ? "the scenario's Shape sets the number of users"
                          : "a feeder of the scenario can run out of rows");
    }
    return !has_end && !has_shape;
}

static bool offer_search(struct offer *offer, struct err *err)
{
    if (!offer->slo || !can_be_searched(offer)) {
        return true;
    }
    offer->runners[RUN_CAPACITY] = &offer->search.runner;
    return search_runner_open(&offer->search, &offer->search_options, offer->url, offer->place,
                              err);
}

/* Users or a rate. */

static bool offer_users(struct offer *offer, struct serve_options *options, struct err *err)
{
    struct run_options *run = &options->run;
    run->attack.schedule = (struct schedule_flags){0}; /* for searches; runs of users have none */
    run->spawn_per_s = run->spawn_per_s > 0 ? run->spawn_per_s : USERS_PER_S;
    run->max_requests = run->max_iterations = UINT64_MAX;
    offer->runners[RUN_USERS] = &offer->users.runner;
    return users_runner_open(&offer->users, run, offer->scenario, offer->place, err) &&
           slo_flag_check(offer->slo, NULL, &offer->users.users.schedule, err);
}

static bool offer_rate(struct offer *offer, struct serve_options *options, struct err *err)
{
    struct attack_options *attack = &options->run.attack;
    bool has_rate = attack->schedule.rate.per_ns > 0;
    attack->schedule.rate = has_rate ? attack->schedule.rate : default_rate;
    attack->schedule.duration_ns = options->run.run_time_ns;
    offer->runners[RUN_RATE] = &offer->rate.runner;
    return rate_runner_open(&offer->rate, attack, offer->url, offer->slo, offer->place, err);
}

bool offer_open(struct offer *offer, struct serve_options *options, char **operands, int count,
                const struct order_runner *place, struct err *err)
{
    struct attack_options *attack = &options->run.attack;
    *offer = (struct offer){.place = place};
    if (!find_source(offer, options, operands, count, err) || !check_flags(offer, options, err) ||
        !slo_flag_parse(attack->slo, &offer->slo, err)) {
        return false;
    }
    attack->name = NULL;
    attack->encoding = "bin";
    attack->targets = attack->targets ? attack->targets : "stdin"; /* never read */
    attack->schedule.seed = options->run.seed;
    make_search_options(offer, options);
    return (offer->scenario ? offer_users(offer, options, err) : offer_rate(offer, options, err)) &&
           offer_search(offer, err);
}

void offer_close(struct offer *offer)
{
    if (offer->scenario) {
        users_runner_close(&offer->users);
    }
    slo_destroy(offer->slo);
}
