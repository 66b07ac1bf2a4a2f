/*
 * address_flags - the flags for names and addresses: -connect-to, -dns-ttl, -laddr, -resolvers.
 *
 * Threads: set-up only. Errors: ERR_USAGE with the expected form. Memory: fixed.
 */
#ifndef LOADGEN_COMMAND_FLAGS_ADDRESS_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_ADDRESS_FLAGS_H

#include "common/cli.h"
#include "loadgen/order/plan.h"

enum { ADDRESS_RULES_MAX = 64, ADDRESS_RESOLVERS = 512 };

struct address_flags {
    struct connect_to rules[ADDRESS_RULES_MAX];
    size_t rule_count;
    int64_t ttl_ns;
    char resolvers[ADDRESS_RESOLVERS]; /* "ip:port,..."; "": the system's */
    struct address local;
};

/* Setters, each with the type of its field. */
cli_set_fn address_add_connect_to; /* struct address_flags */
cli_set_fn address_set_resolvers;  /* struct address_flags */
cli_set_fn address_set_local;      /* struct address_flags */
cli_set_fn address_set_ttl;        /* int64_t: ns until re-resolved; 0: never; -1: per connection */

/* Copies the flags into the plan, which borrows the rules and the list of resolvers. */
void address_flags_apply(const struct address_flags *flags, struct plan *plan);

#endif
