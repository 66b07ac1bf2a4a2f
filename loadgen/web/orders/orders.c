#include "loadgen/web/orders/orders.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/base/text/utf8.h"
#include "loadgen/web/orders/arguments.h"
#include "loadgen/web/orders/order_fields.h"

/* Stores the field of an error. Returns false. */
static bool refuse(struct orders *orders, const char *field)
{
    snprintf(orders->field, sizeof orders->field, "%s", field);
    utf8_clean(orders->field);
    return false;
}

/* State while an order is read. */
struct reading {
    struct orders *orders;
    enum run_kind kind;
    bool is_change;
    const struct runner *users; /* NULL: there is no scenario */
};

/* NULL: there is none. */
static const struct order_field *find_field(const struct reading *reading, const char *name)
{
    const struct order_field *field = order_fields;
    while (field->name && (field->kind != reading->kind || strcmp(field->name, name) != 0)) {
        field++;
    }
    return field->name ? field : NULL;
}

static bool is_shapes(const struct reading *reading, const struct order_field *field)
{
    bool has_shape = reading->users && reading->users->has_shape;
    return has_shape && field->kind == RUN_USERS && (field->flags & FIELD_NEEDED);
}

static bool is_without_scenario(const struct reading *reading, const struct order_field *field)
{
    return !reading->users && (field->flags & FIELD_OF_SCENARIO);
}

/* {"shards": 5}. The field of an error is "arguments.shards". */
static bool take_arguments(const struct reading *reading, json_t *json, struct err *err)
{
    char field[sizeof reading->orders->field];
    struct run_arguments *arguments = &reading->orders->order.arguments;
    const char *name = NULL;
    json_t *value = NULL;
    if (!json_is_object(json)) {
        err_set(err, ERR_USAGE, "expected an object such as {\"name\": \"value\"}");
        return refuse(reading->orders, "arguments");
    }
    json_object_foreach(json, name, value)
    {
        const json_t *declared = reading->users ? reading->users->arguments : NULL;
        if (!arguments_add_json(arguments, declared, name, value, err)) {
            snprintf(field, sizeof field, "arguments.%.48s", name);
            return refuse(reading->orders, field);
        }
    }
    return true;
}

static bool refuse_unknown(const struct reading *reading, const char *name, struct err *err)
{
    char list[192] = "";
    int length = 0;
    for (const struct order_field *field = order_fields; field->name; field++) {
        if (field->kind == reading->kind && !is_without_scenario(reading, field) &&
            ((field->flags & FIELD_CHANGES) || !reading->is_change)) {
            length += snprintf(list + length, sizeof list - (size_t)length, "%s%s",
                               length > 0 ? ", " : "", field->name);
        }
    }
    err_set(err, ERR_USAGE, "unknown field; %sa run of kind \"%s\" takes: %s",
            reading->is_change ? "a change to " : "", run_kind_names[reading->kind],
            length > 0 ? list : "nothing");
    return refuse(reading->orders, name);
}

static bool take_field(const struct reading *reading, const char *name, json_t *value,
                       struct err *err)
{
    const struct order_field *field = find_field(reading, name);
    if (!field) {
        return refuse_unknown(reading, name, err);
    }
    if (json_is_null(value)) {
        return true;
    }
    if (reading->is_change && !(field->flags & FIELD_CHANGES)) {
        err_set(err, ERR_USAGE, "cannot be changed while a test is running");
        return refuse(reading->orders, name);
    }
    if (is_shapes(reading, field)) {
        err_set(err, ERR_USAGE, "the scenario's Shape sets the number of users");
        return refuse(reading->orders, name);
    }
    if (is_without_scenario(reading, field)) {
        err_set(err, ERR_USAGE,
                "is for scenarios; this server sends requests to targets, which have hosts of "
                "their own");
        return refuse(reading->orders, name);
    }
    if (!field->set) {
        return take_arguments(reading, value, err);
    }
    return field->set(reading->orders, value, err) || refuse(reading->orders, name);
}

/* True if the field is present and not null. */
static bool is_given(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    return value && !json_is_null(value);
}

/* Allows only one of rate, ramp, sine and stages, and checks the fields that depend on it. */
static bool check_course(const struct reading *reading, const json_t *json, struct err *err)
{
    struct orders *orders = reading->orders;
    enum run_course course = orders->order.course;
    const char *way = run_course_names[course];
    for (size_t i = 0; i < RUN_COURSES; i++) {
        if (i != course && is_given(json, run_course_names[i])) {
            err_set(err, ERR_USAGE, "%s sets the rate, too; use one of them", way);
            return refuse(orders, run_course_names[i]);
        }
    }
    if (course != COURSE_CONSTANT && orders->order.arrival == ARRIVAL_POISSON) {
        err_set(err, ERR_USAGE, "poisson needs a constant rate, not %s", way);
        return refuse(orders, "arrival");
    }
    bool has_time = is_given(json, "duration") && orders->order.run_time_ns > 0;
    if ((course == COURSE_RAMP || course == COURSE_SINE) && !has_time) {
        err_set(err, ERR_USAGE, "is missing; %s needs it", way);
        return refuse(orders, "duration");
    }
    if (course == COURSE_STAGES && has_time) {
        err_set(err, ERR_USAGE, "the stages have times of their own; leave this out");
        return refuse(orders, "duration");
    }
    return true;
}

/*
 * True if the field may be absent: `rate` with a ramp, sine or stages, or `spawn_rate` in a change.
 */
static bool is_replaced(const struct reading *reading, const struct order_field *field)
{
    return (reading->is_change && (field->flags & FIELD_STAYS)) ||
           (field->kind == RUN_RATE && reading->orders->order.course != COURSE_CONSTANT);
}

static bool check_needed(const struct reading *reading, const json_t *json, struct err *err)
{
    for (const struct order_field *field = order_fields; field->name; field++) {
        if (field->kind == reading->kind && (field->flags & FIELD_NEEDED) &&
            !is_replaced(reading, field) && !is_shapes(reading, field) &&
            !is_given(json, field->name)) {
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
    return check_needed(reading, json, err) &&
           (reading->kind != RUN_RATE || reading->is_change || check_course(reading, json, err));
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

bool orders_read(struct orders *orders, json_t *json, const struct runner *users, struct err *err)
{
    *orders = (struct orders){0};
    if (!check_object(json, err) || !read_kind(orders, json, err)) {
        return false;
    }
    const struct reading reading = {
        .orders = orders,
        .kind = orders->order.kind,
        .users = users,
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
