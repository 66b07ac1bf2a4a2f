#include "loadgen/selftest/client.h"

#include <math.h>
#include <stdio.h>

#include "common/clock.h"
#include "loadgen/agenda/driver.h"
#include "loadgen/order/plan.h"

/* Bounds the wait for answers after the last request. */
#define TIMEOUT_NS (2 * NS_PER_S)

enum {
    CONNECTIONS_MAX = 1024,
    RATE_SCALE = 1000, /* rates are whole numbers per RATE_SCALE seconds */
    URL_TEXT = 64,
};

bool client_open(struct client *client, const struct null_server *server, unsigned threads,
                 const struct control *control, struct err *err)
{
    const struct message_defaults defaults = {.keepalive = true};
    char url[URL_TEXT];
    *client = (struct client){.server = server, .control = control, .threads = threads};
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server->port);
    if (!targets_single(&client->targets, url, &defaults, err)) {
        return false;
    }
    client->source = source_of(client->targets.requests, client->targets.count);
    return true;
}

void client_close(struct client *client)
{
    targets_free(&client->targets);
}

static bool send_all(struct client *client, const struct schedule *schedule, uint64_t workers,
                     struct client_run *measured, struct err *err)
{
    const struct plan plan = {
        .schedule = *schedule,
        .timeout_ns = TIMEOUT_NS,
        .max_workers = workers,
        .max_connections = CONNECTIONS_MAX,
        .max_idle = CONNECTIONS_MAX,
        .max_redirects = -1,
        .keepalive = true,
        .counts_only = true,
        .threads = client->threads,
    };
    const struct order order = {&plan, &client->targets, &client->source};
    const struct observer observer = {0};
    *measured = (struct client_run){.summary = summary_create()};
    if (!measured->summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    uint64_t before_ns = null_server_cpu_ns(client->server);
    bool ok = run(&order, &driver_agenda, client->control, &observer, NULL, measured->summary, err);
    measured->server_ns = null_server_cpu_ns(client->server) - before_ns;
    client->is_interrupted = client->is_interrupted || measured->summary->is_interrupted;
    if (!ok || client->is_interrupted) {
        summary_destroy(measured->summary);
        measured->summary = NULL;
        return false;
    }
    return true;
}

bool client_send(struct client *client, double rate, uint64_t duration_ns, struct client_run *run,
                 struct err *err)
{
    const struct schedule schedule = {
        .type = SCHEDULE_CONSTANT,
        .duration_ns = duration_ns,
        .rate = {(uint64_t)llround(rate * RATE_SCALE), RATE_SCALE * NS_PER_S},
    };
    return send_all(client, &schedule, UINT64_MAX, run, err);
}

bool client_send_closed(struct client *client, unsigned workers, uint64_t duration_ns,
                        struct client_run *run, struct err *err)
{
    const struct schedule schedule = {
        .type = SCHEDULE_CONSTANT, .duration_ns = duration_ns, .rate = {0, NS_PER_S}};
    return send_all(client, &schedule, workers, run, err);
}
