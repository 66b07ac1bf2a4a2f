/*
 * many_workers - many simulated workers, to measure what they cost their controller and the broker.
 *
 *     many_workers URL COUNT [PREFIX]
 *
 * Each is the real worker (cluster/worker/worker.h), with a name and a connection of its own; only
 * its part of a run is simulated (part.c). So the controller sees the messages of COUNT workers
 * with one thread each, PREFIX-0 and so on. Workers that fail say why on stderr. Ends on SIGINT or
 * SIGTERM, at which all workers leave.
 *
 * A worker takes about nine threads and 0.5 MB. GROUP workers share a process, because libnats has
 * locks for all connections of a process.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process/file_limit.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/worker/worker.h"
#include "tests/cluster/simulation.h"

enum { GROUP = 50, STACK_BYTES = 1024 * 1024, SPREAD_US = 1000 };

struct arguments {
    const char *url;
    unsigned count;
    const char *prefix;
};

struct worker {
    char name[WIRE_NAME];
    struct worker_options options;
    pthread_t thread;
};

static void tell(void *context, const char *line)
{
    const struct worker *worker = context;
    fprintf(stderr, "%s: %s\n", worker->name, line);
}

static bool allow(const struct plan *plan, const struct targets *targets, const char *allowed,
                  struct err *err)
{
    (void)plan, (void)targets, (void)allowed, (void)err; /* nothing is sent */
    return true;
}

static void *serve(void *context)
{
    struct worker *worker = context;
    struct err err = {.code = ERR_NONE};
    if (!worker_serve(&worker->options, &err)) {
        tell(worker, err.text);
    }
    return NULL;
}

static void start(struct worker *worker, const struct arguments *arguments, unsigned number)
{
    snprintf(worker->name, sizeof worker->name, "%s-%u", arguments->prefix, number);
    worker->options = (struct worker_options){
        .bus = {.nats = arguments->url, .name = worker->name},
        .name = worker->name,
        .node = "simulated",
        .cpu_limit = 0.25,
        .rules = {.threads = 1, .check = allow},
        .orphan_ns = 60 * NS_PER_S,
        .stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
        .tell = tell,
        .context = worker,
    };
    if (worker->options.stop_fd < 0 || pthread_create(&worker->thread, NULL, serve, worker) != 0) {
        fprintf(stderr, "many_workers: %s: no descriptor or thread left\n", worker->name);
        exit(EXIT_FAILURE);
    }
}

/* Threads of libnats have the default size, too. */
static void use_small_stacks(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

static sigset_t block_signals(void)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    return stops;
}

/* Workers `first` to `end` - 1, until a signal. */
static void serve_group(const struct arguments *arguments, unsigned first, unsigned end)
{
    sigset_t stops = block_signals();
    int signal = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    use_small_stacks();
    simulation_begin();
    struct worker *workers = memory_of(calloc(end - first, sizeof *workers));
    for (unsigned i = first; i < end; i++) {
        start(&workers[i - first], arguments, i);
        usleep(SPREAD_US);
    }
    sigwait(&stops, &signal);
    for (unsigned i = first; i < end; i++) {
        eventfd_write(workers[i - first].options.stop_fd, 1);
    }
    for (unsigned i = first; i < end; i++) {
        pthread_join(workers[i - first].thread, NULL);
        close(workers[i - first].options.stop_fd);
    }
    free(workers);
}

/* The processes of the groups. Ends when they have ended, which they do at a signal or all at once:
 * a crash of one group makes the figures worthless. */
static int watch(const pid_t *groups, unsigned count)
{
    sigset_t stops = block_signals();
    int signal = 0;
    int status = EXIT_SUCCESS;
    sigwait(&stops, &signal);
    for (unsigned i = 0; i < count; i++) {
        kill(groups[i], SIGTERM);
    }
    for (unsigned i = 0; i < count; i++) {
        int how = 0;
        waitpid(groups[i], &how, 0);
        if (how != 0) {
            fprintf(stderr, "many_workers: a group of workers has failed: status %d\n", how);
            status = EXIT_FAILURE;
        }
    }
    return status;
}

int main(int argc, char **argv)
{
    const struct arguments arguments = {
        .url = argc > 2 ? argv[1] : NULL,
        .count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0,
        .prefix = argc > 3 ? argv[3] : "simulated",
    };
    pid_t groups[WIRE_WORKERS];
    unsigned count = 0;
    if (arguments.count < 1 || arguments.count > WIRE_WORKERS) {
        fprintf(stderr, "usage: many_workers URL COUNT [PREFIX]\n");
        return EXIT_FAILURE;
    }
    file_limit_raise();
    block_signals();
    for (unsigned first = 0; first < arguments.count; first += GROUP) {
        unsigned end = first + GROUP < arguments.count ? first + GROUP : arguments.count;
        groups[count] = fork();
        if (groups[count] == 0) {
            serve_group(&arguments, first, end);
            return EXIT_SUCCESS;
        }
        count++;
    }
    return watch(groups, count);
}
