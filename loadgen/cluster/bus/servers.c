#include "loadgen/cluster/bus/servers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/base/memory.h"

enum { PORT_DIGITS = 5, PORT_MAX = 65535 };

static const char plain[] = "nats://";
static const char secure[] = "tls://";

/* The parts of a URL. */
struct server {
    bool is_tls;
    bool has_user;
    const char *place; /* HOST[:PORT] */
    char host[SERVERS_HOST_MAX + 1];
};

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > PORT_DIGITS || text[digits] != '\0') {
        return false;
    }
    unsigned long port = strtoul(text, NULL, 10);
    return port > 0 && port <= PORT_MAX;
}

/* Splits HOST[:PORT]. An IPv6 address has brackets. */
static bool read_place(struct server *server)
{
    const char *host = server->place;
    const char *end = strchr(host, ':');
    if (host[0] == '[') {
        host++;
        end = strchr(host, ']');
        if (!end) {
            return false;
        }
    }
    size_t length = end ? (size_t)(end - host) : strlen(host);
    if (length == 0 || length > SERVERS_HOST_MAX) {
        return false;
    }
    memcpy(server->host, host, length);
    server->host[length] = '\0';
    const char *rest = host + length + (server->place[0] == '[');
    return rest[0] == '\0' || (rest[0] == ':' && is_port(rest + 1));
}

static bool read_server(struct server *server, const char *url)
{
    *server = (struct server){.is_tls = strncasecmp(url, secure, sizeof secure - 1) == 0};
    if (!server->is_tls && strncasecmp(url, plain, sizeof plain - 1) != 0) {
        return false;
    }
    const char *rest = url + (server->is_tls ? sizeof secure : sizeof plain) - 1;
    const char *at = strchr(rest, '@');
    server->has_user = at != NULL;
    server->place = at ? at + 1 : rest;
    /*
     * Rejects URLs that libnats could parse differently, because it might connect to a host that is
     * not allowed.
     */
    return !strpbrk(rest, "/?# ") && !strchr(server->place, '@') && read_place(server);
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    if (inet_pton(AF_INET6, host, &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return strcasecmp(host, "localhost") == 0;
}

static bool add(struct servers *servers, const char *url, struct err *err)
{
    struct server server;
    int number = servers->count + 1;
    if (number > SERVERS_MAX) {
        return err_set(err, ERR_USAGE, "cluster.nats: there are more than %d servers", SERVERS_MAX);
    }
    if (!read_server(&server, url)) {
        return err_set(err, ERR_USAGE,
                       "cluster.nats: server %d is not nats://HOST:PORT or tls://HOST:PORT; for "
                       "example: nats://127.0.0.1:4222",
                       number);
    }
    if (number > 1 && (server.is_tls != servers->is_tls || server.has_user != servers->has_user)) {
        return err_set(err, ERR_USAGE,
                       "cluster.nats: server %d differs from the first: all servers must have the "
                       "same scheme, nats:// or tls://, and either all or none of them a user",
                       number);
    }
    if (number == 1) {
        snprintf(servers->first, sizeof servers->first, "%s", server.place);
    }
    if (!is_loopback(server.host) && servers->other[0] == '\0') {
        memcpy(servers->other, server.host, sizeof servers->other);
    }
    servers->is_tls = server.is_tls;
    servers->has_user = server.has_user;
    servers->at[servers->count++] = url;
    return true;
}

bool servers_read(struct servers *servers, const char *list, struct err *err)
{
    *servers = (struct servers){.text = memory_of(strdup(list))};
    char *rest = servers->text;
    while (rest) {
        const char *url = strsep(&rest, ",");
        if (!add(servers, url, err)) {
            return false;
        }
    }
    return true;
}

void servers_free(struct servers *servers)
{
    if (servers->text) {
        explicit_bzero(servers->text, strlen(servers->text));
    }
    free(servers->text);
    *servers = (struct servers){0};
}
