#include "target-api/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct addrinfo *resolve(const char *bind, uint16_t port, struct err *err)
{
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (getaddrinfo(bind, service, &hints, &found) != 0) {
        err_set(err, ERR_USAGE,
                "-bind: \"%s\" is not an IPv4 or IPv6 address (127.0.0.1, 0.0.0.0, ::1, ::)", bind);
        return NULL;
    }
    return found;
}

static const char *remedy(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "; stop what listens there or choose another port (0: any free one)";
    case EACCES:
        return "; choose a port above 1023";
    case EADDRNOTAVAIL:
        return "; no network interface has this -bind address";
    default:
        return "";
    }
}

/* Writes down where the socket really listens. */
static bool describe(struct listener *listener)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    char host[64];
    char service[8];
    if (getsockname(listener->socket, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, host, sizeof host, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return false;
    }
    snprintf(listener->address, sizeof listener->address,
             address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
    return true;
}

static bool listen_at(struct listener *listener, const struct addrinfo *at)
{
    listener->socket = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1; /* a restart must not wait for the connections of the last run to be forgotten */
    return listener->socket >= 0 &&
           setsockopt(listener->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
           bind(listener->socket, at->ai_addr, at->ai_addrlen) == 0 &&
           listen(listener->socket, SOMAXCONN) == 0 && describe(listener);
}

bool listener_open(struct listener *listener, const char *bind, uint16_t port, const char *flag,
                   struct err *err)
{
    *listener = (struct listener){.socket = -1};
    struct addrinfo *at = resolve(bind, port, err);
    if (!at) {
        return false;
    }
    bool ok = listen_at(listener, at);
    if (!ok) {
        int error = errno;
        err_set(err, ERR_FAILED, "-%s: cannot listen on %s port %u: %s%s", flag, bind,
                (unsigned)port, strerror(error), remedy(error));
        listener_close(listener);
    }
    freeaddrinfo(at);
    return ok;
}

void listener_close(struct listener *listener)
{
    if (listener->socket >= 0) {
        close(listener->socket);
        listener->socket = -1;
    }
}
