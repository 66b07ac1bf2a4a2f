#include "common/http/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *remedy(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "; stop the program that listens there, or choose another port (0: any free port)";
    case EACCES:
        return "; choose a port above 1023";
    case EADDRNOTAVAIL:
        return "; no network interface has this address";
    default:
        return "";
    }
}

static void print_address(struct listener *listener, const struct sockaddr *address,
                          socklen_t length)
{
    char host[64];
    char service[8];
    if (getnameinfo(address, length, host, sizeof host, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        snprintf(listener->address, sizeof listener->address,
                 address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
    }
}

static bool listen_at(struct listener *listener, const struct sockaddr *address, socklen_t length)
{
    listener->socket = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1; /* connections of an earlier process in TIME_WAIT do not matter */
    struct sockaddr_storage chosen = {0};
    socklen_t chosen_length = sizeof chosen;
    if (listener->socket < 0 ||
        setsockopt(listener->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(listener->socket, address, length) != 0 || listen(listener->socket, SOMAXCONN) != 0 ||
        getsockname(listener->socket, (struct sockaddr *)&chosen, &chosen_length) != 0) {
        return false;
    }
    print_address(listener, (const struct sockaddr *)&chosen, chosen_length);
    return true;
}

bool listener_open(struct listener *listener, const struct sockaddr *address, socklen_t length,
                   struct err *err)
{
    *listener = (struct listener){.socket = -1};
    print_address(listener, address, length);
    if (listen_at(listener, address, length)) {
        return true;
    }
    int error = errno;
    listener_close(listener);
    return err_set(err, ERR_FAILED, "cannot listen on %s: %s%s", listener->address, strerror(error),
                   remedy(error));
}

void listener_close(struct listener *listener)
{
    if (listener->socket >= 0) {
        close(listener->socket);
        listener->socket = -1;
    }
}
