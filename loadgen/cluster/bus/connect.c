#include "loadgen/cluster/bus/connect.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/cluster/bus/credentials.h"
#include "loadgen/cluster/bus/inside.h"
#include "loadgen/cluster/bus/options.h"
#include "loadgen/cluster/bus/servers.h"

#define RECONNECT_NS (250 * NS_PER_MS) /* plus a random time of up to the same length */

/* A connection is closed and reopened if the broker does not answer pings. */
#define STALE_PING_NS (5 * NS_PER_S)

enum { STALE_PINGS = 2, FOREVER = -1 };

/* Callbacks, on a thread of libnats. */

static void complained(natsConnection *connection, natsSubscription *subscription,
                       natsStatus status, void *context)
{
    struct bus *bus = context;
    const char *text = NULL;
    (void)subscription;
    if (status != NATS_NOT_PERMITTED) {
        return; /* the call that waits for an answer reports other errors */
    }
    natsConnection_GetLastError(connection, &text);
    pthread_mutex_lock(&bus->lock);
    snprintf(bus->complaint, sizeof bus->complaint, "%s", text ? text : "not permitted");
    pthread_mutex_unlock(&bus->lock);
}

static void closed(natsConnection *connection, void *context)
{
    struct bus *bus = context;
    (void)connection;
    pthread_mutex_lock(&bus->lock);
    bus->is_closed = true;
    pthread_cond_signal(&bus->closed);
    pthread_mutex_unlock(&bus->lock);
}

/* Options. */

static bool is_safe(const struct bus_options *options, const struct servers *servers,
                    struct err *err)
{
    bool has_tls = servers->is_tls || options->ca;
    bool has_user = servers->has_user || options->creds;
    if (options->is_insecure || servers->other[0] == '\0' || (has_tls && has_user)) {
        return true;
    }
    return err_set(
        err, ERR_USAGE,
        "cluster.nats: \"%s\" is not on this machine, and would be reached without %s; "
        "give %s%s%s, or, if anyone on the network may start tests, set cluster.nats_insecure",
        servers->other,
        has_tls    ? "credentials"
        : has_user ? "TLS"
                   : "TLS or credentials",
        has_tls ? "" : "a tls:// URL", has_tls || has_user ? "" : " and ",
        has_user ? "" : "cluster.nats_creds");
}

static bool set_security(natsOptions *set, const struct bus_options *options,
                         const struct servers *servers, struct err *err)
{
    if (options->creds && servers->has_user) {
        return err_set(err, ERR_USAGE,
                       "cluster.nats_creds: the URL has a user already; leave out one of the two");
    }
    if (options->creds && !credentials_set(set, options->creds, err)) {
        return false;
    }
    if (options->ca && natsOptions_LoadCATrustedCertificates(set, options->ca) != NATS_OK) {
        const char *reason = bus_reason();
        return err_set(err, ERR_USAGE,
                       "cluster.nats_tls_ca: cannot read certificates from \"%s\"%s%s", options->ca,
                       reason ? ": " : "", reason ? reason : "");
    }
    return natsOptions_SetSecure(set, servers->is_tls || options->ca) == NATS_OK ||
           err_set(err, ERR_FAILED, "cannot use TLS");
}

static bool set_names(natsOptions *set, const struct bus_options *options, struct err *err)
{
    if (options->inbox && natsOptions_SetCustomInboxPrefix(set, options->inbox) != NATS_OK) {
        return err_set(err, ERR_USAGE, "cluster.inbox: \"%s\" is not a subject without * and >",
                       options->inbox);
    }
    return !options->name || natsOptions_SetName(set, options->name) == NATS_OK ||
           err_set(err, ERR_FAILED, "out of memory");
}

static bool set_behaviour(natsOptions *set, struct bus *bus, struct servers *servers,
                          struct err *err)
{
    int64_t reconnect_ms = bus_ms(RECONNECT_NS);
    natsStatus status = natsOptions_SetServers(set, servers->at, servers->count);
    /* Servers announced by a server could be anywhere. */
    status = status ? status : natsOptions_SetIgnoreDiscoveredServers(set, true);
    status = status ? status : natsOptions_SetTimeout(set, bus_ms(BUS_CONNECT_NS));
    status = status ? status : natsOptions_SetMaxReconnect(set, FOREVER);
    status = status ? status : natsOptions_SetReconnectWait(set, reconnect_ms);
    status = status ? status : natsOptions_SetReconnectJitter(set, reconnect_ms, reconnect_ms);
    /* Nothing is buffered without a connection (bus.h). 1 is the minimum in libnats. */
    status = status ? status : natsOptions_SetReconnectBufSize(set, 1);
    status = status ? status : natsOptions_SetFailRequestsOnDisconnect(set, true);
    status = status ? status : natsOptions_SetPingInterval(set, bus_ms(STALE_PING_NS));
    status = status ? status : natsOptions_SetMaxPingsOut(set, STALE_PINGS);
    /* Messages are not batched, because round trips measure clocks. */
    status = status ? status : natsOptions_SetSendAsap(set, true);
    /* Replaces the default handler, which prints errors. */
    status = status ? status : natsOptions_SetErrorHandler(set, complained, bus);
    status = status ? status : natsOptions_SetClosedCB(set, closed, bus);
    return status == NATS_OK || err_set(err, ERR_FAILED, "cannot set options of the connection: %s",
                                        natsStatus_GetText(status));
}

/* Connecting. */

static bool refuse(natsStatus status, const struct bus_options *options,
                   const struct servers *servers, struct err *err)
{
    const char *more = servers->count > 1 ? " or one of the other servers" : "";
    const char *reason = bus_reason();
    switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
        return err_set(
            err, ERR_FAILED, "the broker at %s%s does not accept %s; check cluster.nats_creds",
            servers->first, more, servers->has_user ? "the user of the URL" : "the credentials");
    case NATS_SSL_ERROR:
        return err_set(err, ERR_FAILED,
                       "TLS with the broker at %s%s failed: %s; check cluster.nats_tls_ca",
                       servers->first, more, reason ? reason : natsStatus_GetText(status));
    case NATS_SECURE_CONNECTION_WANTED:
        return err_set(err, ERR_FAILED, "the broker at %s%s has no TLS; use nats://, or set up TLS",
                       servers->first, more);
    case NATS_ERR: /* libnats reads the credentials when it connects */
        return err_set(err, ERR_FAILED, "cannot connect to the broker at %s%s: %s%s",
                       servers->first, more, reason ? reason : natsStatus_GetText(status),
                       options->creds ? "; check cluster.nats_creds" : "");
    default:
        return err_set(err, ERR_FAILED,
                       "cannot connect to the broker at %s%s: %s; check that it runs, and that "
                       "this machine may connect to it",
                       servers->first, more, natsStatus_GetText(status));
    }
}

static bool set_given(natsOptions *set, const struct bus_options *options,
                      const struct servers *servers, struct err *err)
{
    return is_safe(options, servers, err) && set_security(set, options, servers, err) &&
           set_names(set, options, err);
}

static bool open_with(struct bus *bus, const struct bus_options *options, struct servers *servers,
                      natsOptions *set, struct err *err)
{
    if (!set_given(set, options, servers, err) || !set_behaviour(set, bus, servers, err)) {
        return false;
    }
    natsStatus status = natsConnection_Connect(&bus->connection, set);
    return status == NATS_OK || refuse(status, options, servers, err);
}

static bool begin(const struct bus_options *options, struct servers *servers, natsOptions **set,
                  struct err *err)
{
    return servers_read(servers, options->nats, err) &&
           (natsOptions_Create(set) == NATS_OK ||
            err_set(err, ERR_FAILED, "cannot start the NATS client"));
}

bool connect_check(const struct bus_options *options, struct err *err)
{
    struct servers servers;
    natsOptions *set = NULL;
    bool ok = begin(options, &servers, &set, err) && set_given(set, options, &servers, err);
    natsOptions_Destroy(set);
    servers_free(&servers);
    return ok;
}

bool connect_open(struct bus *bus, const struct bus_options *options, struct err *err)
{
    struct servers servers;
    natsOptions *set = NULL;
    bool ok = begin(options, &servers, &set, err) && open_with(bus, options, &servers, set, err);
    natsOptions_Destroy(set);
    servers_free(&servers);
    return ok;
}

void connect_close(struct bus *bus)
{
    if (!bus->connection) {
        return;
    }
    natsConnection_Close(bus->connection);
    pthread_mutex_lock(&bus->lock);
    while (!bus->is_closed) {
        pthread_cond_wait(&bus->closed, &bus->lock);
    }
    pthread_mutex_unlock(&bus->lock);
}
