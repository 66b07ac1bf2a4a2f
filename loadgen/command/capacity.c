/* loadgen capacity: searches for the highest rate that meets an SLO, and reports it. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/process/file_limit.h"
#include "loadgen/agenda/driver.h"
#include "loadgen/capacity/capacity_report.h"
#include "loadgen/capacity/search/rules.h"
#include "loadgen/capacity/trial/trial_runner.h"
#include "loadgen/command/capacity_output.h"
#include "loadgen/command/command.h"
#include "loadgen/command/exceptions_output.h"
#include "loadgen/command/flags/capacity_flags.h"
#include "loadgen/command/flags/field_flags.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/command/process/open_files.h"
#include "loadgen/command/process/stdio_watch.h"
#include "loadgen/command/progress/capacity_progress.h"
#include "loadgen/command/slo_flag.h"
#include "loadgen/order/plan_json.h"
#include "loadgen/run/fingerprint.h"
#include "loadgen/run/usage.h"
#include "loadgen/target/digest.h"
#include "loadgen/users/driver.h"
#include "loadgen/users/prepare.h"

enum {
    RATE_SCALE = 1000, /* rates are whole numbers per RATE_SCALE seconds */
};

struct job {
    struct capacity_options *options;
    struct slo *slo;
    struct workload workload;
    struct users_order users; /* of a scenario */
    struct plan plan;
    struct search_options search;
    json_t *settings;
    json_t *plan_shown;
    json_t *environment;
    struct trial_journal journal;
    struct interrupt interrupt;
    struct capacity_search *list;
    size_t count; /* searches that are done */
};

static double per_second(struct rate rate)
{
    double per_s = (double)rate.count * NS_PER_S / (double)rate.per_ns;
    return fmax(round(per_s * RATE_SCALE) / RATE_SCALE, 1.0 / RATE_SCALE);
}

static bool is_zero(const struct rate *rate)
{
    return rate->per_ns > 0 && rate->count == 0;
}

/* 0: not given */
static double generator_rate(const struct job *job)
{
    const struct rate *rate = &job->options->generator_rate;
    return rate->per_ns > 0 ? per_second(*rate) : 0;
}

static bool check_options(const struct capacity_options *options, struct err *err)
{
    const struct rate *min = &options->min_rate, *max = &options->max_rate;
    const struct rate *generator = &options->generator_rate;
    if (!options->slo) {
        return err_set(err, ERR_USAGE,
                       "-slo is missing: the capacity is the highest rate that meets it, for "
                       "example -slo 'p99<100ms,errors<0.1%%'");
    }
    if (is_zero(min) || is_zero(max) || is_zero(generator)) {
        return err_set(err, ERR_USAGE,
                       "-min-rate, -max-rate and -generator-rate must be greater than 0");
    }
    if (options->repeat == 0 || options->repeat > CAPACITY_REPEAT_MAX) {
        return err_set(err, ERR_USAGE, "-repeat: expected 1 to %d", CAPACITY_REPEAT_MAX);
    }
    if (options->resumes && !options->journal) {
        return err_set(err, ERR_USAGE, "-resume needs the journal of the search: -journal FILE");
    }
    return capacity_output_begin(options, err);
}

static bool open_scenario(struct job *job, const char *url, struct err *err)
{
    const struct capacity_options *options = job->options;
    if (url || strcmp(options->attack.targets, "stdin") != 0) {
        return err_set(err, ERR_USAGE, "-scenario replaces %s; use only one (-H sets the host)",
                       url ? "the URL" : "-targets");
    }
    job->users = (struct users_order){
        .host = options->host,
        .filter = {options->tags, options->excluded_tags},
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
    return (options->shares_connections ||
            open_files_check(options->users, OPEN_FILES_USERS, err)) &&
           users_open(&job->users, options->scenario, &job->workload.targets, err);
}

static bool open_workload(struct job *job, const char *url, struct err *err)
{
    if (job->options->scenario) {
        return open_scenario(job, url, err);
    }
    const struct attack_options *attack = &job->options->attack;
    const struct workload_options workload = {
        .url = url,
        .targets = attack->targets,
        .format = attack->format,
        .body_file = attack->body,
        .defaults =
            {
                .headers = attack->headers.list,
                .header_count = attack->headers.count,
                .keepalive = attack->keepalive,
                .is_chunked = attack->is_chunked,
                .is_numbered = true,
            },
    };
    return workload_open(&job->workload, &workload, err);
}

/* The part of half a limit that each endpoint may use; 0: there is no such limit. */
static uint64_t share_limit(uint64_t limit, size_t endpoints)
{
    uint64_t share = limit / 2 / (endpoints > 0 ? endpoints : 1);
    return limit > 0 && share == 0 ? 1 : share;
}

/* An overloaded target must not use up our ports and descriptors. The cap is per endpoint. */
static uint64_t cap_connections(uint64_t asked, size_t endpoints)
{
    uint64_t files = share_limit(file_limit_raise(), endpoints);
    uint64_t ports = share_limit(usage_local_ports(), endpoints);
    uint64_t cap = asked > 0 && asked < files ? asked : files;
    return ports > 0 && ports < cap ? ports : cap;
}

static bool make_plan(struct job *job, struct err *err)
{
    struct attack_options *attack = &job->options->attack;
    attack->max_connections =
        cap_connections(attack->max_connections, job->workload.targets.endpoint_count);
    return capacity_plan(job->options, &job->plan, err);
}

static bool make_search(struct job *job, struct err *err)
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
           err_set(err, ERR_USAGE, "-max-rate is %g/s, but the lowest rate to try is %g/s%s",
                   search->max_rate, search->min_rate,
                   options->min_rate.per_ns > 0 ? ""
                                                : ", at which a trial of 60s has enough requests "
                                                  "for -slo; set a lower -min-rate for longer "
                                                  "trials");
}

static json_t *rate_or_null(double rate)
{
    return rate > 0 ? json_real(rate) : json_null();
}

/* The content of a scenario, and who runs it; for a search that goes on also against which host. */
static bool digest_scenario(const struct job *job, bool has_place, char text[SHA256_TEXT])
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
    bool ok = !all.has_failed;
    if (ok) {
        sha256_print(all.at, all.length, text);
    }
    bytes_free(&all);
    return ok;
}

static bool make_digests(const struct job *job, char places[SHA256_TEXT], char work[SHA256_TEXT])
{
    const struct targets *targets = &job->workload.targets;
    return job->options->scenario
               ? digest_scenario(job, true, places) && digest_scenario(job, false, work)
               : digest_with_hosts(targets, places) && digest_of_work(targets, work);
}

/* What a journal must agree on before its search can go on. */
static json_t *make_settings(const struct job *job)
{
    const struct search_options *search = &job->search;
    char digest[SHA256_TEXT], work[SHA256_TEXT];
    if (!make_digests(job, digest, work)) {
        return NULL;
    }
    bool is_poisson = job->options->attack.schedule.arrival == SCHEDULE_POISSON;
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:f, s:f, s:o, s:o, s:f, s:I, s:i, s:I}", "slo", job->slo->text,
        "targets", digest, "workload", work, "arrival", is_poisson ? "poisson" : "constant", "seed",
        (json_int_t)job->options->attack.schedule.seed, "width", search->width, "min_rate",
        search->min_rate, "max_rate", rate_or_null(search->max_rate), "generator_rate",
        rate_or_null(generator_rate(job)), "trial_seconds", (double)search->trial_ns / NS_PER_S,
        "requests", (json_int_t)search->requests, "enough_trials", (int)search->enough_trials,
        "max_connections", (json_int_t)job->plan.max_connections);
}

/* How the requests of all trials are sent. When they are sent is each trial's own. */
static json_t *show_plan(const struct plan *plan)
{
    static const char *const own[] = {"name", "rate", "schedule", "duration", "warmup"};
    json_t *json = plan_to_json(plan, false);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        json_object_del(json, own[i]);
    }
    return json;
}

static bool prepare(struct job *job, const char *url, struct err *err)
{
    if (!check_options(job->options, err) || !slo_flag_parse(job->options->slo, &job->slo, err) ||
        !open_workload(job, url, err) || !make_plan(job, err) ||
        !tls_check_proxies(&job->plan, &job->workload.targets, err) ||
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

/* Detects unreadable metrics before the search, not after it. */
static bool check_metrics(const struct job *job, struct err *err)
{
    const struct scrape_urls *urls = &job->options->metrics;
    struct scrape scrape = {0};
    bool ok =
        urls->count == 0 || scrape_take(&scrape, urls, &job->plan, job->interrupt.stop_fd, err);
    const struct scrape_pod *unread = scrape_find_unread(&scrape);
    if (ok && unread && scrape.read == 0) {
        ok = err_set(err, ERR_FAILED, "-target-metrics: %s: %s", unread->address, unread->problem);
    }
    scrape_free(&scrape);
    return ok;
}

/* What is updated every second of a trial. */
struct watchers {
    struct capacity_progress progress;
    struct stdio_watch stdio;
};

static void on_second(void *context, const struct second *second)
{
    struct watchers *watchers = context;
    stdio_watch_stop_abandoned(&watchers->stdio);
    capacity_progress_second(&watchers->progress, second);
}

/* False with ERR_NONE if it was interrupted. */
static bool search_all(struct job *job, struct err *err)
{
    struct watchers watchers = {capacity_progress_begin(), stdio_watch_begin()};
    const struct capacity_watcher watcher = capacity_progress_watcher(&watchers.progress);
    const struct control control = {.stop_fd = job->interrupt.stop_fd};
    const struct order order = {&job->plan, &job->workload.targets, &job->workload.source};
    struct trial_runner runner = {
        .order = &order,
        .driver_type = job->options->scenario ? &driver_users : &driver_agenda,
        .iterations = job->options->scenario ? &job->users.schedule : NULL,
        .slo = job->slo,
        .control = &control,
        .arrival = job->options->attack.schedule.arrival,
        .base_seed = job->options->attack.schedule.seed,
        .is_quick = job->options->is_quick,
        .cap_flag = "-max-connections",
        .metrics = job->options->metrics.count > 0 ? &job->options->metrics : NULL,
        .generator_rate = generator_rate(job),
        .on_second = on_second,
        .context = &watchers,
    };
    bool ok = true;
    while (ok && job->count < job->options->repeat) {
        const struct capacity_runner trials = trial_runner_make(&runner);
        struct capacity_search *search = &job->list[job->count++];
        ok = capacity_run(&job->search, (unsigned)job->count, &trials, &job->journal, &watcher,
                          search, err) &&
             search->move.is_done;
    }
    capacity_progress_end(&watchers.progress);
    return ok;
}

static struct capacity_searches searches_of(const struct job *job)
{
    return (struct capacity_searches){job->list, job->count, job->settings, job->plan_shown,
                                      job->environment};
}

static bool search_and_report(struct job *job, struct err *err)
{
    const struct capacity_options *options = job->options;
    if (!trial_journal_open(&job->journal, options->journal, options->resumes, job->settings,
                            err) ||
        !interrupt_start(&job->interrupt, err)) {
        return false;
    }
    if (job->journal.torn_bytes > 0) {
        fprintf(stderr,
                "%s ends with an incomplete line: %zu bytes were dropped, and the trial of that "
                "line is repeated\n",
                options->journal, job->journal.torn_bytes);
    }
    if (check_metrics(job, err) && search_all(job, err)) {
        const struct capacity_searches searches = searches_of(job);
        return capacity_output_write(options, &searches, err);
    }
    return err_set(err, ERR_FAILED, "the search was interrupted%s",
                   options->journal ? "; -resume continues it" : "");
}

static bool capacity_main(const struct command_line *line, struct err *err)
{
    struct capacity_options *options = line->options;
    struct job job = {.options = options, .workload.fd = -1, .journal.fd = -1};
    if (options->attack.cpus == 0) {
        options->attack.cpus = line->cpus;
    }
    bool ok = line->operand_count <= 1 ||
              err_set(err, ERR_USAGE,
                      "more than one URL: \"%s\" and \"%s\"; put them in a file for -targets",
                      line->operands[0], line->operands[1]);
    ok = ok && prepare(&job, line->operand_count ? line->operands[0] : NULL, err) &&
         search_and_report(&job, err);
    const struct capacity_searches searches = searches_of(&job);
    ok = capacity_output_terminate(options, &searches, err) && ok;
    interrupt_stop(&job.interrupt);
    trial_journal_close(&job.journal);
    for (size_t i = 0; i < job.count; i++) {
        capacity_destroy(&job.list[i]);
    }
    free(job.list);
    json_decref(job.settings);
    json_decref(job.plan_shown);
    json_decref(job.environment);
    ok = exceptions_output_tell(&job.users.exceptions, false, err) && ok;
    users_close(&job.users);
    ok = workload_close(&job.workload, err) && ok;
    slo_destroy(job.slo);
    return ok;
}

const struct command command_capacity = {
    .name = "capacity",
    .help = "find the highest rate that meets an SLO",
    .cli = &capacity_cli,
    .options_size = sizeof(struct capacity_options),
    .run = capacity_main,
};
