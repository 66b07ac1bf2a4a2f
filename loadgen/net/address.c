#include "loadgen/net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

bool address_resolve(const char *host, uint16_t port, struct address *address, struct err *err)
{
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    int failed = getaddrinfo(host, NULL, &hints, &found);
    if (failed) {
        return err_set(err, ERR_FAILED, "cannot resolve \"%s\": %s", host, gai_strerror(failed));
    }
    const struct addrinfo *chosen = found;
    while (chosen && chosen->ai_family != AF_INET) {
        chosen = chosen->ai_next;
    }
    chosen = chosen ? chosen : found;
    if (!chosen) {
        return err_set(err, ERR_FAILED, "cannot resolve \"%s\": it has no address", host);
    }
    memset(address, 0, sizeof *address);
    memcpy(&address->socket, chosen->ai_addr, chosen->ai_addrlen);
    address->length = chosen->ai_addrlen;
    if (chosen->ai_family == AF_INET) {
        address->socket.v4.sin_port = htons(port);
    } else {
        address->socket.v6.sin6_port = htons(port);
    }
    freeaddrinfo(found);
    return true;
}

const char *address_print(const struct address *address, char text[ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->socket.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address->socket.v4.sin_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT, "%s:%u", host, ntohs(address->socket.v4.sin_port));
    } else {
        inet_ntop(AF_INET6, &address->socket.v6.sin6_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT, "[%s]:%u", host, ntohs(address->socket.v6.sin6_port));
    }
    return text;
}
