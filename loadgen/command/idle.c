/* loadgen idle: process 1 of loadgen's image, which waits while attacks are started beside it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/command/command.h"
#include "loadgen/command/interrupt.h"
#include "loadgen/command/process_one.h"
#include "loadgen/command/side_port.h"

struct options {
    const char *probe_addr; /* "": nobody listens */
};

static const struct cli_flag flags[] = {
    {"probe-addr", "HOST:PORT", cli_set_string, offsetof(struct options, probe_addr), "",
     "answer /livez and /readyz there, for Kubernetes' probes; without a HOST on all of IPv4"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen idle",
    .about =
        "Waits, as process 1 of a container in which attacks are started (kubectl exec). It reaps\n"
        "what they leave behind. On SIGTERM or SIGINT it turns /readyz to 503, passes the signal\n"
        "to the attacks that run, waits until they and their reports are done, and ends; a second\n"
        "signal ends it, and with it the container, at once. When it is not process 1 it signals\n"
        "nobody.\n\n"
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
    char text[] = "there are /livez and /readyz here\n";
    *status = MHD_HTTP_NOT_FOUND;
    if (strcmp(path, "/readyz") == 0 && atomic_load(&idle->is_stopping)) {
        strcpy(text, "stopping\n");
        *status = MHD_HTTP_SERVICE_UNAVAILABLE;
    } else if (strcmp(path, "/readyz") == 0 || strcmp(path, "/livez") == 0) {
        strcpy(text, "ok\n");
        *status = MHD_HTTP_OK;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    if (response) {
        MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    }
    return response;
}

static bool open_probes(struct idle *idle, const char *address, struct err *err)
{
    struct address at;
    char text[ADDRESS_TEXT];
    if (address[0] == '\0') {
        return true;
    }
    idle->port = side_port_open(address, answer, idle, &at, err);
    if (!idle->port) {
        return err_prefix(err, "-probe-addr");
    }
    fprintf(stderr, "loadgen: probes at http://%s/readyz\n", address_print(&at, text));
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

static bool idle_main(const struct command_globals *globals, int argc, char **argv, struct err *err)
{
    (void)globals; /* it takes no CPU */
    struct options options = {0};
    struct idle idle = {0};
    struct interrupt interrupt;
    int operands = 0;
    enum cli_result result = cli_parse(&cli, argc, argv, &options, &operands, err);
    if (result != CLI_OK) {
        return result == CLI_DONE;
    }
    bool is_first = process_one_is_this();
    signal(SIGCHLD, SIG_IGN); /* the kernel reaps whoever is left to us */
    if (!interrupt_start(&interrupt, err)) {
        return false;
    }
    bool ok = open_probes(&idle, options.probe_addr, err);
    if (ok) {
        fputs(is_first ? "loadgen: idle\n"
                       : "loadgen: idle, but not as process 1: on SIGTERM no attack is told\n",
              stderr);
        ok = wait_for_stop(&interrupt, err);
        atomic_store(&idle.is_stopping, true);
        ok = ok && (!is_first || process_one_stop_others(err));
    }
    side_port_close(idle.port);
    interrupt_stop(&interrupt);
    return ok;
}

const struct command command_idle = {
    .name = "idle",
    .help = "wait, as process 1 of a container in which attacks are started",
    .cli = &cli,
    .run = idle_main,
};
