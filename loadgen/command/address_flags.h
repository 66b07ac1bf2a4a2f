/*
 * address_flags - the flags that say where connections go to and come from: -connect-to, -dns-ttl,
 * -laddr, -resolvers.
 *
 * Threads: set-up only. Errors: ERR_USAGE, with the form that the value should have. Memory: fixed.
 */
#ifndef LOADGEN_COMMAND_ADDRESS_FLAGS_H
#define LOADGEN_COMMAND_ADDRESS_FLAGS_H

#include "common/cli.h"
#include "loadgen/run/plan.h"

enum { ADDRESS_RULES_MAX = 64, ADDRESS_RESOLVERS = 512 };

struct address_flags {
    struct connect_to rules[ADDRESS_RULES_MAX];
    size_t rule_count;
    int64_t ttl_ns;
    char resolvers[ADDRESS_RESOLVERS]; /* "ip:port,..."; "": the system's */
    struct address local;
};

cli_set_fn address_add_connect_to; /* struct address_flags, as are the other two */
cli_set_fn address_set_resolvers;
cli_set_fn address_set_local;
cli_set_fn address_set_ttl; /* int64_t */

/* Puts them into the plan, which borrows them. */
void address_flags_apply(const struct address_flags *flags, struct plan *plan);

#endif
