/* loadgen worker: performs its part of the runs that a controller starts. */
#include <stdlib.h>

#include "common/process/cgroup.h"
#include "common/process/file_limit.h"
#include "loadgen/base/duration.h"
#include "loadgen/cluster/worker/worker.h"
#include "loadgen/command/cluster/place.h"
#include "loadgen/command/command.h"
#include "loadgen/command/flags/address_flags.h"
#include "loadgen/command/flags/tls_flags.h"
#include "loadgen/command/process/interrupt.h"

struct options {
    struct nats_flags nats;
    const char *name;
    const char *allowed;
    uint64_t orphan_ns;
};

#define FIELD(name) offsetof(struct options, name)

static const struct cli_flag flags[] = {
    {.help = "Broker"},
#define NATS(name) FIELD(nats.name)
#include "loadgen/command/flags/nats.def"
#undef NATS

    {.help = "Worker"},
    {"name", "TEXT", cli_set_text, FIELD(name), NULL,
     "name of this worker: letters, digits, - and _ (default: the host name, in Kubernetes the "
     "pod's name)"},
    {"allow-target", "LIST", address_set_allowed, FIELD(allowed), NULL,
     "refuse orders for other targets: names, addresses and ranges, separated by commas (default "
     "any target)"},
    {"orphan-timeout", "TIME", duration_set, FIELD(orphan_ns), "60s",
     "end a run after TIME without a message from a controller"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen worker",
    .env_prefix = "LOCUST_",
    .about =
        "Waits for runs started by a controller (any command with -nats), and sends a share of\n"
        "their requests, one run after the other. On SIGTERM or SIGINT, it hands over its share\n"
        "to the other workers and exits. A second signal, sent at least one second after the\n"
        "first, abandons the run.\n"
        "\n"
        "  loadgen worker -nats nats://127.0.0.1:4222\n"
        "  loadgen attack -nats nats://127.0.0.1:4222 -expect-workers 3 -rate 9000 -duration 1m\n"
        "      http://127.0.0.1:5000/health\n",
    .flags = flags,
};

static bool check_order(const struct plan *plan, const struct targets *targets, const char *allowed,
                        struct err *err)
{
    return address_check_allowed(plan, targets, NULL, err) &&
           tls_check_proxies(plan, targets, err) &&
           (!allowed || address_check_ways(plan, allowed, err));
}

static bool worker_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    struct interrupt interrupt = {0};
    char host[WIRE_NAME];
    double cpu_limit = cgroup_read_cpu("").limit_cpus;
    unsigned threads = cgroup_usable_cpus(cpu_limit);
    if (!options->nats.url) {
        return err_set(err, ERR_USAGE,
                       "-nats is missing; set it to the NATS server that carries the orders, such "
                       "as -nats nats://127.0.0.1:4222");
    }
    file_limit_raise();
    if (!interrupt_start(&interrupt, err)) {
        return false;
    }
    const struct worker_options worker = {
        .bus = place_bus(&options->nats, "loadgen worker"),
        .name = options->name ? options->name : place_host(host, sizeof host),
        .node = getenv("HEADROOM_NODE"), // NOLINT(concurrency-mt-unsafe): no thread changes it
        .cpu_limit = cpu_limit > 0 ? cpu_limit : threads,
        .rules = {line->cpus && line->cpus < threads ? line->cpus : threads, options->allowed,
                  check_order},
        .orphan_ns = options->orphan_ns,
        .stop_fd = interrupt.stop_fd,
        .tell = place_tell,
    };
    bool ok = worker_serve(&worker, err);
    interrupt_stop(&interrupt);
    return ok;
}

const struct command command_worker = {
    .name = "worker",
    .help = "send a share of the requests of runs that a controller starts over NATS",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = worker_main,
};
