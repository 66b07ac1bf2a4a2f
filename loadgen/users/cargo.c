#include "loadgen/users/cargo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/arena.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/memory.h"
#include "loadgen/order/files.h"
#include "loadgen/target/request/source.h"
#include "loadgen/users/cargo_goal.h"
#include "loadgen/users/files/feeds.h"
#include "loadgen/users/files/folder.h"
#include "loadgen/users/lua/copy.h"
#include "loadgen/users/prepare.h"

enum { QUIT_CODE_MAX = 125 };

/* Writing. */

static bool check(const struct source *source, struct err *err)
{
    const struct users_order *order = source->state;
    return !order->shape.has_tick ||
           err_set(err, ERR_USAGE,
                   "the tick of a Shape cannot be sent to workers yet: use stages, which all "
                   "workers know");
}

static void list_file(json_t *list, const char *name, struct order_files *files, const char *bytes,
                      size_t length)
{
    const char *content = length > 0 ? bytes : "";
    json_array_append_new(list, json_pack("{s:o, s:s, s:I}", "name", json_text(name), "sha256",
                                          order_files_add(files, content, length), "size",
                                          (json_int_t)length));
}

struct packing {
    const struct users_order *order;
    struct order_files *files;
    json_t *list;
    struct err *err;
    bool ok;
};

/* The file is read again, because what was read of it has become rows. */
static bool read_again(const char *path, const struct feed_file *file, struct bytes *bytes,
                       struct err *err)
{
    char folder[PATH_MAX];
    char found[PATH_MAX];
    char hash[SHA256_TEXT];
    size_t size = 0;
    size_t length = 0;
    const char *problem = folder_find(scenario_folder(path, folder), file->name, found, &size);
    char *at = problem ? NULL : bytes_reserve(bytes, size + 1);
    problem = problem ? problem : folder_read(found, at, size, &length);
    if (problem) {
        return err_set(err, ERR_FAILED, "cannot read %.200s: %s", file->name, problem);
    }
    bytes->length += length;
    sha256_print(at, length, hash);
    return strcmp(hash, file->rows.sha256) == 0 ||
           err_set(err, ERR_FAILED, "%.200s has changed since the scenario was loaded", file->name);
}

static void pack_file(void *context, const struct feed_file *file)
{
    struct packing *packing = context;
    struct bytes bytes = {0};
    if (packing->ok &&
        (packing->ok = read_again(packing->order->scenario.path, file, &bytes, packing->err))) {
        list_file(packing->list, file->name, packing->files, bytes.at, bytes.length);
    }
    bytes_free(&bytes);
}

/* The script is the first of the files. NULL: err is set. */
static json_t *pack_files(const struct users_order *order, struct order_files *files,
                          struct err *err)
{
    const struct bytes *text = &order->scenario.text;
    struct packing packing = {order, files, json_array(), err, true};
    list_file(packing.list, order->scenario.path, files, text->at, text->length);
    feeds_visit_files(order->scenario.feeds, pack_file, &packing);
    if (!packing.ok) {
        json_decref(packing.list);
        return NULL;
    }
    return packing.list;
}

static json_t *pack_variables(const struct users_order *order)
{
    const struct given_list *variables = feeds_variables(order->scenario.feeds);
    json_t *list = json_array();
    for (size_t i = 0; i < variables->count; i++) {
        const struct given_item *item = &variables->list[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o*}", "name", json_text(item->name), "value",
                            item->bytes ? json_bytes(item->bytes, item->length) : NULL));
    }
    return list;
}

static json_t *pack_arguments(const struct users_order *order)
{
    json_t *list = json_array();
    for (size_t i = 0; i < order->arguments.count; i++) {
        json_array_append_new(list, json_text(order->arguments.list[i]));
    }
    return list;
}

static json_t *text_or_nothing(const char *text)
{
    return text ? json_text(text) : NULL;
}

static json_t *pack(const struct source *source, struct order_files *files, struct err *err)
{
    const struct users_order *order = source->state;
    json_t *list = check(source, err) ? pack_files(order, files, err) : NULL;
    if (!list) {
        return NULL;
    }
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o*, s:o*, s:o*, s:o*, s:I, s:b, s:f, s:I, s:I, s:I}", "files", list,
        "variables", pack_variables(order), "arguments", pack_arguments(order), "host",
        text_or_nothing(order->host), "tags", text_or_nothing(order->filter.tags), "exclude_tags",
        text_or_nothing(order->filter.excluded_tags), "setup",
        order->setup ? json_bytes(order->setup->at, order->setup->length) : NULL, "users",
        (json_int_t)order->users, "shares_connections", order->shares_connections,
        "spawn_per_second", order->spawn_per_s, "stop_timeout", (json_int_t)order->stop_timeout_ns,
        "memory", (json_int_t)order->max_bytes, "seed", (json_int_t)order->seed);
    cargo_goal_pack(order, json);
    return json;
}

static bool can_move(const struct source *source)
{
    return users_can_move(source->state);
}

static bool add_profile(const struct source *source, struct profile *profile)
{
    const struct users_order *order = source->state;
    users_add_profile(order, profile);
    return !order->shape.is_on;
}

static void show(const struct source *source, json_t *plan)
{
    json_object_set_new(plan, "scenario", users_show(source->state));
}

/* Reading. */

/* What a worker has of the users' order. */
struct cargo {
    struct users_order order; /* first member: the source's state */
    struct given given;
    struct arena texts;
    const char **arguments;
    struct bytes setup;
};

static bool fail(struct err *err, const char *key)
{
    return err_set(err, ERR_FAILED, "source.%s: missing or invalid", key);
}

/* A text without a NUL, in the arena. NULL: it is none. */
static const char *read_text(struct cargo *cargo, const json_t *json)
{
    struct bytes text = {0};
    bool ok = json_bytes_read(json, &text) && strlen(text.at) == text.length;
    const char *copy = ok ? memory_of(arena_copy(&cargo->texts, text.at, text.length + 1)) : NULL;
    bytes_free(&text);
    return copy;
}

/* A text that may be missing. */
static bool read_option(struct cargo *cargo, const json_t *json, const char *key, const char **text,
                        struct err *err)
{
    const json_t *value = json_object_get(json, key);
    *text = value ? read_text(cargo, value) : NULL;
    return !value || *text || fail(err, key);
}

static bool read_count(const json_t *json, const char *key, uint64_t least, uint64_t most,
                       uint64_t *count, struct err *err)
{
    const json_t *value = json_object_get(json, key);
    json_int_t number = json_integer_value(value);
    *count = (uint64_t)number;
    return (json_is_integer(value) && number >= 0 && *count >= least && *count <= most) ||
           fail(err, key);
}

static bool read_files(struct cargo *cargo, const json_t *json, const struct order_files *files,
                       struct err *err)
{
    size_t i;
    const json_t *item;
    const json_t *list = json_object_get(json, "files");
    json_array_foreach(list, i, item)
    {
        const char *name = read_text(cargo, json_object_get(item, "name"));
        const char *hash = json_string_value(json_object_get(item, "sha256"));
        struct slice content = hash ? order_files_find(files, hash) : (struct slice){NULL, 0};
        if (!name || !content.at) {
            return fail(err, "files");
        }
        given_add(&cargo->given.files, name, content.at, content.length);
    }
    return json_array_size(list) > 0 || fail(err, "files");
}

static bool read_variables(struct cargo *cargo, const json_t *json, struct err *err)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(json, "variables"), i, item)
    {
        const json_t *value = json_object_get(item, "value");
        const char *name = read_text(cargo, json_object_get(item, "name"));
        const char *text = value ? read_text(cargo, value) : NULL;
        if (!name || (value && !text)) {
            return fail(err, "variables");
        }
        given_add(&cargo->given.variables, name, text, text ? strlen(text) : 0);
    }
    return true;
}

static bool read_arguments(struct cargo *cargo, const json_t *json, struct err *err)
{
    const json_t *list = json_object_get(json, "arguments");
    size_t count = json_array_size(list);
    cargo->arguments = memory_of(calloc(count + 1, sizeof cargo->arguments[0]));
    for (size_t i = 0; i < count; i++) {
        cargo->arguments[i] = read_text(cargo, json_array_get(list, i));
        if (!cargo->arguments[i]) {
            return fail(err, "arguments");
        }
    }
    cargo->order.arguments = (struct arguments){cargo->arguments, count};
    return true;
}

static bool read_setup(struct cargo *cargo, const json_t *json, struct err *err)
{
    const json_t *value = json_object_get(json, "setup");
    if (!value) {
        return true;
    }
    if (!json_bytes_read(value, &cargo->setup) ||
        !copy_check((struct slice){cargo->setup.at, cargo->setup.length})) {
        return fail(err, "setup");
    }
    cargo->order.setup = &cargo->setup;
    return true;
}

static bool read_numbers(struct users_order *order, const json_t *json, struct err *err)
{
    uint64_t bytes = 0;
    const json_t *spawn = json_object_get(json, "spawn_per_second");
    order->shares_connections = json_is_true(json_object_get(json, "shares_connections"));
    order->spawn_per_s = json_number_value(spawn);
    if (!(order->spawn_per_s > 0) || !isfinite(order->spawn_per_s)) {
        return fail(err, "spawn_per_second");
    }
    bool ok = read_count(json, "users", 1, SHAPE_USERS_MAX, &order->users, err) &&
              read_count(json, "stop_timeout", 0, INT64_MAX, &order->stop_timeout_ns, err) &&
              read_count(json, "memory", 0, INT64_MAX, &bytes, err) &&
              read_count(json, "seed", 0, INT64_MAX, &order->seed, err);
    order->max_bytes = bytes;
    return ok;
}

static void free_cargo(struct cargo *cargo)
{
    users_close(&cargo->order);
    given_free(&cargo->given);
    arena_free(&cargo->texts);
    free(cargo->arguments);
    bytes_free(&cargo->setup);
    free(cargo);
}

static bool read_all(struct cargo *cargo, const json_t *json, const struct order_files *files,
                     struct err *err)
{
    struct users_order *order = &cargo->order;
    return read_files(cargo, json, files, err) && read_variables(cargo, json, err) &&
           read_arguments(cargo, json, err) && read_setup(cargo, json, err) &&
           read_numbers(order, json, err) && cargo_goal_read(order, json, err) &&
           read_option(cargo, json, "host", &order->host, err) &&
           read_option(cargo, json, "tags", &order->filter.tags, err) &&
           read_option(cargo, json, "exclude_tags", &order->filter.excluded_tags, err);
}

static bool unpack(const json_t *json, const struct order_files *files, struct targets *targets,
                   struct source *source, struct err *err)
{
    struct cargo *cargo = memory_of(calloc(1, sizeof *cargo));
    struct users_order *order = &cargo->order;
    order->quit_code = -1;
    exceptions_init(&order->exceptions);
    if (!read_all(cargo, json, files, err) ||
        !users_open_given(order, cargo->given.files.list[0].name, &cargo->given, targets, err)) {
        free_cargo(cargo);
        return false;
    }
    order->is_elastic = users_can_move(order);
    *source = users_source(order);
    return true;
}

static void discard(struct source *source)
{
    free_cargo((struct cargo *)source->state);
}

/* After the run. */

static struct cargo_part part(const struct source *source, const struct slots *slots,
                              uint16_t first, uint16_t threads)
{
    return cargo_goal_part(source->state, slots, first, threads);
}

static json_t *account(const struct source *source)
{
    struct users_order *order = source->state;
    bool is_quitting = atomic_load(&order->is_quitting);
    return json_pack("{s:o, s:o*}", "exceptions", exceptions_to_json(&order->exceptions), "quit",
                     is_quitting ? json_integer(atomic_load(&order->quit_code)) : NULL);
}

static bool take_account(const struct source *source, const json_t *json,
                         struct exceptions *exceptions)
{
    struct users_order *order = source->state;
    const json_t *quit = json_object_get(json, "quit");
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(json, "exceptions"), i, item)
    {
        exceptions_count_json(exceptions, item);
        exceptions_count_json(&order->exceptions, item);
    }
    if (json_is_integer(quit) && !atomic_exchange(&order->is_quitting, true)) {
        json_int_t code = json_integer_value(quit);
        atomic_store(&order->quit_code, code >= 0 && code <= QUIT_CODE_MAX ? (int)code : -1);
    }
    return json_is_integer(quit);
}

const struct driver_cargo users_cargo = {
    .check = check,
    .pack = pack,
    .unpack = unpack,
    .discard = discard,
    .can_move = can_move,
    .add_profile = add_profile,
    .show = show,
    .account = account,
    .part = part,
    .take_account = take_account,
};
