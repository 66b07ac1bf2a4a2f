/*
 * attack_flags - what `loadgen attack` takes on its command line, and the plan that it makes of it.
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line and the environment.
 */
#ifndef LOADGEN_COMMAND_ATTACK_FLAGS_H
#define LOADGEN_COMMAND_ATTACK_FLAGS_H

#include "common/cli.h"
#include "loadgen/command/address_flags.h"
#include "loadgen/command/aim.h"
#include "loadgen/command/size.h"
#include "loadgen/command/tls_flags.h"
#include "loadgen/pace/schedule_text.h"
#include "loadgen/run/plan.h"

struct attack_options {
    struct schedule_flags schedule;
    struct tls_flags secure;
    uint64_t timeout_ns;
    uint64_t progress_ns;
    uint64_t warmup_ns;
    uint64_t max_workers;
    uint64_t max_connections;
    uint64_t max_idle;
    int max_redirects;
    const char *unix_socket;
    struct address_flags address;
    bool keepalive;
    bool is_chunked;
    bool is_lazy;
    uint64_t workers; /* taken and checked, and of no use here */
    unsigned cpus;
    const struct format *format;
    struct aim_headers headers;
    struct size max_body;
    const char *body;
    const char *name;
    const char *targets;
    const char *output;
    const char *encoding;
    const char *report;
    const char *prometheus_addr; /* "": nobody listens */
    const char *slo;             /* NULL: none */
    bool aborts_on_slo;
};

/* Its flags are fields of struct attack_options. */
extern const struct cli attack_cli;

/* Into an empty plan, which is checked. ERR_USAGE names the flags to change. */
bool attack_plan(const struct attack_options *options, struct plan *plan, struct err *err);

#endif
