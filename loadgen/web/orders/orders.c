#include "loadgen/web/orders/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/target/request/secret.h"

typedef bool set_fn(struct orders *orders, const json_t *value, struct err *err);

static bool set_users(struct orders *orders, const json_t *value, struct err *err)
{
    json_int_t users = json_integer_value(value);
    if (!json_is_integer(value) || users < 1 || users > ORDERS_USERS_MAX) {
        return err_set(err, ERR_USAGE, "expected a whole number from 1 to %d", ORDERS_USERS_MAX);
    }
    orders->order.users = (uint64_t)users;
    return true;
}

static bool read_rate(double *rate, const json_t *value, struct err *err)
{
    *rate = json_number_value(value);
    return (json_is_number(value) && *rate > 0 && *rate <= ORDERS_RATE_MAX) ||
           err_set(err, ERR_USAGE, "expected a number above 0, and at most %d", ORDERS_RATE_MAX);
}

static bool set_spawn_rate(struct orders *orders, const json_t *value, struct err *err)
{
    return read_rate(&orders->order.spawn_per_s, value, err);
}

static bool set_rate(struct orders *orders, const json_t *value, struct err *err)
{
    return read_rate(&orders->order.rate_per_s, value, err);
}

static bool set_min_rate(struct orders *orders, const json_t *value, struct err *err)
{
    return read_rate(&orders->order.min_rate_per_s, value, err);
}

static bool set_max_rate(struct orders *orders, const json_t *value, struct err *err)
{
    return read_rate(&orders->order.max_rate_per_s, value, err);
}

static bool set_quick(struct orders *orders, const json_t *value, struct err *err)
{
    orders->order.is_quick = json_is_true(value);
    return json_is_boolean(value) || err_set(err, ERR_USAGE, "expected true or false");
}

static bool set_run_time(struct orders *orders, const json_t *value, struct err *err)
{
    return (json_is_string(value) ||
            err_set(err, ERR_USAGE, "expected a duration as text, such as \"10s\" or \"1m30s\"")) &&
           duration_parse(json_string_value(value), &orders->order.run_time_ns, err);
}

static bool set_host(struct orders *orders, const json_t *value, struct err *err)
{
    const char *host = json_string_value(value);
    if (!host || !host[0] || strlen(host) > ORDERS_HOST_MAX || !utf8_is_text(host)) {
        return err_set(err, ERR_USAGE, "expected a URL such as \"http://127.0.0.1:5000\"");
    }
    memcpy(orders->host, host, strlen(host) + 1);
    orders->order.host = orders->host;
    return true;
}

static const struct field {
    const char *name;
    enum run_kind kind;
    bool is_needed; /* to start, and to change if it can be changed */
    bool can_change;
    set_fn *set;
} fields[] = {
    {"users", RUN_USERS, true, true, set_users},
    {"spawn_rate", RUN_USERS, true, true, set_spawn_rate},
    {"host", RUN_USERS, false, false, set_host},
    {"run_time", RUN_USERS, false, false, set_run_time},
    {"rate", RUN_RATE, true, true, set_rate},
    {"duration", RUN_RATE, false, false, set_run_time},
    {"min_rate", RUN_CAPACITY, false, false, set_min_rate},
    {"max_rate", RUN_CAPACITY, false, false, set_max_rate},
    {"quick", RUN_CAPACITY, false, false, set_quick},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* Notes the field of an error. Returns false. */
static bool refuse(struct orders *orders, const char *field)
{
    snprintf(orders->field, sizeof orders->field, "%s", field);
    utf8_clean(orders->field);
    return false;
}

/* What is read. */
struct reading {
    struct orders *orders;
    enum run_kind kind;
    bool is_change;
    bool has_shape;
};

static const struct field *find_field(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].kind == reading->kind && strcmp(fields[i].name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static bool is_shapes(const struct reading *reading, const struct field *field)
{
    return reading->has_shape && field->kind == RUN_USERS && field->is_needed;
}

static bool refuse_unknown(const struct reading *reading, const char *name, struct err *err)
{
    char list[128] = "";
    int length = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].kind == reading->kind && (fields[i].can_change || !reading->is_change)) {
            length += snprintf(list + length, sizeof list - (size_t)length, "%s%s",
                               length > 0 ? ", " : "", fields[i].name);
        }
    }
    err_set(err, ERR_USAGE, "unknown field; %sa run of kind \"%s\" takes: %s",
            reading->is_change ? "a change to " : "", run_kind_names[reading->kind],
            length > 0 ? list : "nothing");
    return refuse(reading->orders, name);
}

static bool take_field(const struct reading *reading, const char *name, const json_t *value,
                       struct err *err)
{
    const struct field *field = find_field(reading, name);
    if (!field) {
        return refuse_unknown(reading, name, err);
    }
    if (json_is_null(value)) {
        return true;
    }
    if (reading->is_change && !field->can_change) {
        err_set(err, ERR_USAGE, "cannot be changed while a test is running");
        return refuse(reading->orders, name);
    }
    if (is_shapes(reading, field)) {
        err_set(err, ERR_USAGE, "the Shape of the scenario sets the number of users");
        return refuse(reading->orders, name);
    }
    return field->set(reading->orders, value, err) || refuse(reading->orders, name);
}

static bool check_needed(const struct reading *reading, const json_t *json, struct err *err)
{
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field *field = &fields[i];
        const json_t *value = json_object_get(json, field->name);
        bool has_default = reading->is_change && field->set == set_spawn_rate;
        if (field->kind == reading->kind && field->is_needed && !has_default &&
            !is_shapes(reading, field) && (!value || json_is_null(value))) {
            err_set(err, ERR_USAGE, "is missing");
            return refuse(reading->orders, field->name);
        }
    }
    return true;
}

static bool read_fields(const struct reading *reading, json_t *json, struct err *err)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json, name, value)
    {
        bool is_kind = strcmp(name, "kind") == 0 && !reading->is_change;
        if (!is_kind && !take_field(reading, name, value, err)) {
            return false;
        }
    }
    return check_needed(reading, json, err);
}

static bool read_kind(struct orders *orders, const json_t *json, struct err *err)
{
    const char *name = json_string_value(json_object_get(json, "kind"));
    for (size_t i = 0; name && i < RUN_KINDS; i++) {
        if (strcmp(name, run_kind_names[i]) == 0) {
            orders->order.kind = (enum run_kind)i;
            return true;
        }
    }
    err_set(err, ERR_USAGE, "expected \"users\", \"rate\" or \"capacity\"");
    return refuse(orders, "kind");
}

static bool check_object(const json_t *json, struct err *err)
{
    return json_is_object(json) || err_set(err, ERR_USAGE, "the body is not a JSON object");
}

bool orders_read(struct orders *orders, json_t *json, bool has_shape, struct err *err)
{
    *orders = (struct orders){0};
    if (!check_object(json, err) || !read_kind(orders, json, err)) {
        return false;
    }
    const struct reading reading = {
        .orders = orders,
        .kind = orders->order.kind,
        .has_shape = has_shape,
    };
    return read_fields(&reading, json, err);
}

bool orders_read_change(struct orders *orders, json_t *json, const struct run_order *order,
                        struct err *err)
{
    *orders = (struct orders){.order = {.kind = order->kind, .spawn_per_s = order->spawn_per_s}};
    const struct reading reading = {
        .orders = orders,
        .kind = order->kind,
        .is_change = true,
    };
    return check_object(json, err) && read_fields(&reading, json, err);
}

/* Writing. */

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

json_t *orders_to_json(const struct run_order *order)
{
    json_t *json = json_pack("{s:s}", "kind", run_kind_names[order->kind]);
    switch (order->kind) {
    case RUN_USERS:
        if (order->users > 0) {
            json_object_set_new(json, "users", json_integer((json_int_t)order->users));
            add_number(json, "spawn_rate", order->spawn_per_s);
        }
        if (order->host) {
            json_object_set_new(json, "host", host_to_json(order->host));
        }
        add_time(json, "run_time", order->run_time_ns);
        break;
    case RUN_RATE:
        add_number(json, "rate", order->rate_per_s);
        add_time(json, "duration", order->run_time_ns);
        break;
    case RUN_CAPACITY:
        add_number(json, "min_rate", order->min_rate_per_s);
        add_number(json, "max_rate", order->max_rate_per_s);
        json_object_set_new(json, "quick", json_boolean(order->is_quick));
        break;
    }
    return json;
}
