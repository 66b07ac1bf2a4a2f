#include "loadgen/web/web.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "loadgen/web/api/refusal.h"
#include "loadgen/web/api/runs.h"
#include "loadgen/web/form/form.h"
#include "loadgen/web/locust/routes.h"
#include "loadgen/web/page/report.h"
#include "loadgen/web/page/routes.h"

enum { OWN_LOGIN, OWN_EVENTS, OWN_METRICS };

/* Routes whose functions need more than the board. */
static const struct http_route own_routes[] = {
    [OWN_LOGIN] = {"/login", "POST, OPTIONS", ROUTE_LOGIN, NULL},
    [OWN_EVENTS] = {"/api/v1/events", "GET, HEAD, OPTIONS", ROUTE_READS, NULL},
    [OWN_METRICS] = {"/metrics", "GET, HEAD, OPTIONS", ROUTE_READS, NULL},
    {0},
};

/* The lists of routes; each ends with {0}. */
static const struct http_route *const lists[] = {own_routes, page_routes, report_routes,
                                                 locust_routes, runs_routes};

static const struct http_route *find_route(struct http_request *request)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const struct http_route *route = lists[i]; route->path; route++) {
            if (http_route_is_at(route, request->path, request->id)) {
                return route;
            }
        }
    }
    return NULL;
}

/* True if the word is in a list such as "GET, HEAD". */
static bool is_listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    while (*list) {
        size_t one = strcspn(list, ", ");
        if (one == length && memcmp(list, word, length) == 0) {
            return true;
        }
        list += one;
        list += strspn(list, ", ");
    }
    return false;
}

/* Replies to requests without access. */
static const struct refusal {
    unsigned status;
    const char *text;
} refusals[] = {
    [ACCESS_AMBIGUOUS] = {HTTP_BAD_REQUEST, "a header that must be sent once was sent twice\n"},
    [ACCESS_OTHER_HOST] = {HTTP_FORBIDDEN, "the Host header does not name this server; allow "
                                           "this host when you start the server\n"},
    [ACCESS_OTHER_SITE] = {HTTP_FORBIDDEN, "the request was sent by a page of another site\n"},
    [ACCESS_NO_TOKEN] = {HTTP_UNAUTHORIZED,
                         "a token is needed; send Authorization: Bearer TOKEN\n"},
};

/* Shown to users who follow a link from another site, because browsers then send no cookie. */
static const char token_by_page[] =
    "A token is needed: enter it on the page of this server, then open the address of this report "
    "again.\n";

/* Credentials of other schemes may be meant for a proxy, and an old cookie is not a guess. */
static bool has_bearer(const char *authorization)
{
    return authorization && strncasecmp(authorization, "Bearer ", 7) == 0;
}

/* Answers a wrong token with `status` and `text`, or with 429 after too many of them. */
static void answer_wrong(struct web *web, unsigned status, const char *text,
                         struct http_reply *reply)
{
    unsigned wait_s = tries_add(&web->tries, clock_now_ns());
    http_reply_text(reply, wait_s > 0 ? HTTP_TOO_MANY : status,
                    wait_s > 0 ? "Too many wrong tokens; try again later.\n" : text);
    reply->retry_s = wait_s;
}

/* Logging in. */

/* The first field with this name; "": there is none. */
static const char *find_field(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, name) == 0) {
            return form->fields[i].value;
        }
    }
    return "";
}

static bool is_own_token(const struct web *web, const struct http_request *request,
                         const char *token)
{
    const struct access_route needs = {.changes = true};
    char bearer[sizeof "Bearer " + ACCESS_TOKEN_MAX];
    struct access_request with_token = request->access;
    snprintf(bearer, sizeof bearer, "Bearer %s", token);
    with_token.authorization = bearer;
    with_token.cookie = NULL;
    return access_check(web->rules, &needs, &with_token) == ACCESS_GRANTED;
}

/*
 * Stores the token in a cookie that scripts cannot read, for requests of links, which have no
 * Authorization header.
 */
static void answer_login(struct web *web, struct http_request *request, struct http_reply *reply)
{
    struct form form;
    struct err err = {.code = ERR_NONE};
    if (!form_read(&form, request->type, request->body, request->length, &err)) {
        http_reply_text(reply, HTTP_BAD_REQUEST, "the body is not a form\n");
        return;
    }
    const char *token = find_field(&form, "token");
    if (!access_is_sendable(token) || !is_own_token(web, request, token)) {
        answer_wrong(web, HTTP_FORBIDDEN, "Wrong token.\n", reply);
        return;
    }
    http_reply_text(reply, HTTP_OK, "ok\n");
    if (web->rules->token) {
        char name[ACCESS_COOKIE_NAME];
        const char *origin = request->access.origin;
        bool is_https = origin && strncasecmp(origin, "https:", 6) == 0; /* through a proxy */
        snprintf(reply->cookie, sizeof reply->cookie, "%s=%s; HttpOnly; SameSite=Strict%s",
                 access_cookie_name(request->access.host, name), token, is_https ? "; Secure" : "");
    }
}

static void answer_route(struct web *web, const struct http_route *route,
                         struct http_request *request, struct http_reply *reply)
{
    if (route == &own_routes[OWN_LOGIN]) {
        answer_login(web, request, reply);
    } else if (route == &own_routes[OWN_EVENTS]) {
        events_answer(web->events, request, reply);
    } else if (route == &own_routes[OWN_METRICS]) {
        run_metrics_answer(&web->metrics, web->board, web->stream, request, reply);
    } else {
        route->answer(web->board, request, reply);
    }
    if (route->kind == ROUTE_CHANGES) {
        events_wake(web->events);
    }
}

/*
 * True if a link, for example in a chat, leads to the report. A report changes nothing, and no
 * other site can read or frame it. It still needs the token.
 */
static bool is_link_to_report(const struct http_route *route, const struct http_request *request)
{
    const char *mode = request->access.mode;
    return route == &report_routes[0] && mode && strcmp(mode, "navigate") == 0;
}

static void choose(struct web *web, struct http_request *request, struct http_reply *reply)
{
    web->board->client = request->client[0] ? request->client : NULL;
    const struct http_route *route = find_route(request);
    struct access_request asked = request->access;
    const struct access_route needs = {
        .is_page = route && route->kind == ROUTE_PAGE,
        .is_open = route && (route->kind == ROUTE_OPEN || route->kind == ROUTE_LOGIN),
        .changes = route && (route->kind == ROUTE_CHANGES || route->kind == ROUTE_LOGIN),
    };
    bool is_link = is_link_to_report(route, request);
    asked.site = is_link ? NULL : asked.site;
    enum access access = access_check(web->rules, &needs, &asked);
    if (access == ACCESS_NO_TOKEN && has_bearer(request->access.authorization)) {
        answer_wrong(web, refusals[access].status, refusals[access].text, reply);
        reply->challenge = "Bearer";
    } else if (access != ACCESS_GRANTED) {
        bool needs_page = is_link && access == ACCESS_NO_TOKEN;
        http_reply_text(reply, refusals[access].status,
                        needs_page ? token_by_page : refusals[access].text);
        reply->challenge = access == ACCESS_NO_TOKEN ? "Bearer" : NULL;
    } else if (!route) {
        http_reply_text(reply, HTTP_NOT_FOUND, "there is nothing at this path\n");
    } else if (strcmp(request->method, "OPTIONS") == 0) {
        http_reply_text(reply, HTTP_OK, "");
        reply->allow = route->methods;
    } else if (!is_listed(route->methods, request->method)) {
        http_reply_text(reply, HTTP_METHOD_NOT_ALLOWED,
                        "this method is not allowed at this path\n");
        reply->allow = route->methods;
    } else if (request->is_too_large) {
        http_reply_text(reply, HTTP_TOO_LARGE, "the body is longer than 64 kB\n");
    } else {
        answer_route(web, route, request, reply);
    }
    web->board->client = NULL;
}

static void answer(void *context, struct http_request *request, struct http_reply *reply)
{
    choose(context, request, reply);
    bool is_text = reply->type && strncmp(reply->type, "text/plain", strlen("text/plain")) == 0;
    if (reply->status >= HTTP_BAD_REQUEST && is_text && refusal_is_api(request->path)) {
        refusal_convert(reply);
    }
}

bool web_start(struct web *web, struct listener *listener, struct err *err)
{
    run_metrics_init(&web->metrics);
    web->stream = stream_create();
    web->events = web->stream ? events_start(web->board, web->stream, err) : NULL;
    if (!web->events) {
        listener_close(listener);
        if (!web->stream) {
            err_set(err, ERR_FAILED, "not enough memory");
        }
        return false;
    }
    web->server = http_server_start(listener, web->stream, answer, web, err);
    return web->server != NULL;
}

void web_second(struct web *web, const struct second *second)
{
    events_wake(web->events);
    if (run_metrics_second(&web->metrics, second)) {
        http_server_resume(web->server);
    }
}

void web_end(struct web *web, const struct summary *summary)
{
    if (summary) {
        run_metrics_end(&web->metrics, summary);
    }
    events_wake(web->events);
    http_server_resume(web->server);
}

void web_stop(struct web *web)
{
    if (web->server) {
        events_flush(web->events);
    }
    http_server_stop(web->server);
    events_stop(web->events);
    stream_destroy(web->stream);
    run_metrics_fini(&web->metrics);
    web->server = NULL;
}
