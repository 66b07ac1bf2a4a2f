#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/http/listener.h"
#include "common/process/std_streams.h"
#include "target-api/admin.h"
#include "target-api/exposition.h"
#include "target-api/http/metrics.h"
#include "target-api/http/server.h"
#include "target-api/options.h"
#include "target-api/router.h"
#include "target-api/users/store.h"

/* Every thread inherits the mask, so only sigwait receives these signals. */
static void block_signals(sigset_t *stop)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* exceeding RLIMIT_FSIZE is a write error */
    sigemptyset(stop);
    sigaddset(stop, SIGTERM);
    sigaddset(stop, SIGINT);
    sigprocmask(SIG_BLOCK, stop, NULL);
}

static void serve(struct server *server, const char *api, const char *admin, const sigset_t *stop)
{
    printf("target-api: ready on %s, admin %s\n", api, admin);
    fflush(stdout);
    int received = 0;
    sigwait(stop, &received);
    server_drain(server);
}

/* Started in this order. */
struct program {
    struct listener api;
    struct listener admin_listener;
    struct store *store;
    struct metrics *metrics;
    struct service service;
    struct server *server;
    struct exposition exposition;
    struct side_port *admin;
};

/* `flag` is the port's, for the error. */
static bool listen_at(struct listener *listener, const char *bind, uint16_t port, const char *flag,
                      struct err *err)
{
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (getaddrinfo(bind, service, &hints, &found) != 0) {
        return err_set(
            err, ERR_USAGE,
            "-bind: \"%s\" is not an IPv4 or IPv6 address, such as 127.0.0.1 or ::", bind);
    }
    bool ok = listener_open(listener, found->ai_addr, found->ai_addrlen, err);
    freeaddrinfo(found);
    return ok || err_prefix(err, "-%s", flag);
}

static bool start(struct program *program, const struct target_options *options, struct err *err)
{
    struct store_options store = {.path = options->store_path,
                                  .users_max = options->limits.users,
                                  .bytes_max = options->limits.users_bytes};
    if (!listen_at(&program->api, options->bind, options->port, "port", err) ||
        !listen_at(&program->admin_listener, options->bind, options->admin_port, "admin-port",
                   err) ||
        !(program->store = store_create(&store, err)) ||
        !(program->metrics = metrics_create(options->threads, router_count(), err))) {
        return false;
    }
    program->service = (struct service){.store = program->store,
                                        .has_test_endpoints = options->has_test_endpoints,
                                        .is_sample_webapp = options->is_sample_webapp};
    struct server_options server = {.threads = options->threads,
                                    .limits = options->limits,
                                    .answer = router_answer,
                                    .service = &program->service,
                                    .has_delays = options->has_test_endpoints,
                                    .metrics = program->metrics};
    program->server = server_start(&program->api, &server, err);
    program->exposition = (struct exposition){.metrics = program->metrics,
                                              .server = program->server,
                                              .store = program->store,
                                              .start_s = (double)clock_wall_ns() / (double)NS_PER_S,
                                              .pod = options->pod,
                                              .node = options->node,
                                              .namespace = options->namespace};
    return program->server &&
           (program->admin = admin_start(&program->admin_listener, &program->exposition, err));
}

static bool run(const struct target_options *options, const sigset_t *stop, struct err *err)
{
    struct program program = {.api.socket = -1, .admin_listener.socket = -1};
    bool ok = start(&program, options, err);
    if (ok) {
        serve(program.server, program.api.address, program.admin_listener.address, stop);
    }
    /* The admin port reads the server, and the server what is below. */
    side_port_stop(program.admin);
    server_stop(program.server);
    metrics_destroy(program.metrics);
    store_destroy(program.store);
    listener_close(&program.admin_listener);
    listener_close(&program.api);
    return ok;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct target_options options = {0};
    enum cli_result result = CLI_BAD;
    if (std_streams_open(&err)) {
        result = target_options_parse(&options, argc, argv, &err);
    }
    if (result == CLI_DONE) {
        return EXIT_SUCCESS;
    }
    sigset_t stop;
    block_signals(&stop);
    if (result == CLI_OK && run(&options, &stop, &err)) {
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "target-api: %s\n", err.text);
    return err.code;
}
