#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "target-api/admin.h"
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

static bool run(const struct target_options *options, const sigset_t *stop, struct err *err)
{
    struct listener api = {.socket = -1};
    struct listener second = {.socket = -1};
    struct store *store = NULL;
    struct metrics *metrics = NULL;
    struct server *server = NULL;
    struct admin *admin = NULL;
    bool ok = listener_open(&api, options->bind, options->port, "port", err) &&
              listener_open(&second, options->bind, options->admin_port, "admin-port", err) &&
              (store = store_create(err)) && (metrics = metrics_create(err)) &&
              (server = server_start(&api, options->threads, store, metrics, err)) &&
              (admin = admin_start(&second, server, metrics, err));
    if (ok) {
        serve(server, api.address, second.address, stop);
    }
    /* The server before what it borrows; but the second port reads the server's state. */
    admin_stop(admin);
    server_stop(server);
    metrics_destroy(metrics);
    store_destroy(store);
    listener_close(&second);
    listener_close(&api);
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
