/*
 * attack_flags - the command line of `loadgen attack`, and the plan that it describes.
 *
 * Threads: set-up only. Memory: strings are borrowed from the command line and the environment.
 */
#ifndef LOADGEN_COMMAND_FLAGS_ATTACK_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_ATTACK_FLAGS_H

#include "common/cli.h"
#include "loadgen/command/flags/address_flags.h"
#include "loadgen/command/flags/cluster_flags.h"
#include "loadgen/command/flags/size.h"
#include "loadgen/command/flags/tls_flags.h"
#include "loadgen/command/flags/workload.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/schedule_text.h"

/* Why -profile is rejected. */
extern const char attack_flags_no_profile[];

struct attack_options {
    struct schedule_flags schedule;
    struct tls_flags secure;
    uint64_t timeout_ns;
    uint64_t progress_ns;
    uint64_t warmup_ns;
    uint64_t max_workers;
    uint64_t max_connections; /* 0: no limit, as in vegeta */
    uint64_t max_idle;
    int max_redirects;
    const char *unix_socket; /* this and all other strings: NULL, or the default, if not given */
    struct address_flags address;
    bool keepalive;
    bool is_chunked;
    bool is_lazy;
    uint64_t workers; /* accepted for compatibility with vegeta; unused */
    unsigned cpus;
    const struct format *format;
    struct workload_headers headers;
    struct size max_body;
    const char *body;
    const char *name;
    const char *targets;
    const char *output;
    const char *encoding;
    const char *report;
    const char *prometheus_addr;
    const char *slo;
    bool aborts_on_slo;
    struct cluster_flags cluster; /* zeroes for a command without these flags */
};

cli_set_fn attack_set_redirects; /* field: max_redirects */

/* The options are a struct attack_options. */
extern const struct cli attack_cli;

/* True with -encoding none: no individual results are written. */
bool attack_counts_only(const struct attack_options *options);

/* What to send; `url` replaces the targets. Borrows from the options. */
struct workload_options attack_workload(const struct attack_options *options, const char *url);

/* Fills and checks the plan. ERR_USAGE names the flags to change. */
bool attack_plan(const struct attack_options *options, struct plan *plan, struct err *err);

#endif
