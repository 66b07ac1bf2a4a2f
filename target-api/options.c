#include "target-api/options.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "common/process/cgroup.h"

#define LIMIT(name) offsetof(struct target_options, limits.name)

static const struct cli_flag flags[] = {
    {.help = "Where to listen"},
    {"bind", "ADDR", cli_set_string, offsetof(struct target_options, bind), "127.0.0.1",
     "IPv4 or IPv6 address to listen on, for both ports"},
    {"port", "PORT", cli_set_port, offsetof(struct target_options, port), "5000",
     "port of the API; 0: any free port"},
    {"admin-port", "PORT", cli_set_port, offsetof(struct target_options, admin_port), "5001",
     "port of /livez, /readyz and /metrics; 0: any free port"},
    {.help = "Users"},
    {"store", "WHERE", cli_set_string, offsetof(struct target_options, store), "memory",
     "store users in memory, or in sqlite:PATH to keep them across restarts"},
    {"max-users", "N", cli_set_u64, LIMIT(users), "200000",
     "maximum number of users, at least 3; requests that add more get 507"},
    {"max-users-bytes", "N", cli_set_u64, LIMIT(users_bytes), "33554432",
     "maximum size of all ids, names and ages as JSON, in bytes; requests that add more get 507"},
    {.help = "Limits"},
    {"threads", "N", cli_set_threads, offsetof(struct target_options, threads), "0",
     "number of serving threads, up to 1024; 0: one per available CPU"},
    {"max-connections", "N", cli_set_u64, LIMIT(connections), "10240",
     "maximum open connections, up to 1000000; further ones are accepted and closed immediately"},
    {"max-header-bytes", "N", cli_set_u64, LIMIT(header_bytes), "8192",
     "maximum size of the request line and headers, in bytes, 512 to 1048576; larger ones get 431"},
    {"max-body-bytes", "N", cli_set_u64, LIMIT(body_bytes), "1048576",
     "maximum size of a request body, in bytes, up to 67108864; larger ones get 413"},
    {"max-bodies-bytes", "N", cli_set_u64, LIMIT(bodies_bytes), "33554432",
     "maximum total size of the request bodies in memory, in bytes; further requests get 503"},
    {"request-timeout", "SECONDS", cli_set_u64, LIMIT(request_s), "30",
     "time to receive a whole request, 1 to 86400; slower connections are closed"},
    {"idle-timeout", "SECONDS", cli_set_u64, LIMIT(idle_s), "60",
     "close connections idle for this long, 1 to 86400"},
    {.help = "Names in /metrics"},
    {"pod", "NAME", cli_set_string, offsetof(struct target_options, pod), "",
     "name of the pod, for target_info in /metrics"},
    {"node", "NAME", cli_set_string, offsetof(struct target_options, node), "",
     "node of the pod, for target_info in /metrics"},
    {"namespace", "NAME", cli_set_string, offsetof(struct target_options, namespace), "",
     "namespace of the pod, for target_info in /metrics"},
    {.help = "Testing"},
    {"test-endpoints", NULL, cli_set_bool, offsetof(struct target_options, has_test_endpoints),
     "false", "add /delay/{ms}, /work/{us}, /status/{code} and /bytes/{n}"},
    {"sample-webapp", NULL, cli_set_bool, offsetof(struct target_options, is_sample_webapp),
     "false",
     "replace the users API with the sample app of Google's Locust tutorial: GET /, POST /login, "
     "POST /metrics"},
    {0},
};

/* Beyond these a limit is useless, or libmicrohttpd's arithmetic overflows. */
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
    .about = "A sample REST service to run load tests against.\n"
             "\n"
             "  target-api -bind 0.0.0.0 -port 5000\n"
             "  curl http://127.0.0.1:5000/users_name/0\n"
             "\n"
             "target-api prints one line when it is ready. On SIGTERM or SIGINT, it answers the\n"
             "requests in flight and exits.\n",
    .flags = flags,
    .env_prefix = "HEADROOM_",
};

static bool check_ranges(const struct target_options *options, struct err *err)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const struct range *range = &ranges[i];
        uint64_t value = *(const uint64_t *)(const void *)((const char *)options + range->offset);
        if (value < range->min || value > range->max) {
            return err_set(err, ERR_USAGE,
                           "-%s: %" PRIu64 " is not between %" PRIu64 " and %" PRIu64, range->flag,
                           value, range->min, range->max);
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
        return err_set(err, ERR_USAGE, "-store: \"%s\" is not \"memory\" or \"sqlite:PATH\"",
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
