#include "loadgen/web/http/server.h"

#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/http/connection_lru.h"
#include "common/http/head.h"
#include "loadgen/web/http/arrival.h"
#include "loadgen/web/http/headers.h"

enum {
    SEND_BUFFER = 256 * 1024, /* bytes that the kernel buffers for a client that does not read */
    REPLIES_MS = 500,         /* time for the last replies when the server stops */
};

_Static_assert(STREAM_CLIENTS <= HTTP_CONNECTIONS / 2, "some connections are for other requests");

struct http_server {
    struct MHD_Daemon *daemon;
    struct connection_lru *lru; /* the serving thread's */
    struct stream *stream;
    http_answer_fn *answer;
    void *context;
    pthread_mutex_t lock; /* guards the fields below; held only for a few instructions */
    bool is_stopping;
    uint64_t calls; /* of http_server_resume */
    size_t resumed; /* resumed requests whose reply has not been sent */
    size_t waiting_count;
    struct MHD_Connection *waiting[HTTP_CONNECTIONS_MAX]; /* suspended */
};

static void *begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    (void)cls;
    (void)connection;
    return arrival_begin(uri);
}

static struct lru_entry *entry_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* Call this when a resumed request has ended, or waits again. */
static void note_resumed(struct http_server *server, struct arrival *arrival)
{
    if (arrival->is_counted) {
        pthread_mutex_lock(&server->lock);
        server->resumed -= server->resumed > 0;
        pthread_mutex_unlock(&server->lock);
        arrival->is_counted = false;
    }
}

static void end(void *cls, struct MHD_Connection *connection, void **context,
                enum MHD_RequestTerminationCode why)
{
    (void)why;
    struct http_server *server = cls;
    struct arrival *arrival = *context;
    connection_lru_set_idle(server->lru, entry_of(connection));
    if (arrival) {
        note_resumed(server, arrival);
        arrival_free(arrival);
        *context = NULL;
    }
}

static void open_or_close(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        connection_lru_remove(server->lru, *context);
        return;
    }
    int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    *context = connection_lru_add(server->lru, socket);
}

/* Replies. */

/* Takes ownership of the reply's body or file, unless it fails. */
static struct MHD_Response *create_response(struct http_server *server,
                                            struct MHD_Connection *connection,
                                            struct http_reply *reply)
{
    if (reply->has_file) {
        return MHD_create_response_from_fd64(reply->file_size, reply->file);
    }
    if (reply->body.has_failed) {
        return NULL;
    }
    return reply->is_stream ? stream_join(server->stream, connection, &reply->body, reply->from)
                            : MHD_create_response_from_buffer(reply->body.length, reply->body.at,
                                                              MHD_RESPMEM_MUST_FREE);
}

static void free_reply(struct http_reply *reply)
{
    bytes_free(&reply->body);
    if (reply->has_file) {
        close(reply->file);
    }
}

/* Takes ownership of the reply's body or file. */
static enum MHD_Result queue(struct http_server *server, struct MHD_Connection *connection,
                             struct http_reply *reply)
{
    struct MHD_Response *response = create_response(server, connection, reply);
    if (!response) {
        free_reply(reply);
        return MHD_NO;
    }
    headers_add(response, reply);
    if (reply->is_stream) {
        connection_lru_set_lasting(server->lru, entry_of(connection));
    } else {
        connection_lru_set_busy(server->lru, entry_of(connection));
    }
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result queue_text(struct http_server *server, struct MHD_Connection *connection,
                                  unsigned status, const char *text)
{
    struct http_reply reply;
    http_reply_text(&reply, status, text);
    return queue(server, connection, &reply);
}

/* Requests. */

/* The result of suspending a request. */
enum suspension { SUSPENDED, TOO_LATE, REFUSED };

static uint64_t count_calls(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    uint64_t calls = server->calls;
    pthread_mutex_unlock(&server->lock);
    return calls;
}

/*
 * `calls` is the count before `answer` was called. If it has changed, http_server_resume has missed
 * this request, which must be answered again.
 */
static enum suspension suspend(struct http_server *server, struct MHD_Connection *connection,
                               uint64_t calls)
{
    enum suspension result = REFUSED;
    pthread_mutex_lock(&server->lock);
    if (server->calls != calls) {
        result = TOO_LATE;
    } else if (!server->is_stopping && server->waiting_count < HTTP_CONNECTIONS_MAX) {
        MHD_suspend_connection(connection);
        server->waiting[server->waiting_count++] = connection;
        result = SUSPENDED;
    }
    pthread_mutex_unlock(&server->lock);
    return result;
}

static enum MHD_Result answer(struct http_server *server, struct MHD_Connection *connection,
                              struct arrival *arrival)
{
    enum suspension suspension = TOO_LATE;
    if (!arrival_complete(arrival, connection)) {
        return MHD_NO;
    }
    while (suspension == TOO_LATE) {
        struct http_reply reply = {0};
        uint64_t calls = count_calls(server);
        server->answer(server->context, &arrival->request, &reply);
        if (!reply.waits) {
            return queue(server, connection, &reply);
        }
        note_resumed(server, arrival);
        arrival->request.is_resumed = true;
        suspension = suspend(server, connection, calls);
    }
    arrival->is_counted = suspension == SUSPENDED;
    return suspension == SUSPENDED ? MHD_YES : MHD_NO;
}

/* The head has arrived. */
static enum MHD_Result begin_body(struct http_server *server, struct MHD_Connection *connection,
                                  const char *version, struct arrival *arrival)
{
    unsigned bad = arrival_check_head(arrival, connection, version);
    if (bad) {
        return queue_text(server, connection, bad, head_reason(bad));
    }
    return arrival->is_refused ? answer(server, connection, arrival) : MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **context)
{
    struct http_server *server = cls;
    struct arrival *arrival = *context;
    if (!arrival) {
        return MHD_NO; /* out of memory */
    }
    if (!arrival->has_head) {
        arrival->request.method = method;
        arrival->request.path = url;
        return begin_body(server, connection, version, arrival);
    }
    if (*upload_data_size > 0) {
        bool goes_on = arrival_add_body(arrival, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    return answer(server, connection, arrival);
}

/* Blocks signals in the new thread; another thread handles them. */
static struct MHD_Daemon *start_daemon(struct http_server *server, int socket)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* clang-format off */
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME,
        0, NULL, NULL, handle, server,
        MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
        MHD_OPTION_NOTIFY_CONNECTION, open_or_close, server,
        MHD_OPTION_URI_LOG_CALLBACK, begin, server,
        MHD_OPTION_NOTIFY_COMPLETED, end, server,
        MHD_OPTION_END);
    /* clang-format on */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

struct http_server *http_server_start(struct listener *listener, struct stream *stream,
                                      http_answer_fn *answer_request, void *context,
                                      struct err *err)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server || !(server->lru = connection_lru_create(HTTP_CONNECTIONS, HTTP_CONNECTIONS_MAX))) {
        free(server);
        listener_close(listener);
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    pthread_mutex_init(&server->lock, NULL);
    server->stream = stream;
    server->answer = answer_request;
    server->context = context;
    int room = SEND_BUFFER; /* connections inherit it */
    setsockopt(listener->socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    server->daemon = start_daemon(server, listener->socket);
    if (!server->daemon) {
        listener_close(listener);
        http_server_stop(server);
        err_set(err, ERR_FAILED, "cannot start the thread that serves %s", listener->address);
        return NULL;
    }
    listener->socket = -1;
    return server;
}

static void resume_all(struct http_server *server, bool is_stopping)
{
    pthread_mutex_lock(&server->lock);
    server->is_stopping = is_stopping;
    server->calls++;
    server->resumed += server->waiting_count;
    while (server->waiting_count > 0) {
        MHD_resume_connection(server->waiting[--server->waiting_count]);
    }
    pthread_mutex_unlock(&server->lock);
}

void http_server_resume(struct http_server *server)
{
    resume_all(server, false);
}

/* Waits until resumed requests have their replies, and streams have ended. */
static void wait_for_replies(struct http_server *server)
{
    size_t left = 1;
    for (int i = 0; left > 0 && i < REPLIES_MS; i++) {
        pthread_mutex_lock(&server->lock);
        left = server->resumed;
        pthread_mutex_unlock(&server->lock);
        left += stream_clients(server->stream);
        poll(NULL, 0, left > 0 ? 1 : 0);
    }
}

void http_server_stop(struct http_server *server)
{
    if (!server) {
        return;
    }
    if (server->daemon) {
        stream_end(server->stream);
        wait_for_replies(server);
        resume_all(server, true); /* a daemon must not be stopped while a connection is suspended */
        MHD_stop_daemon(server->daemon);
    }
    connection_lru_destroy(server->lru);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
