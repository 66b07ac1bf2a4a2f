#include "target-api/server.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file_limit.h"
#include "target-api/answer.h"
#include "target-api/request.h"
#include "target-api/router.h"

enum { CONNECTIONS_MAX = 16384 };

static const uint64_t drain_max_ns = 10 * NS_PER_S;
static const uint64_t drain_quiet_ns = 100 * NS_PER_MS; /* for what the network still carries */
static const uint64_t drain_step_ns = 2 * NS_PER_MS;

struct server {
    struct MHD_Daemon *daemon;
    MHD_socket quiesced; /* the listening socket, once it no longer listens */
    struct store *store;
    struct metrics *metrics;
    atomic_bool is_draining;
    atomic_uint_fast64_t started; /* requests whose request line was read */
    atomic_uint_fast64_t ended;   /* of these: answered or given up */
};

/* libmicrohttpd calls this with the request line, before anything else: what it returns is
 * *context. */
static void *begin_request(void *cls, const char *uri, struct MHD_Connection *connection)
{
    (void)connection;
    struct server *server = cls;
    struct request *request = request_create(uri);
    if (request) {
        atomic_fetch_add(&server->started, 1);
    }
    return request;
}

static void end_request(void *cls, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode why)
{
    (void)connection;
    (void)why;
    struct server *server = cls;
    if (*context) {
        request_destroy(*context);
        *context = NULL;
        atomic_fetch_add(&server->ended, 1);
    }
}

static enum MHD_Result answer_request(struct server *server, struct MHD_Connection *connection,
                                      struct request *request)
{
    request->content_type =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    size_t route = 0;
    struct reply reply = router_answer(server->store, request, &route);
    metrics_count(server->metrics, route, request->method, reply.status);
    return answer_queue(connection, &reply, server_is_draining(server));
}

/* Called with the headers, with each piece of the body, and at the end of the request. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **context)
{
    (void)url; /* decoded by rules that are not ours: a %00 would cut it short */
    (void)version;
    struct request *request = *context;
    if (!request) {
        return MHD_NO;
    }
    if (!request->method) {
        request->method = method;
        return MHD_YES; /* an answer on the first call would close the connection */
    }
    if (*upload_data_size > 0) {
        bool goes_on = request_add_body(request, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    return answer_request(cls, connection, request);
}

struct server *server_start(struct listener *listener, unsigned threads, struct store *store,
                            struct metrics *metrics, struct err *err)
{
    struct server *server = calloc(1, sizeof *server);
    if (!server) {
        listener_close(listener);
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    server->quiesced = MHD_INVALID_SOCKET;
    server->store = store;
    server->metrics = metrics;
    file_limit_raise();
    /* clang-format off */
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_USE_ITC,
        0, NULL, NULL, handle, server,
        MHD_OPTION_LISTEN_SOCKET, listener->socket,
        MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_URI_LOG_CALLBACK, begin_request, server,
        MHD_OPTION_NOTIFY_COMPLETED, end_request, server,
        MHD_OPTION_END);
    /* clang-format on */
    if (!server->daemon) {
        listener_close(listener);
        free(server);
        err_set(err, ERR_FAILED, "cannot start %u threads for %s; try a smaller -threads", threads,
                listener->address);
        return NULL;
    }
    listener->socket = -1;
    return server;
}

bool server_is_draining(const struct server *server)
{
    return atomic_load_explicit(&server->is_draining, memory_order_relaxed);
}

static bool has_connections(const struct server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return !info || info->num_connections > 0;
}

static void sleep_ns(uint64_t ns)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)ns}, NULL);
}

/*
 * From now on the kernel refuses. Shut down and not yet closed: a thread may be about to accept,
 * and must not find another file under the same number.
 */
static void refuse_connections(struct server *server)
{
    server->quiesced = MHD_quiesce_daemon(server->daemon);
    if (server->quiesced != MHD_INVALID_SOCKET) {
        shutdown(server->quiesced, SHUT_RDWR);
    }
}

void server_drain(struct server *server)
{
    atomic_store(&server->is_draining, true);
    refuse_connections(server);
    uint64_t now = clock_now_ns();
    uint64_t give_up = now + drain_max_ns;
    uint64_t quiet_since = now;
    uint64_t seen = atomic_load(&server->started);
    while (now < give_up && now - quiet_since < drain_quiet_ns) {
        sleep_ns(drain_step_ns);
        now = clock_now_ns();
        if (!has_connections(server)) {
            return;
        }
        uint64_t ended = atomic_load(&server->ended);
        uint64_t started = atomic_load(&server->started);
        if (started != seen || started != ended) {
            seen = started;
            quiet_since = now;
        }
    }
}

void server_stop(struct server *server)
{
    if (server) {
        MHD_stop_daemon(server->daemon);
        if (server->quiesced != MHD_INVALID_SOCKET) {
            close(server->quiesced);
        }
        free(server);
    }
}
