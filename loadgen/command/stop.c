/*
 * loadgen stop: ends everything that sends requests: commands with SIGTERM, tests of a server with
 * SIGUSR1.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/command/command.h"
#include "loadgen/command/process/processes.h"

enum { POLL_MS = 50, STOPPED_MAX = 512 };

struct options {
    uint64_t timeout_ns;
};

static const struct cli_flag flags[] = {
    {.help = "Limits"},
    {"timeout", "TIME", duration_set, offsetof(struct options, timeout_ns), "45s",
     "maximum time to wait for the commands and tests to end"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen stop",
    .about =
        "Stops this user's attack, run and capacity commands in this container (outside a\n"
        "container: on this machine) and waits until they have ended. Each receives SIGTERM,\n"
        "sends no more requests, waits for those in flight, and completes its results; a capacity\n"
        "search ends without a report. A test of loadgen serve ends in the same way, and the\n"
        "server continues. The exit status is 1 if none of these is running, or if one of them\n"
        "is still running after -timeout.\n\n"
        "  kubectl exec -n headroom deployment/loadgen -- vegeta stop\n",
    .flags = flags,
};

/* The processes that received a signal and are still sending. */
struct stopped {
    struct {
        pid_t pid;
        int signal;
        bool is_running;
    } list[STOPPED_MAX];
    size_t count;
};

static const char *what_stops(int signal)
{
    return signal == SIGUSR1 ? "its test is " : "";
}

/* A process suspended by Ctrl-Z handles the signal only after SIGCONT. */
static void stop_sender(void *context, pid_t pid)
{
    struct stopped *stopped = context;
    int signal = stopped->count < STOPPED_MAX ? process_stop_signal(pid) : 0;
    if (signal && kill(pid, signal) == 0) {
        kill(pid, SIGCONT);
        stopped->list[stopped->count].pid = pid;
        stopped->list[stopped->count++].signal = signal;
        printf("process %d: %sstopping\n", (int)pid, what_stops(signal));
    }
}

/* The process of a server does not end with its test. */
static void mark_running(void *context, pid_t pid)
{
    struct stopped *stopped = context;
    for (size_t i = 0; i < stopped->count; i++) {
        if (stopped->list[i].pid == pid) {
            stopped->list[i].is_running =
                stopped->list[i].signal == SIGTERM || process_stop_signal(pid) == SIGUSR1;
        }
    }
}

/* Scans all processes once, and reports and drops those that have ended. */
static bool drop_ended(struct stopped *stopped, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < stopped->count; i++) {
        stopped->list[i].is_running = false;
    }
    if (!processes_visit(mark_running, stopped, err)) {
        return false;
    }
    for (size_t i = 0; i < stopped->count; i++) {
        if (stopped->list[i].is_running) {
            stopped->list[kept++] = stopped->list[i];
        } else {
            printf("process %d: %sstopped\n", (int)stopped->list[i].pid,
                   what_stops(stopped->list[i].signal));
        }
    }
    stopped->count = kept;
    return true;
}

static bool wait_for_end(struct stopped *stopped, uint64_t timeout_ns, struct err *err)
{
    char text[DURATION_TEXT];
    uint64_t begin_ns = clock_now_ns();
    while (drop_ended(stopped, err)) {
        fflush(stdout);
        if (stopped->count == 0) {
            return true;
        }
        if (clock_now_ns() - begin_ns >= timeout_ns) {
            return err_set(err, ERR_FAILED,
                           "process %d is still running after %s; kill -9 %d ends it, but its "
                           "results will be incomplete",
                           (int)stopped->list[0].pid, duration_print(timeout_ns, text),
                           (int)stopped->list[0].pid);
        }
        poll(NULL, 0, POLL_MS);
    }
    return false;
}

static bool stop_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    struct stopped stopped = {.count = 0};
    if (!processes_visit(stop_sender, &stopped, err)) {
        return false;
    }
    if (stopped.count == 0) {
        return err_set(err, ERR_FAILED,
                       "no attack, run, capacity search or server test of this user is running");
    }
    return wait_for_end(&stopped, options->timeout_ns, err);
}

const struct command command_stop = {
    .name = "stop",
    .help = "stop all attacks, runs, searches and server tests in this container",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = stop_main,
};
