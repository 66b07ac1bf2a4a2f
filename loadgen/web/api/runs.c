#include "loadgen/web/api/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loadgen/base/memory.h"
#include "loadgen/web/api/compare.h"
#include "loadgen/web/api/refusal.h"
#include "loadgen/web/api/run_json.h"
#include "loadgen/web/archive/archive.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/orders/arguments.h"
#include "loadgen/web/orders/orders.h"
#include "loadgen/web/page/view.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 1000 };

/* Requests. */

static bool is_method(const struct http_request *request, const char *method)
{
    return strcmp(request->method, method) == 0;
}

/* "application/json", perhaps with parameters */
static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t length = type ? strcspn(type, "; \t") : 0;
    return length == strlen(json) && strncasecmp(type, json, length) == 0;
}

/* NULL: the request was refused. */
static json_t *read_body(const struct http_request *request, struct http_reply *reply)
{
    json_error_t problem;
    if (!is_json(request->type)) {
        refusal_reply(reply, HTTP_OTHER_TYPE, NULL, "Content-Type must be application/json");
        return NULL;
    }
    json_t *json = json_loadb(request->body, request->length, JSON_REJECT_DUPLICATES, &problem);
    if (!json) {
        char text[sizeof problem.text + 64];
        snprintf(text, sizeof text, "the body is not JSON: line %d, column %d: %s", problem.line,
                 problem.column, problem.text);
        refusal_reply(reply, HTTP_BAD_REQUEST, NULL, text);
    }
    return json;
}

/* A number in the query. */
struct parameter {
    const char *name;
    uint64_t min, max;
    uint64_t value; /* initially the default */
};

static struct parameter *find_parameter(struct parameter *list, size_t count, const char *name,
                                        size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i].name) == length && memcmp(list[i].name, name, length) == 0) {
            return &list[i];
        }
    }
    return NULL;
}

/* Reads NAME=NUMBER&..., with these names. False: the request was refused. */
static bool read_query(const struct http_request *request, struct parameter *list, size_t count,
                       struct http_reply *reply)
{
    char text[128];
    const char *at = request->query;
    while (*at) {
        size_t name = strcspn(at, "=&");
        struct parameter *parameter = find_parameter(list, count, at, name);
        const char *value = at + name + (at[name] == '=');
        size_t digits = strspn(value, "0123456789");
        if (!parameter) {
            snprintf(text, sizeof text, "%.*s", (int)(name < 64 ? name : 64), at);
            refusal_reply(reply, HTTP_BAD_REQUEST, text, "unknown parameter");
            return false;
        }
        parameter->value = strtoull(value, NULL, 10);
        if (digits == 0 || digits > 19 || (value[digits] != '\0' && value[digits] != '&') ||
            parameter->value < parameter->min || parameter->value > parameter->max) {
            snprintf(text, sizeof text, "expected a number from %" PRIu64 " to %" PRIu64,
                     parameter->min, parameter->max);
            refusal_reply(reply, HTTP_BAD_REQUEST, parameter->name, text);
            return false;
        }
        at = value + digits;
        at += *at == '&';
    }
    return true;
}

/* Replies. */

static void fail(struct http_reply *reply, const struct err *err)
{
    refusal_reply(reply, HTTP_FAILED, NULL, err->text);
}

static void refuse_unknown(struct http_reply *reply)
{
    refusal_reply(reply, HTTP_NOT_FOUND, "id", "there is no run with this id");
}

/* Reads the id in the path. False: the request was refused. */
static bool read_id(const struct http_request *request, uint64_t *id, struct http_reply *reply)
{
    if (!run_json_read_id(request->id, id)) {
        refuse_unknown(reply);
        return false;
    }
    return true;
}

static void reply_run(struct board *board, uint64_t id, struct http_reply *reply)
{
    struct err err = {.code = ERR_NONE};
    json_t *json = run_json_find(board, id, &err);
    if (json) {
        http_reply_json(reply, json);
    } else if (err.code != ERR_NONE) {
        fail(reply, &err);
    } else {
        refuse_unknown(reply);
    }
}

/*
 * Reports an error of the board or the runner. The field `run_time` is called `duration` in orders
 * of a rate.
 */
static void refuse_order(struct board *board, struct http_reply *reply, unsigned status,
                         enum run_kind kind, const struct err *err)
{
    char named[80];
    const char *text = err->text;
    const char *field = run_field_of(err->text, &text);
    const char *host = strstr(err->text, ": host: "); /* after FILE:LINE of the scenario */
    const struct runner *users = board->runners[RUN_USERS];
    const char *argument =
        !field && users ? arguments_find_named(users->arguments, err->text, &text) : NULL;
    if (argument) {
        snprintf(named, sizeof named, "arguments.%s", argument);
        field = named;
    } else if (!field && host) {
        field = "host";
        text = host + strlen(": host: ");
    }
    if (field && kind == RUN_RATE && strcmp(field, "run_time") == 0) {
        field = "duration";
    }
    refusal_reply(reply, field ? HTTP_BAD_REQUEST : status, field, text);
}

/* Starting. */

static void start_run(struct board *board, const struct http_request *request,
                      struct http_reply *reply)
{
    struct orders orders;
    struct err err = {.code = ERR_NONE};
    json_t *json = read_body(request, reply);
    if (!json) {
        return;
    }
    const struct runner *users = board->runners[RUN_USERS];
    pthread_mutex_lock(&board->lock);
    bool is_on = board_is_on(board);
    pthread_mutex_unlock(&board->lock);
    if (!orders_read(&orders, json, users, &err)) {
        refusal_reply(reply, HTTP_BAD_REQUEST, orders.field, err.text);
    } else if (!board->runners[orders.order.kind]) {
        refusal_reply(reply, HTTP_BAD_REQUEST, "kind",
                      "the server was started without what this kind of run needs: a "
                      "scenario, targets or an SLO");
    } else if (!board_start(board, &orders.order, &err)) {
        refuse_order(board, reply, is_on ? HTTP_CONFLICT : HTTP_BAD_REQUEST, orders.order.kind,
                     &err);
    } else {
        reply_run(board, board->generation, reply); /* only this thread starts runs */
        if (reply->status == HTTP_OK) {
            reply->status = HTTP_CREATED;
            snprintf(reply->location, sizeof reply->location, "runs/%" PRIu64, board->generation);
        }
    }
    json_decref(json);
}

static void list_runs(struct board *board, const struct http_request *request,
                      struct http_reply *reply)
{
    struct parameter limit = {"limit", 1, LIST_MAX, LIST_DEFAULT};
    struct err err = {.code = ERR_NONE};
    if (!read_query(request, &limit, 1, reply)) {
        return;
    }
    json_t *runs = run_json_list(board, limit.value, &err);
    if (runs) {
        http_reply_json(reply, json_pack("{s:o, s:b}", "runs", runs, "kept",
                                         (int)archive_has_files(board->archive)));
    } else {
        fail(reply, &err);
    }
}

static void answer_runs(struct board *board, struct http_request *request, struct http_reply *reply)
{
    if (is_method(request, "POST")) {
        start_run(board, request, reply);
    } else {
        list_runs(board, request, reply);
    }
}

/* One run. */

static void delete_run(struct board *board, uint64_t id, struct http_reply *reply)
{
    struct err err = {.code = ERR_NONE};
    if (run_json_is_on(board, id)) {
        refusal_reply(reply, HTTP_CONFLICT, "id", "the run is active; stop it first");
        return;
    }
    reply_run(board, id, reply);
    if (reply->status != HTTP_OK) {
        return;
    }
    bytes_free(&reply->body);
    if (archive_delete(board->archive, id, &err)) {
        board->deleted = id;
        *reply = (struct http_reply){.status = HTTP_NO_CONTENT};
    } else {
        fail(reply, &err);
    }
}

static void answer_run(struct board *board, struct http_request *request, struct http_reply *reply)
{
    uint64_t id = 0;
    if (!read_id(request, &id, reply)) {
        return;
    }
    if (is_method(request, "DELETE")) {
        delete_run(board, id, reply);
    } else {
        reply_run(board, id, reply);
    }
}

/* Answers when the run has ended. */
static void answer_stop(struct board *board, struct http_request *request, struct http_reply *reply)
{
    uint64_t id = 0;
    if (!read_id(request, &id, reply)) {
        return;
    }
    bool is_on = run_json_is_on(board, id);
    if (is_on && !request->is_resumed) {
        board_stop(board, board->client);
    }
    reply->waits = is_on;
    if (!is_on) {
        reply_run(board, id, reply);
    }
}

static void change(struct board *board, uint64_t id, json_t *json, struct http_reply *reply)
{
    struct orders orders;
    struct err err = {.code = ERR_NONE};
    pthread_mutex_lock(&board->lock);
    const struct run_order order = board->order;
    pthread_mutex_unlock(&board->lock);
    if (!orders_read_change(&orders, json, &order, &err)) {
        refusal_reply(reply, HTTP_BAD_REQUEST, orders.field, err.text);
    } else if (!board_change(board, &orders.order, &err)) {
        refuse_order(board, reply, HTTP_CONFLICT, order.kind, &err);
    } else {
        reply_run(board, id, reply);
    }
}

static void answer_change(struct board *board, struct http_request *request,
                          struct http_reply *reply)
{
    uint64_t id = 0;
    if (!read_id(request, &id, reply)) {
        return;
    }
    if (!run_json_is_on(board, id)) {
        reply_run(board, id, reply);
        if (reply->status == HTTP_OK) {
            bytes_free(&reply->body);
            refusal_reply(reply, HTTP_CONFLICT, "id", "the run has ended");
        }
        return;
    }
    json_t *json = read_body(request, reply);
    if (json) {
        change(board, id, json, reply);
        json_decref(json);
    }
}

/* Parts of a run. */

/* A run of the archive. */
struct kept {
    bool has_ended;
    char *kind;
    json_t *summary;
    json_t *seconds;
    char *report;
};

static void keep(void *context, const struct archive_run *run)
{
    struct kept *kept = context;
    kept->has_ended = run->ended_ms > 0;
    kept->kind = memory_of(strdup(run->kind));
    kept->summary = run->summary ? json_loads(run->summary, 0, NULL) : NULL;
    kept->seconds = run->seconds ? json_loads(run->seconds, 0, NULL) : NULL;
    kept->report = run->report ? memory_of(strdup(run->report)) : NULL;
}

static void free_kept(struct kept *kept)
{
    free(kept->kind);
    json_decref(kept->summary);
    json_decref(kept->seconds);
    free(kept->report);
}

/* False: it was refused. */
static bool find_kept(struct board *board, uint64_t id, struct kept *kept, struct http_reply *reply)
{
    struct err err = {.code = ERR_NONE};
    *kept = (struct kept){0};
    if (archive_find(board->archive, id, keep, kept, &err)) {
        return true;
    }
    if (err.code != ERR_NONE) {
        fail(reply, &err);
    } else {
        refuse_unknown(reply);
    }
    return false;
}

/* The history of an active run; NULL: the run is not active. */
static json_t *live_seconds(struct board *board, uint64_t id, uint64_t from)
{
    json_t *json = NULL;
    pthread_mutex_lock(&board->lock);
    if (board_is_on(board) && board->generation == id) {
        size_t count = board->history.count;
        json = view_history(&board->history, from < count ? (size_t)from : count);
    }
    pthread_mutex_unlock(&board->lock);
    return json;
}

/* Removes the points before `from`. */
static json_t *cut_seconds(json_t *seconds, uint64_t from)
{
    json_t *points = json_object_get(seconds, "points");
    size_t count = json_array_size(points);
    from = from < count ? from : count;
    json_t *rest = json_array();
    for (size_t i = (size_t)from; i < count; i++) {
        json_array_append(rest, json_array_get(points, i));
    }
    json_object_set_new(seconds, "points", rest);
    json_object_set_new(seconds, "from", json_integer((json_int_t)from));
    return json_incref(seconds);
}

static void answer_seconds(struct board *board, struct http_request *request,
                           struct http_reply *reply)
{
    struct parameter from = {"from", 0, UINT32_MAX, 0};
    struct kept kept;
    uint64_t id = 0;
    if (!read_id(request, &id, reply) || !read_query(request, &from, 1, reply)) {
        return;
    }
    json_t *json = live_seconds(board, id, from.value);
    if (!json && !find_kept(board, id, &kept, reply)) {
        return;
    }
    if (!json) {
        json = kept.seconds ? cut_seconds(kept.seconds, from.value) : NULL;
        free_kept(&kept);
    }
    if (!json) {
        refusal_reply(reply, HTTP_NOT_FOUND, NULL, "this run has no history");
        return;
    }
    json_object_set_new(json, "id", json_string(request->id));
    http_reply_json(reply, json);
}

static void reply_text(struct http_reply *reply, const char *name, const char *text)
{
    struct bytes content = {0};
    bytes_add_text(&content, text);
    http_reply_file(reply, "application/json", name, &content);
}

static void answer_report(struct board *board, struct http_request *request,
                          struct http_reply *reply)
{
    struct kept kept;
    uint64_t id = 0;
    char name[64];
    if (!read_id(request, &id, reply) || !find_kept(board, id, &kept, reply)) {
        return;
    }
    if (kept.report) {
        snprintf(name, sizeof name, "report-%" PRIu64 ".json", id);
        reply_text(reply, name, kept.report);
    } else if (kept.has_ended) {
        refusal_reply(reply, HTTP_NOT_FOUND, NULL,
                      strcmp(kept.kind, "capacity") == 0
                          ? "the search has no result: it was not completed"
                          : "the run has no report: it measured nothing");
    } else {
        refusal_reply(reply, HTTP_CONFLICT, NULL, "the run has not ended");
    }
    free_kept(&kept);
}

/* Sends the file as far as it is written. False: there is none. */
static bool send_file(const struct board *board, uint64_t id, const char *kind,
                      struct http_reply *reply)
{
    struct stat status;
    char name[64];
    char *path = archive_path(board->archive, id, kind);
    int file = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    bool ok =
        file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
    if (ok) {
        snprintf(name, sizeof name, "%s", strrchr(path, '/') + 1);
        http_reply_open_file(reply, "application/octet-stream", name, file,
                             (uint64_t)status.st_size);
    } else if (file >= 0) {
        close(file);
    }
    free(path);
    return ok;
}

static void answer_result(struct board *board, struct http_request *request,
                          struct http_reply *reply)
{
    struct kept kept;
    uint64_t id = 0;
    char name[64];
    if (!read_id(request, &id, reply) || !find_kept(board, id, &kept, reply)) {
        return;
    }
    bool is_search = strcmp(kept.kind, run_kind_names[RUN_CAPACITY]) == 0;
    if (is_search && kept.report) {
        snprintf(name, sizeof name, "capacity-%" PRIu64 ".json", id);
        reply_text(reply, name, kept.report);
    } else if (!send_file(board, id, kept.kind, reply)) {
        refusal_reply(reply, HTTP_NOT_FOUND, NULL,
                      archive_has_files(board->archive)
                          ? "the run has no result file"
                          : "the server was started without a folder for results; start it with "
                            "one to keep the results of each run");
    }
    free_kept(&kept);
}

/* Comparing. */

static bool check_ended(struct board *board, uint64_t id, const char *field,
                        struct http_reply *reply)
{
    if (run_json_is_on(board, id)) {
        refusal_reply(reply, HTTP_CONFLICT, field, "the run has not ended");
        return false;
    }
    return true;
}

static void compare(struct board *board, const struct parameter ids[2], struct kept kept[2],
                    struct http_reply *reply)
{
    struct compare_side sides[2];
    struct err err = {.code = ERR_NONE};
    json_t *documents[2] = {NULL, NULL};
    for (size_t i = 0; i < 2; i++) {
        documents[i] = kept[i].report ? json_loads(kept[i].report, 0, NULL) : NULL;
        sides[i] = (struct compare_side){
            .name = ids[i].name,
            .kind = kept[i].kind,
            .run = run_json_find(board, ids[i].value, &err),
            .summary = kept[i].summary,
            .seconds = kept[i].seconds,
            .report = documents[i],
        };
    }
    json_t *json = compare_sides(&sides[0], &sides[1], &err);
    if (json) {
        http_reply_json(reply, json);
    } else {
        refusal_reply(reply, HTTP_CONFLICT, NULL, err.text);
    }
    for (size_t i = 0; i < 2; i++) {
        json_decref(sides[i].run);
        json_decref(documents[i]);
    }
}

static void answer_compare(struct board *board, struct http_request *request,
                           struct http_reply *reply)
{
    struct parameter ids[2] = {{"a", 1, INT64_MAX, 0}, {"b", 1, INT64_MAX, 0}};
    struct kept kept[2] = {{0}, {0}};
    if (!read_query(request, ids, 2, reply)) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (ids[i].value == 0) {
            refusal_reply(reply, HTTP_BAD_REQUEST, ids[i].name, "is missing");
            return;
        }
    }
    if (check_ended(board, ids[0].value, "a", reply) &&
        check_ended(board, ids[1].value, "b", reply) &&
        find_kept(board, ids[0].value, &kept[0], reply) &&
        find_kept(board, ids[1].value, &kept[1], reply)) {
        compare(board, ids, kept, reply);
    }
    free_kept(&kept[0]);
    free_kept(&kept[1]);
}

/* Workers. */

static void answer_workers(struct board *board, struct http_request *request,
                           struct http_reply *reply)
{
    (void)request;
    pthread_mutex_lock(&board->lock);
    json_t *workers = board->workers ? json_deep_copy(board->workers) : json_array();
    pthread_mutex_unlock(&board->lock);
    http_reply_json(reply, json_pack("{s:o}", "workers", workers));
}

static const char reads[] = "GET, HEAD, OPTIONS";
static const char posts[] = "POST, OPTIONS";

const struct http_route runs_routes[] = {
    {"/api/v1/runs", "GET, HEAD, POST, OPTIONS", ROUTE_CHANGES, answer_runs},
    {"/api/v1/runs/*", "GET, HEAD, DELETE, OPTIONS", ROUTE_CHANGES, answer_run},
    {"/api/v1/runs/*/stop", posts, ROUTE_CHANGES, answer_stop},
    {"/api/v1/runs/*/change", posts, ROUTE_CHANGES, answer_change},
    {"/api/v1/runs/*/seconds", reads, ROUTE_READS, answer_seconds},
    {"/api/v1/runs/*/result", reads, ROUTE_READS, answer_result},
    {"/api/v1/runs/*/report", reads, ROUTE_READS, answer_report},
    {"/api/v1/compare", reads, ROUTE_READS, answer_compare},
    {"/api/v1/workers", reads, ROUTE_READS, answer_workers},
    {0},
};
