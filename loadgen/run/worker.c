#include "loadgen/run/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/least.h"
#include "loadgen/drive/limits.h"

static void answered(struct worker *worker, const struct exchange *exchange)
{
    worker->thread.in_flight--;
    worker->held += exchange->is_held;
    worker->driver->type->answered(worker->driver, exchange);
}

static void on_done(void *owner, const struct exchange *exchange)
{
    struct worker *worker = owner;
    bool runs_scripts = worker->driver->type->runs_scripts;
    bool is_held = runs_scripts && exchange->terms->is_judged && !worker->is_abandoning;
    if (exchange->intended_ns >= worker->thread.start_ns && !is_held) {
        if (worker->is_abandoning) {
            worker->abandoned[exchange->row]++;
        } else {
            recorder_add(&worker->recorder, exchange);
        }
    }
    if (runs_scripts) {
        backlog_add(&worker->backlog, exchange)->is_held = is_held;
    } else {
        answered(worker, exchange);
    }
}

static struct worker *worker_of(struct drive_thread *thread)
{
    return (struct worker *)((char *)thread - offsetof(struct worker, thread));
}

static void wake_all(struct drive_thread *thread)
{
    const struct worker_shared *shared = worker_of(thread)->shared;
    for (unsigned i = 0; i < shared->team.threads; i++) {
        worker_wake(&shared->workers[i]);
    }
}

static void stop_run(struct drive_thread *thread)
{
    struct worker_shared *shared = worker_of(thread)->shared;
    uint64_t now_ns = clock_now_ns();
    uint64_t before_ns = atomic_load(&shared->stop_ns);
    while (now_ns < before_ns) {
        if (atomic_compare_exchange_weak(&shared->stop_ns, &before_ns, now_ns)) {
            atomic_store(&shared->is_quit, true);
            wake_all(thread);
            return;
        }
    }
}

static void judged(struct drive_thread *thread, const struct exchange *exchange)
{
    struct worker *worker = worker_of(thread);
    worker->held--;
    if (exchange->intended_ns >= thread->start_ns) {
        recorder_add(&worker->recorder, exchange);
    }
}

static void fired(struct drive_thread *thread, const struct exchange *exchange)
{
    if (exchange->intended_ns >= thread->start_ns) {
        thread->started++;
        recorder_add(&worker_of(thread)->recorder, exchange);
    }
}

/*
 * Lets scripts continue with the answers that have arrived. Requests that end immediately as a
 * result wait for the next turn.
 */
static void deliver(struct worker *worker)
{
    struct backlog_entry *entry = backlog_take(&worker->backlog);
    while (entry) {
        struct backlog_entry *next = entry->next;
        answered(worker, &entry->exchange);
        backlog_recycle(&worker->backlog, entry);
        entry = next;
    }
}

static void end_at_stop(struct worker *worker)
{
    worker->driver->type->end_at(worker->driver, atomic_load(&worker->shared->stop_ns));
}

/* The loop. */

static void on_wake(struct loop_watch *watch, uint32_t events)
{
    struct worker *worker = (struct worker *)((char *)watch - offsetof(struct worker, wake));
    uint64_t count = 0;
    (void)events;
    if (read(watch->fd, &count, sizeof count) == sizeof count) {
        end_at_stop(worker);
    }
}

/* When the last request in flight times out. */
static uint64_t drain_end_ns(const struct worker *worker)
{
    uint64_t last_ns = worker->driver->type->last_ns(worker->driver);
    uint64_t timeout_ns = worker->shared->order->plan->timeout_ns;
    uint64_t drain_ns = timeout_ns ? timeout_ns : WORKER_DRAIN_NS;
    return last_ns > UINT64_MAX - drain_ns ? UINT64_MAX : last_ns + drain_ns;
}

/* When something must be done without an event. */
static uint64_t next_deadline_ns(struct worker *worker, uint64_t now_ns)
{
    struct engine *engine = worker->thread.engine;
    if (worker->backlog.first) {
        return now_ns;
    }
    uint64_t at_ns = least(worker->next_tick_ns, engine->type->next_deadline_ns(engine));
    at_ns = least(at_ns, resolver_next_deadline_ns(worker->resolver));
    at_ns = least(at_ns, worker->recorder.flush_at_ns);
    at_ns = least(at_ns, worker->driver->type->next_ns(worker->driver, now_ns));
    return least(at_ns, drain_end_ns(worker));
}

static void publish_counts(struct worker *worker)
{
    atomic_store_explicit(&worker->published_started, worker->thread.started, memory_order_relaxed);
    atomic_store_explicit(&worker->published_in_flight, worker->thread.in_flight + worker->held,
                          memory_order_relaxed);
    atomic_store_explicit(&worker->published_blocked_ns, worker->recorder.blocked_ns,
                          memory_order_relaxed);
    atomic_store_explicit(&worker->published_unread_ns, worker->unread_ns, memory_order_relaxed);
    atomic_store_explicit(&worker->published_awake_ns, worker->awake_ns, memory_order_relaxed);
    atomic_store_explicit(&worker->published_script_ns, worker->thread.script_ns,
                          memory_order_relaxed);
}

static void tick(struct worker *worker, uint64_t now_ns)
{
    while (worker->next_tick_ns <= now_ns) {
        worker->next_tick_ns += NS_PER_S;
    }
    publish_counts(worker);
    recorder_flush(&worker->recorder);
    drive_may_send(&worker->thread);
}

static void expire(struct worker *worker, uint64_t now_ns)
{
    struct engine *engine = worker->thread.engine;
    resolver_expire(worker->resolver, now_ns);
    engine->type->expire(engine, now_ns);
    bool is_abandoned = atomic_load_explicit(&worker->shared->is_abandoned, memory_order_relaxed);
    if (is_abandoned || now_ns >= drain_end_ns(worker)) {
        /* A worker that waited for a block has not handled its wake yet, and in a closed loop every
         * abandoned request would start another one. */
        end_at_stop(worker);
        if (is_abandoned && !worker->is_abandoning && worker->driver->type->abandon) {
            worker->driver->type->abandon(worker->driver);
        }
        worker->is_abandoning = is_abandoned;
        engine->type->abandon(engine);
    }
}

/*
 * An answer that arrived just after the last wake-up is read in this turn at the latest. A thread
 * that sleeps longer than requested is waiting for a CPU, and so are its answers.
 */
static void note_unread(struct worker *worker, uint64_t asleep_ns, uint64_t due_ns,
                        uint64_t woken_ns, uint64_t handled_ns)
{
    uint64_t busy_ns = worker->woken_ns > 0 ? asleep_ns - worker->woken_ns : 0;
    uint64_t begin_ns = due_ns > asleep_ns ? least(due_ns, woken_ns) : asleep_ns;
    uint64_t unread_ns = busy_ns + handled_ns - begin_ns;
    worker->unread_ns = unread_ns > worker->unread_ns ? unread_ns : worker->unread_ns;
}

/*
 * Reads all other ready sockets, so that no script delays the timestamp of an answer that has
 * arrived.
 */
static void read_more(struct loop *loop)
{
    for (int i = 1; i < WORKER_BATCHES && loop_has_more(loop); i++) {
        loop_wait(loop, 0);
        loop_dispatch(loop);
    }
}

/* Sleeps until an event or the next deadline, and handles both. */
static void turn(struct worker *worker, uint64_t now_ns)
{
    uint64_t at_ns = next_deadline_ns(worker, now_ns);
    worker->awake_ns += worker->woken_ns > 0 ? now_ns - worker->woken_ns : 0;
    loop_wait(worker->thread.loop, at_ns > now_ns ? at_ns - now_ns : 0);
    uint64_t woken_ns = clock_now_ns();
    loop_dispatch(worker->thread.loop);
    if (worker->driver->type->runs_scripts) {
        read_more(worker->thread.loop);
    }
    uint64_t handled_ns = clock_now_ns();
    if (woken_ns >= worker->thread.start_ns) {
        histogram_record(&worker->recorder.tally->loop, handled_ns - woken_ns);
        note_unread(worker, now_ns, at_ns, woken_ns, handled_ns);
    }
    worker->woken_ns = woken_ns;
    expire(worker, handled_ns);
    deliver(worker);
    recorder_flush_due(&worker->recorder, handled_ns);
    if (handled_ns >= worker->next_tick_ns) {
        tick(worker, handled_ns);
    }
}

static void run_window(struct worker *worker)
{
    struct driver *driver = worker->driver;
    for (;;) {
        uint64_t now_ns = clock_now_ns();
        if (driver->type->go(driver, now_ns)) {
            now_ns = clock_now_ns(); /* starting takes time, and the sleep counts from now */
        }
        if (worker->thread.in_flight == 0 && driver->type->has_ended(driver, now_ns)) {
            break;
        }
        turn(worker, now_ns);
    }
    recorder_flush(&worker->recorder);
    publish_counts(worker);
}

/* The thread. */

static bool create_engine(struct worker *worker)
{
    struct worker_shared *shared = worker->shared;
    const struct plan *plan = shared->order->plan;
    const struct targets *targets = shared->order->targets;
    const struct endpoints *own = worker->thread.endpoints;
    limits_split(&worker->thread.limits, plan->max_connections, plan->max_idle, &shared->team.slots,
                 worker->thread.number);
    const struct engine_config config = {
        .resolver = worker->resolver,
        .endpoints = own ? own->list : targets->endpoints,
        .endpoint_count = own ? own->room : targets_endpoint_room(targets),
        .local = plan->local,
        .limits = &worker->thread.limits,
        .keepalive = plan->keepalive,
        .is_open_loop = !schedule_is_closed(&plan->schedule),
        .connects = &worker->connects,
        .http2 = plan->http2,
        .h2c = plan->h2c,
        .tls = shared->tls,
        .secure = &plan->tls,
        .proxy = &plan->proxy,
    };
    worker->thread.engine =
        shared->engine_type->create(&config, worker->thread.loop, on_done, worker, &worker->err);
    return worker->thread.engine;
}

/*
 * Resolves host names before the first request is due. Names that are not resolved within the
 * plan's timeout make their requests fail.
 */
static bool create_resolver(struct worker *worker)
{
    struct worker_shared *shared = worker->shared;
    const struct targets *targets = shared->order->targets;
    const struct plan *plan = shared->order->plan;
    struct resolver_config config = shared->resolver;
    config.names.addresses = &shared->addresses;
    config.names.thread = worker->thread.number;
    config.names.threads = shared->team.all;
    worker->resolver = resolver_create(&config, worker->thread.loop, &worker->err);
    if (!worker->resolver) {
        return false;
    }
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *endpoint = &targets->endpoints[i];
        struct proxy proxy; /* which resolves the host itself */
        bool is_direct = plan->h2c && !endpoint->is_https;
        bool is_proxied = !is_direct && proxy_for(&plan->proxy, endpoint->is_https, endpoint->host,
                                                  endpoint->port, &proxy);
        if (is_proxied ? !resolver_find_proxy(worker->resolver, proxy.host, proxy.port)
                       : !resolver_find(worker->resolver, endpoint->host, endpoint->port)) {
            return err_set(&worker->err, ERR_FAILED, "not enough memory for addresses");
        }
    }
    uint64_t timeout_ns = plan->timeout_ns;
    bool is_short = timeout_ns > 0 && timeout_ns < NAME_TIMEOUT_NS;
    resolver_resolve_all(worker->resolver,
                         clock_now_ns() + (is_short ? timeout_ns : NAME_TIMEOUT_NS),
                         shared->stop_fd);
    return true;
}

static bool create_tables(struct worker *worker)
{
    struct worker_shared *shared = worker->shared;
    if (!shared->driver_type->adds_targets) {
        return true;
    }
    worker->thread.endpoints = &worker->endpoints;
    worker->thread.targets = &worker->targets;
    catalogue_table_init(&worker->targets, &shared->catalogue);
    return endpoints_init(&worker->endpoints, shared->order->targets) ||
           err_set(&worker->err, ERR_FAILED, "not enough memory for endpoints");
}

static bool set_up(struct worker *worker)
{
    struct worker_shared *shared = worker->shared;
    struct drive_thread *thread = &worker->thread;
    thread->loop = loop_create(&worker->err);
    if (!thread->loop || !create_resolver(worker) || !create_tables(worker) ||
        !create_engine(worker) ||
        !recorder_init(&worker->recorder, &shared->recorder, &worker->err)) {
        return false;
    }
    worker->driver = shared->driver_type->create(shared->drive, thread, &worker->err);
    return worker->driver && (loop_add(thread->loop, &worker->wake) ||
                              err_set(&worker->err, ERR_FAILED, "epoll_ctl: %s", strerror(errno)));
}

/* Returns whether to run. */
static bool wait_at_gate(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->arrived++;
    pthread_cond_broadcast(&gate->changed);
    while (gate->state == GATE_CLOSED) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    bool is_open = gate->state == GATE_OPEN;
    pthread_mutex_unlock(&gate->lock);
    return is_open;
}

/* One second after the start. The age of the contact is looked at in a warm-up, too, because a
 * thread may send nothing in it for longer than that age may be. */
static uint64_t first_tick_ns(const struct worker *worker)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t tick_ns = worker->thread.start_ns + NS_PER_S;
    bool has_warmup = worker->thread.contact_ns && tick_ns > now_ns + NS_PER_S;
    return has_warmup ? tick_ns - (tick_ns - now_ns - 1) / NS_PER_S * NS_PER_S : tick_ns;
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct worker_shared *shared = worker->shared;
    set_up(worker); /* the run checks worker->err before it opens the gate */
    if (wait_at_gate(&shared->gate)) {
        worker->thread.contact_seen_ns = clock_now_ns();
        worker->driver->type->begin(worker->driver, atomic_load(&shared->stop_ns));
        worker->next_tick_ns = first_tick_ns(worker);
        run_window(worker);
    }
    uint64_t one = 1;
    (void)!write(shared->finished_fd, &one, sizeof one);
    return NULL;
}

bool worker_start(struct worker *worker, unsigned index, struct worker_shared *shared,
                  struct err *err)
{
    memset(worker, 0, sizeof *worker);
    worker->shared = shared;
    worker->thread.index = index;
    worker->thread.number = (uint16_t)(shared->team.first + index);
    worker->thread.team = &shared->team;
    worker->thread.terms = &shared->terms;
    worker->thread.judged = judged;
    worker->thread.fired = fired;
    worker->thread.wake_all = wake_all;
    worker->thread.stop_run = stop_run;
    worker->thread.is_abandoned = &shared->is_abandoned;
    worker->thread.contact_ns = shared->contact_ns;
    worker->wake = (struct loop_watch){.on_ready = on_wake};
    worker->wake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (worker->wake.fd < 0) {
        return err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
    }
    int failed = pthread_create(&worker->id, NULL, work, worker);
    return !failed || err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(failed));
}

void worker_wake(struct worker *worker)
{
    uint64_t one = 1;
    (void)!write(worker->wake.fd, &one, sizeof one);
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->id, NULL);
}

uint64_t worker_intended(const struct worker *worker, uint64_t now_ns)
{
    uint64_t started = atomic_load_explicit(&worker->published_started, memory_order_relaxed);
    uint64_t end_ns = least(now_ns, atomic_load(&worker->shared->stop_ns));
    return worker->driver->type->intended(worker->driver, end_ns, started);
}

void worker_fini(struct worker *worker)
{
    worker->shared->driver_type->destroy(worker->driver);
    if (worker->thread.engine) {
        worker->thread.engine->type->destroy(worker->thread.engine);
    }
    resolver_destroy(worker->resolver);
    endpoints_fini(&worker->endpoints);
    recorder_fini(&worker->recorder);
    backlog_fini(&worker->backlog);
    loop_destroy(worker->thread.loop);
    if (worker->wake.fd >= 0) {
        close(worker->wake.fd);
    }
}
