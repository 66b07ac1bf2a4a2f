#include "loadgen/order/order_json.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/target/request/parts.h"
#include "loadgen/target/request/request_json.h"

/* Writing. */

/* Calls `visit` with each file of the plan. */
static bool visit_files(const struct plan *plan,
                        bool (*visit)(void *context, const char *path, struct err *err),
                        void *context, struct err *err)
{
    const char *const lists[] = {plan->tls.root_certs, plan->tls.cert, plan->tls.key};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const char *at = lists[i];
        while (at && *at) {
            char path[4096];
            size_t length = i == 0 ? strcspn(at, ",") : strlen(at);
            if (length >= sizeof path) {
                return err_set(err, ERR_USAGE, "the path of a file is too long");
            }
            memcpy(path, at, length);
            path[length] = '\0';
            if (!visit(context, path, err)) {
                return false;
            }
            at += length + (at[length] == ',');
        }
    }
    return true;
}

struct listing {
    const struct plan *plan;
    struct order_files *files; /* get the contents; NULL: only their hashes are needed */
    json_t *list;
};

/* The content of the order that the plan came with, or the file of this machine. */
static bool read_file(const struct plan *plan, const char *path, struct bytes *bytes,
                      struct err *err)
{
    for (size_t i = 0; i < plan->tls.file_count; i++) {
        const struct tls_file *file = &plan->tls.files[i];
        if (strcmp(file->path, path) == 0) {
            bytes_add(bytes, file->bytes, file->length);
            return true;
        }
    }
    return bytes_add_file(bytes, path, err);
}

static bool list_file(void *context, const char *path, struct err *err)
{
    struct listing *listing = context;
    struct bytes bytes = {0};
    char hash[SHA256_TEXT];
    bool ok = read_file(listing->plan, path, &bytes, err);
    if (ok) {
        const void *content = bytes.length ? bytes.at : "";
        json_array_append_new(listing->list,
                              json_pack("{s:o, s:s, s:I}", "path", json_text(path), "sha256",
                                        sha256_print(content, bytes.length, hash), "size",
                                        (json_int_t)bytes.length));
        if (listing->files) {
            order_files_add(listing->files, content, bytes.length);
        }
    }
    bytes_free(&bytes);
    return ok || !listing->files;
}

json_t *order_files_shown(const struct plan *plan)
{
    struct listing listing = {plan, NULL, json_array()};
    visit_files(plan, list_file, &listing, &(struct err){0});
    return listing.list;
}

static json_t *endpoints_to_json(const struct targets *targets)
{
    json_t *list = json_array();
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *endpoint = &targets->endpoints[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:i, s:b}", "host", json_text(endpoint->host),
                                        "port", (int)endpoint->port, "https", endpoint->is_https));
    }
    return list;
}

static json_t *targets_to_json(const struct targets *targets, struct order_files *files)
{
    json_t *list = json_array();
    for (size_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->list[i];
        const struct request *request = &targets->requests[i];
        struct parts parts;
        json_t *json = request_to_json(request, target->body_file);
        parts_of(request, &parts);
        if (parts.body.length > 0) {
            order_files_add(files, parts.body.at, parts.body.length);
        }
        json_object_set_new(json, "name", json_text(target->name));
        json_object_set_new(json, "method", json_text(target->method));
        json_object_set_new(json, "url", json_text(target->url));
        json_object_set_new(json, "endpoint", json_integer((json_int_t)request->endpoint));
        json_array_append_new(list, json);
    }
    return list;
}

json_t *order_to_json(const struct order *order, struct order_files *files, struct err *err)
{
    if (!order->source->requests) {
        err_set(err, ERR_USAGE, "%s",
                order->source->live
                    ? "lazily read targets cannot be sent to workers; read them before the run"
                    : "a scenario cannot be sent to workers without its driver");
        return NULL;
    }
    return order_to_json_with(order, NULL, files, err);
}

json_t *order_to_json_with(const struct order *order, json_t *source, struct order_files *files,
                           struct err *err)
{
    struct listing listing = {order->plan, files, json_array()};
    if (!visit_files(order->plan, list_file, &listing, err)) {
        json_decref(source);
        json_decref(listing.list);
        return NULL;
    }
    json_t *json = json_pack("{s:i, s:o, s:o}", "format", ORDER_FORMAT, "plan",
                             plan_to_json(order->plan, true), "files", listing.list);
    if (source) {
        json_object_set_new(json, "source", source);
    } else {
        json_object_set_new(json, "endpoints", endpoints_to_json(order->targets));
        json_object_set_new(json, "targets", targets_to_json(order->targets, files));
    }
    return json;
}

/* Reading. */

static bool refuse(struct err *err, const char *key, size_t i)
{
    return err_set(err, ERR_FAILED, "%s[%zu]: missing or invalid", key, i);
}

/* A content by {"sha256", "size"}. */
static bool expect(const json_t *json, struct order_files *files, const char *key, size_t i,
                   struct err *err)
{
    const char *hash = json_string_value(json_object_get(json, "sha256"));
    const json_t *size = json_object_get(json, "size");
    if (!hash || !json_is_integer(size) || json_integer_value(size) < 0) {
        return refuse(err, key, i);
    }
    return order_files_expect(files, hash, (size_t)json_integer_value(size), err);
}

bool order_expect_files(const json_t *json, struct order_files *files, struct err *err)
{
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(json_object_get(json, "files"), i, item)
    {
        if (!expect(item, files, "files", i, err)) {
            return false;
        }
    }
    const json_t *source = json_object_get(json, "source");
    json_array_foreach(json_object_get(source, "files"), i, item)
    {
        if (!expect(item, files, "source.files", i, err)) {
            return false;
        }
    }
    json_array_foreach(json_object_get(json, "targets"), i, item)
    {
        const json_t *body = json_object_get(item, "body");
        if (body && !expect(body, files, "targets", i, err)) {
            return false;
        }
    }
    return true;
}

/* A text for an arena, which ends with a NUL and has no other. NULL if it is none. */
static const char *get_text(const json_t *json, const char *key, struct arena *arena)
{
    struct bytes text = {0};
    bool ok = json_bytes_read(json_object_get(json, key), &text) && strlen(text.at) == text.length;
    const char *copy = ok ? memory_of(arena_copy(arena, text.at, text.length + 1)) : NULL;
    bytes_free(&text);
    return copy;
}

static bool take_endpoints(const json_t *list, struct targets *targets, struct err *err)
{
    size_t count = json_array_size(list);
    targets->endpoints = memory_of(calloc(count + 1, sizeof *targets->endpoints));
    for (size_t i = 0; i < count; i++) {
        const json_t *json = json_array_get(list, i);
        const json_t *port = json_object_get(json, "port");
        const json_t *https = json_object_get(json, "https");
        const char *host = get_text(json, "host", &targets->arena);
        struct endpoint *endpoint = &targets->endpoints[i];
        char normal[HOSTNAME_MAX];
        if (!host || !json_is_integer(port) || json_integer_value(port) < 1 ||
            json_integer_value(port) > UINT16_MAX || !json_is_boolean(https) ||
            hostname_read(host, strlen(host), strchr(host, ':') != NULL, normal) ||
            strcmp(host, normal) != 0) {
            return refuse(err, "endpoints", i);
        }
        endpoint->host = memory_of(strdup(host));
        endpoint->port = (uint16_t)json_integer_value(port);
        endpoint->is_https = json_is_true(https);
        targets->endpoint_count++;
    }
    return true;
}

/* The body of a target; at is NULL if its content is missing. */
static struct slice find_body(const json_t *json, const struct order_files *files)
{
    const json_t *body = json_object_get(json, "body");
    const char *hash = json_string_value(json_object_get(body, "sha256"));
    return !body  ? (struct slice){"", 0}
           : hash ? order_files_find(files, hash)
                  : (struct slice){NULL, 0};
}

static bool take_target(const json_t *json, const struct order_files *files, size_t i,
                        struct targets *targets, struct err *err)
{
    struct target *target = &targets->list[i];
    struct request *request = &targets->requests[i];
    const char *name = get_text(json, "name", &targets->arena);
    const json_t *endpoint = json_object_get(json, "endpoint");
    struct slice body = find_body(json, files);
    *request = (struct request){.target = (uint32_t)i, .is_constant = true};
    target->method = get_text(json, "method", &targets->arena);
    target->url = get_text(json, "url", &targets->arena);
    target->body_file = get_text(json_object_get(json, "body"), "path", &targets->arena);
    if (!name || !utf8_is_text(name) || !target->method || !message_is_method(target->method) ||
        !target->url || !utf8_is_text(target->url) || !json_is_integer(endpoint) ||
        json_integer_value(endpoint) < 0 ||
        (uint64_t)json_integer_value(endpoint) >= targets->endpoint_count) {
        return refuse(err, "targets", i);
    }
    if (json_object_get(json_object_get(json, "body"), "path") && !target->body_file) {
        return refuse(err, "targets", i);
    }
    if (!body.at) {
        return err_set(err, ERR_FAILED, "targets[%zu]: the content of its body is missing", i);
    }
    request->endpoint = (uint32_t)json_integer_value(endpoint);
    if (!request_from_json(json, body, &targets->arena, request, err)) {
        return err_prefix(err, "targets[%zu]", i);
    }
    target->row = rows_add(&targets->rows, name);
    target->name = target->row == ROWS_OTHER ? name : rows_name(&targets->rows, target->row);
    request->row = target->row;
    targets->count++;
    return true;
}

static bool take_targets(const json_t *json, const struct order_files *files,
                         struct targets *targets, struct err *err)
{
    const json_t *list = json_object_get(json, "targets");
    size_t count = json_array_size(list);
    if (!take_endpoints(json_object_get(json, "endpoints"), targets, err)) {
        return false;
    }
    if (count == 0) {
        return err_set(err, ERR_FAILED, "targets: the list is empty");
    }
    targets->list = memory_of(calloc(count, sizeof *targets->list));
    targets->requests = memory_of(calloc(count, sizeof *targets->requests));
    for (size_t i = 0; i < count; i++) {
        if (!take_target(json_array_get(list, i), files, i, targets, err)) {
            return false;
        }
    }
    return true;
}

static bool take_files(const json_t *list, const struct order_files *files, struct order_copy *copy,
                       struct err *err)
{
    size_t count = json_array_size(list);
    copy->tls_files = memory_of(calloc(count + 1, sizeof *copy->tls_files));
    copy->plan.tls.files = copy->tls_files;
    for (size_t i = 0; i < count; i++) {
        const json_t *json = json_array_get(list, i);
        const char *hash = json_string_value(json_object_get(json, "sha256"));
        const char *path = get_text(json, "path", &copy->room.texts);
        struct slice content = hash ? order_files_find(files, hash) : (struct slice){NULL, 0};
        if (!path || !content.at) {
            return refuse(err, "files", i);
        }
        copy->tls_files[i] = (struct tls_file){path, content.at, content.length};
        copy->plan.tls.file_count++;
    }
    return true;
}

bool order_from_json(const json_t *json, const struct order_files *files, struct order_copy *copy,
                     struct err *err)
{
    *copy = (struct order_copy){0};
    json_int_t format = json_integer_value(json_object_get(json, "format"));
    if (format != ORDER_FORMAT) {
        return err_set(err, ERR_FAILED, "the order has format %lld; this loadgen reads format %d",
                       (long long)format, ORDER_FORMAT);
    }
    bool ok = plan_from_json(json_object_get(json, "plan"), &copy->room, &copy->plan, err) &&
              (json_object_get(json, "source") || take_targets(json, files, &copy->targets, err)) &&
              take_files(json_object_get(json, "files"), files, copy, err);
    if (!ok) {
        order_copy_free(copy);
        return false;
    }
    if (copy->targets.count > 0) {
        copy->source = source_of(copy->targets.requests, copy->targets.count);
    }
    copy->order = (struct order){&copy->plan, &copy->targets, &copy->source};
    return true;
}

void order_copy_free(struct order_copy *copy)
{
    targets_free(&copy->targets);
    plan_room_free(&copy->room);
    free(copy->tls_files);
    *copy = (struct order_copy){0};
}
