#include "target-api/http/api.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/http/head.h"
#include "target-api/http/answer.h"

enum MHD_Result api_accept(void *cls, const struct sockaddr *address, socklen_t len)
{
    (void)address;
    (void)len;
    const struct api *api = cls;
    return connections_reserve(api->connections) ? MHD_YES : MHD_NO;
}

void api_connection(void *cls, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode what)
{
    const struct api *api = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections_close(api->connections, *context);
        *context = NULL;
        return;
    }
    int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    *context = connections_open(api->connections, socket, metrics_own_shard(api->metrics));
}

static struct connection *connection_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void *api_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct api *api = cls;
    struct request *request = request_create(uri);
    head_cut_query(uri);
    if (request) {
        request_limit(request, api->limits->body_bytes, &api->budget);
        request->begun_ns = clock_now_ns();
        struct connection *c = connection_of(connection);
        connection_begin(c, request->begun_ns);
        metrics_begin(connection_shard(c));
    }
    return request;
}

void api_end(void *cls, struct MHD_Connection *connection, void **context,
             enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)why;
    if (*context) {
        struct connection *c = connection_of(connection);
        request_destroy(*context);
        *context = NULL;
        connection_end(c);
        metrics_end(connection_shard(c));
    }
}

/* Counts and queues an answer; all answers pass here. */
static enum MHD_Result queue(struct api *api, struct MHD_Connection *connection,
                             struct request *request, size_t route, struct reply *reply)
{
    struct connection *c = connection_of(connection);
    struct metrics_shard *shard = connection_shard(c);
    metrics_count(shard, route, request->method, reply->status, clock_now_ns() - request->begun_ns);
    connection_answered(c);
    if (atomic_load_explicit(&api->is_draining, memory_order_relaxed)) {
        return answer_queue_last(connection, reply);
    }
    return answer_queue(&api->answers[metrics_shard_index(shard)], connection, reply);
}

/* Suspends the connection until the reply is due; libmicrohttpd then calls the handler again. */
static enum MHD_Result delay(struct api *api, struct MHD_Connection *connection,
                             struct request *request, size_t route, struct reply reply)
{
    uint64_t due_ns = clock_now_ns() + reply.delay_ns;
    request->has_reply = true;
    request->reply = reply;
    request->route = route;
    MHD_suspend_connection(connection);
    if (!delays_add(api->delays, due_ns, connection)) {
        reply_release(&request->reply);
        request->reply = reply_unavailable();
        MHD_resume_connection(connection);
    }
    return MHD_YES;
}

void api_resume(void *connection)
{
    MHD_resume_connection(connection);
}

static enum MHD_Result answer(struct api *api, struct MHD_Connection *connection,
                              struct request *request)
{
    struct reply reply;
    if (request->has_reply) {
        reply = request->reply;
        request->reply = (struct reply){0};
        return queue(api, connection, request, request->route, &reply);
    }
    connection_received(connection_of(connection));
    if (request->body.len > 0) {
        request->content_type =
            MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    }
    size_t route = 0;
    reply = api->answer(api->service, request, &route);
    if (reply.delay_ns > 0 && api->delays) {
        return delay(api, connection, request, route, reply);
    }
    return queue(api, connection, request, route, &reply);
}

/* The announced body is too long even to be discarded. */
static bool is_body_hopeless(const struct api *api, struct MHD_Connection *connection,
                             const char *method)
{
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0) {
        return false; /* the common case skips the lookup; a body would be discarded as it comes */
    }
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > api->limits->body_bytes + REQUEST_DROPPED_MAX;
}

static struct reply refuse_head(unsigned status)
{
    return reply_static(status, status == MHD_HTTP_NOT_IMPLEMENTED
                                    ? "{\"detail\":\"Not Implemented\"}"
                                    : "{\"detail\":\"Bad Request\"}");
}

/*
 * Refuses a request once its headers are read. An answer at this point closes the connection, so it
 * is only for requests that exceed a limit or cannot be trusted.
 */
static enum MHD_Result check_headers(struct api *api, struct MHD_Connection *connection,
                                     struct request *request, const char *version)
{
    const struct head_line line = {request->method, request->uri_end, version};
    unsigned bad = request->is_uri_bad ? MHD_HTTP_BAD_REQUEST : head_check(connection, &line);
    const union MHD_ConnectionInfo *header =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    struct reply reply;
    if (header && header->header_size > api->limits->header_bytes) {
        reply = reply_static(431, "{\"detail\":\"Request Header Fields Too Large\"}");
    } else if (bad) {
        reply = refuse_head(bad);
    } else if (is_body_hopeless(api, connection, request->method)) {
        reply = reply_static(413, "{\"detail\":\"Request Entity Too Large\"}");
    } else {
        return MHD_YES;
    }
    connection_received(connection_of(connection));
    return queue(api, connection, request, SIZE_MAX, &reply);
}

enum MHD_Result api_handle(void *cls, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *upload_data,
                           size_t *upload_data_size, void **context)
{
    (void)url; /* libmicrohttpd's decoding ends at a %00 */
    struct request *request = *context;
    if (!request) {
        return MHD_NO;
    }
    if (!request->method) {
        request->method = method;
        return check_headers(cls, connection, request, version);
    }
    if (*upload_data_size > 0) {
        bool ok = request_add_body(request, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return ok ? MHD_YES : MHD_NO;
    }
    return answer(cls, connection, request);
}

void api_log(void *cls, const char *format, va_list args)
{
    static const char rejecting[] = "Error processing request (HTTP response code is %u";
    const struct api *api = cls;
    if (strncmp(format, rejecting, sizeof rejecting - 1) == 0) {
        struct metrics_shard *shard = metrics_own_shard(api->metrics);
        if (shard) {
            metrics_count_rejected(shard, va_arg(args, unsigned));
        }
    }
}
