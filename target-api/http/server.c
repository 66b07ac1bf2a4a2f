#include "target-api/http/server.h"

#include <linux/filter.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/plural.h"
#include "common/process/file_limit.h"
#include "target-api/http/api.h"
#include "target-api/http/delays.h"

enum {
    /* Memory of a connection for parsed headers and the head of the answer. */
    POOL_BESIDE_HEADER = 4096,
};

/* Descriptors besides connections: the admin port's and a few more. */
static const uint64_t files_beside = 320;

static const uint64_t drain_max_ns = 10 * NS_PER_S;
/* For requests still on the network. A client without CPU quota pauses for up to 100 ms. */
static const uint64_t drain_quiet_ns = 250 * NS_PER_MS;
static const uint64_t handshake_ns = 20 * NS_PER_MS; /* several round trips within a cluster */
static const uint64_t drain_step_ns = 2 * NS_PER_MS;

struct server {
    struct MHD_Daemon *daemon;
    MHD_socket quiesced; /* the listening socket after MHD_quiesce_daemon */
    struct limits limits;
    size_t threads;
    struct api api;
};

/* A connection that cannot be accepted for lack of a descriptor would hang. */
static uint64_t limit_by_files(uint64_t connections)
{
    file_limit_raise();
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) {
        return connections;
    }
    uint64_t most =
        files.rlim_cur > 2 * files_beside ? files.rlim_cur - files_beside : files.rlim_cur / 2;
    return connections < most ? connections : most;
}

/*
 * api_accept limits connections, because libmicrohttpd lets those beyond its own limit hang. Its
 * own limit is divided among the threads, so it is set high enough to be out of reach for each.
 */
static struct MHD_Daemon *start_daemon(struct server *server, MHD_socket socket, unsigned threads)
{
    const struct limits *limits = &server->limits;
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    flags |= server->api.delays ? MHD_ALLOW_SUSPEND_RESUME : 0U;
    /* clang-format off */
    return MHD_start_daemon(
        flags,
        0, api_accept, &server->api, api_handle, &server->api,
        MHD_OPTION_EXTERNAL_LOGGER, api_log, &server->api,
        MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)(limits->connections + 1) * threads,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)limits->header_bytes + POOL_BESIDE_HEADER,
        MHD_OPTION_NOTIFY_CONNECTION, api_connection, &server->api,
        MHD_OPTION_URI_LOG_CALLBACK, api_begin, &server->api,
        MHD_OPTION_NOTIFY_COMPLETED, api_end, &server->api,
        MHD_OPTION_END);
    /* clang-format on */
}

static bool start(struct server *server, const struct server_options *options,
                  struct listener *listener, struct err *err)
{
    struct api *api = &server->api;
    server->limits = options->limits;
    server->limits.connections = limit_by_files(options->limits.connections);
    server->threads = options->threads;
    api->answers = calloc(options->threads, sizeof *api->answers);
    if (!api->answers) {
        return err_set(err, ERR_FAILED, "not enough memory");
    }
    api->answer = options->answer;
    api->service = options->service;
    api->metrics = options->metrics;
    api->limits = &server->limits;
    api->budget.limit_bytes = options->limits.bodies_bytes;
    api->connections =
        connections_create(server->limits.connections, server->limits.request_s * NS_PER_S,
                           server->limits.idle_s * NS_PER_S, err);
    if (!api->connections ||
        (options->has_delays && !(api->delays = delays_create(api_resume, err)))) {
        return false;
    }
    server->daemon = start_daemon(server, listener->socket, options->threads);
    if (!server->daemon) {
        return err_set(err, ERR_FAILED, "cannot start %u %s for %s; lower -threads",
                       options->threads, plural(options->threads, "thread", "threads"),
                       listener->address);
    }
    listener->socket = -1;
    return true;
}

struct server *server_start(struct listener *listener, const struct server_options *options,
                            struct err *err)
{
    struct server *server = calloc(1, sizeof *server);
    if (!server) {
        listener_close(listener);
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    server->quiesced = MHD_INVALID_SOCKET;
    if (!start(server, options, listener, err)) {
        listener_close(listener);
        server_stop(server);
        return NULL;
    }
    return server;
}

bool server_is_draining(const struct server *server)
{
    return atomic_load_explicit(&server->api.is_draining, memory_order_relaxed);
}

struct connections_counts server_connections(const struct server *server)
{
    return connections_count(server->api.connections);
}

static void sleep_ns(uint64_t ns)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)ns}, NULL);
}

/*
 * From now on the kernel drops SYNs. Later packets pass: where only the last ACK of a handshake is
 * missing, the client already regards the connection as open and sends its request.
 */
static void stop_handshakes(int socket)
{
    enum { FLAGS_OFFSET = 13, SYN = 2 }; /* of the TCP header */
    struct sock_filter drop[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_OFFSET),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = {.len = sizeof drop / sizeof drop[0], .filter = drop};
    setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static void accept_backlog(struct server *server)
{
    for (;;) {
        struct sockaddr_storage address;
        socklen_t len = sizeof address;
        int connection = accept4(server->quiesced, (struct sockaddr *)&address, &len,
                                 SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection < 0) {
            return;
        }
        MHD_add_connection(server->daemon, connection, (struct sockaddr *)&address, len);
    }
}

/*
 * Accepts the connections in the backlog and those whose handshake has begun, because their
 * requests may be on their way: closing would reset them. Then the kernel refuses new ones. The
 * socket is shut down but not closed, because a thread may be about to accept and must not find
 * another file under its number.
 */
static void refuse_connections(struct server *server)
{
    server->quiesced = MHD_quiesce_daemon(server->daemon);
    if (server->quiesced == MHD_INVALID_SOCKET) {
        return;
    }
    stop_handshakes(server->quiesced);
    uint64_t until = clock_now_ns() + handshake_ns;
    do {
        accept_backlog(server);
        sleep_ns(drain_step_ns);
    } while (clock_now_ns() < until);
    shutdown(server->quiesced, SHUT_RDWR);
}

void server_drain(struct server *server)
{
    atomic_store(&server->api.is_draining, true);
    refuse_connections(server);
    uint64_t now = clock_now_ns();
    uint64_t deadline = now + drain_max_ns;
    uint64_t quiet_since = now;
    uint64_t seen = metrics_progress(server->api.metrics).begun;
    while (now < deadline && now - quiet_since < drain_quiet_ns) {
        sleep_ns(drain_step_ns);
        now = clock_now_ns();
        if (connections_count(server->api.connections).open == 0) {
            return;
        }
        struct metrics_progress progress = metrics_progress(server->api.metrics);
        if (progress.begun != seen || progress.begun != progress.ended) {
            seen = progress.begun;
            quiet_since = now;
        }
    }
}

void server_stop(struct server *server)
{
    if (!server) {
        return;
    }
    if (server->api.delays) { /* a daemon must not be stopped while a connection is suspended */
        delays_end(server->api.delays);
    }
    if (server->daemon) {
        MHD_stop_daemon(server->daemon);
    }
    if (server->quiesced != MHD_INVALID_SOCKET) {
        close(server->quiesced);
    }
    for (size_t i = 0; server->api.answers && i < server->threads; i++) {
        answers_fini(&server->api.answers[i]);
    }
    free(server->api.answers);
    delays_destroy(server->api.delays);
    connections_destroy(server->api.connections);
    free(server);
}
