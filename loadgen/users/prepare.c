#include "loadgen/users/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/sha256.h"
#include "loadgen/target/read/reader.h"
#include "loadgen/target/request/secret.h"
#include "loadgen/users/conductor.h"
#include "loadgen/users/files/feeds.h"
#include "loadgen/users/remedy.h"
#include "loadgen/users/scenario/deal.h"

/* The URL without its query, which may have secrets. NULL: none. */
static json_t *show_url(const char *url)
{
    char *masked = url ? memory_of(strdup(url)) : NULL;
    if (!masked) {
        return NULL;
    }
    secret_mask_url(masked);
    json_t *json = json_text(masked);
    free(masked);
    return json;
}

/* The arguments by name; the last value of a name counts. NULL: none was given. */
static json_t *show_arguments(const struct arguments *arguments)
{
    json_t *json = arguments->count > 0 ? json_object() : NULL;
    for (size_t i = 0; i < arguments->count; i++) {
        const char *argument = arguments->list[i];
        const struct slice name = {argument, strcspn(argument, "=")};
        const char *value = argument + name.length + (argument[name.length] == '=');
        json_object_setn_new(json, name.at, name.length,
                             secret_is_name(name) ? json_text("***") : show_url(value));
    }
    return json;
}

static void show_file(void *list, const struct feed_file *file)
{
    json_array_append_new(list,
                          json_pack("{s:o, s:s, s:I}", "file", json_text(file->name), "sha256",
                                    file->rows.sha256, "size", (json_int_t)file->rows.bytes));
}

/* The files that the scenario has read; NULL: none. */
static json_t *show_files(struct feeds *feeds)
{
    json_t *list = json_array();
    feeds_visit_files(feeds, show_file, list);
    if (json_array_size(list) > 0) {
        return list;
    }
    json_decref(list);
    return NULL;
}

static json_t *show_text(const char *text)
{
    return text ? json_text(text) : NULL;
}

json_t *users_show(const struct users_order *order)
{
    const struct bytes *text = &order->scenario.text;
    const char *slash = strrchr(order->scenario.path, '/');
    bool has_rate = !schedule_is_closed(&order->schedule);
    uint64_t duration_ns = order->schedule.duration_ns;
    char hash[SHA256_TEXT];
    char rate[SCHEDULE_TEXT];
    char words[SHAPE_WORDS];
    bool has_shape = order->shape.is_on;
    sha256_print(text->length ? text->at : "", text->length, hash);
    json_t *json = json_pack(
        "{s:o, s:s, s:I, s:o*, s:o*, s:I, s:f, s:I, s:o*, s:o*, s:o*, s:s*, s:o*, s:s*}", "file",
        json_text(slash ? slash + 1 : order->scenario.path), "sha256", hash, "size",
        (json_int_t)text->length, "files", show_files(order->scenario.feeds), "arguments",
        show_arguments(&order->arguments), "users", (json_int_t)order->users, "spawn_per_second",
        order->spawn_per_s, "seed", (json_int_t)order->seed, "host", show_url(order->host), "tags",
        show_text(order->filter.tags), "exclude_tags", show_text(order->filter.excluded_tags),
        "rate", has_rate ? schedule_print(&order->schedule, rate) : NULL, "duration",
        has_rate ? json_integer((json_int_t)duration_ns) : NULL, "shape",
        has_shape ? shape_print(&order->shape, words) : NULL);
    if (has_shape) {
        json_object_del(json, "spawn_per_second");
    }
    if (order->shape.has_tick) {
        json_object_del(json, "users");
    }
    return json;
}

/*
 * Adds the hosts of the classes, which are resolved before the run; other hosts are resolved when
 * first used.
 */
static bool add_hosts(const struct classes *classes, struct targets *targets, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < classes->count; i++) {
        const struct class *class = &classes->list[i];
        const struct draft draft = {.parts = class->host};
        uint32_t index = 0;
        ok = !class->host_text || targets_find_endpoint(targets, &draft, &index, err);
    }
    return ok;
}

static bool check_shape(const struct users_order *order, struct err *err)
{
    return !order->shape.is_on || schedule_is_closed(&order->schedule) ||
           err_set(err, ERR_USAGE,
                   "%s: a Shape changes the number of users; with order.rate, it must stay "
                   "constant",
                   order->scenario.path);
}

static void take_shape(struct users_order *order)
{
    order->shape = *conductor_shape(order->conductor);
    if (order->shape.is_on && !order->shape.has_tick) {
        order->users = order->shape.most_users > 0 ? order->shape.most_users : 1;
    }
}

/*
 * Executes the scenario once, because all states give the same result. If a run-wide state is
 * needed, it is used for this.
 */
static bool try_out(struct users_order *order, struct targets *targets, struct err *err)
{
    struct conductor *conductor = order->conductor = conductor_create(order, err);
    if (!conductor) {
        if (err->is_quoted) {
            remedy_name_flag(order, err->text);
        }
        return false;
    }
    order->class_count = conductor_classes(conductor)->count;
    take_shape(order);
    /* Workers share what users do by these numbers, so each has users for its share. */
    order->users = least(order->users, most(1, deal_most(conductor_classes(conductor))));
    bool ok = add_hosts(conductor_classes(conductor), targets, err) && check_shape(order, err);
    if (!conductor_is_needed(conductor)) {
        conductor_destroy(conductor);
        order->conductor = NULL;
    }
    return ok;
}

bool users_open(struct users_order *order, const char *path, struct targets *targets,
                struct err *err)
{
    *targets = (struct targets){0};
    exceptions_init(&order->exceptions);
    bool ok = scenario_open(&order->scenario, path, order->max_bytes, err);
    order->scenario.arguments = order->arguments;
    return ok && try_out(order, targets, err);
}

bool users_open_given(struct users_order *order, const char *path, const struct given *given,
                      struct targets *targets, struct err *err)
{
    *targets = (struct targets){0};
    exceptions_init(&order->exceptions);
    bool ok = scenario_open_given(&order->scenario, path, given, order->max_bytes, err);
    order->scenario.arguments = order->arguments;
    return ok && try_out(order, targets, err);
}

void users_close(struct users_order *order)
{
    conductor_destroy(order->conductor);
    scenario_close(&order->scenario);
    exceptions_fini(&order->exceptions);
}

void users_add_profile(const struct users_order *order, struct profile *profile)
{
    const struct shape *shape = &order->shape;
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_stage *stage = &shape->stages[i];
        profile_add(profile, stage->at_ns, stage->users, stage->per_s);
    }
    if (!shape->is_on) {
        profile_add(profile, 0, order->users, order->spawn_per_s);
    }
}

bool users_can_move(const struct users_order *order)
{
    return schedule_is_closed(&order->schedule) && order->max_requests == UINT64_MAX &&
           order->max_iterations == UINT64_MAX &&
           feeds_count_once(order->scenario.feeds, NULL) == 0;
}

struct source users_source(struct users_order *order)
{
    return (struct source){.state = order, .ready_fd = -1};
}
