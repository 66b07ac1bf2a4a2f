/*
 * tls_flags - https, HTTP/2 and proxies on the command line: -cert, -h2c, -http2, -insecure, -key,
 * -proxy-header, -root-certs, -session-tickets, and the proxies of the environment.
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line and the environment.
 */
#ifndef LOADGEN_COMMAND_TLS_FLAGS_H
#define LOADGEN_COMMAND_TLS_FLAGS_H

#include <stdbool.h>

#include "common/cli.h"
#include "loadgen/run/plan.h"

struct tls_flags {
    struct tls_options tls;
    struct proxy_options proxy; /* its headers; the rest is the environment's */
    bool http2;
    bool h2c;
};

cli_set_fn tls_set_proxy_header; /* struct proxy_options; may be given several times */

/* Into the plan, with the environment's proxies. ERR_USAGE names the flag or variable. */
bool tls_flags_apply(const struct tls_flags *flags, struct plan *plan, struct err *err);

#endif
