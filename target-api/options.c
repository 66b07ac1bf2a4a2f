#include "target-api/options.h"

#include <stddef.h>
#include <string.h>

#include "common/cgroup.h"

static const struct cli_flag flags[] = {
    {"admin-port", "PORT", cli_set_port, offsetof(struct target_options, admin_port), "5001",
     "where /livez, /readyz and /metrics are; 0: any free port"},
    {"bind", "ADDR", cli_set_string, offsetof(struct target_options, bind), "127.0.0.1",
     "the IPv4 or IPv6 address to listen on, for both ports"},
    {"port", "PORT", cli_set_port, offsetof(struct target_options, port), "5000",
     "where the API is; 0: any free port"},
    {"threads", "N", cli_set_threads, offsetof(struct target_options, threads), "0",
     "threads that serve the API; 0: one for each CPU that we may use"},
    {0},
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

enum cli_result target_options_parse(struct target_options *options, int argc, char **argv,
                                     struct err *err)
{
    if (argc == 2 && strcmp(argv[1], "help") == 0) {
        cli_print_help(&cli, stdout);
        return CLI_DONE;
    }
    int operands = 0;
    enum cli_result result = cli_parse(&cli, argc, argv, options, &operands, err);
    if (result == CLI_OK && options->threads == 0) {
        options->threads = cgroup_usable_cpus(cgroup_read_cpu("").limit_cpus);
    }
    return result;
}
