/*
 * address_flags - the flags for names and addresses: -allow-target, -connect-to, -dns-ttl, -laddr,
 * -resolvers.
 *
 * Threads: set-up only. Errors: ERR_USAGE with the expected form. Memory: fixed.
 */
#ifndef LOADGEN_COMMAND_FLAGS_ADDRESS_FLAGS_H
#define LOADGEN_COMMAND_FLAGS_ADDRESS_FLAGS_H

#include "common/cli.h"
#include "loadgen/order/plan.h"
#include "loadgen/target/targets.h"

enum { ADDRESS_RULES_MAX = 64, ADDRESS_RESOLVERS = 512 };

struct address_rules {
    struct connect_to list[ADDRESS_RULES_MAX];
    size_t count;
};

struct address_flags {
    struct address_rules rules;
    int64_t ttl_ns;
    char resolvers[ADDRESS_RESOLVERS]; /* "ip:port,..."; "": the system's */
    struct address local;
    const char *allowed; /* list of net/allow.h; NULL: everything */
};

/* Setters, each with the type of its field. */
cli_set_fn address_add_connect_to; /* struct address_rules */
cli_set_fn address_set_resolvers;  /* char[ADDRESS_RESOLVERS] */
cli_set_fn address_set_local;      /* struct address */
cli_set_fn address_set_allowed;    /* const char *, which it borrows */
cli_set_fn address_set_ttl;        /* int64_t: ns until re-resolved; 0: never; -1: per connection */

/* Copies the flags into the plan, which borrows the rules and the list of resolvers. */
void address_flags_apply(const struct address_flags *flags, struct plan *plan);

/*
 * Checks that the destinations of the targets are allowed, as far as they are known without
 * resolving names. ERR_USAGE with the first one that is not; the error begins with the flag that
 * sets it, or with `field` (NULL: nothing).
 */
bool address_check_allowed(const struct plan *plan, const struct targets *targets,
                           const char *field, struct err *err);

/*
 * Checks how the plan of another process reaches its targets, for one that allows only some. A
 * proxy can lead anywhere, so it must be allowed itself. A name server can give any address to a
 * name that is allowed, so only those of this machine are asked. ERR_USAGE.
 */
bool address_check_ways(const struct plan *plan, const char *allowed, struct err *err);

#endif
