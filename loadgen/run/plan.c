#include "loadgen/run/plan.h"

#include <inttypes.h>

#include "loadgen/pace/schedule_text.h"

/* A closed loop remembers for each worker when it became free. */
#define MAX_CLOSED_WORKERS UINT64_C(1000000)

bool plan_check(const struct plan *plan, struct err *err)
{
    if (plan->max_workers == 0) {
        return err_set(err, ERR_USAGE, "-max-workers: there must be at least 1");
    }
    if (schedule_is_closed(&plan->schedule) && plan->max_workers == UINT64_MAX) {
        return err_set(err, ERR_USAGE,
                       "-rate=0 requires setting -max-workers, the number of requests that are "
                       "always in flight");
    }
    if (schedule_is_closed(&plan->schedule) && plan->max_workers > MAX_CLOSED_WORKERS) {
        return err_set(err, ERR_USAGE, "-max-workers: at most %" PRIu64 " with -rate=0",
                       MAX_CLOSED_WORKERS);
    }
    if (plan->threads == 0) {
        return err_set(err, ERR_USAGE, "a run needs at least one thread");
    }
    return schedule_check(&plan->schedule, err);
}

uint64_t plan_cap(const struct plan *plan)
{
    uint64_t connections = plan->max_connections ? plan->max_connections : UINT64_MAX;
    return connections < plan->max_workers ? connections : plan->max_workers;
}

unsigned plan_threads(const struct plan *plan)
{
    uint64_t cap = plan_cap(plan);
    return cap < plan->threads ? (unsigned)cap : plan->threads;
}

static json_t *count_or_null(uint64_t count, uint64_t none)
{
    return count == none ? json_null() : json_integer((json_int_t)count);
}

static json_t *rate_to_json(const struct schedule *schedule)
{
    bool has_rate = schedule->type == SCHEDULE_CONSTANT || schedule->type == SCHEDULE_POISSON;
    return has_rate ? json_pack("{s:I, s:I}", "count", (json_int_t)schedule->rate.count, "per",
                                (json_int_t)schedule->rate.per_ns)
                    : json_null();
}

/* What the kind needs beside rate and duration. */
static json_t *schedule_to_json(const struct schedule *schedule)
{
    char words[SCHEDULE_TEXT];
    const struct sine *sine = &schedule->sine;
    json_t *json = json_pack("{s:s, s:s, s:f}", "kind", schedule_kind(schedule)->name, "words",
                             schedule_print(schedule, words), "mean_per_second",
                             schedule_mean_per_s(schedule));
    if (schedule->type == SCHEDULE_POISSON) {
        json_object_set_new(json, "seed", json_integer((json_int_t)schedule->seed));
    } else if (schedule->type == SCHEDULE_SINE) {
        json_object_set_new(
            json, "sine",
            json_pack("{s:I, s:I, s:I, s:s}", "mean_per_hour", (json_int_t)sine->mean_per_h,
                      "amplitude_per_hour", (json_int_t)sine->amplitude_per_h, "period",
                      (json_int_t)sine->period_ns, "start", schedule_sine_start_name(sine->start)));
    } else if (schedule->stages.count > 0) {
        json_t *list = json_array();
        for (size_t i = 0; i < schedule->stages.count; i++) {
            const struct stage *stage = &schedule->stages.list[i];
            json_array_append_new(list, json_pack("{s:I, s:I, s:I}", "duration",
                                                  (json_int_t)stage->duration_ns, "from_per_hour",
                                                  (json_int_t)stage->from_per_h, "to_per_hour",
                                                  (json_int_t)stage->to_per_h));
        }
        json_object_set_new(json, "stages", list);
    }
    return json;
}

/* null: no answers are kept; -1: all of them. */
static json_t *max_body_to_json(const struct plan *plan)
{
    json_int_t limit = plan->max_body > INT64_MAX ? -1 : (json_int_t)plan->max_body;
    return plan->keeps_answers ? json_integer(limit) : json_null();
}

/* What is not as usual about the ways to the targets. */
static void add_ways(json_t *json, const struct plan *plan)
{
    char text[ADDRESS_TEXT];
    json_object_set_new(json, "dns_ttl", json_integer((json_int_t)plan->dns_ttl_ns));
    if (plan->resolvers) {
        json_object_set_new(json, "resolvers", json_string(plan->resolvers));
    }
    if (plan->local.length > 0) {
        json_object_set_new(json, "laddr", json_string(address_print(&plan->local, text)));
    }
    json_t *rules = plan->connect_to_count > 0 ? json_array() : NULL;
    for (size_t i = 0; i < plan->connect_to_count; i++) {
        char rule[CONNECT_TO_TEXT];
        json_array_append_new(rules, json_string(connect_to_print(&plan->connect_to[i], rule)));
    }
    if (rules) {
        json_object_set_new(json, "connect_to", rules);
    }
}

static void add_text(json_t *json, const char *key, const char *text)
{
    if (text && text[0]) {
        json_object_set_new(json, key, json_string(text));
    }
}

/* Names of files and hosts: no keys, no passwords, and no headers for proxies. */
static void add_security(json_t *json, const struct plan *plan)
{
    const struct tls_options *tls = &plan->tls;
    json_object_set_new(json, "http2", json_boolean(plan->http2));
    json_object_set_new(json, "h2c", json_boolean(plan->h2c));
    json_object_set_new(json, "insecure", json_boolean(tls->is_insecure));
    json_object_set_new(json, "session_tickets", json_boolean(tls->has_tickets));
    add_text(json, "root_certs", tls->root_certs);
    add_text(json, "cert", tls->cert);
    add_text(json, "key", tls->key);
    add_text(json, "http_proxy", proxy_host(plan->proxy.http));
    add_text(json, "https_proxy", proxy_host(plan->proxy.https));
    add_text(json, "no_proxy", plan->proxy.no);
}

json_t *plan_to_json(const struct plan *plan)
{
    const struct schedule *schedule = &plan->schedule;
    json_t *json =
        json_pack("{s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:b, s:o, s:i}", "name", plan->name,
                  "rate", rate_to_json(schedule), "schedule", schedule_to_json(schedule),
                  "duration", count_or_null(schedule->duration_ns, 0), "warmup",
                  (json_int_t)plan->warmup.duration_ns, "timeout", (json_int_t)plan->timeout_ns,
                  "max_workers", count_or_null(plan->max_workers, UINT64_MAX), "max_connections",
                  count_or_null(plan->max_connections, 0), "keepalive", plan->keepalive, "max_body",
                  max_body_to_json(plan), "threads", (int)plan_threads(plan));
    add_ways(json, plan);
    add_security(json, plan);
    return json;
}
