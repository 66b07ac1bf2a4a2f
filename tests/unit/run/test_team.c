/*
 * Processes share a run: each of its requests is sent once, by one of them, when it is due. They
 * are threads of this process, with worker threads of their own.
 *
 * Runs alone: requests that are late on a busy machine are not started.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/http/choice/engines.h"
#include "loadgen/pace/team_entry.h"
#include "loadgen/run/changes.h"
#include "loadgen/run/run.h"
#include "tests/support/measurement.h"
#include "tests/support/pacing.h"

#define WARMUP_NS (5 * NS_PER_S)

enum { PROCESSES = 2, THREADS = 3, REQUESTS = 2000 };

static struct err err;

/* What the engines were asked to send. */
static struct engine_type spy;
static _Atomic unsigned starts[REQUESTS];
static _Atomic uint64_t intended_ns[REQUESTS];

static void spy_start(struct engine *engine, const struct send *send)
{
    ck_assert_uint_lt(send->number, REQUESTS);
    starts[send->number]++;
    intended_ns[send->number] = send->intended_ns;
    engines.start(engine, send);
}

static struct engine *spy_create(const struct engine_config *config, struct loop *loop,
                                 engine_done_fn *done, void *owner, struct err *error)
{
    struct engine *engine = engines.create(config, loop, done, owner, error);
    engine->type = &spy;
    return engine;
}

struct process {
    struct team team;
    struct changes *changes; /* NULL: none */
    uint64_t (*await_start)(void *context, struct err *err);
    const struct plan *plan;
    uint16_t port;
    struct summary *summary;
    pthread_t thread;
};

static pthread_barrier_t ready;
static _Atomic uint64_t start_ns;
static _Atomic uint64_t contact_ns;

static void setup(void)
{
    spy = engines;
    spy.start = spy_start;
    spy.create = spy_create;
    measurement_engine = &spy;
    pthread_barrier_init(&ready, NULL, PROCESSES);
    contact_ns = clock_now_ns();
}

static void teardown(void)
{
    pthread_barrier_destroy(&ready);
}

static uint64_t await_all(void *context, struct err *error)
{
    (void)context, (void)error;
    pthread_barrier_wait(&ready);
    uint64_t none = 0;
    atomic_compare_exchange_strong(&start_ns, &none, clock_now_ns() + 100 * MS);
    return start_ns;
}

static uint64_t await_nobody(void *context, struct err *error)
{
    (void)context, (void)error;
    start_ns = clock_now_ns() + 100 * MS;
    return start_ns;
}

static uint64_t await_nothing(void *context, struct err *error)
{
    (void)context, (void)error;
    return start_ns; /* has passed */
}

static void *run_part(void *context)
{
    struct process *process = context;
    const struct control control = {
        .stop_fd = -1,
        .changes = process->changes,
        .team = &process->team,
        .contact_ns = &contact_ns,
        .await_start = process->await_start,
    };
    process->summary = measurement_attack(process->plan, "GET", process->port, &control, NULL);
    return NULL;
}

/* The first process has one thread, the second two. */
static void start_process(struct process *process, uint16_t first, uint16_t threads)
{
    static const uint16_t all[THREADS] = {0, 1, 2};
    process->team.first = first;
    process->team.threads = threads;
    process->team.all = THREADS;
    process->await_start = await_all;
    slots_deal(&process->team.slots, NULL, plan_cap(process->plan), all, THREADS);
    ck_assert_int_eq(pthread_create(&process->thread, NULL, run_part, process), 0);
}

/* The number of requests that were intended, over all processes. */
static uint64_t run_all(const struct plan *plan, const struct script *script)
{
    struct process processes[PROCESSES] = {0};
    struct script_server *server = script_server_start(script, &err);
    uint64_t intended = 0;
    for (size_t i = 0; i < PROCESSES; i++) {
        processes[i].plan = plan;
        processes[i].port = script_server_port(server);
        start_process(&processes[i], i == 0 ? 0 : 1, i == 0 ? 1 : THREADS - 1);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        pthread_join(processes[i].thread, NULL);
        const struct summary *summary = processes[i].summary;
        ck_assert_uint_eq(summary->not_started, 0);
        ck_assert_uint_eq(summary->started, summary->intended);
        ck_assert_uint_eq(summary->tally->counters.answered, summary->intended);
        ck_assert_uint_gt(summary->intended, 0);
        intended += summary->intended;
        summary_destroy(processes[i].summary);
    }
    ck_assert_uint_eq(script_server_stop(server).answers, intended);
    return intended;
}

static const struct schedule schedules[] = {
    {.rate = {1000, NS_PER_S}, .duration_ns = 900 * MS},
    {.type = SCHEDULE_POISSON, .rate = {1000, NS_PER_S}, .seed = 5, .duration_ns = 900 * MS},
};

START_TEST(an_open_loop_is_shared_exactly)
{
    struct plan plan = measurement_open_loop;
    plan.schedule = schedules[_i];
    uint64_t intended = run_all(&plan, &measurement_answers_at_once);
    ck_assert_uint_eq(intended, schedule_count(&plan.schedule, plan.schedule.duration_ns));
    for (uint64_t k = 0; k < REQUESTS; k++) {
        ck_assert_uint_eq(starts[k], k < intended);
    }
    for (uint64_t k = 0; k < intended; k++) {
        ck_assert_uint_eq(intended_ns[k], start_ns + pacing_due_ns(&plan.schedule, k));
    }
}
END_TEST

START_TEST(users_of_a_closed_loop_are_shared)
{
    static const struct script_step step = {.body_bytes = 15, .delay_ms = 20};
    static const struct script slow_answers = {.steps = &step, .step_count = 1};
    struct plan plan = measurement_closed_loop;
    plan.max_workers = 5;
    ck_assert_uint_gt(run_all(&plan, &slow_answers), 5);
    for (uint64_t k = 0; k < REQUESTS; k++) {
        ck_assert_uint_le(starts[k], 1);
    }
    for (uint64_t user = 0; user < 5; user++) {
        ck_assert_uint_eq(starts[user], 1);
    }
}
END_TEST

/* A second process with two threads joins a first one with one. */
enum { JOIN_MS = 400, LATE_MS = 550 };

static const uint16_t threads[THREADS] = {0, 1, 2};

static void wait_until(uint64_t run_ms)
{
    while (start_ns == 0 || clock_now_ns() < start_ns + run_ms * MS) {
        usleep(1000);
    }
}

/* The epoch with which it joins. */
static void make_entry(const struct process *first, struct team_entry *entry)
{
    struct epoch zero;
    struct epoch next;
    struct slots slots;
    struct epoch_counter counter;
    epoch_init(&zero, &first->plan->schedule, &first->team.slots);
    epoch_counter_init(&counter, &zero);
    slots_deal(&slots, &zero.slots, UINT64_MAX, threads, THREADS);
    epoch_init_next(&next, &counter, JOIN_MS * MS, NULL, &slots);
    epoch_init_copy(&entry->epoch, &next);
    entry->users = UINT64_MAX;
}

static void start_joined_at(struct process *process,
                            uint64_t (*await_start)(void *context, struct err *err))
{
    process->team.threads = 1;
    process->team.all = 1;
    process->await_start = await_start;
    slots_deal(&process->team.slots, NULL, UINT64_MAX, threads, 1);
    ck_assert_int_eq(pthread_create(&process->thread, NULL, run_part, process), 0);
}

static void start_joined(struct process *process)
{
    start_joined_at(process, await_nobody);
}

static void start_joining(struct process *process, const struct team_entry *entry)
{
    process->team = (struct team){entry->epoch.slots, 1, THREADS - 1, THREADS, entry};
    process->await_start = await_nothing;
    ck_assert_int_eq(pthread_create(&process->thread, NULL, run_part, process), 0);
}

/* The second process hears of the epoch in time or only after its instant; the first waits then. */
START_TEST(a_process_joins)
{
    bool is_late = _i % 2 == 1;
    struct plan plan = measurement_open_loop;
    struct changes changes;
    struct team_entry entry;
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    struct process first = {.plan = &plan, .port = script_server_port(server)};
    struct process second = first;
    plan.schedule = schedules[_i / 2];
    ck_assert(changes_init(&changes, false, &err));
    first.changes = &changes;
    start_joined(&first);
    make_entry(&first, &entry);
    wait_until(0);
    ck_assert(changes_request(&changes, &(struct change){.at_ns = JOIN_MS * MS, .is_closing = true},
                              &err));
    wait_until(is_late ? LATE_MS : 0);
    ck_assert(changes_request(
        &changes, &(struct change){.at_ns = JOIN_MS * MS, .epoch = &entry.epoch}, &err));
    start_joining(&second, &entry);
    pthread_join(first.thread, NULL);
    pthread_join(second.thread, NULL);
    uint64_t intended = first.summary->intended + second.summary->intended;
    ck_assert_uint_eq(intended, schedule_count(&plan.schedule, plan.schedule.duration_ns));
    ck_assert_uint_eq(first.summary->not_started + second.summary->not_started, 0);
    for (uint64_t k = 0; k < REQUESTS; k++) {
        ck_assert_uint_eq(starts[k], k < intended);
    }
    if (is_late) { /* its CPU time is of the time since it joined */
        ck_assert_double_lt(second.summary->generator.wall_seconds + LATE_MS / 2000.0,
                            first.summary->generator.wall_seconds);
    }
    ck_assert_uint_gt(second.summary->intended, 0);
    ck_assert_uint_ge(second.summary->tally->first_intended_ns, JOIN_MS * MS);
    summary_destroy(first.summary);
    summary_destroy(second.summary);
    changes_fini(&changes);
    script_server_stop(server);
}
END_TEST

static uint64_t await_warmup(void *context, struct err *error)
{
    (void)context, (void)error;
    start_ns = clock_now_ns() + 100 * MS + WARMUP_NS;
    return start_ns;
}

/* The broker answers all the time, but no thread sends for longer than its silence may last. Time
 * passes four times as fast for the contact. */
START_TEST(a_warm_up_without_requests_does_not_cut_off)
{
    struct plan plan = measurement_open_loop;
    plan.schedule = schedules[0];
    plan.warmup = (struct schedule){.rate = {1, 100 * NS_PER_S}, .duration_ns = WARMUP_NS};
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    struct process process = {.plan = &plan, .port = script_server_port(server)};
    start_joined_at(&process, await_warmup);
    uint64_t from_ns = clock_now_ns();
    uint64_t now_ns = from_ns;
    while (start_ns == 0 || now_ns < start_ns + NS_PER_S) {
        usleep(1000);
        now_ns = clock_now_ns();
        contact_ns = from_ns + 4 * (now_ns - from_ns);
    }
    pthread_join(process.thread, NULL);
    ck_assert(!process.summary->is_interrupted);
    ck_assert_uint_gt(process.summary->started, 0);
    summary_destroy(process.summary);
    script_server_stop(server);
}
END_TEST

static void wait_for_epochs(const struct changes *changes, uint64_t epochs)
{
    while (changes_epochs(changes) < epochs) {
        usleep(1000);
    }
}

/* What was sent after the epoch's time would be sent by its new owner, too. */
START_TEST(a_process_agrees_only_to_what_it_has_heard_in_time)
{
    bool is_late = _i == 1;
    struct plan plan = measurement_open_loop;
    struct changes changes;
    struct team_entry entry;
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    struct process process = {.plan = &plan, .port = script_server_port(server)};
    plan.schedule = schedules[0];
    ck_assert(changes_init(&changes, false, &err));
    process.changes = &changes;
    start_joined(&process);
    make_entry(&process, &entry);
    const struct change closing = {.at_ns = JOIN_MS * MS, .is_closing = true, .number = 1};
    const struct change final = {.at_ns = JOIN_MS * MS, .epoch = &entry.epoch};
    wait_until(is_late ? LATE_MS : 0);
    ck_assert(changes_request(&changes, &closing, &err));
    if (is_late) {
        wait_until(LATE_MS + 50);
        ck_assert_uint_eq(changes_epochs(&changes), 0);
    } else {
        wait_for_epochs(&changes, 2);
    }
    ck_assert(changes_request(&changes, &final, &err));
    wait_for_epochs(&changes, 2);
    pthread_join(process.thread, NULL);
    summary_destroy(process.summary);
    changes_fini(&changes);
    script_server_stop(server);
}
END_TEST

/* It comes back at once, which does not help: others may have what was its. */
START_TEST(a_process_that_was_cut_off_sends_no_more)
{
    struct plan plan = measurement_open_loop;
    plan.schedule = schedules[0];
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    struct process process = {.plan = &plan, .port = script_server_port(server)};
    start_joined(&process);
    wait_until(0);
    contact_ns = start_ns + 300 * MS - DRIVE_CONTACT_MAX_NS;
    wait_until(500);
    contact_ns = clock_now_ns();
    pthread_join(process.thread, NULL);
    const struct summary *summary = process.summary;
    uint64_t total = schedule_count(&plan.schedule, plan.schedule.duration_ns);
    ck_assert(summary->is_interrupted);
    ck_assert(summary->is_cut_off);
    ck_assert_uint_gt(summary->started, 0);
    ck_assert_uint_lt(summary->started, total / 2);
    ck_assert_uint_lt(summary->tally->last_started_ns, 350 * MS);
    ck_assert_uint_eq(summary->intended, summary->started + summary->not_started);
    summary_destroy(process.summary);
    script_server_stop(server);
}
END_TEST

Suite *team_suite(void);
Suite *team_suite(void)
{
    Suite *suite = suite_create("team");
    TCase *tests = tcase_create("team");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, an_open_loop_is_shared_exactly, 0, 2);
    tcase_add_test(tests, users_of_a_closed_loop_are_shared);
    tcase_add_loop_test(tests, a_process_joins, 0, 4);
    tcase_add_loop_test(tests, a_process_agrees_only_to_what_it_has_heard_in_time, 0, 2);
    tcase_add_test(tests, a_warm_up_without_requests_does_not_cut_off);
    tcase_add_test(tests, a_process_that_was_cut_off_sends_no_more);
    suite_add_tcase(suite, tests);
    return suite;
}
