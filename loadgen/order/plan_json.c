#include "loadgen/order/plan_json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/net/allow.h"
#include "loadgen/pace/schedule_words.h"
#include "loadgen/target/request/message.h"
#include "loadgen/target/request/secret.h"

/* Limits and spans of time. */

static json_t *limit_to_json(uint64_t limit)
{
    return limit > INT64_MAX ? json_null() : json_integer((json_int_t)limit);
}

static json_t *span_to_json(uint64_t ns)
{
    return ns == 0 ? json_null() : json_integer((json_int_t)ns);
}

static json_t *rate_to_json(const struct schedule *schedule)
{
    bool has_rate = schedule->type == SCHEDULE_CONSTANT || schedule->type == SCHEDULE_POISSON;
    return has_rate ? json_pack("{s:I, s:I}", "count", (json_int_t)schedule->rate.count, "per",
                                (json_int_t)schedule->rate.per_ns)
                    : json_null();
}

/* Kind, words, mean rate, and what this kind has beside rate and duration. */
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

/* null: answers are not kept; -1: no limit. */
static json_t *max_body_to_json(const struct plan *plan)
{
    json_int_t limit = plan->max_body > INT64_MAX ? -1 : (json_int_t)plan->max_body;
    return plan->keeps_answers ? json_integer(limit) : json_null();
}

static void add_text(json_t *json, const char *key, const char *text)
{
    if (text) {
        json_object_set_new(json, key, json_text(text));
    }
}

/* How connections are made. */
static void add_network(json_t *json, const struct plan *plan)
{
    char text[ADDRESS_TEXT];
    add_text(json, "unix_socket", plan->unix_socket);
    json_object_set_new(json, "dns_ttl",
                        plan->dns_ttl_ns ? json_integer((json_int_t)plan->dns_ttl_ns)
                                         : json_null());
    add_text(json, "resolvers", plan->resolvers);
    add_text(json, "allow_target", plan->allowed_targets);
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

/* Headers for the proxy, with "***" for what may be a secret. */
static json_t *proxy_headers(const struct proxy_options *proxy, bool with_secrets)
{
    json_t *list = json_array();
    for (size_t i = 0; i < proxy->header_count; i++) {
        const char *line = proxy->headers[i];
        struct slice name = {line, strcspn(line, ":")};
        json_array_append_new(list, !with_secrets && secret_is_name(name)
                                        ? json_pack("s%+", name.at, name.length, ": ***")
                                        : json_text(line));
    }
    return list;
}

/* Without secrets: names of files and hosts only. */
static void add_security(json_t *json, const struct plan *plan, bool with_secrets)
{
    const struct tls_options *tls = &plan->tls;
    json_object_set_new(json, "http2", json_boolean(plan->http2));
    json_object_set_new(json, "h2c", json_boolean(plan->h2c));
    json_object_set_new(json, "insecure", json_boolean(tls->is_insecure));
    json_object_set_new(json, "session_tickets", json_boolean(tls->has_tickets));
    add_text(json, "root_certs", tls->root_certs);
    add_text(json, "cert", tls->cert);
    add_text(json, "key", tls->key);
    const struct proxy_options *proxy = &plan->proxy;
    add_text(json, "http_proxy", with_secrets ? proxy->http : proxy_host(proxy->http));
    add_text(json, "https_proxy", with_secrets ? proxy->https : proxy_host(proxy->https));
    add_text(json, "http_proxy_name", proxy->http_name);
    add_text(json, "https_proxy_name", proxy->https_name);
    add_text(json, "no_proxy", proxy->no);
    if (proxy->header_count > 0) {
        json_object_set_new(json, "proxy_headers", proxy_headers(proxy, with_secrets));
    }
}

json_t *plan_to_json(const struct plan *plan, bool with_secrets)
{
    const struct schedule *schedule = &plan->schedule;
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:i}", "rate", rate_to_json(schedule),
        "schedule", schedule_to_json(schedule), "duration", span_to_json(schedule->duration_ns),
        "warmup", span_to_json(plan->warmup.duration_ns), "timeout", span_to_json(plan->timeout_ns),
        "max_workers", limit_to_json(plan->max_workers), "max_connections",
        limit_to_json(plan->max_connections), "keepalive", plan->keepalive, "max_body",
        max_body_to_json(plan), "threads", (int)plan->threads);
    add_text(json, "name", plan->name);
    json_object_set_new(json, "connections", json_integer((json_int_t)plan->max_idle));
    json_object_set_new(json, "redirects", json_integer(plan->max_redirects));
    json_object_set_new(json, "results", json_boolean(!plan->counts_only));
    add_network(json, plan);
    add_security(json, plan, with_secrets);
    return json;
}

/* Reading. */

/* Reads keys of an object; the first error stays. */
struct keys {
    const json_t *json;
    struct plan_room *room;
    struct err *err;
    bool is_bad;
};

static void refuse(struct keys *keys, const char *key)
{
    if (!keys->is_bad) {
        err_set(keys->err, ERR_FAILED, "%s: missing or invalid", key);
    }
    keys->is_bad = true;
}

static const json_t *get(struct keys *keys, const char *key)
{
    return keys->is_bad ? NULL : json_object_get(keys->json, key);
}

static uint64_t get_number(struct keys *keys, const char *key, uint64_t max)
{
    const json_t *json = get(keys, key);
    json_int_t value = json_integer_value(json);
    if (!json_is_integer(json) || value < 0 || (uint64_t)value > max) {
        refuse(keys, key);
        return 0;
    }
    return (uint64_t)value;
}

static uint64_t get_limit(struct keys *keys, const char *key)
{
    return json_is_null(get(keys, key)) ? UINT64_MAX : get_number(keys, key, INT64_MAX);
}

static uint64_t get_span(struct keys *keys, const char *key)
{
    return json_is_null(get(keys, key)) ? 0 : get_number(keys, key, INT64_MAX);
}

static bool get_bool(struct keys *keys, const char *key)
{
    const json_t *json = get(keys, key);
    if (!json_is_boolean(json)) {
        refuse(keys, key);
    }
    return json_is_true(json);
}

/* A text of the arena, neither empty nor with a NUL in it; NULL if the JSON is none. */
static const char *copy_text(struct keys *keys, const char *key, const json_t *json)
{
    struct bytes text = {0};
    bool ok = json_bytes_read(json, &text) && text.length > 0 && strlen(text.at) == text.length;
    const char *copy = ok ? arena_copy(&keys->room->texts, text.at, text.length + 1) : NULL;
    bytes_free(&text);
    if (!copy) {
        refuse(keys, key);
    }
    return copy;
}

static const char *get_text(struct keys *keys, const char *key)
{
    const json_t *json = get(keys, key);
    return json ? copy_text(keys, key, json) : NULL;
}

static struct keys keys_of(struct keys *keys, const char *key)
{
    const json_t *json = get(keys, key);
    if (!json_is_object(json)) {
        refuse(keys, key);
    }
    return (struct keys){json, keys->room, keys->err, keys->is_bad};
}

/* As rate_set has it. */
static bool is_rate(struct rate rate)
{
    double per_s = (double)rate.count * (double)NS_PER_S / (double)rate.per_ns;
    return rate.per_ns > 0 && per_s <= RATE_MAX_PER_S;
}

static bool find_type(const char *kind, enum schedule_type *type)
{
    static const enum schedule_type types[] = {
#define X(upper, lower) SCHEDULE_##upper,
        SCHEDULE_KINDS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct schedule schedule = {.type = types[i]};
        if (strcmp(schedule_kind(&schedule)->name, kind) == 0) {
            *type = types[i];
            return true;
        }
    }
    return false;
}

static struct rate get_rate(struct keys *keys)
{
    struct keys rate = keys_of(keys, "rate");
    struct rate got = {get_number(&rate, "count", INT64_MAX), get_number(&rate, "per", INT64_MAX)};
    keys->is_bad |= rate.is_bad;
    if (!is_rate(got)) {
        refuse(keys, "rate");
    }
    return got;
}

static void get_sine(struct keys *keys, struct sine *sine)
{
    struct keys own = keys_of(keys, "sine");
    const char *start = get_text(&own, "start");
    sine->mean_per_h = get_number(&own, "mean_per_hour", SCHEDULE_RATE_MAX_PER_H);
    sine->amplitude_per_h = get_number(&own, "amplitude_per_hour", SCHEDULE_RATE_MAX_PER_H);
    sine->period_ns = get_number(&own, "period", INT64_MAX);
    keys->is_bad |= own.is_bad;
    if (sine->period_ns == 0 || !start || !schedule_sine_start_parse(start, &sine->start)) {
        refuse(keys, "sine");
    }
}

/* Their durations add up to that of the schedule. */
static void get_stages(struct keys *keys, struct stages *stages, uint64_t duration_ns)
{
    const json_t *list = get(keys, "stages");
    uint64_t total_ns = 0;
    stages->count = json_array_size(list);
    if (stages->count == 0 || stages->count > SCHEDULE_STAGES_MAX) {
        stages->count = 0;
        refuse(keys, "stages");
    }
    for (size_t i = 0; i < stages->count; i++) {
        struct keys own = {json_array_get(list, i), keys->room, keys->err, keys->is_bad};
        struct stage *stage = &stages->list[i];
        stage->duration_ns = get_number(&own, "duration", INT64_MAX);
        stage->from_per_h = get_number(&own, "from_per_hour", SCHEDULE_RATE_MAX_PER_H);
        stage->to_per_h = get_number(&own, "to_per_hour", SCHEDULE_RATE_MAX_PER_H);
        keys->is_bad |= own.is_bad;
        if (stage->duration_ns == 0 || stage->duration_ns > INT64_MAX - total_ns) {
            refuse(keys, "stages");
            return;
        }
        total_ns += stage->duration_ns;
    }
    if (total_ns != duration_ns) {
        refuse(keys, "stages");
    }
}

static void get_schedule(struct keys *keys, struct schedule *schedule)
{
    struct keys own = keys_of(keys, "schedule");
    const char *kind = get_text(&own, "kind");
    schedule->duration_ns = get_span(keys, "duration");
    if (!kind || !find_type(kind, &schedule->type)) {
        refuse(keys, "schedule");
    } else if (schedule->type == SCHEDULE_CONSTANT || schedule->type == SCHEDULE_POISSON) {
        schedule->rate = get_rate(keys);
    } else if (schedule->type == SCHEDULE_SINE) {
        get_sine(&own, &schedule->sine);
    } else {
        get_stages(&own, &schedule->stages, schedule->duration_ns);
    }
    if (schedule->type == SCHEDULE_RAMP && schedule->stages.count != 1) {
        refuse(keys, "stages");
    }
    if (schedule->type == SCHEDULE_POISSON) { /* any 64 bits */
        schedule->seed = (uint64_t)json_integer_value(get(&own, "seed"));
    }
    keys->is_bad |= own.is_bad;
}

/* "1.2.3.4:0", "[::1]:0". */
static void get_local(struct keys *keys, struct address *local)
{
    char host[ADDRESS_TEXT];
    const char *text = get_text(keys, "laddr");
    if (!text) {
        return;
    }
    const char *colon = strrchr(text, ':');
    bool is_bracketed = text[0] == '[';
    int length = colon ? (int)(colon - text) - 2 * is_bracketed : 0;
    snprintf(host, sizeof host, "%.*s", length > 0 ? length : 0, text + is_bracketed);
    if (length <= 0 || length >= ADDRESS_TEXT || !address_parse(host, 0, local)) {
        refuse(keys, "laddr");
    }
}

static void get_rules(struct keys *keys, struct plan *plan)
{
    const json_t *list = get(keys, "connect_to");
    size_t count = json_array_size(list);
    struct connect_to *rules = memory_of(calloc(count + 1, sizeof *rules));
    keys->room->rules = rules;
    plan->connect_to = rules;
    plan->connect_to_count = count;
    for (size_t i = 0; i < count && !keys->is_bad; i++) {
        const char *text = copy_text(keys, "connect_to", json_array_get(list, i));
        if (!text || !connect_to_parse(text, &rules[i], NULL)) {
            refuse(keys, "connect_to");
        }
    }
}

static void get_proxy(struct keys *keys, struct proxy_options *proxy)
{
    const json_t *list = get(keys, "proxy_headers");
    proxy->http = get_text(keys, "http_proxy");
    proxy->https = get_text(keys, "https_proxy");
    proxy->no = get_text(keys, "no_proxy");
    proxy->http_name = get_text(keys, "http_proxy_name");
    proxy->https_name = get_text(keys, "https_proxy_name");
    if (json_array_size(list) > PROXY_HEADERS_MAX) {
        refuse(keys, "proxy_headers");
        return;
    }
    proxy->header_count = json_array_size(list);
    for (size_t i = 0; i < proxy->header_count && !keys->is_bad; i++) {
        proxy->headers[i] = copy_text(keys, "proxy_headers", json_array_get(list, i));
        if (proxy->headers[i] && !message_check_header(proxy->headers[i], NULL)) {
            refuse(keys, "proxy_headers");
        }
    }
}

static void get_security(struct keys *keys, struct plan *plan)
{
    plan->http2 = get_bool(keys, "http2");
    plan->h2c = get_bool(keys, "h2c");
    plan->tls.is_insecure = get_bool(keys, "insecure");
    plan->tls.has_tickets = get_bool(keys, "session_tickets");
    plan->tls.root_certs = get_text(keys, "root_certs");
    plan->tls.cert = get_text(keys, "cert");
    plan->tls.key = get_text(keys, "key");
    get_proxy(keys, &plan->proxy);
}

/* -1: none. */
static int64_t get_signed(struct keys *keys, const char *key, int64_t max)
{
    const json_t *json = get(keys, key);
    json_int_t value = json_integer_value(json);
    if (!json_is_integer(json) || value < -1 || value > max) {
        refuse(keys, key);
        return 0;
    }
    return value;
}

static void get_body(struct keys *keys, struct plan *plan)
{
    plan->keeps_answers = !json_is_null(get(keys, "max_body"));
    if (plan->keeps_answers) {
        int64_t limit = get_signed(keys, "max_body", INT64_MAX);
        plan->max_body = limit < 0 ? UINT64_MAX : (uint64_t)limit;
    }
}

bool plan_from_json(const json_t *json, struct plan_room *room, struct plan *plan, struct err *err)
{
    struct keys keys = {json, room, err, false};
    *plan = (struct plan){0};
    *room = (struct plan_room){0};
    plan->name = get_text(&keys, "name");
    if (plan->name && !utf8_is_text(plan->name)) { /* a header of each request */
        refuse(&keys, "name");
    }
    get_schedule(&keys, &plan->schedule);
    uint64_t warmup_ns = get_span(&keys, "warmup");
    plan->warmup = schedule_warmup(&plan->schedule, warmup_ns);
    plan->timeout_ns = get_span(&keys, "timeout");
    plan->max_workers = get_limit(&keys, "max_workers");
    plan->max_connections = get_limit(&keys, "max_connections");
    plan->max_idle = get_number(&keys, "connections", INT64_MAX);
    plan->max_redirects = (int)get_signed(&keys, "redirects", INT_MAX);
    plan->unix_socket = get_text(&keys, "unix_socket");
    plan->resolvers = get_text(&keys, "resolvers");
    plan->allowed_targets = get_text(&keys, "allow_target");
    if (plan->allowed_targets && !allow_check(plan->allowed_targets, NULL)) {
        refuse(&keys, "allow_target");
    }
    plan->dns_ttl_ns =
        json_is_null(get(&keys, "dns_ttl")) ? 0 : get_signed(&keys, "dns_ttl", INT64_MAX);
    get_rules(&keys, plan);
    get_local(&keys, &plan->local);
    plan->keepalive = get_bool(&keys, "keepalive");
    plan->counts_only = !get_bool(&keys, "results");
    get_body(&keys, plan);
    get_security(&keys, plan);
    plan->threads = (unsigned)get_number(&keys, "threads", INT_MAX);
    if (keys.is_bad || !plan_check(plan, err)) {
        plan_room_free(room);
        return false;
    }
    return true;
}

void plan_room_free(struct plan_room *room)
{
    arena_free(&room->texts);
    free(room->rules);
    room->rules = NULL;
}
