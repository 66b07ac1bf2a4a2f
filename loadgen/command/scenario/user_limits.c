#include "loadgen/command/scenario/user_limits.h"

#include <inttypes.h>

#include "loadgen/command/flags/tls_flags.h"
#include "loadgen/command/process/open_files.h"
#include "loadgen/net/address.h"
#include "loadgen/order/plan.h"
#include "loadgen/run/usage.h"
#include "loadgen/target/targets.h"

static bool has_files(const struct user_limits *limits, uint64_t users, struct err *err)
{
    bool is_proxied = tls_needs_proxy(limits->plan, limits->targets);
    bool is_served = limits->is_served;
    return open_files_check(
        users, is_proxied ? OPEN_FILES_PROXIED : 1, is_served ? OPEN_FILES_SERVE : 0,
        is_served ? "the number of users, or start the server with -shared-connections"
                  : OPEN_FILES_USERS,
        err);
}

/* The number of local ports; 0: not limited, or not known yet. */
static uint64_t known_ports(const struct user_limits *limits)
{
    const struct plan *plan = limits->plan;
    const struct targets *targets = limits->targets;
    struct address address;
    if (plan->unix_socket || plan->connect_to_count > 0 || tls_needs_proxy(plan, targets)) {
        return 0;
    }
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *endpoint = &targets->endpoints[i];
        if (!address_parse(endpoint->host, endpoint->port, &address)) {
            return 0;
        }
    }
    return usage_local_ports() * targets->endpoint_count;
}

bool user_limits_check_ports(const struct user_limits *limits, uint64_t users, uint64_t ports,
                             struct err *err)
{
    return ports == 0 || users <= ports ||
           err_set(err, ERR_FAILED,
                   "%s%" PRIu64 " users need a local port each, but only %" PRIu64
                   " local ports are available (net.ipv4.ip_local_port_range); %s",
                   limits->is_served ? "users.users: " : "", users, ports,
                   limits->is_served ? "start the server with -shared-connections"
                                     : "set users.shared_connections, or split the users into "
                                       "several runs, each with its own order.laddr");
}

bool user_limits_check(const struct user_limits *limits, uint64_t users, struct err *err)
{
    bool ok = has_files(limits, users, err);
    if (!ok && limits->is_served) {
        err_prefix(err, "users.users");
    }
    return ok && user_limits_check_ports(limits, users, known_ports(limits), err);
}
