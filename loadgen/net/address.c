#include "loadgen/net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool lookup(const char *host, uint16_t port, int flags, struct address *address,
                   const char **problem)
{
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    int failed = getaddrinfo(host, NULL, &hints, &found);
    if (failed || !found) {
        *problem = failed ? gai_strerror(failed) : "the host has no address";
        return false;
    }
    const struct addrinfo *chosen = found;
    while (chosen && chosen->ai_family != AF_INET) {
        chosen = chosen->ai_next;
    }
    chosen = chosen ? chosen : found;
    memset(address, 0, sizeof *address);
    memcpy(&address->socket, chosen->ai_addr, chosen->ai_addrlen);
    address->length = chosen->ai_addrlen;
    address_set_port(address, port);
    freeaddrinfo(found);
    return true;
}

bool address_resolve(const char *host, uint16_t port, struct address *address, struct err *err)
{
    const char *problem = NULL;
    return lookup(host, port, 0, address, &problem) ||
           err_set(err, ERR_FAILED, "cannot resolve \"%s\": %s", host, problem);
}

/* Parses an IPv6 address with a zone, the name or index of an interface: fe80::1%eth0. */
static bool parse_zoned(const char *host, const char *zone, struct address *address)
{
    char number[INET6_ADDRSTRLEN];
    char *end = NULL;
    snprintf(number, sizeof number, "%.*s", (int)(zone - host), host);
    unsigned long scope = if_nametoindex(zone + 1);
    if (scope == 0 && zone[1] >= '0' && zone[1] <= '9') {
        scope = strtoul(zone + 1, &end, 10);
        scope = *end == '\0' && scope <= UINT32_MAX ? scope : 0;
    }
    address->socket.v6.sin6_scope_id = (uint32_t)scope;
    return zone - host < INET6_ADDRSTRLEN && scope != 0 &&
           inet_pton(AF_INET6, number, &address->socket.v6.sin6_addr) == 1;
}

/* The usual forms allocate nothing, so lack of memory is not mistaken for bad input. */
static bool parse_usual(const char *host, uint16_t port, struct address *address)
{
    const char *zone = strchr(host, '%');
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, host, &address->socket.v4.sin_addr) == 1) {
        address->socket.any.sa_family = AF_INET;
        address->length = sizeof address->socket.v4;
    } else if (zone ? parse_zoned(host, zone, address)
                    : inet_pton(AF_INET6, host, &address->socket.v6.sin6_addr) == 1) {
        address->socket.any.sa_family = AF_INET6;
        address->length = sizeof address->socket.v6;
    } else {
        return false;
    }
    address_set_port(address, port);
    return true;
}

/* Other forms, such as 127.1. */
bool address_parse(const char *host, uint16_t port, struct address *address)
{
    const char *problem = NULL;
    return parse_usual(host, port, address) ||
           lookup(host, port, AI_NUMERICHOST, address, &problem);
}

void address_set_port(struct address *address, uint16_t port)
{
    if (address->socket.any.sa_family == AF_INET) {
        address->socket.v4.sin_port = htons(port);
    } else {
        address->socket.v6.sin6_port = htons(port);
    }
}

bool address_unix(const char *path, struct address *address, struct err *err)
{
    memset(address, 0, sizeof *address);
    address->socket.local.sun_family = AF_UNIX;
    address->length = sizeof address->socket.local;
    if (strlen(path) >= sizeof address->socket.local.sun_path) {
        return err_set(err, ERR_USAGE, "\"%s\" is too long for a Unix socket; at most %zu bytes",
                       path, sizeof address->socket.local.sun_path - 1);
    }
    memcpy(address->socket.local.sun_path, path, strlen(path));
    return true;
}

int address_socket(const struct address *to, const struct address *local)
{
    sa_family_t family = to->socket.any.sa_family;
    int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || local->length == 0 || family == AF_UNIX) {
        return fd;
    }
    /* Lets connect choose the port: it only has to be unique per remote address. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, &local->socket.any, local->length) < 0) {
        int problem = errno;
        close(fd);
        errno = problem;
        return -1;
    }
    return fd;
}

/* Prints "%eth0", or the index if the interface has no name; "" without a zone. */
static void print_zone(uint32_t scope, char zone[IF_NAMESIZE + 1])
{
    char name[IF_NAMESIZE];
    if (scope != 0 && if_indextoname(scope, name)) {
        snprintf(zone, IF_NAMESIZE + 1, "%%%s", name);
    } else if (scope != 0) {
        snprintf(zone, IF_NAMESIZE + 1, "%%%u", scope);
    }
}

const char *address_print(const struct address *address, char text[ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "?";
    char zone[IF_NAMESIZE + 1] = "";
    switch (address->socket.any.sa_family) {
    case AF_UNIX:
        snprintf(text, ADDRESS_TEXT, "%s", address->socket.local.sun_path);
        break;
    case AF_INET:
        inet_ntop(AF_INET, &address->socket.v4.sin_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT, "%s:%u", host, ntohs(address->socket.v4.sin_port));
        break;
    default:
        inet_ntop(AF_INET6, &address->socket.v6.sin6_addr, host, sizeof host);
        print_zone(address->socket.v6.sin6_scope_id, zone);
        snprintf(text, ADDRESS_TEXT, "[%s%s]:%u", host, zone, ntohs(address->socket.v6.sin6_port));
        break;
    }
    return text;
}
