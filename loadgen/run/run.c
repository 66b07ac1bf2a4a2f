#include "loadgen/run/run.h"

#include <ares.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/http/engines.h"
#include "loadgen/run/usage.h"
#include "loadgen/run/worker.h"

#define START_LEAD_NS (10 * NS_PER_MS)   /* from opening the gate to the first request */
#define COLLECT_LEAD_NS (20 * NS_PER_MS) /* from the workers' tick to ours */

struct state {
    struct worker_shared shared;
    struct worker *workers;
    unsigned started; /* threads */
    const struct targets *targets;
    struct tally *window; /* what ended since the last second */
    struct summary *summary;
    const struct observer *observer;
    struct result_writer *writer;
    uint64_t seconds;
    bool has_begun;     /* the measured part */
    bool is_aborted;    /* by the observer */
    struct usage usage; /* of the measured part */
    struct source_listener listener;
};

/* How each worker finds addresses. */
static struct resolver_config resolver_config(const struct plan *plan)
{
    return (struct resolver_config){
        .servers = plan->resolvers,
        .ttl_ns = plan->dns_ttl_ns,
        .connect_to = plan->connect_to,
        .connect_to_count = plan->connect_to_count,
        .unix_socket = plan->unix_socket,
        .family = plan->local.length ? plan->local.socket.any.sa_family : AF_UNSPEC,
        .is_balanced = plan->keepalive,
    };
}

/* May there be more than one address? Then each has a row. */
static bool has_addresses(const struct plan *plan, const struct targets *targets)
{
    struct address address;
    if (plan->unix_socket[0] != '\0') {
        return false;
    }
    return targets->endpoint_count != 1 || plan->connect_to_count > 0 ||
           !address_parse(targets->endpoints[0].host, targets->endpoints[0].port, &address);
}

/* Certificates take megabytes: they are read when https is to be expected, or files are named. */
static bool open_tls(struct state *state, struct err *err)
{
    const struct targets *targets = state->targets;
    const struct tls_options *options = &state->shared.plan->tls;
    bool is_needed = tls_names_files(options);
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        is_needed |= targets->endpoints[i].is_https;
    }
    if (is_needed) {
        state->shared.tls = tls_open(options, err);
    }
    return !is_needed || state->shared.tls;
}

static bool start_workers(struct state *state, struct err *err)
{
    struct worker_shared *shared = &state->shared;
    shared->finished_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (shared->finished_fd < 0) {
        return err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
    }
    shared->peers =
        aligned_alloc(_Alignof(struct busy_peer), shared->threads * sizeof *shared->peers);
    state->workers = calloc(shared->threads, sizeof *state->workers);
    if (!shared->peers || !state->workers) {
        return err_set(err, ERR_FAILED, "not enough memory for threads");
    }
    while (state->started < shared->threads) {
        struct worker *worker = &state->workers[state->started];
        if (!worker_start(worker, state->started, shared, err)) {
            worker_fini(worker);
            return false;
        }
        state->started++;
    }
    return true;
}

/* Waits until every thread has set up; false with the first error of one that could not. */
static bool wait_for_workers(struct state *state, struct err *err)
{
    struct gate *gate = &state->shared.gate;
    pthread_mutex_lock(&gate->lock);
    while (gate->arrived < state->started) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
    for (unsigned i = 0; i < state->started; i++) {
        if (state->workers[i].err.code != ERR_NONE) {
            *err = state->workers[i].err;
            return false;
        }
    }
    return true;
}

static void set_gate(struct gate *gate, enum gate_state to)
{
    pthread_mutex_lock(&gate->lock);
    gate->state = to;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

/* A constant rate is numbers in the summary, as those of several files add up; the rest is words.
 */
static void note_schedule(struct summary *summary, const struct schedule *schedule)
{
    summary->asked_per_s = schedule_mean_per_s(schedule);
    if (schedule->type == SCHEDULE_CONSTANT) {
        summary->rate_count = schedule->rate.count;
        summary->rate_per_ns = schedule->rate.per_ns;
    } else {
        char words[SCHEDULE_TEXT];
        summary_add_schedule(summary, schedule_print(schedule, words));
    }
}

/* An address has come up: it stands in the file before the first result that names it. */
static void note_address(void *context, uint32_t number)
{
    const struct state *state = context;
    journal_write_addresses(state->writer, &state->shared.addresses, number);
}

/* A live source has come to a new target: it stands in the file before the first of its results. */
static void note_target(void *context, size_t index)
{
    const struct state *state = context;
    journal_write_targets(state->writer, state->targets, index);
}

/*
 * Says what will be done, then lets the workers begin. The reader of the results may be slow, so
 * all is written before the start is fixed; results count from the clock pair that the header has.
 */
static bool begin(struct state *state, struct err *err)
{
    struct worker_shared *shared = &state->shared;
    const struct plan *plan = shared->plan;
    uint64_t origin_ns = clock_now_ns();
    uint64_t wall_ns = clock_wall_ns();
    state->summary->wall_start_ns = wall_ns;
    state->summary->has_plan = true;
    note_schedule(state->summary, &plan->schedule);
    schedule_begin(&shared->counter, &plan->schedule, (struct share){1, 1, 0});
    json_t *json = plan_to_json(plan);
    journal_write_header(state->writer, json, wall_ns, origin_ns);
    json_decref(json);
    journal_write_targets(state->writer, state->targets, 0);
    journal_write_addresses(state->writer, &shared->addresses, 0);
    address_list_watch(&shared->addresses, note_address, state);
    const struct source *source = shared->source;
    if (source->live && !source->live->start(source, &state->listener, err)) {
        return false;
    }

    uint64_t start_ns = clock_now_ns() + START_LEAD_NS + plan->warmup.duration_ns;
    for (unsigned i = 0; i < shared->threads; i++) {
        atomic_store(&shared->peers[i].word, UINT64_MAX); /* free, until the owner says more */
        state->workers[i].recorder.origin_ns = origin_ns;
    }
    shared->start_ns = start_ns;
    atomic_store(&shared->stop_ns,
                 plan->schedule.duration_ns && plan->schedule.duration_ns < UINT64_MAX - start_ns
                     ? start_ns + plan->schedule.duration_ns
                     : UINT64_MAX);
    set_gate(&shared->gate, GATE_OPEN);
    return true;
}

static void note_generator(struct state *state, uint64_t now_ns)
{
    struct generator *generator = &state->summary->generator;
    usage_note(&state->usage, state->shared.start_ns, now_ns, generator);
    generator->threads = state->shared.threads;
    generator->loop_p99_ns = histogram_percentile(&state->summary->tally->loop, 990000);
    generator->held_back_ns = 0;
    for (unsigned i = 0; i < state->started; i++) {
        generator->held_back_ns += atomic_load(&state->workers[i].shown_held_ns);
    }
}

/* Gathers what was counted, and tells whoever wants to know. */
static void collect(struct state *state, bool last)
{
    uint64_t now_ns = clock_now_ns();
    struct second second = {
        .index = state->seconds,
        .tally = state->window,
        .total = state->summary->tally,
        .generator = &state->summary->generator,
    };
    uint64_t start_ns = state->shared.start_ns;
    second.elapsed_ns = now_ns > start_ns ? now_ns - start_ns : 0;
    for (unsigned i = 0; i < state->started; i++) {
        struct worker *worker = &state->workers[i];
        recorder_collect(&worker->recorder, state->window, last);
        second.intended += worker_intended(worker, now_ns);
        second.started += atomic_load(&worker->shown_started);
        second.in_flight += atomic_load(&worker->shown_in_flight);
    }
    tally_merge(state->summary->tally, state->window);
    note_generator(state, now_ns);
    state->summary->lost_seconds += !journal_write_second(state->writer, &second);
    if (state->observer->on_second &&
        !state->observer->on_second(state->observer->context, &second)) {
        state->is_aborted = true;
    }
    tally_clear(state->window);
    state->summary->intended = second.intended;
    state->summary->started = second.started;
    state->seconds++;
}

static void stop(struct state *state)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns < atomic_load(&state->shared.stop_ns)) {
        atomic_store(&state->shared.stop_ns, now_ns);
        state->summary->is_aborted = state->is_aborted;
        state->summary->is_interrupted = !state->is_aborted;
    }
    for (unsigned i = 0; i < state->started; i++) {
        worker_wake(&state->workers[i]);
    }
}

/* The measured part begins. */
static void note_start(struct state *state)
{
    state->usage = usage_begin();
    state->has_begun = true;
}

/* Waits for the workers, once a second gathering; ends when all have ended. */
static void watch(struct state *state, const struct control *control)
{
    struct pollfd waits[] = {
        {.fd = state->shared.finished_fd, .events = POLLIN},
        {.fd = control->stop_fd, .events = POLLIN},
    };
    uint64_t finished = 0;
    while (finished < state->started) {
        uint64_t now_ns = clock_now_ns();
        uint64_t start_ns = state->shared.start_ns;
        uint64_t next_ns = start_ns + COLLECT_LEAD_NS + (state->seconds + 1) * NS_PER_S;
        if (!state->has_begun && now_ns >= start_ns) {
            note_start(state);
        }
        next_ns = state->has_begun ? next_ns : start_ns;
        int wait_ms = next_ns > now_ns ? (int)((next_ns - now_ns) / NS_PER_MS) + 1 : 0;
        poll(waits, 2, wait_ms);
        uint64_t count = 0;
        if ((waits[0].revents & POLLIN) &&
            read(state->shared.finished_fd, &count, sizeof count) == sizeof count) {
            finished += count;
        }
        if (state->has_begun && finished < state->started && clock_now_ns() >= next_ns) {
            collect(state, false);
        }
        bool is_asked = (waits[1].revents & POLLIN) || state->is_aborted;
        if (is_asked || (state->writer && result_writer_failed(state->writer))) {
            waits[1].fd = -1;
            stop(state);
        }
    }
}

/* In the order of the targets' rows, so that the numbers stay the same. */
static void copy_rows(const struct rows *from, struct rows *into)
{
    for (size_t i = 0; i < from->count; i++) {
        rows_add(into, rows_name(from, i));
    }
    into->others = from->others;
}

/* An address' row is its number, as long as there are rows. */
static void name_addresses(const struct address_list *from, struct rows *into)
{
    char name[ADDRESS_TEXT];
    for (uint32_t i = 0; i < from->count; i++) {
        rows_add(into, address_list_name(from, i, name));
    }
}

/* Requests are started in their order, so it is known of which targets the rest would have been. */
static void attribute_not_started(const struct state *state)
{
    const struct targets *targets = state->targets;
    struct summary *summary = state->summary;
    uint64_t *by_row = summary->rows_not_started;
    if (summary->not_started == 0 || state->shared.source->live) {
        return;
    }
    if (targets->count == 1) {
        by_row[targets->list[0].row] = summary->not_started;
        return;
    }
    targets_count_turns(targets, summary->intended, by_row);
    for (size_t i = 0; i < ROWS_ALL; i++) {
        by_row[i] -= summary->tally->rows[i].ended;
    }
}

/* Each request that was started has ended once, or the account is wrong. */
static bool finish(struct state *state, struct err *err)
{
    for (unsigned i = 0; i < state->started; i++) {
        worker_join(&state->workers[i]);
    }
    if (!state->has_begun) {
        note_start(state);
    }
    collect(state, true);
    struct summary *summary = state->summary;
    copy_rows(&state->shared.recorder.targets->rows, &summary->rows);
    name_addresses(&state->shared.addresses, &summary->addresses);
    summary->not_started = summary->intended - summary->started;
    for (unsigned i = 0; i < state->started; i++) {
        const struct worker *worker = &state->workers[i];
        if (worker->is_too_late) {
            summary->too_late += worker_intended(worker, UINT64_MAX) - worker->started;
        }
    }
    attribute_not_started(state);
    journal_write_end(state->writer, summary, state->targets);
    return summary->started == summary->tally->counters.ended ||
           err_set(err, ERR_FAILED,
                   "%" PRIu64 " requests were started and %" PRIu64 " ended: this is a bug of "
                   "loadgen, do not trust the numbers",
                   summary->started, summary->tally->counters.ended);
}

static void clean_up(struct state *state)
{
    for (unsigned i = 0; i < state->started; i++) {
        worker_fini(&state->workers[i]);
    }
    if (state->shared.finished_fd >= 0) {
        close(state->shared.finished_fd);
    }
    pthread_mutex_destroy(&state->shared.gate.lock);
    pthread_cond_destroy(&state->shared.gate.changed);
    tally_destroy(state->window);
    tls_close(state->shared.tls);
    free(state->shared.peers);
    free(state->workers);
    address_list_fini(&state->shared.addresses);
}

static struct tally *create_window(const struct summary *summary, bool by_target, bool by_address)
{
    struct tally *window = tally_create(by_target, by_address);
    if (window) {
        tally_count_by(window, &summary->tally->buckets);
    }
    return window;
}

bool run(const struct plan *plan, const struct targets *targets, const struct source *source,
         const struct control *control, const struct observer *observer,
         struct result_writer *writer, struct summary *summary, struct err *err)
{
    bool by_target = targets->count != 1 || source->live;
    bool by_address = source->live || has_addresses(plan, targets);
    struct state state = {
        .targets = targets,
        .summary = summary,
        .observer = observer,
        .writer = writer,
        .window = create_window(summary, by_target, by_address),
        .shared =
            {
                .plan = plan,
                .source = source,
                .engine_type = &engines,
                .resolver = resolver_config(plan),
                .threads = plan_threads(plan),
                .finished_fd = -1,
                .stop_fd = control->stop_fd,
            },
    };
    address_list_init(&state.shared.addresses);
    pthread_mutex_init(&state.shared.gate.lock, NULL);
    pthread_cond_init(&state.shared.gate.changed, NULL);
    bool ok = state.window || err_set(err, ERR_FAILED, "not enough memory for histograms");
    ok = ok && plan_check(plan, err);
    ok = ok && (ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS ||
                err_set(err, ERR_FAILED, "c-ares cannot be initialised"));
    state.shared.recorder = (struct recorder_config){
        .targets = targets,
        .addresses = &state.shared.addresses,
        .texts = &summary->texts,
        .writer = writer,
        .buckets = &summary->tally->buckets,
        .by_target = by_target,
        .by_address = by_address,
    };
    ok = ok && open_tls(&state, err) && start_workers(&state, err);
    state.listener = (struct source_listener){note_target, &state};
    ok = wait_for_workers(&state, err) && ok && begin(&state, err);
    if (ok) {
        watch(&state, control);
        ok = finish(&state, err);
    } else {
        set_gate(&state.shared.gate, GATE_CANCELLED);
        for (unsigned i = 0; i < state.started; i++) {
            worker_join(&state.workers[i]);
        }
    }
    if (source->live) {
        source->live->stop(source);
    }
    clean_up(&state);
    return ok;
}
