#include "loadgen/command/search/search_job.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/process/file_limit.h"
#include "loadgen/agenda/driver.h"
#include "loadgen/capacity/search/rules.h"
#include "loadgen/command/flags/field_flags.h"
#include "loadgen/command/process/open_files.h"
#include "loadgen/command/scenario/setup.h"
#include "loadgen/command/scenario/user_limits.h"
#include "loadgen/command/session/slo_flag.h"
#include "loadgen/order/plan_json.h"
#include "loadgen/run/fingerprint.h"
#include "loadgen/run/usage.h"
#include "loadgen/target/digest.h"
#include "loadgen/users/cargo.h"
#include "loadgen/users/driver.h"
#include "loadgen/users/files/feeds.h"
#include "loadgen/users/prepare.h"

enum {
    RATE_SCALE = 1000, /* rates are integers per RATE_SCALE seconds */
};

static double per_second(struct rate rate)
{
    double per_s = (double)rate.count * NS_PER_S / (double)rate.per_ns;
    return fmax(round(per_s * RATE_SCALE) / RATE_SCALE, 1.0 / RATE_SCALE);
}

/* 0: not given */
static double generator_rate(const struct search_job *job)
{
    const struct rate *rate = &job->options->generator_rate;
    return rate->per_ns > 0 ? per_second(*rate) : 0;
}

/* Otherwise, a trial could end early, and would be judged by the requests sent until then. */
static bool check_feeders(const struct users_order *users, struct err *err)
{
    const char *file = feeds_find_finite(users->scenario.feeds);
    return !file || err_set(err, ERR_USAGE,
                            "%s: feeder(\"%s\") can run out of rows, which would end a "
                            "trial early; set at_end = \"restart\"",
                            users->scenario.path, file);
}

/* All trials have the same users, at different rates. */
static bool check_shape(const struct users_order *users, struct err *err)
{
    return !users->shape.is_on ||
           err_set(err, ERR_USAGE,
                   "%s: a Shape changes the number of users, but all trials of a search need the "
                   "same number; remove it, and set -users",
                   users->scenario.path);
}

static bool open_scenario(struct search_job *job, const char *url, struct err *err)
{
    const struct capacity_options *options = job->options;
    if (url || strcmp(options->attack.targets, "stdin") != 0) {
        return err_set(err, ERR_USAGE, "-scenario replaces %s; use only one (-H sets the host)",
                       url ? "the URL" : "-targets");
    }
    job->users = (struct users_order){
        .host = options->host,
        .filter = {options->tags, options->excluded_tags},
        .arguments = {options->arguments.list, options->arguments.count},
        .users = options->users,
        .shares_connections = options->shares_connections,
        .spawn_per_s = options->spawn_per_s,
        .max_requests = UINT64_MAX,
        .max_iterations = UINT64_MAX,
        .max_bytes = options->max_memory.bytes,
        .name_flags = field_flags_name_text,
        .seed = options->attack.schedule.seed,
    };
    job->workload.source = users_source(&job->users);
    bool ok = users_open(&job->users, options->scenario, &job->workload.targets, err);
    job->options->users = job->users.users; /* fewer, if all classes have fixed counts */
    return ok && check_feeders(&job->users, err) && check_shape(&job->users, err) &&
           (job->place->is_here || users_cargo.check(&job->workload.source, err));
}

static bool open_workload(struct search_job *job, const char *url, struct err *err)
{
    if (job->options->scenario) {
        return open_scenario(job, url, err);
    }
    const struct workload_options workload = attack_workload(&job->options->attack, url);
    return workload_open(&job->workload, &workload, err);
}

/* With workers, this machine opens no connections of users, so its limits do not matter. */
static bool has_room(const struct search_job *job, struct err *err)
{
    const struct capacity_options *options = job->options;
    const struct user_limits limits = {&job->plan, &job->workload.targets, job->is_served};
    return !options->scenario || options->shares_connections || !job->place->is_here ||
           user_limits_check(&limits, options->users, err);
}

/* The share of half a limit that each endpoint may use; 0: there is no limit. */
static uint64_t share_limit(uint64_t limit, size_t endpoints)
{
    uint64_t share = limit / 2 / (endpoints > 0 ? endpoints : 1);
    return limit > 0 && share == 0 ? 1 : share;
}

/* The cap is per endpoint. It prevents an overloaded target from using up ports and descriptors. */
static uint64_t cap_connections(uint64_t asked, size_t endpoints, uint64_t further_files)
{
    uint64_t limit = file_limit_raise();
    uint64_t files = share_limit(limit > further_files ? limit - further_files : 1, endpoints);
    uint64_t ports = share_limit(usage_local_ports(), endpoints);
    uint64_t cap = asked > 0 && asked < files ? asked : files;
    return ports > 0 && ports < cap ? ports : cap;
}

static bool make_plan(struct search_job *job, struct err *err)
{
    struct attack_options *attack = &job->options->attack;
    attack->max_connections =
        cap_connections(attack->max_connections, job->workload.targets.endpoint_count,
                        job->is_served ? OPEN_FILES_SERVE : 0);
    return capacity_plan(job->options, &job->plan, err);
}

static bool make_search(struct search_job *job, struct err *err)
{
    const struct capacity_options *options = job->options;
    struct search_options *search = &job->search;
    const struct targets *targets = options->scenario ? NULL : &job->workload.targets;
    *search = rules_make(job->slo, targets, options->trial_ns, options->is_quick);
    search->time_limit_ns = options->time_limit_ns;
    if (options->min_rate.per_ns > 0) {
        search->min_rate = per_second(options->min_rate);
    }
    if (options->max_rate.per_ns > 0) {
        search->max_rate = per_second(options->max_rate);
    }
    return search->max_rate == 0 || search->max_rate >= search->min_rate ||
           err_set(err, ERR_USAGE, "search.max_rate: %g/s is below %g/s, the lowest rate to try%s",
                   search->max_rate, search->min_rate,
                   options->min_rate.per_ns > 0 ? ""
                                                : ", at which a trial of 60s has enough requests "
                                                  "for -slo; to allow longer trials, set a lower "
                                                  "search.min_rate");
}

static json_t *rate_or_null(double rate)
{
    return rate > 0 ? json_real(rate) : json_null();
}

static void add_file(void *context, const struct feed_file *file)
{
    bytes_add(context, "", 1);
    bytes_add_text(context, file->rows.sha256);
}

/* Inputs of a scenario: arguments, and the content of its data files. */
static void add_given(const struct users_order *users, struct bytes *all)
{
    for (size_t i = 0; i < users->arguments.count; i++) {
        bytes_add(all, "", 1);
        bytes_add_text(all, users->arguments.list[i]);
    }
    feeds_visit_files(users->scenario.feeds, add_file, all);
}

/* A digest of a scenario and its users; with has_place, also of the host. */
static bool digest_scenario(const struct search_job *job, bool has_place, char text[SHA256_TEXT])
{
    const struct users_order *users = &job->users;
    const char *const texts[] = {users->filter.tags, users->filter.excluded_tags,
                                 has_place ? users->host : NULL};
    char number[32];
    struct bytes all = {0};
    bytes_add(&all, users->scenario.text.at, users->scenario.text.length);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bytes_add(&all, "", 1);
        bytes_add_text(&all, texts[i] ? texts[i] : "");
    }
    snprintf(number, sizeof number, "%" PRIu64, users->users);
    bytes_add(&all, number, strlen(number) + 1);
    add_given(users, &all);
    bool ok = !all.has_failed;
    if (ok) {
        sha256_print(all.at, all.length, text);
    }
    bytes_free(&all);
    return ok;
}

static bool make_digests(const struct search_job *job, char places[SHA256_TEXT],
                         char work[SHA256_TEXT])
{
    const struct targets *targets = &job->workload.targets;
    return job->options->scenario
               ? digest_scenario(job, true, places) && digest_scenario(job, false, work)
               : digest_with_hosts(targets, places) && digest_of_work(targets, work);
}

/* Settings that must equal those in a journal to resume its search. */
static json_t *make_settings(const struct search_job *job)
{
    const struct search_options *search = &job->search;
    char digest[SHA256_TEXT], work[SHA256_TEXT];
    if (!make_digests(job, digest, work)) {
        return NULL;
    }
    bool is_poisson = job->options->attack.schedule.arrival == SCHEDULE_POISSON;
    json_t *settings = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:f, s:f, s:o, s:o, s:f, s:I, s:i, s:I}", "slo", job->slo->text,
        "targets", digest, "workload", work, "arrival", is_poisson ? "poisson" : "constant", "seed",
        (json_int_t)job->options->attack.schedule.seed, "width", search->width, "min_rate",
        search->min_rate, "max_rate", rate_or_null(search->max_rate), "generator_rate",
        rate_or_null(generator_rate(job)), "trial_seconds", (double)search->trial_ns / NS_PER_S,
        "requests", (json_int_t)search->requests, "enough_trials", (int)search->enough_trials,
        "max_connections", (json_int_t)job->plan.max_connections);
    if (!job->place->is_here) {
        uint64_t workers = job->options->attack.cluster.expect_workers;
        json_object_set_new(settings, "workers", json_integer((json_int_t)workers));
    }
    return settings;
}

/* The part of the plan that all trials share, without their schedules. */
static json_t *show_plan(const struct plan *plan)
{
    static const char *const own[] = {"name", "rate", "schedule", "duration", "warmup"};
    json_t *json = plan_to_json(plan, false);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        json_object_del(json, own[i]);
    }
    return json;
}

bool search_job_open(struct search_job *job, const char *url, struct err *err)
{
    job->workload.fd = -1;
    job->journal.fd = -1;
    if (!slo_flag_parse(job->options->slo, &job->slo, err) || !open_workload(job, url, err) ||
        !make_plan(job, err) || !tls_check_proxies(&job->plan, &job->workload.targets, err) ||
        !address_check_allowed(&job->plan, &job->workload.targets,
                               job->options->scenario ? "users.host" : NULL, err) ||
        !has_room(job, err) ||
        !slo_flag_check(job->slo, job->options->scenario ? NULL : &job->workload.targets,
                        &job->plan.schedule, err) ||
        !make_search(job, err)) {
        return false;
    }
    job->settings = make_settings(job);
    job->plan_shown = show_plan(&job->plan);
    if (job->options->scenario) {
        json_object_set_new(job->plan_shown, "scenario", users_show(&job->users));
    }
    job->environment = fingerprint_take("");
    job->list = calloc(job->options->repeat, sizeof job->list[0]);
    return (job->settings && job->plan_shown && job->environment && job->list) ||
           err_set(err, ERR_FAILED, "not enough memory");
}

/* Detects unreadable metrics before the search starts. */
static bool check_metrics(const struct search_job *job, struct err *err)
{
    const struct scrape_urls *urls = &job->options->metrics;
    struct scrape scrape = {0};
    bool ok = urls->count == 0 || scrape_take(&scrape, urls, &job->plan, job->control.stop_fd, err);
    const struct scrape_pod *unread = scrape_find_unread(&scrape);
    if (ok && unread && scrape.read == 0) {
        ok = err_set(err, ERR_FAILED, "-target-metrics: %s: %s", unread->address, unread->problem);
    }
    scrape_free(&scrape);
    return ok;
}

/* test_start runs once, before the first trial. */
static bool set_up(struct search_job *job, struct err *err)
{
    bool ok = !job->options->scenario || setup_start(&job->users, &job->order, &job->control, err);
    if (job->users.is_interrupted) {
        *err = (struct err){.code = ERR_NONE};
    }
    return ok && (!job->users.is_quitting ||
                  err_set(err, ERR_FAILED, "the scenario ended with quit() in test_start"));
}

static void on_second(void *context, const struct second *second)
{
    const struct search_job *job = context;
    if (job->watch->on_second) {
        job->watch->on_second(job->watch->context, second);
    }
}

static void on_scrape(void *context, const struct scrape *scrape, bool is_after)
{
    struct search_job *job = context;
    struct scrape copy = scrape_copy(scrape);
    meter_add(&job->meter, &copy);
    job->watch->on_load(job->watch->context, &job->meter.load, is_after);
}

static void make_runner(struct search_job *job)
{
    const struct capacity_options *options = job->options;
    job->runner = (struct trial_runner){
        .runner = job->place,
        .order = &job->order,
        .driver_type = options->scenario ? &driver_users : &driver_agenda,
        .iterations = options->scenario ? &job->users.schedule : NULL,
        .slo = job->slo,
        .control = &job->control,
        .arrival = options->attack.schedule.arrival,
        .base_seed = options->attack.schedule.seed,
        .is_quick = options->is_quick,
        .cap_flag = "-max-connections",
        .metrics = options->metrics.count > 0 ? &options->metrics : NULL,
        .generator_rate = generator_rate(job),
        .on_second = on_second,
        .context = job,
        .counts_targets = job->watch->counts_targets,
        .on_scrape = job->watch->on_load ? on_scrape : NULL,
    };
}

static bool search_all(struct search_job *job, const struct capacity_watcher *watcher,
                       struct err *err)
{
    bool ok = true;
    while (ok && job->count < job->options->repeat) {
        const struct capacity_runner trials = trial_runner_make(&job->runner);
        struct capacity_search *search = &job->list[job->count++];
        ok = capacity_run(&job->search, (unsigned)job->count, &trials, &job->journal, watcher,
                          search, err) &&
             search->move.is_done;
    }
    return ok;
}

bool search_job_run(struct search_job *job, int stop_fd, const struct search_watch *watch,
                    struct err *err)
{
    job->control = (struct control){.stop_fd = stop_fd};
    job->order = (struct order){&job->plan, &job->workload.targets, &job->workload.source};
    job->watch = watch;
    job->meter = (struct meter){.is_rare = true};
    make_runner(job);
    return check_metrics(job, err) && set_up(job, err) && search_all(job, &watch->watcher, err);
}

struct capacity_searches search_job_result(const struct search_job *job)
{
    return (struct capacity_searches){job->list, job->count, job->settings, job->plan_shown,
                                      job->environment};
}

bool search_job_close(struct search_job *job, struct err *err)
{
    trial_runner_close(&job->runner);
    trial_journal_close(&job->journal);
    meter_fini(&job->meter);
    for (size_t i = 0; i < job->count; i++) {
        capacity_destroy(&job->list[i]);
    }
    free(job->list);
    json_decref(job->settings);
    json_decref(job->plan_shown);
    json_decref(job->environment);
    users_close(&job->users);
    slo_destroy(job->slo);
    return workload_close(&job->workload, err);
}
