#include "loadgen/web/orders/orders.h"

#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/memory.h"
#include "loadgen/target/request/secret.h"
#include "loadgen/web/orders/arguments.h"

/* Replaces name:password in http://name:password@host. */
static void mask_name(char *host)
{
    char *begin = strstr(host, "://");
    begin = begin ? begin + 3 : host;
    size_t length = strcspn(begin, "/?#");
    char *at = memrchr(begin, '@', length);
    if (at) {
        size_t stars = at - begin < 3 ? (size_t)(at - begin) : 3;
        memset(begin, '*', stars);
        memmove(begin + stars, at, strlen(at) + 1);
    }
}

static json_t *host_to_json(const char *host)
{
    char *masked = memory_of(strdup(host));
    mask_name(masked);
    secret_mask_url(masked);
    json_t *json = json_clean(slice_of(masked));
    free(masked);
    return json;
}

static void add_number(json_t *json, const char *name, double value)
{
    if (value > 0) {
        json_object_set_new(json, name, json_real(value));
    }
}

static void add_time(json_t *json, const char *name, uint64_t ns)
{
    char text[DURATION_TEXT];
    if (ns > 0) {
        json_object_set_new(json, name, json_string(duration_print(ns, text)));
    }
}

/* The fields of users, and of a search with a scenario. */
static void add_scenario(json_t *json, const struct run_order *order)
{
    if (order->users > 0) {
        json_object_set_new(json, "users", json_integer((json_int_t)order->users));
    }
    if (order->host) {
        json_object_set_new(json, "host", host_to_json(order->host));
    }
    if (order->arguments.length > 0) {
        json_object_set_new(json, "arguments", arguments_to_json(&order->arguments));
    }
}

static void add_rate(json_t *json, const struct run_order *order)
{
    if (order->course == COURSE_CONSTANT) {
        add_number(json, "rate", order->rate_per_s);
    } else {
        json_object_set_new(json, run_course_names[order->course],
                            json_clean(slice_of(order->course_text)));
    }
    if (order->arrival != ARRIVAL_DEFAULT) {
        json_object_set_new(json, "arrival", json_string(orders_arrival_names[order->arrival]));
    }
    /* Stages set the duration themselves. */
    add_time(json, "duration", order->course == COURSE_STAGES ? 0 : order->run_time_ns);
}

json_t *orders_to_json(const struct run_order *order)
{
    json_t *json = json_pack("{s:s}", "kind", run_kind_names[order->kind]);
    switch (order->kind) {
    case RUN_USERS:
        add_scenario(json, order);
        if (order->users > 0) {
            add_number(json, "spawn_rate", order->spawn_per_s);
        }
        add_time(json, "run_time", order->run_time_ns);
        break;
    case RUN_RATE:
        add_rate(json, order);
        break;
    case RUN_CAPACITY:
        add_scenario(json, order);
        add_number(json, "min_rate", order->min_rate_per_s);
        add_number(json, "max_rate", order->max_rate_per_s);
        json_object_set_new(json, "quick", json_boolean(order->is_quick));
        break;
    }
    return json;
}
