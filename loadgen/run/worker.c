#include "loadgen/run/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"

/*
 * Starts before the loop is looked at again, where an answer that waits to be read looks like a
 * slow one: some at a turn, and one for each answer that was read in it.
 */
enum { FILL_TURN = 16, FILL_ANSWER = 1 };

#define DRAIN_DEFAULT_NS (30 * NS_PER_S)

/* Starting. */

static bool has_room(struct worker *worker)
{
    if (worker->in_flight >= worker->slots) {
        return false;
    }
    const struct request *request = agenda_request(&worker->agenda);
    return !request || worker->engine->type->has_room(worker->engine, request->endpoint);
}

/* After the end: what waits for a connection is dropped at once, what is only late a little later.
 */
static bool is_dropped(struct worker *worker, uint64_t now_ns, bool has_room)
{
    if (now_ns < worker->agenda.end_ns) {
        return false;
    }
    if (worker->agenda.is_closed || (!has_room && busy_all(&worker->busy))) {
        return true;
    }
    worker->is_too_late = now_ns >= worker->agenda.end_ns + WORKER_GRACE_NS;
    return worker->is_too_late;
}

static void start_one(struct worker *worker)
{
    const struct request *request = agenda_request(&worker->agenda);
    uint64_t intended_ns = agenda_due_ns(&worker->agenda);
    uint64_t number = worker->agenda.number;
    uint64_t wait_ns =
        worker->is_capped ? busy_between(&worker->busy, intended_ns, clock_now_ns()) : 0;
    agenda_take(&worker->agenda);
    worker->started += intended_ns >= worker->agenda.start_ns;
    worker->in_flight++;
    /* The stamp comes last: on an open connection it is also the moment of sending. */
    worker->engine->type->start(worker->engine, request, number, intended_ns, wait_ns,
                                clock_now_ns());
    if (worker->is_capped && has_room(worker) == worker->busy.is_full) {
        busy_note(&worker->busy, !worker->busy.is_full, clock_now_ns());
    }
}

/* Starts what is due, at most `most` requests. Returns whether anything was started. */
static bool fill(struct worker *worker, uint64_t now_ns, unsigned most)
{
    if (worker->is_filling) {
        return false; /* an exchange ended at once; the fill above goes on */
    }
    worker->is_filling = true;
    unsigned started = 0;
    while (started < most && agenda_has_more(&worker->agenda) &&
           agenda_due_ns(&worker->agenda) <= now_ns) {
        bool room = has_room(worker);
        if (is_dropped(worker, now_ns, room)) {
            agenda_drop(&worker->agenda);
            break;
        }
        if (!room || agenda_is_dry(&worker->agenda, now_ns)) {
            break;
        }
        start_one(worker);
        started++;
    }
    if (started > 0 && worker->shared->source->live) {
        /* The last one ends the attack now, not when another was due. */
        agenda_is_dry(&worker->agenda, now_ns);
    }
    worker->is_filling = false;
    return started > 0;
}

static void on_done(void *owner, const struct exchange *exchange)
{
    struct worker *worker = owner;
    uint64_t done_ns = exchange->done_ns;
    const struct source *source = worker->shared->source;
    if (exchange->intended_ns >= worker->agenda.start_ns) {
        recorder_take(&worker->recorder, exchange);
    }
    if (source->live) {
        source->live->release(source, exchange->request);
    }
    worker->in_flight--;
    if (worker->agenda.is_closed) {
        agenda_set_free(&worker->agenda, done_ns);
    }
    if (worker->is_capped) {
        if (done_ns >= worker->agenda.end_ns && busy_all(&worker->busy)) {
            agenda_drop(&worker->agenda); /* it waited for a connection when the time was up */
        }
        busy_note(&worker->busy, !has_room(worker), done_ns);
    }
    fill(worker, done_ns, FILL_ANSWER);
}

/* The loop. */

static void on_wake(struct loop_watch *watch, uint32_t events)
{
    struct worker *worker = (struct worker *)((char *)watch - offsetof(struct worker, wake));
    uint64_t count = 0;
    (void)events;
    uint64_t stop_ns = atomic_load(&worker->shared->stop_ns);
    if (read(watch->fd, &count, sizeof count) == sizeof count && stop_ns < worker->agenda.end_ns) {
        worker->agenda.end_ns = stop_ns;
    }
}

/* A live source has something, or has ended. */
static void on_more(struct loop_watch *watch, uint32_t events)
{
    struct worker *worker = (struct worker *)((char *)watch - offsetof(struct worker, more));
    (void)events;
    agenda_is_dry(&worker->agenda, clock_now_ns());
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What is in flight at the end, or was started in the grace after it, has this long. */
static uint64_t drain_end_ns(const struct worker *worker)
{
    uint64_t timeout_ns = worker->shared->plan->timeout_ns;
    uint64_t drain_ns = WORKER_GRACE_NS + (timeout_ns ? timeout_ns : DRAIN_DEFAULT_NS);
    return worker->agenda.end_ns > UINT64_MAX - drain_ns ? UINT64_MAX
                                                         : worker->agenda.end_ns + drain_ns;
}

/* The next moment at which something must be done without an event. */
static uint64_t next_moment_ns(struct worker *worker, uint64_t now_ns)
{
    uint64_t at_ns =
        least(worker->next_tick_ns, worker->engine->type->next_deadline_ns(worker->engine));
    at_ns = least(at_ns, resolver_next_deadline_ns(worker->resolver));
    if (now_ns < worker->agenda.end_ns) {
        at_ns = least(at_ns, agenda_phase_end_ns(&worker->agenda));
    } else {
        at_ns = least(at_ns, drain_end_ns(worker));
    }
    if (agenda_has_more(&worker->agenda)) {
        uint64_t due_ns = agenda_due_ns(&worker->agenda);
        if (due_ns > now_ns || (agenda_request(&worker->agenda) && has_room(worker))) {
            at_ns = least(at_ns, due_ns);
        } else if (now_ns >= worker->agenda.end_ns) {
            at_ns = least(at_ns, worker->agenda.end_ns + WORKER_GRACE_NS);
        }
    }
    return at_ns;
}

static void show_counts(struct worker *worker)
{
    atomic_store_explicit(&worker->shown_started, worker->started, memory_order_relaxed);
    atomic_store_explicit(&worker->shown_in_flight, worker->in_flight, memory_order_relaxed);
    atomic_store_explicit(&worker->shown_held_ns, worker->recorder.held_ns, memory_order_relaxed);
}

static void tick(struct worker *worker, uint64_t now_ns)
{
    while (worker->next_tick_ns <= now_ns) {
        worker->next_tick_ns += NS_PER_S;
    }
    show_counts(worker);
    recorder_flush(&worker->recorder);
}

static void turn(struct worker *worker, uint64_t now_ns)
{
    uint64_t at_ns = next_moment_ns(worker, now_ns);
    loop_wait(worker->loop, at_ns > now_ns ? at_ns - now_ns : 0);
    uint64_t woken_ns = clock_now_ns();
    loop_dispatch(worker->loop);
    uint64_t handled_ns = clock_now_ns();
    if (!worker->agenda.is_warming) {
        histogram_record(&worker->recorder.tally->loop, handled_ns - woken_ns);
    }
    resolver_expire(worker->resolver, handled_ns);
    worker->engine->type->expire(worker->engine, handled_ns);
    if (handled_ns >= drain_end_ns(worker)) {
        worker->engine->type->abandon(worker->engine);
    }
    if (handled_ns >= worker->next_tick_ns) {
        tick(worker, handled_ns);
    }
}

static void run_window(struct worker *worker)
{
    for (;;) {
        uint64_t now_ns = clock_now_ns();
        agenda_advance(&worker->agenda, now_ns);
        if (fill(worker, now_ns, FILL_TURN)) {
            now_ns = clock_now_ns(); /* starting takes time, and the sleep is counted from now */
        }
        if (now_ns >= worker->agenda.end_ns && worker->in_flight == 0 &&
            (worker->agenda.is_closed || !agenda_has_more(&worker->agenda))) {
            break;
        }
        turn(worker, now_ns);
    }
    recorder_flush(&worker->recorder);
    show_counts(worker);
}

/* The thread. */

static bool create_engine(struct worker *worker)
{
    struct worker_shared *shared = worker->shared;
    const struct plan *plan = shared->plan;
    uint64_t connections =
        plan->max_connections ? share_count(worker->share, plan->max_connections) : UINT64_MAX;
    const struct engine_config config = {
        .resolver = worker->resolver,
        .endpoints = shared->recorder.targets->endpoints,
        .endpoint_count = targets_endpoint_room(shared->recorder.targets),
        .local = plan->local,
        .timeout_ns = plan->timeout_ns,
        .max_connections = connections,
        .max_idle = share_count(worker->share, plan->max_idle),
        .max_redirects = plan->max_redirects,
        .keepalive = plan->keepalive,
        .keeps_answers = plan->keeps_answers && shared->recorder.writer,
        .max_body = plan->max_body,
        .http2 = plan->http2,
        .h2c = plan->h2c,
        .only_curl = plan->only_curl,
        .tls = shared->tls,
        .secure = &plan->tls,
        .proxy = &plan->proxy,
    };
    worker->engine =
        shared->engine_type->create(&config, worker->loop, on_done, worker, &worker->err);
    return worker->engine;
}

/*
 * Names are asked for before the first request is due, so that none pays for it. A server that says
 * nothing is waited for as long as a request would wait for it, and is then the requests' failure.
 */
static bool create_resolver(struct worker *worker)
{
    struct worker_shared *shared = worker->shared;
    const struct targets *targets = shared->recorder.targets;
    struct resolver_config config = shared->resolver;
    config.addresses = &shared->addresses;
    config.thread = worker->index;
    config.threads = shared->threads;
    worker->resolver = resolver_create(&config, worker->loop, &worker->err);
    if (!worker->resolver) {
        return false;
    }
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *endpoint = &targets->endpoints[i];
        struct proxy proxy; /* then only it has to know the host */
        bool is_proxied = proxy_for(&shared->plan->proxy, endpoint->is_https, endpoint->host,
                                    endpoint->port, &proxy);
        if (!resolver_find(worker->resolver, is_proxied ? proxy.host : endpoint->host,
                           is_proxied ? proxy.port : endpoint->port)) {
            return err_set(&worker->err, ERR_FAILED, "not enough memory for addresses");
        }
    }
    uint64_t timeout_ns = shared->plan->timeout_ns;
    bool is_short = timeout_ns > 0 && timeout_ns < RESOLVER_GIVE_UP_NS;
    resolver_settle(worker->resolver,
                    clock_now_ns() + (is_short ? timeout_ns : RESOLVER_GIVE_UP_NS),
                    shared->stop_fd);
    return true;
}

static bool set_up(struct worker *worker)
{
    worker->loop = loop_create(&worker->err);
    if (!worker->loop || !create_resolver(worker) || !create_engine(worker) ||
        !recorder_init(&worker->recorder, &worker->shared->recorder, &worker->err)) {
        return false;
    }
    return (loop_add(worker->loop, &worker->wake) &&
            (worker->more.fd < 0 || loop_add(worker->loop, &worker->more))) ||
           err_set(&worker->err, ERR_FAILED, "epoll_ctl: %s", strerror(errno));
}

/* The gate is open: the start time is known. */
static void begin(struct worker *worker)
{
    struct worker_shared *shared = worker->shared;
    agenda_begin(&worker->agenda, shared->start_ns, atomic_load(&shared->stop_ns));
    worker->next_tick_ns = shared->start_ns + NS_PER_S;
    busy_init(&worker->busy, shared->peers, shared->threads, worker->index, worker->agenda.base_ns);
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

static void *work(void *context)
{
    struct worker *worker = context;
    set_up(worker); /* the run looks at worker->err before it opens the gate */
    if (wait_at_gate(&worker->shared->gate)) {
        begin(worker);
        run_window(worker);
    }
    uint64_t one = 1;
    (void)!write(worker->shared->finished_fd, &one, sizeof one);
    return NULL;
}

bool worker_start(struct worker *worker, unsigned index, struct worker_shared *shared,
                  struct err *err)
{
    const struct plan *plan = shared->plan;
    uint64_t cap = plan_cap(plan);
    memset(worker, 0, sizeof *worker);
    worker->shared = shared;
    worker->index = index;
    worker->wake = (struct loop_watch){.on_ready = on_wake, .fd = -1};
    worker->more = (struct loop_watch){.on_ready = on_more,
                                       .fd = shared->source->live ? shared->source->ready_fd : -1};
    /* Without a cap there are as many slots as threads. */
    worker->share =
        (struct share){cap == UINT64_MAX ? shared->threads : cap, shared->threads, index};
    worker->slots = plan->max_workers == UINT64_MAX ? UINT64_MAX
                                                    : share_count(worker->share, plan->max_workers);
    if (!agenda_init(&worker->agenda, plan, shared->source, worker->share, worker->slots, err)) {
        return false;
    }
    worker->is_capped = worker->agenda.is_closed ? cap < plan->max_workers : cap != UINT64_MAX;
    worker->wake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (worker->wake.fd < 0) {
        return err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
    }
    int failed = pthread_create(&worker->thread, NULL, work, worker);
    return !failed || err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(failed));
}

void worker_wake(struct worker *worker)
{
    uint64_t one = 1;
    (void)!write(worker->wake.fd, &one, sizeof one);
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
}

uint64_t worker_intended(const struct worker *worker, uint64_t now_ns)
{
    uint64_t started = atomic_load_explicit(&worker->shown_started, memory_order_relaxed);
    if (worker->agenda.is_closed ||
        atomic_load_explicit(&worker->agenda.shown_dry, memory_order_relaxed)) {
        return started;
    }
    uint64_t start_ns = worker->shared->start_ns;
    uint64_t end_ns = least(now_ns, atomic_load(&worker->shared->stop_ns));
    uint64_t elapsed_ns = end_ns > start_ns ? end_ns - start_ns : 0;
    uint64_t due =
        share_count(worker->share, schedule_count_next(&worker->shared->counter, elapsed_ns));
    /* A stop that came from outside takes a moment to arrive: what was sent then was intended. */
    return due > started ? due : started;
}

void worker_fini(struct worker *worker)
{
    if (worker->engine) {
        worker->engine->type->destroy(worker->engine);
    }
    resolver_destroy(worker->resolver);
    recorder_fini(&worker->recorder);
    loop_destroy(worker->loop);
    if (worker->wake.fd >= 0) {
        close(worker->wake.fd);
    }
    agenda_fini(&worker->agenda);
}
