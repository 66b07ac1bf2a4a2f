#include "target-api/options.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "common/cgroup.h"

#define LIMIT(name) offsetof(struct target_options, limits.name)

static const struct cli_flag flags[] = {
    {"admin-port", "PORT", cli_set_port, offsetof(struct target_options, admin_port), "5001",
     "where /livez, /readyz and /metrics are; 0: any free port"},
    {"bind", "ADDR", cli_set_string, offsetof(struct target_options, bind), "127.0.0.1",
     "the IPv4 or IPv6 address to listen on, for both ports"},
    {"idle-timeout", "SECONDS", cli_set_u64, LIMIT(idle_s), "60",
     "a connection without a byte for so long is closed"},
    {"max-bodies-bytes", "N", cli_set_u64, LIMIT(bodies_bytes), "33554432",
     "the bodies of all requests under way may have so many bytes; beyond: 503"},
    {"max-body-bytes", "N", cli_set_u64, LIMIT(body_bytes), "1048576",
     "a body may have so many bytes; beyond: 413"},
    {"max-connections", "N", cli_set_u64, LIMIT(connections), "10240",
     "so many connections may be open; more are accepted and closed at once"},
    {"max-header-bytes", "N", cli_set_u64, LIMIT(header_bytes), "8192",
     "a request line and its headers may have so many bytes; beyond: 431"},
    {"max-users", "N", cli_set_u64, LIMIT(users), "200000",
     "so many users are held; one more: 507"},
    {"max-users-bytes", "N", cli_set_u64, LIMIT(users_bytes), "33554432",
     "their names and ages may have so many bytes as JSON; beyond: 507"},
    {"namespace", "NAME", cli_set_string, offsetof(struct target_options, namespace), "",
     "for target_info in /metrics: the pod's namespace"},
    {"node", "NAME", cli_set_string, offsetof(struct target_options, node), "",
     "for target_info in /metrics: the node that the pod runs on"},
    {"pod", "NAME", cli_set_string, offsetof(struct target_options, pod), "",
     "for target_info in /metrics: the name of the pod"},
    {"port", "PORT", cli_set_port, offsetof(struct target_options, port), "5000",
     "where the API is; 0: any free port"},
    {"request-timeout", "SECONDS", cli_set_u64, LIMIT(request_s), "30",
     "from the first byte of a request to its last; beyond: the connection is closed"},
    {"store", "WHERE", cli_set_string, offsetof(struct target_options, store), "memory",
     "where users are kept: memory, or sqlite:PATH for users that survive the process"},
    {"test-endpoints", NULL, cli_set_bool, offsetof(struct target_options, has_test_endpoints),
     "false", "adds /delay/{ms}, /work/{us}, /status/{code} and /bytes/{n}"},
    {"threads", "N", cli_set_threads, offsetof(struct target_options, threads), "0",
     "threads that serve the API; 0: one for each CPU that we may use"},
    {0},
};

/* What is beyond makes no sense: of a limit, or of libmicrohttpd's arithmetic. */
static const struct range {
    const char *flag;
    size_t offset;
    uint64_t min;
    uint64_t max;
} ranges[] = {
    {"idle-timeout", LIMIT(idle_s), 1, 86400},
    {"max-body-bytes", LIMIT(body_bytes), 1, UINT64_C(64) << 20},
    {"max-connections", LIMIT(connections), 1, 1000000},
    {"max-header-bytes", LIMIT(header_bytes), 512, UINT64_C(1) << 20},
    {"max-users", LIMIT(users), 3, UINT64_C(1) << 32},
    {"request-timeout", LIMIT(request_s), 1, 86400},
};

static const struct cli cli = {
    .program = "target-api",
    .about = "A sample REST service: something to measure.\n"
             "\n"
             "  target-api -bind 0.0.0.0 -port 5000\n"
             "  curl http://127.0.0.1:5000/users_name/0\n"
             "\n"
             "It prints one line when it is ready, and stops on SIGTERM or SIGINT once what is in\n"
             "flight is answered.\n",
    .flags = flags,
    .env_prefix = "HEADROOM_",
};

static bool check_ranges(const struct target_options *options, struct err *err)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const struct range *range = &ranges[i];
        uint64_t value = *(const uint64_t *)(const void *)((const char *)options + range->offset);
        if (value < range->min || value > range->max) {
            return err_set(err, ERR_USAGE, "-%s: %" PRIu64 " is not from %" PRIu64 " to %" PRIu64,
                           range->flag, value, range->min, range->max);
        }
    }
    return true;
}

static bool take_store(struct target_options *options, struct err *err)
{
    static const char sqlite[] = "sqlite:";
    size_t len = sizeof sqlite - 1;
    if (strcmp(options->store, "memory") == 0) {
        options->store_path = NULL;
        return true;
    }
    if (strncmp(options->store, sqlite, len) != 0 || options->store[len] == '\0') {
        return err_set(err, ERR_USAGE, "-store: \"%s\" is neither memory nor sqlite:PATH",
                       options->store);
    }
    options->store_path = options->store + len;
    return true;
}

enum cli_result target_options_parse(struct target_options *options, int argc, char **argv,
                                     struct err *err)
{
    if (argc == 2 && strcmp(argv[1], "help") == 0) {
        cli_print_help(&cli, stdout);
        return CLI_DONE;
    }
    int operands = 0;
    enum cli_result result = cli_parse(&cli, argc, argv, options, &operands, err);
    if (result != CLI_OK) {
        return result;
    }
    if (!check_ranges(options, err) || !take_store(options, err)) {
        return CLI_BAD;
    }
    if (options->threads == 0) {
        options->threads = cgroup_usable_cpus(cgroup_read_cpu("").limit_cpus);
    }
    return CLI_OK;
}
