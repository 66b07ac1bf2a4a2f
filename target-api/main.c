#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "target-api/admin.h"
#include "target-api/exposition.h"
#include "target-api/listener.h"
#include "target-api/metrics.h"
#include "target-api/options.h"
#include "target-api/server.h"
#include "target-api/store.h"

/* Blocked before any thread starts, so that every thread inherits it and only sigwait sees them. */
static void block_signals(sigset_t *stop)
{
    signal(SIGPIPE, SIG_IGN);
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

/* Everything that is started, in this order. */
struct program {
    struct listener api;
    struct listener second;
    struct store *store;
    struct metrics *metrics;
    struct service service;
    struct server *server;
    struct exposition exposition;
    struct admin *admin;
};

static bool start(struct program *program, const struct target_options *options, struct err *err)
{
    struct store_options store = {.path = options->store_path,
                                  .users_max = options->limits.users,
                                  .bytes_max = options->limits.users_bytes};
    if (!listener_open(&program->api, options->bind, options->port, "port", err) ||
        !listener_open(&program->second, options->bind, options->admin_port, "admin-port", err) ||
        !(program->store = store_create(&store, err)) ||
        !(program->metrics = metrics_create(options->threads, err))) {
        return false;
    }
    program->service = (struct service){program->store, options->has_test_endpoints};
    struct server_options server = {.threads = options->threads,
                                    .limits = options->limits,
                                    .service = &program->service,
                                    .metrics = program->metrics};
    program->server = server_start(&program->api, &server, err);
    program->exposition = (struct exposition){.metrics = program->metrics,
                                              .server = program->server,
                                              .store = program->store,
                                              .start_s = (double)clock_wall_ns() / (double)NS_PER_S,
                                              .pod = options->pod,
                                              .node = options->node,
                                              .namespace = options->namespace};
    return program->server && (program->admin = admin_start(&program->second, program->server,
                                                            &program->exposition, err));
}

static bool run(const struct target_options *options, const sigset_t *stop, struct err *err)
{
    struct program program = {.api.socket = -1, .second.socket = -1};
    bool ok = start(&program, options, err);
    if (ok) {
        serve(program.server, program.api.address, program.second.address, stop);
    }
    /* The server before what it borrows; but the second port reads the server's state. */
    admin_stop(program.admin);
    server_stop(program.server);
    metrics_destroy(program.metrics);
    store_destroy(program.store);
    listener_close(&program.second);
    listener_close(&program.api);
    return ok;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct target_options options = {0};
    enum cli_result result = target_options_parse(&options, argc, argv, &err);
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
