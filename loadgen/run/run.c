#include "loadgen/run/run.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/process/cgroup.h"
#include "loadgen/base/least.h"
#include "loadgen/http/choice/engines.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/team_entry.h"
#include "loadgen/run/account.h"
#include "loadgen/run/changes.h"
#include "loadgen/run/fingerprint.h"
#include "loadgen/run/opening.h"
#include "loadgen/run/others.h"
#include "loadgen/run/usage.h"
#include "loadgen/run/workers.h"

#define START_LEAD_NS (10 * NS_PER_MS) /* from releasing the workers to the first request */
#define QUOTA_PERIOD_NS (100 * NS_PER_MS)
#define COLLECT_LEAD_NS (20 * NS_PER_MS) /* from the workers' tick to ours */

struct state {
    const struct order *order;
    const struct observer *observer;
    struct result_writer *writer;
    struct summary *summary;
    struct workers workers;
    struct tally *window; /* results since the last second */
    uint64_t origin_ns;   /* time 0 of the results */
    uint64_t start_ns;
    uint64_t seconds;   /* collected so far */
    uint64_t conducted; /* seconds at which the driver was called (driver.h: conduct) */
    bool has_begun;     /* the measured part */
    bool is_aborted;    /* by the observer */
    bool is_changed;    /* another schedule follows the plan's */
    struct wish wish;   /* the change being applied */
    struct err err;     /* what ended the run early */
    struct usage usage;
    uint64_t usage_ns; /* when it began: with the run, or when this process joined it */
    double stolen_s;   /* by the hypervisor, until the measured part began; -1: not known */
    struct others others;
    struct source_listener listener;
    _Atomic uint64_t blocked_ns; /* time that a live source waited for the writer */
    struct journal_names names;
};

/* True if requests may go to more than one address. */
static bool has_addresses(const struct plan *plan, const struct targets *targets)
{
    struct address address;
    if (plan->unix_socket) {
        return false;
    }
    return targets->endpoint_count != 1 || plan->connect_to_count > 0 ||
           !address_parse(targets->endpoints[0].host, targets->endpoints[0].port, &address);
}

static bool can_change(const struct state *state, const struct control *control, struct err *err)
{
    return !control->changes || state->workers.shared.driver_type->change ||
           err_set(err, ERR_USAGE, "the driver of this run does not support changes");
}

static void count_addresses(void *context, const struct destination *destination,
                            const uint32_t *addresses, size_t count)
{
    (void)destination, (void)addresses;
    *(uint64_t *)context += count;
}

/* A local port can be used once for each address. */
static bool has_ports(const struct state *state, const struct control *control, struct err *err)
{
    const struct worker_shared *shared = &state->workers.shared;
    uint64_t ports = usage_local_ports();
    uint64_t addresses = 0;
    if (!shared->driver_type->check_ports || state->order->plan->unix_socket) {
        return true;
    }
    resolver_visit(state->workers.list[0].resolver, count_addresses, &addresses);
    if (control->changes) {
        atomic_store(&control->changes->ports, ports * addresses);
    }
    return ports == 0 || addresses == 0 ||
           shared->driver_type->check_ports(shared->drive, ports * addresses, err);
}

static bool set_up(struct state *state, const struct control *control, struct err *err)
{
    const struct targets *targets = state->order->targets;
    bool is_live = state->order->source->live != NULL;
    const struct plan *plan = state->order->plan;
    bool counts_only = plan->counts_only && state->writer;
    struct worker_shared *shared = &state->workers.shared;
    shared->terms = (struct terms){
        .timeout_ns = plan->timeout_ns,
        .max_redirects = plan->max_redirects,
        .keeps_answers = plan->keeps_answers && state->writer && !counts_only,
        .max_body = plan->max_body,
    };
    shared->stop_fd = control->stop_fd;
    shared->contact_ns = control->contact_ns;
    shared->recorder = (struct recorder_config){
        .catalogue = &shared->catalogue,
        .addresses = &shared->addresses,
        .texts = &state->summary->texts,
        .writer = counts_only ? NULL : state->writer,
        .keeps_answers = plan->keeps_answers,
        .max_body = plan->max_body,
        .buckets = &state->summary->tally->buckets,
        .by_target = is_live || counts_only || targets->count != 1 ||
                     shared->driver_type->adds_targets || state->observer->counts_targets,
        .by_address = is_live || counts_only || shared->driver_type->adds_targets ||
                      has_addresses(plan, targets),
    };
    state->window = recorder_create_tally(&shared->recorder);
    if (!state->window) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    return plan_check(plan, err) && can_change(state, control, err) &&
           workers_start(&state->workers, err) && has_ports(state, control, err);
}

/* A live source found a new target, which must be in the file before its first result. */
static void on_target(void *context, size_t index)
{
    struct state *state = context;
    atomic_fetch_add(&state->blocked_ns,
                     journal_write_targets(state->writer, state->order->targets, index));
}

/*
 * Starting up may use up the CPU quota. The kernel then stops the process until the next period of
 * the quota; the run begins after that.
 */
static uint64_t start_lead_ns(void)
{
    bool has_quota = usage_cpu_limit("") < (double)cgroup_usable_cpus(0);
    return START_LEAD_NS + (has_quota ? QUOTA_PERIOD_NS : 0);
}

/*
 * Counts seconds and results from the start of the run, so that those of all its processes can be
 * added. A process that joins reports every second from its first epoch on, even if it begins
 * later, but none in the future.
 */
static void count_from_start(struct state *state)
{
    const struct team_entry *entry = state->workers.shared.team.entry;
    uint64_t now_ns = clock_now_ns();
    uint64_t elapsed_ns = now_ns > state->start_ns ? now_ns - state->start_ns : 0;
    state->seconds = entry ? least(elapsed_ns, entry->epoch.at_ns) / NS_PER_S : 0;
    state->summary->wall_start_ns += state->start_ns - state->origin_ns;
    state->origin_ns = state->start_ns;
}

/*
 * Writes the header, then releases the workers: the reader of the results may be slow, so
 * everything is written before the start is fixed. Results count from the header's clock pair.
 */
static bool begin(struct state *state, const struct control *control, struct err *err)
{
    const struct plan *plan = state->order->plan;
    const struct source *source = state->order->source;
    uint64_t origin_ns = clock_now_ns();
    uint64_t wall_ns = clock_wall_ns();
    state->origin_ns = origin_ns;
    opening_note(state->summary, plan, wall_ns);
    const struct worker_shared *shared = &state->workers.shared;
    if (shared->driver_type->show) {
        shared->driver_type->show(shared->drive, state->summary->plan);
    }
    opening_write(state->writer, state->summary, state->order->targets, origin_ns);
    state->listener = (struct source_listener){on_target, state};
    if (source->live && !source->live->start(source, &state->listener, err)) {
        return false;
    }
    journal_begin_names(&state->names, state->writer, &state->workers.shared.catalogue,
                        &state->workers.shared.addresses);

    others_join(&state->others);
    uint64_t duration_ns = plan->schedule.duration_ns;
    uint64_t start_ns = control->await_start
                            ? control->await_start(control->context, err)
                            : clock_now_ns() + start_lead_ns() + plan->warmup.duration_ns;
    if (start_ns == 0) {
        return false;
    }
    bool has_end = duration_ns && duration_ns < UINT64_MAX - start_ns;
    state->start_ns = start_ns;
    if (control->team && !state->writer) {
        count_from_start(state);
    }
    workers_open(&state->workers, state->origin_ns, start_ns,
                 has_end ? start_ns + duration_ns : UINT64_MAX);
    return true;
}

static void begin_measuring(struct state *state)
{
    bool is_joined = state->workers.shared.team.entry;
    state->usage = usage_begin("");
    state->usage_ns = is_joined ? most(state->start_ns, clock_now_ns()) : state->start_ns;
    state->stolen_s = fingerprint_stolen_s("");
    state->has_begun = true;
}

static void note_stolen(const struct state *state, struct generator *generator)
{
    double now_s = fingerprint_stolen_s("");
    generator->has_stolen = state->stolen_s >= 0 && now_s >= state->stolen_s;
    generator->stolen_seconds = generator->has_stolen ? now_s - state->stolen_s : 0;
}

static void note_generator(struct state *state, uint64_t now_ns)
{
    struct generator *generator = &state->summary->generator;
    usage_note(&state->usage, state->usage_ns, now_ns, generator);
    note_stolen(state, generator);
    generator->threads = state->workers.count;
    generator->other_attacks = others_count(&state->others);
    generator->loop_p99_ns = histogram_percentile(&state->summary->tally->loop, 990000);
    generator->held_back_ns = atomic_load(&state->blocked_ns);
    generator->has_scripts = state->workers.shared.driver_type->runs_scripts;
    uint64_t script_ns = 0;
    uint64_t awake_ns = 0;
    for (unsigned i = 0; i < state->workers.count; i++) {
        const struct worker *worker = &state->workers.list[i];
        uint64_t unread_ns = atomic_load(&worker->published_unread_ns);
        generator->held_back_ns += atomic_load(&worker->published_blocked_ns);
        script_ns += atomic_load(&worker->published_script_ns);
        awake_ns += atomic_load(&worker->published_awake_ns);
        generator->loop_unread_ns =
            unread_ns > generator->loop_unread_ns ? unread_ns : generator->loop_unread_ns;
    }
    generator->script_seconds = usage_script_seconds(script_ns, awake_ns, generator->cpu_seconds);
}

static void write_second(struct state *state, const struct second *second)
{
    struct summary *summary = state->summary;
    if (state->order->plan->counts_only) {
        account_name_addresses(summary, &state->workers.shared.addresses);
        journal_write_counts(state->writer, second, &summary->addresses);
    } else {
        summary->lost_seconds += !journal_write_second(state->writer, second);
    }
}

/*
 * After a change, computes the mean rate from the intended requests. Otherwise it follows from the
 * plan.
 */
static void note_mean_rate(struct state *state, uint64_t now_ns, uint64_t intended)
{
    uint64_t stop_ns = atomic_load(&state->workers.shared.stop_ns);
    uint64_t end_ns = now_ns < stop_ns ? now_ns : stop_ns;
    if (state->is_changed && end_ns > state->start_ns) {
        state->summary->scheduled_per_s =
            (double)intended * (double)NS_PER_S / (double)(end_ns - state->start_ns);
    }
}

static void note_exceptions(struct state *state)
{
    const struct worker_shared *shared = &state->workers.shared;
    if (shared->driver_type->exceptions) {
        exceptions_follow(&state->summary->exceptions,
                          shared->driver_type->exceptions(shared->drive));
    }
}

static void count_iterations(struct state *state)
{
    const struct worker_shared *shared = &state->workers.shared;
    if (shared->driver_type->count_iterations) {
        shared->driver_type->count_iterations(shared->drive, &state->summary->iterations,
                                              &state->summary->iterations_dropped);
    }
}

static uint64_t count_users(const struct state *state)
{
    const struct worker_shared *shared = &state->workers.shared;
    return shared->driver_type->count_users ? shared->driver_type->count_users(shared->drive) : 0;
}

/* Merges the workers' tallies, and passes the second to the file and the observer. */
static void collect(struct state *state, bool is_last)
{
    uint64_t now_ns = clock_now_ns();
    struct summary *summary = state->summary;
    count_iterations(state);
    struct second second = {
        .index = state->seconds,
        .elapsed_ns = now_ns > state->start_ns ? now_ns - state->start_ns : 0,
        .tally = state->window,
        .total = summary->tally,
        .rows = state->workers.shared.catalogue.rows,
        .generator = &summary->generator,
        .exceptions = &summary->exceptions,
        .users = count_users(state),
        .iterations = summary->iterations,
        .iterations_dropped = summary->iterations_dropped,
        .start_ns = state->start_ns - state->origin_ns,
    };
    for (unsigned i = 0; i < state->workers.count; i++) {
        struct worker *worker = &state->workers.list[i];
        recorder_collect(&worker->recorder, state->window, is_last);
        second.intended += worker_intended(worker, now_ns);
        second.started += atomic_load(&worker->published_started);
        second.in_flight += atomic_load(&worker->published_in_flight);
    }
    tally_merge(summary->tally, state->window);
    note_generator(state, now_ns);
    note_mean_rate(state, now_ns, second.intended);
    note_exceptions(state);
    write_second(state, &second);
    if (state->observer->on_second &&
        !state->observer->on_second(state->observer->context, &second)) {
        state->is_aborted = true;
    }
    tally_clear(state->window);
    summary->intended = second.intended;
    summary->started = second.started;
    state->seconds++;
}

static void stop(struct state *state)
{
    if (workers_stop(&state->workers)) {
        state->summary->is_aborted = state->is_aborted;
        state->summary->is_interrupted = !state->is_aborted;
    }
}

/* Reports do not show which thread sends a request, so only a new schedule is noted. */
static void note_change(struct state *state, const struct change *change)
{
    char words[SCHEDULE_TEXT];
    if (change->schedule) {
        state->is_changed = true;
        summary_change_schedule(state->summary, schedule_print(change->schedule, words),
                                change->at_ns);
    }
    if (change->users) {
        snprintf(words, sizeof words, "%" PRIu64 " user%s", change->users,
                 change->users == 1 ? "" : "s");
        summary_change_schedule(state->summary, words, change->at_ns);
    }
}

/* Passes the changes to the drivers. After the end there is nothing left to change. */
static void change_course(struct state *state, struct changes *changes)
{
    struct wish *wish = &state->wish;
    while (changes && changes_take(changes, wish)) {
        uint64_t now_ns = clock_now_ns();
        if (now_ns >= atomic_load(&state->workers.shared.stop_ns)) {
            continue;
        }
        wish->change.agreed = &changes->epochs;
        if (!workers_change(&state->workers, state->start_ns, now_ns, &wish->change, &state->err)) {
            stop(state);
            return;
        }
        if (!wish->change.is_pending) {
            changes_note(changes, &wish->change,
                         clock_now_ns() < state->start_ns + wish->change.at_ns);
        }
        note_change(state, &wish->change);
    }
}

/* When to call the driver next; UINT64_MAX: never. */
static uint64_t conduct_ns(const struct state *state)
{
    bool has_one = state->workers.shared.driver_type->conduct && state->has_begun;
    return has_one ? state->start_ns + (state->conducted + 1) * NS_PER_S : UINT64_MAX;
}

static void conduct(struct state *state)
{
    struct workers *workers = &state->workers;
    uint64_t now_ns = clock_now_ns();
    if (now_ns < conduct_ns(state)) {
        return;
    }
    state->conducted = (now_ns - state->start_ns) / NS_PER_S;
    if (now_ns < atomic_load(&workers->shared.stop_ns) &&
        workers->shared.driver_type->conduct(workers->shared.drive, state->start_ns, now_ns)) {
        workers_wake(workers);
    }
}

/* Reads an eventfd that poll found readable; 0 otherwise. */
static uint64_t take_count(const struct pollfd *wait)
{
    uint64_t count = 0;
    bool has_count = (wait->revents & POLLIN) && read(wait->fd, &count, sizeof count) > 0;
    return has_count ? count : 0;
}

/* Collects once a second until every worker has ended; stops them when asked to. */
static void watch(struct state *state, const struct control *control)
{
    struct workers *workers = &state->workers;
    struct pollfd waits[] = {
        {.fd = workers->shared.finished_fd, .events = POLLIN},
        {.fd = control->stop_fd, .events = POLLIN},
        {.fd = control->changes ? control->changes->fd : -1, .events = POLLIN},
    };
    uint64_t finished = 0;
    uint64_t asked = 0;
    while (finished < workers->count) {
        uint64_t now_ns = clock_now_ns();
        if (!state->has_begun && now_ns >= state->start_ns) {
            begin_measuring(state);
        }
        uint64_t next_ns = state->start_ns;
        if (state->has_begun) {
            next_ns += COLLECT_LEAD_NS + (state->seconds + 1) * NS_PER_S;
        }
        uint64_t wake_ns = least(next_ns, conduct_ns(state));
        poll(waits, 3, wake_ns > now_ns ? (int)((wake_ns - now_ns) / NS_PER_MS) + 1 : 0);
        finished += take_count(&waits[0]);
        asked += take_count(&waits[1]);
        if (take_count(&waits[2]) > 0) {
            change_course(state, control->changes);
        }
        conduct(state);
        if (state->has_begun && finished < workers->count && clock_now_ns() >= next_ns) {
            collect(state, false);
        }
        if (asked > 0 || state->is_aborted ||
            (state->writer && result_writer_failed(state->writer))) {
            stop(state);
        }
        if (asked > 1) {
            state->summary->is_abandoned = true;
            workers_abandon(workers);
        }
    }
}

/* Fails if a request that was started did not end exactly once. */
static bool check_balance(const struct summary *summary, struct err *err)
{
    uint64_t ended = summary->tally->counters.ended;
    return summary->started == ended + summary->abandoned ||
           err_set(err, ERR_FAILED,
                   "%" PRIu64 " requests were started and %" PRIu64
                   " ended: this is a bug in loadgen; do not trust the numbers",
                   summary->started, ended);
}

/* After the last worker: merges the remaining tallies, completes summary and file. */
static bool finish(struct state *state, struct err *err)
{
    workers_join(&state->workers);
    if (state->order->source->live) {
        state->order->source->live->stop(state->order->source); /* it writes targets until then */
    }
    if (!state->has_begun) {
        begin_measuring(state);
    }
    collect(state, true);
    state->summary->is_interrupted |=
        atomic_load(&state->workers.shared.is_quit) && !state->is_aborted;
    others_leave(&state->others);
    account_fill(state->summary, &state->workers);
    journal_write_end(state->writer, state->summary, state->order->targets);
    if (state->err.code != ERR_NONE) {
        *err = state->err;
        return false;
    }
    return check_balance(state->summary, err);
}

bool run_with_engine(const struct engine_type *engine_type, const struct order *order,
                     const struct driver_type *driver_type, const struct control *control,
                     const struct observer *observer, struct result_writer *writer,
                     struct summary *summary, struct err *err)
{
    struct state state = {
        .order = order,
        .observer = observer,
        .writer = writer,
        .summary = summary,
    };
    workers_init(&state.workers, order, control->team, engine_type, driver_type);
    bool ok = set_up(&state, control, err) && begin(&state, control, err);
    if (ok) {
        watch(&state, control);
        ok = finish(&state, err);
    }
    if (order->source->live) {
        order->source->live->stop(order->source);
    }
    workers_fini(&state.workers);
    tally_destroy(state.window);
    return ok;
}

bool run(const struct order *order, const struct driver_type *driver_type,
         const struct control *control, const struct observer *observer,
         struct result_writer *writer, struct summary *summary, struct err *err)
{
    return run_with_engine(&engines, order, driver_type, control, observer, writer, summary, err);
}
