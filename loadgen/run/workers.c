#include "loadgen/run/workers.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"

void workers_init(struct workers *workers, const struct order *order, const struct team *team,
                  const struct engine_type *engine_type, const struct driver_type *driver_type)
{
    const struct plan *plan = order->plan;
    struct worker_shared *shared = &workers->shared;
    memset(workers, 0, sizeof *workers);
    shared->order = order;
    shared->engine_type = engine_type;
    shared->driver_type = driver_type;
    if (team) {
        shared->team = *team;
    } else {
        plan_team(plan, &shared->team);
    }
    shared->finished_fd = -1;
    shared->resolver = (struct resolver_config){
        .names.servers = plan->resolvers,
        .names.ttl_ns = plan->dns_ttl_ns,
        .names.allowed = plan->allowed_targets,
        .connect_to = plan->connect_to,
        .connect_to_count = plan->connect_to_count,
        .unix_socket = plan->unix_socket,
        .names.family = plan->local.length ? plan->local.socket.any.sa_family : AF_UNSPEC,
        .names.is_balanced = plan->keepalive,
    };
    address_list_init(&shared->addresses);
    catalogue_init(&shared->catalogue, order->targets, driver_type->adds_targets);
    pthread_mutex_init(&shared->gate.lock, NULL);
    pthread_cond_init(&shared->gate.changed, NULL);
}

/* Certificates take megabytes: they are read only for https targets, or when files are named. */
static bool open_tls(struct worker_shared *shared, struct err *err)
{
    const struct targets *targets = shared->order->targets;
    const struct tls_options *options = &shared->order->plan->tls;
    bool is_needed = tls_has_files(options);
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        is_needed |= targets->endpoints[i].is_https;
    }
    if (is_needed) {
        shared->tls = tls_open(options, err);
    }
    return !is_needed || shared->tls;
}

static bool open_drive(struct worker_shared *shared, struct err *err)
{
    const struct driver_type *type = shared->driver_type;
    shared->drive = type->open(shared->order, &shared->team, err);
    return shared->drive;
}

static bool start_threads(struct workers *workers, struct err *err)
{
    struct worker_shared *shared = &workers->shared;
    shared->finished_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (shared->finished_fd < 0) {
        return err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
    }
    workers->list = calloc(shared->team.threads, sizeof *workers->list);
    if (!workers->list) {
        return err_set(err, ERR_FAILED, "not enough memory for threads");
    }
    shared->workers = workers->list;
    while (workers->count < shared->team.threads) {
        struct worker *worker = &workers->list[workers->count];
        if (!worker_start(worker, workers->count, shared, err)) {
            worker_fini(worker);
            return false;
        }
        workers->count++;
    }
    return true;
}

/* Waits until every thread is set up; false with the first error. */
static bool wait_for_threads(struct workers *workers, struct err *err)
{
    struct gate *gate = &workers->shared.gate;
    pthread_mutex_lock(&gate->lock);
    while (gate->arrived < workers->count) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
    for (unsigned i = 0; i < workers->count; i++) {
        if (workers->list[i].err.code != ERR_NONE) {
            *err = workers->list[i].err;
            return false;
        }
    }
    return true;
}

/* Call this when host names are resolved: no more rows are known before the run. */
static bool reserve(struct workers *workers, struct err *err)
{
    bool ok = true;
    for (unsigned i = 0; ok && i < workers->count; i++) {
        ok = recorder_reserve(&workers->list[i].recorder, err);
    }
    return ok;
}

bool workers_start(struct workers *workers, struct err *err)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        return err_set(err, ERR_FAILED, "cannot initialize c-ares");
    }
    return open_tls(&workers->shared, err) && open_drive(&workers->shared, err) &&
           start_threads(workers, err) && wait_for_threads(workers, err) && reserve(workers, err);
}

static void set_gate(struct gate *gate, enum gate_state state)
{
    pthread_mutex_lock(&gate->lock);
    gate->state = state;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

void workers_open(struct workers *workers, uint64_t origin_ns, uint64_t start_ns, uint64_t stop_ns)
{
    struct worker_shared *shared = &workers->shared;
    for (unsigned i = 0; i < workers->count; i++) {
        workers->list[i].thread.start_ns = start_ns;
        workers->list[i].recorder.origin_ns = origin_ns;
    }
    atomic_store(&shared->stop_ns, stop_ns);
    set_gate(&shared->gate, GATE_OPEN);
}

void workers_wake(struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        worker_wake(&workers->list[i]);
    }
}

bool workers_change(struct workers *workers, uint64_t start_ns, uint64_t now_ns,
                    struct change *change, struct err *err)
{
    const struct worker_shared *shared = &workers->shared;
    bool ok = shared->driver_type->change(shared->drive, start_ns, now_ns, change, err);
    workers_wake(workers);
    return ok;
}

bool workers_stop(struct workers *workers)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns >= atomic_load(&workers->shared.stop_ns)) {
        return false;
    }
    atomic_store(&workers->shared.stop_ns, now_ns);
    workers_wake(workers);
    return true;
}

void workers_abandon(struct workers *workers)
{
    atomic_store(&workers->shared.is_abandoned, true);
    workers_wake(workers);
}

void workers_join(struct workers *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        worker_join(&workers->list[i]);
    }
    workers->is_joined = true;
}

void workers_fini(struct workers *workers)
{
    struct worker_shared *shared = &workers->shared;
    if (!workers->is_joined) {
        set_gate(&shared->gate, GATE_CANCELLED);
        workers_join(workers);
    }
    for (unsigned i = 0; i < workers->count; i++) {
        worker_fini(&workers->list[i]);
    }
    if (shared->finished_fd >= 0) {
        close(shared->finished_fd);
    }
    pthread_mutex_destroy(&shared->gate.lock);
    pthread_cond_destroy(&shared->gate.changed);
    tls_close(shared->tls);
    shared->driver_type->close(shared->drive);
    free(workers->list);
    address_list_fini(&shared->addresses);
    catalogue_fini(&shared->catalogue);
}
