#include "loadgen/command/progress/listen.h"

#include <stdio.h>
#include <string.h>

#include "common/cli.h"
#include "loadgen/net/address.h"

static bool parse(const char *text, struct address *address, struct err *err)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : sizeof host;
    uint16_t port = 0;
    bool is_bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (length >= sizeof host || !cli_set_port(&port, colon + 1, NULL) ||
        (!is_bracketed && memchr(text, ':', length))) {
        return err_set(
            err, ERR_USAGE,
            "\"%s\" is not HOST:PORT, such as 127.0.0.1:8880 or [::1]:8880 (port 0: any free port)",
            text);
    }
    snprintf(host, sizeof host, "%.*s", (int)length - 2 * is_bracketed, text + is_bracketed);
    return address_resolve(host[0] ? host : "0.0.0.0", port, address, err);
}

bool listen_open(const char *text, struct listener *listener, struct err *err)
{
    struct address address = {.length = 0};
    *listener = (struct listener){.socket = -1};
    return parse(text, &address, err) &&
           listener_open(listener, &address.socket.any, address.length, err);
}
