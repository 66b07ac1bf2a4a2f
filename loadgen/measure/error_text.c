#include "loadgen/measure/error_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

bool error_text_is_needed(const struct exchange *exchange)
{
    if (exchange->judgement != JUDGEMENT_NONE) {
        return exchange->judgement == JUDGEMENT_FAILURE;
    }
    return exchange->outcome != OUTCOME_ANSWERED || exchange->code < 200 || exchange->code >= 400;
}

/* The text of strerror in lower case: "connection refused". */
static void print_errno(int number, char text[128])
{
    char buffer[128];
    snprintf(text, 128, "%s", strerror_r(number, buffer, sizeof buffer));
    text[0] = (char)tolower((unsigned char)text[0]);
}

/* The remedy if this machine, not the target, refuses a connection. */
static const char *remedy(int number)
{
    switch (number) {
    case EMFILE:
    case ENFILE:
        return " (raise the limit of open files with ulimit -Hn, or cap the requests in flight)";
    case EADDRNOTAVAIL:
        return " (no local port is free: keep connections alive, widen "
               "net.ipv4.ip_local_port_range, or set net.ipv4.tcp_tw_reuse=1)";
    default:
        return "";
    }
}

/* Errors of this machine, not of the target. */
static const int ours[] = {EADDRNOTAVAIL, EMFILE, ENFILE, ENOMEM, ENOBUFS};
enum { OURS = sizeof ours / sizeof ours[0] };

static const char *timeout_phase(const struct exchange *exchange)
{
    if (exchange->sent_ns == 0) {
        return "while dialing";
    }
    return exchange->first_byte_ns == 0 ? "while awaiting headers" : "while reading the response";
}

bool error_text_is_given(const struct exchange *exchange)
{
    if (exchange->judgement != JUDGEMENT_FAILURE) {
        return false;
    }
    for (int i = 0; exchange->outcome != OUTCOME_ANSWERED && i < OURS; i++) {
        if (exchange->system_error == ours[i]) {
            return false;
        }
    }
    return true;
}

void error_text_write(const struct exchange *exchange, const struct target *target,
                      const struct address_list *addresses, char text[ERROR_TEXT_MAX])
{
    char address[ADDRESS_TEXT];
    char reason[128];
    char method[32];
    if (error_text_is_given(exchange)) {
        snprintf(text, ERROR_TEXT_MAX, "%s", exchange->reason);
        error_text_strip_ports(text);
        return;
    }
    address_list_name(addresses, exchange->address, address);
    print_errno(exchange->system_error, reason);
    snprintf(method, sizeof method, "%s", target->method);
    for (char *c = method + 1; c[-1] && *c; c++) {
        *c = (char)tolower((unsigned char)*c); /* vegeta says Get */
    }
    int used = 0;
    if (exchange->outcome != OUTCOME_ANSWERED) {
        used = snprintf(text, ERROR_TEXT_MAX, "%s \"%.250s\": ", method, target->url);
    }
    char *rest = text + used;
    size_t room = ERROR_TEXT_MAX - (size_t)used;
    switch (exchange->outcome) {
    case OUTCOME_ANSWERED:
        snprintf(rest, room, "%u%s%s", exchange->code, exchange->reason[0] ? " " : "",
                 exchange->reason);
        break;
    case OUTCOME_TIMED_OUT:
        snprintf(rest, room, "context deadline exceeded (Client.Timeout exceeded %s)",
                 timeout_phase(exchange));
        break;
    case OUTCOME_CONNECT:
        snprintf(rest, room, "dial tcp %s: connect: %s%s", address, reason,
                 remedy(exchange->system_error));
        break;
    case OUTCOME_RESET:
        snprintf(rest, room, "read tcp ->%s: read: %s", address, reason);
        break;
    case OUTCOME_CLOSED:
        snprintf(rest, room, exchange->first_byte_ns ? "unexpected EOF" : "EOF");
        break;
    case OUTCOME_PROTOCOL:
    case OUTCOME_DNS:
    case OUTCOME_TLS:
        snprintf(rest, room, "%s", exchange->reason);
        break;
    }
    error_text_strip_ports(text); /* as when a result file is read */
}

/* True if a text about this system call names this error. */
static bool has_errno(const char *text, const char *call, int number)
{
    char reason[128];
    print_errno(number, reason);
    const char *at = strstr(text, call);
    return at && strncmp(at + strlen(call), reason, strlen(reason)) == 0;
}

bool error_text_lacks_port(const char *text)
{
    return has_errno(text, "connect: ", EADDRNOTAVAIL);
}

bool error_text_is_ours(const char *text)
{
    for (int i = 0; i < OURS; i++) {
        if (has_errno(text, "connect: ", ours[i]) || has_errno(text, "read: ", ours[i])) {
            return true;
        }
    }
    return false;
}

void error_text_strip_ports(char *text)
{
    char *arrow = text;
    while ((arrow = strstr(arrow, "->")) != NULL) {
        char *kept = arrow;
        for (char *port = arrow; port > text && isdigit((unsigned char)port[-1]);) {
            port--;
            if (port > text && port[-1] == ':') {
                kept = --port; /* the text before it may end with a port, too */
            }
        }
        memmove(kept, arrow, strlen(arrow) + 1);
        arrow = kept + 2;
    }
}
