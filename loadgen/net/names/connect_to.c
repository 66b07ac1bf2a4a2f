#include "loadgen/net/names/connect_to.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/net/hostname.h"

/* Reads a host, or an IPv6 address in brackets, and the colon after it. */
static bool take_host(const char **at, char host[CONNECT_TO_HOST])
{
    bool is_bracketed = **at == '[';
    const char *from = *at + is_bracketed;
    const char *end = strchr(from, is_bracketed ? ']' : ':');
    const char *colon = end ? end + is_bracketed : NULL;
    if (!end || end == from || *colon != ':' ||
        hostname_read(from, (size_t)(end - from), is_bracketed, host)) {
        return false;
    }
    *at = colon + 1;
    return true;
}

/* Reads a port and the character `end` after it. */
static bool take_port(const char **at, char end, uint16_t *port)
{
    char *rest = NULL;
    unsigned long number = strtoul(*at, &rest, 10);
    if (**at < '0' || **at > '9' || *rest != end || number == 0 || number > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)number;
    *at = rest + 1;
    return true;
}

bool connect_to_parse(const char *text, struct connect_to *rule, struct err *err)
{
    const char *at = text;
    return (take_host(&at, rule->from_host) && take_port(&at, ':', &rule->from_port) &&
            take_host(&at, rule->to_host) && take_port(&at, '\0', &rule->to_port)) ||
           err_set(err, ERR_USAGE,
                   "\"%s\" is not FROM:PORT:TO:PORT, such as example.com:80:127.0.0.1:8080", text);
}

bool connect_to_applies(const struct connect_to *rule, const char *host, uint16_t port)
{
    return rule->from_port == port && strcasecmp(rule->from_host, host) == 0;
}

const char *connect_to_print(const struct connect_to *rule, char text[CONNECT_TO_TEXT])
{
    char from[HOSTNAME_TEXT];
    char to[HOSTNAME_TEXT];
    snprintf(text, CONNECT_TO_TEXT, "%s:%u:%s:%u", hostname_print(rule->from_host, from),
             rule->from_port, hostname_print(rule->to_host, to), rule->to_port);
    return text;
}
