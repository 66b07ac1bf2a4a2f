#include "common/http/side_port.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/http/connection_lru.h"
#include "common/http/head.h"

enum {
    IDLE_MAX_S = 120,        /* more than the interval of any scraper */
    SEND_BUFFER = 64 * 1024, /* bytes that the kernel holds for a client that does not read */
};

struct side_port {
    struct MHD_Daemon *daemon;
    struct connection_lru *lru; /* the serving thread's */
    side_port_fn *answer;
    void *context;
};

static struct MHD_Response *create(char *text, size_t length, enum MHD_ResponseMemoryMode mode,
                                   const char *type)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(length, text, mode);
    if (response) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    }
    return response;
}

struct MHD_Response *side_port_text(const char *text)
{
    /* libmicrohttpd only reads the text, but asks for a pointer that could write. */
    union {
        const char *shown;
        char *text;
    } constant = {.shown = text};
    return create(constant.text, strlen(text), MHD_RESPMEM_PERSISTENT, "text/plain; charset=utf-8");
}

struct MHD_Response *side_port_metrics(char *text, size_t length, enum MHD_ResponseMemoryMode mode)
{
    return create(text, length, mode, "text/plain; version=0.0.4; charset=utf-8");
}

static struct lru_entry *entry_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* Takes the response over. */
static enum MHD_Result queue(struct side_port *port, struct MHD_Connection *connection,
                             unsigned status, struct MHD_Response *response)
{
    if (!response) {
        return MHD_NO;
    }
    connection_lru_set_busy(port->lru, entry_of(connection));
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_path(struct side_port *port, struct MHD_Connection *connection,
                                   const char *method, const char *path)
{
    unsigned status = MHD_HTTP_OK;
    struct MHD_Response *response = port->answer(port->context, path, &status);
    bool is_read =
        strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (response && !is_read && status != MHD_HTTP_NOT_FOUND) {
        MHD_destroy_response(response);
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
        response = side_port_text("method not allowed\n");
        if (response) {
            MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        }
    }
    return queue(port, connection, status, response);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **context)
{
    (void)upload_data;
    struct side_port *port = cls;
    if (!*context) {
        *context = cls; /* not NULL; an answer on this call closes the connection */
        const struct head_line line = {.method = method, .version = version};
        unsigned bad = head_check(connection, &line);
        return bad ? queue(port, connection, bad, side_port_text(head_reason(bad))) : MHD_YES;
    }
    if (*upload_data_size > 0) {
        *upload_data_size = 0;
        return MHD_YES;
    }
    return answer_path(port, connection, method, url);
}

static void *begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    (void)cls;
    (void)connection;
    head_cut_query(uri);
    return NULL;
}

static void end(void *cls, struct MHD_Connection *connection, void **context,
                enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)why;
    struct side_port *port = cls;
    connection_lru_set_idle(port->lru, entry_of(connection));
}

static void open_or_close(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct side_port *port = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        connection_lru_remove(port->lru, *context);
        return;
    }
    int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    *context = connection_lru_add(port->lru, socket);
}

/* Signals are for the thread that waits for them. */
static struct MHD_Daemon *start_daemon(struct side_port *port, int socket, size_t open_max)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* clang-format off */
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD,
        0, NULL, NULL, handle, port,
        MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)open_max,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S,
        MHD_OPTION_NOTIFY_CONNECTION, open_or_close, port,
        MHD_OPTION_URI_LOG_CALLBACK, begin, port,
        MHD_OPTION_NOTIFY_COMPLETED, end, port,
        MHD_OPTION_END);
    /* clang-format on */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

struct side_port *side_port_start(struct listener *listener, size_t connections,
                                  side_port_fn *answer, void *context, struct err *err)
{
    struct side_port *port = calloc(1, sizeof *port);
    if (!port || !(port->lru = connection_lru_create(connections, 2 * connections))) {
        free(port);
        listener_close(listener);
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    port->answer = answer;
    port->context = context;
    int room = SEND_BUFFER; /* connections inherit it */
    setsockopt(listener->socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    port->daemon = start_daemon(port, listener->socket, 2 * connections);
    if (!port->daemon) {
        listener_close(listener);
        side_port_stop(port);
        err_set(err, ERR_FAILED, "cannot start the thread that serves %s", listener->address);
        return NULL;
    }
    listener->socket = -1;
    return port;
}

void side_port_stop(struct side_port *port)
{
    if (port) {
        if (port->daemon) {
            MHD_stop_daemon(port->daemon);
        }
        connection_lru_destroy(port->lru);
        free(port);
    }
}
