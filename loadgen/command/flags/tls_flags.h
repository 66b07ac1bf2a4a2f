/*
 * tls_flags - the flags for HTTPS, HTTP/2 and proxies: -cert, -h2c, -http2, -insecure, -key,
 * -proxy-header, -root-certs and -session-tickets, and the environment variables for proxies.
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line and the environment.
 */
#ifndef LOADGEN_COMMAND_FLAGS_TLS_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_TLS_FLAGS_H

#include <stdbool.h>

#include "common/cli.h"
#include "loadgen/order/plan.h"
#include "loadgen/target/targets.h"

struct tls_flags {
    struct tls_options tls;
    struct proxy_options proxy; /* the headers; all else is read from the environment */
    bool http2;
    bool h2c;
};

cli_set_fn tls_set_proxy_header; /* field: struct proxy_options */

/* Copies the flags and the environment's proxies into the plan; with -unix-socket, no proxies. */
void tls_flags_apply(const struct tls_flags *flags, struct plan *plan);

/* True if one of the targets' hosts is reached through a proxy. */
bool tls_needs_proxy(const struct plan *plan, const struct targets *targets);

/* Checks the proxies that the targets need. ERR_USAGE names the environment variable. */
bool tls_check_proxies(const struct plan *plan, const struct targets *targets, struct err *err);

#endif
