#include "loadgen/web/locust/routes.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/form/form.h"
#include "loadgen/web/locust/download.h"
#include "loadgen/web/locust/requests.h"
#include "loadgen/web/locust/swarm.h"

static void lock(struct board *board)
{
    pthread_mutex_lock(&board->lock);
}

static void unlock(struct board *board)
{
    pthread_mutex_unlock(&board->lock);
}

/* Error texts may quote input of the client, which need not be UTF-8. */
static json_t *clean(const char *text)
{
    struct err copy;
    snprintf(copy.text, sizeof copy.text, "%s", text);
    utf8_clean(copy.text);
    return json_string(copy.text);
}

static bool swarm_now(struct board *board, struct http_request *request, struct swarm *swarm,
                      struct err *err)
{
    struct form form;
    const struct runner *users = board->runners[RUN_USERS];
    if (!users) {
        return err_set(err, ERR_USAGE,
                       "this server has no users: it was started with targets instead of a "
                       "scenario; its page and /api/v1/runs start tests");
    }
    return form_read(&form, request->type, request->body, request->length, err) &&
           swarm_read(swarm, &form, users, err) && board_swarm(board, &swarm->order, err);
}

/* The error, with the name of its field in the form. */
static json_t *refusal_to_json(const char *text)
{
    struct err named = {.code = ERR_NONE};
    const char *rest = NULL;
    const char *field = run_field_of(text, &rest);
    bool is_renamed = field && strcmp(field, "users") == 0;
    err_set(&named, ERR_USAGE, "%s%s", is_renamed ? "user_count: " : "", is_renamed ? rest : text);
    return clean(named.text);
}

static void answer_swarm(struct board *board, struct http_request *request,
                         struct http_reply *reply)
{
    struct swarm swarm = {0};
    struct err err = {.code = ERR_NONE};
    bool ok = swarm_now(board, request, &swarm, &err);
    json_t *json = json_object();
    json_object_set_new(json, "success", json_boolean(ok));
    bool has_shape = ok && board->runners[RUN_USERS]->has_shape;
    const char *started = has_shape ? "Swarming started using shape class" : "Swarming started";
    json_object_set_new(json, "message", ok ? json_string(started) : refusal_to_json(err.text));
    const char *host = board_host(board);
    json_object_set_new(json, "host", host ? json_string(host) : json_null());
    if (ok && swarm.order.run_time_ns > 0) {
        json_object_set_new(json, "run_time",
                            json_integer((json_int_t)(swarm.order.run_time_ns / NS_PER_S)));
    }
    http_reply_json(reply, json);
}

/* Answers when all users have ended. */
static void answer_stop(struct board *board, struct http_request *request, struct http_reply *reply)
{
    if (!request->is_resumed) {
        board_stop(board, board->client);
    }
    lock(board);
    reply->waits = board->phase == BOARD_STOPPING;
    unlock(board);
    if (!reply->waits) {
        http_reply_json(reply, json_pack("{s:b, s:s}", "success", 1, "message", "Test stopped"));
    }
}

static void answer_reset(struct board *board, struct http_request *request,
                         struct http_reply *reply)
{
    (void)request;
    board_reset(board);
    http_reply_text(reply, HTTP_OK, "ok");
    reply->type = "text/html; charset=utf-8";
}

/* The first value of a parameter in a query; at NULL: it has none. */
static struct slice find_parameter(const char *query, const char *name)
{
    size_t length = strlen(name);
    while (*query) {
        size_t one = strcspn(query, "&");
        if (one > length && memcmp(query, name, length) == 0 && query[length] == '=') {
            return (struct slice){query + length + 1, one - length - 1};
        }
        query += one + (query[one] == '&');
    }
    return (struct slice){NULL, 0};
}

static void answer_requests(struct board *board, struct http_request *request,
                            struct http_reply *reply)
{
    struct slice compat = find_parameter(request->query, "compat");
    bool is_old = compat.at ? slice_equals(compat, "0.8") : board->is_compat;
    *reply = (struct http_reply){.status = HTTP_OK, .type = "application/json"};
    lock(board);
    locust_requests(board, is_old ? LOCUST_0_8 : LOCUST_NEWEST, &reply->body);
    unlock(board);
}

/* Locust's name for an error of a script, and where it was raised. */
static json_t *exception_to_json(const json_t *one)
{
    json_t *json = json_object();
    json_t *message = json_object_get(one, "message");
    json_t *traceback = json_object_get(one, "traceback");
    json_object_set(json, "count", json_object_get(one, "count"));
    json_object_set_new(
        json, "msg", json_is_string(message) ? json_incref(message) : json_string("other errors"));
    json_object_set_new(json, "traceback",
                        json_is_string(traceback) ? json_incref(traceback) : json_string(""));
    json_object_set_new(json, "nodes", json_string("local"));
    return json;
}

static void answer_exceptions(struct board *board, struct http_request *request,
                              struct http_reply *reply)
{
    (void)request;
    lock(board);
    json_t *list = board_exceptions(board);
    unlock(board);
    json_t *shown = json_array();
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(list, i, one)
    {
        json_array_append_new(shown, exception_to_json(one));
    }
    json_decref(list);
    http_reply_json(reply, json_pack("{s:o}", "exceptions", shown));
}

static void answer_tasks(struct board *board, struct http_request *request,
                         struct http_reply *reply)
{
    (void)request;
    struct err err = {.code = ERR_NONE};
    const struct runner *runner = board->runners[RUN_USERS];
    lock(board);
    uint64_t users = board_users(board);
    unlock(board);
    json_t *tasks = runner ? runner->tasks(runner->context, users, &err)
                           : json_pack("{s:{}, s:{}}", "per_class", "total");
    if (tasks) {
        http_reply_json(reply, tasks);
    } else {
        http_reply_json(reply, json_pack("{s:b, s:o}", "success", 0, "message", clean(err.text)));
    }
}

/* Lines in the format of log_add. */
static void answer_logs(struct board *board, struct http_request *request, struct http_reply *reply)
{
    (void)request;
    json_t *list = json_array();
    char text[LINE_TEXT];
    lock(board);
    for (const struct line *line = lines_after(&board->lines, 0); line;
         line = lines_after(&board->lines, line->number)) {
        line_print(line, text);
        json_array_append_new(list, json_string(text));
    }
    unlock(board);
    http_reply_json(reply, json_pack("{s:o, s:{}}", "master", list, "workers"));
}

static void answer_worker_count(struct board *board, struct http_request *request,
                                struct http_reply *reply)
{
    (void)request;
    lock(board);
    uint64_t count = board_worker_count(board, NULL);
    unlock(board);
    http_reply_json(reply, json_pack("{s:I}", "worker_count", (json_int_t)count));
}

/* Downloads. */

typedef void csv_fn(struct board *board, struct bytes *out);

static void answer_csv(struct board *board, csv_fn *write, const char *kind,
                       struct http_reply *reply)
{
    struct bytes content = {0};
    char name[64];
    snprintf(name, sizeof name, "%s_%.6f.csv", kind, (double)clock_wall_ns() / (double)NS_PER_S);
    write(board, &content);
    http_reply_file(reply, "text/csv", name, &content);
}

static void answer_requests_csv(struct board *board, struct http_request *request,
                                struct http_reply *reply)
{
    (void)request;
    answer_csv(board, download_requests, "requests", reply);
}

static void answer_distribution_csv(struct board *board, struct http_request *request,
                                    struct http_reply *reply)
{
    (void)request;
    answer_csv(board, download_distribution, "distribution", reply);
}

static void answer_failures_csv(struct board *board, struct http_request *request,
                                struct http_reply *reply)
{
    (void)request;
    answer_csv(board, download_failures, "failures", reply);
}

static void answer_exceptions_csv(struct board *board, struct http_request *request,
                                  struct http_reply *reply)
{
    (void)request;
    answer_csv(board, download_exceptions, "exceptions", reply);
}

static void answer_history_csv(struct board *board, struct http_request *request,
                               struct http_reply *reply)
{
    (void)request;
    answer_csv(board, download_history, "requests_full_history", reply);
}

const struct http_route locust_routes[] = {
    {"/swarm", "POST, OPTIONS", ROUTE_CHANGES, answer_swarm},
    {"/stop", "GET, POST, OPTIONS", ROUTE_CHANGES, answer_stop},
    {"/stats/reset", "GET, POST, OPTIONS", ROUTE_CHANGES, answer_reset},
    {"/stats/requests", "GET, HEAD, OPTIONS", ROUTE_READS, answer_requests},
    {"/stats/requests/csv", "GET, HEAD, OPTIONS", ROUTE_READS, answer_requests_csv},
    {"/stats/distribution/csv", "GET, HEAD, OPTIONS", ROUTE_READS, answer_distribution_csv},
    {"/stats/failures/csv", "GET, HEAD, OPTIONS", ROUTE_READS, answer_failures_csv},
    {"/stats/requests_full_history/csv", "GET, HEAD, OPTIONS", ROUTE_READS, answer_history_csv},
    {"/exceptions", "GET, HEAD, OPTIONS", ROUTE_READS, answer_exceptions},
    {"/exceptions/csv", "GET, HEAD, OPTIONS", ROUTE_READS, answer_exceptions_csv},
    {"/tasks", "GET, HEAD, OPTIONS", ROUTE_READS, answer_tasks},
    {"/logs", "GET, HEAD, OPTIONS", ROUTE_READS, answer_logs},
    {"/worker-count", "GET, HEAD, OPTIONS", ROUTE_READS, answer_worker_count},
    {0},
};
