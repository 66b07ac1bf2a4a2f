/* loadgen idle: process 1 of the container, which waits while attacks are started next to it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/http/side_port.h"
#include "loadgen/command/command.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/command/process/pid1.h"
#include "loadgen/command/progress/listen.h"

struct options {
    const char *probe_addr; /* NULL: off */
};

static const struct cli_flag flags[] = {
    {.help = "Probes"},
    {"probe-addr", "HOST:PORT", cli_set_text, offsetof(struct options, probe_addr), NULL,
     "serve /livez and /readyz for Kubernetes at this address; without HOST: on all IPv4 addresses "
     "(default off)"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen idle",
    .about =
        "Waits as process 1 of a container in which attacks are started with kubectl exec. On\n"
        "SIGTERM or SIGINT, it answers /readyz with 503, stops all attacks, waits until they\n"
        "have written their results and reports, and exits. On a second signal, sent at least\n"
        "one second after the first, the attacks abandon their requests in flight and write the\n"
        "results so far. If loadgen idle is not process 1, it stops no attacks.\n"
        "\n"
        "  loadgen idle -probe-addr :5001\n",
    .flags = flags,
};

struct idle {
    struct side_port *port;
    atomic_bool is_stopping;
};

static struct MHD_Response *answer(void *context, const char *path, unsigned *status)
{
    const struct idle *idle = context;
    if (strcmp(path, "/readyz") == 0 && atomic_load(&idle->is_stopping)) {
        *status = MHD_HTTP_SERVICE_UNAVAILABLE;
        return side_port_text("stopping\n");
    }
    if (strcmp(path, "/readyz") == 0 || strcmp(path, "/livez") == 0) {
        return side_port_text("ok\n");
    }
    *status = MHD_HTTP_NOT_FOUND;
    return side_port_text("not found; try /livez or /readyz\n");
}

static bool open_probes(struct idle *idle, const char *address, struct err *err)
{
    struct listener listener;
    if (!address) {
        return true;
    }
    if (!listen_open(address, &listener, err) ||
        !(idle->port = side_port_start(&listener, LISTEN_CONNECTIONS, answer, idle, err))) {
        return err_prefix(err, "-probe-addr");
    }
    fprintf(stderr, "loadgen: probes at http://%s/readyz\n", listener.address);
    return true;
}

static bool wait_for_stop(const struct interrupt *interrupt, struct err *err)
{
    struct pollfd stop = {.fd = interrupt->stop_fd, .events = POLLIN};
    while (poll(&stop, 1, -1) < 0) {
        if (errno != EINTR) {
            return err_set(err, ERR_FAILED, "poll: %s", strerror(errno));
        }
    }
    return true;
}

static bool idle_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    struct idle idle = {0};
    struct interrupt interrupt = {0};
    bool is_first = pid1_is_self();
    signal(SIGCHLD, SIG_IGN); /* the kernel reaps orphaned processes */
    if (!interrupt_start(&interrupt, err)) {
        return false;
    }
    bool ok = open_probes(&idle, options->probe_addr, err);
    if (ok) {
        fputs(is_first ? "loadgen: idle\n"
                       : "loadgen: idle is not process 1, so SIGTERM will not stop attacks\n",
              stderr);
        ok = wait_for_stop(&interrupt, err);
        atomic_store(&idle.is_stopping, true);
        ok = ok && (!is_first || pid1_stop_others(&interrupt, err));
        ok = ok && interrupt_check(&interrupt, err);
    }
    side_port_stop(idle.port);
    interrupt_stop(&interrupt);
    return ok;
}

const struct command command_idle = {
    .name = "idle",
    .help = "wait as process 1 of a container in which attacks are started",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = idle_main,
};
