#include "loadgen/web/locust/swarm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/web/orders/arguments.h"

enum { DIGITS_MAX = 9 }; /* so that no sum of times overflows */

/*
 * Reads an integer. Returns the text after it; NULL: there is none, or it has more than DIGITS_MAX
 * digits.
 */
static const char *read_number(const char *text, uint64_t *number)
{
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length > DIGITS_MAX) {
        return NULL;
    }
    *number = strtoull(text, NULL, 10);
    return text + length;
}

typedef bool set_fn(struct swarm *swarm, const char *value, struct err *err);

static bool set_users(struct swarm *swarm, const char *value, struct err *err)
{
    uint64_t users = 0;
    const char *end = read_number(value, &users);
    if (!end || *end || users == 0 || users > SWARM_USERS_MAX) {
        return err_set(err, ERR_USAGE, "expected a number of users from 1 to %d", SWARM_USERS_MAX);
    }
    swarm->order.users = users;
    return true;
}

static bool set_spawn_rate(struct swarm *swarm, const char *value, struct err *err)
{
    char *end = NULL;
    double rate = strtod(value, &end);
    if (end == value || *end || !isfinite(rate) || rate <= 0) {
        return err_set(err, ERR_USAGE, "expected a number of users per second above 0");
    }
    swarm->order.spawn_per_s = rate;
    return true;
}

/* Reads a number with this unit, such as "30m", if there is one. */
static const char *read_unit(const char *text, char unit, uint64_t seconds, uint64_t *sum)
{
    uint64_t number = 0;
    const char *end = read_number(text, &number);
    if (!end || *end != unit) {
        return text;
    }
    *sum += number * seconds;
    return end + 1;
}

static bool set_run_time(struct swarm *swarm, const char *value, struct err *err)
{
    uint64_t seconds = 0;
    const char *end = read_number(value, &seconds);
    if (!end || *end) {
        seconds = 0;
        end = read_unit(value, 'h', 3600, &seconds);
        end = read_unit(end, 'm', 60, &seconds);
        end = read_unit(end, 's', 1, &seconds);
    }
    if (*end || seconds > UINT64_MAX / 4 / NS_PER_S) {
        return err_set(err, ERR_USAGE,
                       "Valid run_time formats are : 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.");
    }
    swarm->order.run_time_ns = seconds * NS_PER_S;
    return true;
}

static bool set_host(struct swarm *swarm, const char *value, struct err *err)
{
    size_t length = 0;
    for (; *value && length < SWARM_HOST_MAX; value++) {
        if (!strchr("<>", *value)) {
            swarm->host[length++] = *value;
        }
    }
    swarm->host[length] = '\0';
    if (*value || !utf8_is_text(swarm->host)) {
        return err_set(err, ERR_USAGE, "expected a URL such as http://127.0.0.1:5000");
    }
    swarm->order.host = length > 0 ? swarm->host : NULL;
    return true;
}

/* Settings and their names. Errors begin with the name, unless their text contains it. */
static const struct {
    const char *name;
    const char *old_name;
    set_fn *set;
    bool is_named; /* in the text of its error */
} settings[] = {
    {"user_count", "locust_count", set_users, false},
    {"spawn_rate", "hatch_rate", set_spawn_rate, false},
    {"host", NULL, set_host, false},
    {"run_time", NULL, set_run_time, true},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

static bool is_setting(size_t i, const char *name)
{
    return strcmp(settings[i].name, name) == 0 ||
           (settings[i].old_name && strcmp(settings[i].old_name, name) == 0);
}

static bool set(struct swarm *swarm, size_t i, const struct form_field *field, struct err *err)
{
    return settings[i].set(swarm, field->value, err) ||
           (!settings[i].is_named && err_prefix(err, "%s", settings[i].name));
}

/* The index of a setting; SETTINGS: there is none with this name. */
static size_t find_setting(const char *name)
{
    size_t i = 0;
    while (i < SETTINGS && !is_setting(i, name)) {
        i++;
    }
    return i;
}

static bool is_repeated(const struct form *form, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        if (strcmp(form->fields[i].name, form->fields[k].name) == 0) {
            return true;
        }
    }
    return false;
}

/* Handles a field that is not a setting: it may be an argument of the scenario. */
static bool take_other(struct swarm *swarm, const struct form *form, size_t k,
                       const struct runner *users, struct err *err)
{
    const struct form_field *field = &form->fields[k];
    return is_repeated(form, k) || !arguments_has(users->arguments, field->name) ||
           arguments_add(&swarm->order.arguments, field->name, field->value, err) ||
           err_prefix(err, "%s", field->name);
}

static bool read_fields(struct swarm *swarm, const struct form *form, const struct runner *users,
                        struct err *err)
{
    bool is_given[SETTINGS] = {false};
    for (size_t k = 0; k < form->count; k++) {
        size_t i = find_setting(form->fields[k].name);
        bool is_first = i < SETTINGS && !is_given[i];
        if ((is_first && !set(swarm, i, &form->fields[k], err)) ||
            (i == SETTINGS && !take_other(swarm, form, k, users, err))) {
            return false;
        }
        if (is_first) {
            is_given[i] = true;
        }
    }
    return true;
}

bool swarm_read(struct swarm *swarm, const struct form *form, const struct runner *users,
                struct err *err)
{
    swarm->order = (struct run_order){0};
    if (!read_fields(swarm, form, users, err)) {
        return false;
    }
    if (users->has_shape) {
        swarm->order.users = 0;
        return true;
    }
    if (swarm->order.users == 0 || swarm->order.spawn_per_s <= 0) {
        return err_set(err, ERR_USAGE, "Missing user_count or spawn_rate from /swarm request");
    }
    return true;
}
