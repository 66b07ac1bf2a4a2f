#include "loadgen/web/orders/order_fields.h"

#include <string.h>

#include "loadgen/base/duration.h"
#include "loadgen/base/text/utf8.h"

const char *const orders_arrival_names[] = {
    [ARRIVAL_DEFAULT] = "",
    [ARRIVAL_CONSTANT] = "constant",
    [ARRIVAL_POISSON] = "poisson",
};

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

/* The schedule itself is parsed when the run is opened. */
static bool set_course(struct orders *orders, enum run_course course, const json_t *value,
                       struct err *err)
{
    struct run_order *order = &orders->order;
    const char *text = json_string_value(value);
    if (!text || !text[0] || strlen(text) >= RUN_COURSE_TEXT || !utf8_is_text(text)) {
        return err_set(err, ERR_USAGE, "expected a text such as \"%s\"",
                       course == COURSE_RAMP   ? "10:500"
                       : course == COURSE_SINE ? "100:50:1m"
                                               : "30s:100,1m:500");
    }
    order->course = course;
    memcpy(order->course_text, text, strlen(text) + 1);
    return true;
}

static bool set_ramp(struct orders *orders, const json_t *value, struct err *err)
{
    return set_course(orders, COURSE_RAMP, value, err);
}

static bool set_sine(struct orders *orders, const json_t *value, struct err *err)
{
    return set_course(orders, COURSE_SINE, value, err);
}

static bool set_stages(struct orders *orders, const json_t *value, struct err *err)
{
    return set_course(orders, COURSE_STAGES, value, err);
}

static bool set_arrival(struct orders *orders, const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);
    for (int i = ARRIVAL_CONSTANT; text && i <= ARRIVAL_POISSON; i++) {
        if (strcmp(text, orders_arrival_names[i]) == 0) {
            orders->order.arrival = (enum run_arrival)i;
            return true;
        }
    }
    return err_set(err, ERR_USAGE, "expected \"constant\" or \"poisson\"");
}

const struct order_field order_fields[] = {
    {"users", RUN_USERS, FIELD_NEEDED | FIELD_CHANGES, set_users},
    {"spawn_rate", RUN_USERS, FIELD_NEEDED | FIELD_CHANGES | FIELD_STAYS, set_spawn_rate},
    {"host", RUN_USERS, 0, set_host},
    {"run_time", RUN_USERS, 0, set_run_time},
    {"arguments", RUN_USERS, 0, NULL},
    {"rate", RUN_RATE, FIELD_NEEDED | FIELD_CHANGES, set_rate},
    {"ramp", RUN_RATE, 0, set_ramp},
    {"sine", RUN_RATE, 0, set_sine},
    {"stages", RUN_RATE, 0, set_stages},
    {"arrival", RUN_RATE, 0, set_arrival},
    {"duration", RUN_RATE, 0, set_run_time},
    {"users", RUN_CAPACITY, FIELD_OF_SCENARIO, set_users},
    {"host", RUN_CAPACITY, FIELD_OF_SCENARIO, set_host},
    {"arguments", RUN_CAPACITY, FIELD_OF_SCENARIO, NULL},
    {"min_rate", RUN_CAPACITY, 0, set_min_rate},
    {"max_rate", RUN_CAPACITY, 0, set_max_rate},
    {"quick", RUN_CAPACITY, 0, set_quick},
    {0},
};
