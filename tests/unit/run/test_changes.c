/*
 * Schedule, users and slots of a real run change while it goes on: the account balances to the
 * request.
 *
 * Runs alone: it judges times.
 */
#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/agenda/driver.h"
#include "loadgen/http/choice/engines.h"
#include "loadgen/http/curl/engine.h"
#include "loadgen/pace/epoch.h"
#include "loadgen/run/changes.h"
#include "loadgen/users/driver.h"
#include "loadgen/users/prepare.h"
#include "tests/support/measurement.h"
#include "tests/support/nginx_server.h"
#include "tests/support/pacing.h"
#include "tests/support/read_back.h"

enum { REQUESTS = 10000 };

static struct err err;

/* What the engine was asked to send. */
static struct engine_type spy;
static _Atomic unsigned starts[REQUESTS];
static _Atomic uint64_t intended_ns[REQUESTS];
static const void *_Atomic senders[REQUESTS]; /* the engine, of which each thread has its own */

/* Of a closed loop: in the order of the starts. */
static bool is_closed_loop;
static _Atomic size_t number_count;
static uint64_t numbers[REQUESTS];

static void spy_start(struct engine *engine, const struct send *send)
{
    uint64_t at = is_closed_loop ? number_count++ : send->number;
    ck_assert_uint_lt(at, REQUESTS);
    numbers[at] = send->number;
    starts[at]++;
    intended_ns[at] = send->intended_ns;
    senders[at] = engine;
    engines.start(engine, send);
}

static struct engine *spy_create(const struct engine_config *config, struct loop *loop,
                                 engine_done_fn *done, void *owner, struct err *error)
{
    struct engine *engine = engines.create(config, loop, done, owner, error);
    engine->type = &spy;
    return engine;
}

static struct changes changes;

static void setup(void)
{
    spy = engines;
    spy.start = spy_start;
    spy.create = spy_create;
    measurement_engine = &spy;
    ck_assert(changes_init(&changes, false, &err));
}

static void teardown(void)
{
    changes_fini(&changes);
}

/* A report of the file says of the schedule what the run itself says. */
static void expect_in_file(FILE *file, const struct summary *live)
{
    struct summary *read = summary_create();
    rewind(file);
    ck_assert_msg(read_back_fd(fileno(file), "file", read, &err), "%s", err.text);
    ck_assert_str_eq(read->schedule, live->schedule);
    ck_assert_uint_eq(read->rate_count, live->rate_count);
    ck_assert_double_eq_tol(read->scheduled_per_s, live->scheduled_per_s, 1e-6);
    ck_assert_uint_eq(read->intended, live->intended);
    summary_destroy(read);
}

static bool ask(uint64_t at_ns, const struct schedule *schedule)
{
    return changes_request(&changes, &(struct change){.at_ns = at_ns, .schedule = schedule}, &err);
}

static struct measurement measure_script(const struct plan *plan, const struct script *script)
{
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    struct measurement m = {0};
    struct script_server *server = script_server_start(script, &err);
    const struct control control = {.stop_fd = -1, .changes = &changes};
    m.summary = measurement_attack(plan, "GET", script_server_port(server), &control, writer);
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    expect_in_file(file, m.summary);
    fclose(file);
    m.truth = script_server_stop(server);
    return m;
}

static struct measurement measure_changes(const struct plan *plan)
{
    return measure_script(plan, &measurement_answers_at_once);
}

/* Each of the intended requests was started once, and ended once. */
static void expect_balance(const struct measurement *m)
{
    const struct summary *summary = m->summary;
    const struct counters *counters = &summary->tally->counters;
    ck_assert_uint_eq(summary->not_started, 0);
    ck_assert_uint_eq(summary->started, summary->intended);
    ck_assert_uint_eq(counters->answered, summary->intended);
    ck_assert_uint_eq(m->truth.answers, summary->intended);
    for (uint64_t k = 0; k < REQUESTS; k++) {
        ck_assert_uint_eq(starts[k], k < summary->intended);
    }
}

/* Requests `first` to `end` - 1 of the run are the schedule's, which begins at_ns after the start.
 */
static void expect_piece(uint64_t first, uint64_t end, uint64_t at_ns,
                         const struct schedule *schedule)
{
    for (uint64_t k = first; k < end; k++) {
        ck_assert_uint_eq(intended_ns[k] - intended_ns[0],
                          at_ns + pacing_due_ns(schedule, k - first));
    }
}

static const struct schedule fast = {.rate = {2000, NS_PER_S}};
static const struct schedule slow = {.rate = {50, NS_PER_S}};
static const struct schedule bursts = {
    .type = SCHEDULE_POISSON, .rate = {700, NS_PER_S}, .seed = 5};
static const struct schedule ramp = {
    .type = SCHEDULE_RAMP,
    .duration_ns = 200 * MS,
    .stages = {{{200 * MS, 100 * UINT64_C(3600), 900 * UINT64_C(3600)}}, 1}};

START_TEST(changes_that_are_known_ahead_are_exact)
{
    struct plan plan = measurement_open_loop; /* 200/s */
    plan.threads = 3;
    plan.schedule.duration_ns = 1500 * MS;
    ck_assert(ask(300 * MS + 1, &fast));
    ck_assert(ask(600 * MS, &bursts));
    ck_assert(ask(900 * MS, &ramp)); /* ends at 1.1 s */
    ck_assert(ask(1300 * MS, &slow));
    ck_assert(ask(5000 * MS, &fast)); /* after the end */
    struct measurement m = measure_changes(&plan);
    expect_balance(&m);
    uint64_t in_bursts = schedule_count(&bursts, 300 * MS);
    const uint64_t counts[] = {61, 600, in_bursts, 100, 10};
    const uint64_t at_ns[] = {0, 300 * MS + 1, 600 * MS, 900 * MS, 1300 * MS};
    const struct schedule *pieces[] = {&plan.schedule, &fast, &bursts, &ramp, &slow};
    uint64_t first = 0;
    for (size_t i = 0; i < 5; i++) {
        expect_piece(first, first + counts[i], at_ns[i], pieces[i]);
        first += counts[i];
    }
    ck_assert_uint_eq(m.summary->intended, first);
    ck_assert_double_eq_tol(m.summary->scheduled_per_s, (double)first / 1.5, 0.1);
    ck_assert_str_eq(m.summary->schedule,
                     "200/1s then 2000/1s from 300ms on then 700/1s poisson with seed 5 from "
                     "600ms on then from 100/s to 900/s in 200ms from 900ms on then 50/1s from "
                     "1.3s on then 2000/1s from 5s on");
    summary_destroy(m.summary);
}
END_TEST

static void await_first_request(void)
{
    while (starts[0] == 0) {
        usleep(1000);
    }
}

/* By hand: now, and again. */
static void *ask_now(void *context)
{
    static const struct schedule *const wishes[] = {&fast, &slow, &bursts, &fast};
    (void)context;
    await_first_request();
    for (size_t i = 0; i < 4; i++) {
        usleep(250000);
        ck_assert(ask(0, wishes[i]));
    }
    return NULL;
}

START_TEST(changes_by_hand_balance)
{
    struct plan plan = measurement_open_loop;
    pthread_t thread;
    plan.threads = 3;
    plan.schedule.duration_ns = 1500 * MS;
    plan.warmup = plan.schedule; /* the first change comes before the start */
    plan.warmup.duration_ns = _i ? 300 * MS : 0;
    plan.schedule.rate.count = _i ? 1 : 200; /* threads sleep until they are woken */
    pthread_create(&thread, NULL, ask_now, NULL);
    struct measurement m = measure_changes(&plan);
    pthread_join(thread, NULL);
    if (_i == 0) {
        expect_balance(&m);
    }
    const struct summary *summary = m.summary;
    ck_assert_uint_eq(summary->not_started, 0);
    ck_assert_uint_eq(summary->tally->counters.answered, summary->intended);
    /* 50 (or none), 500, 13, 175 and 1,000, if the other thread asks in time */
    ck_assert_uint_gt(summary->intended, 800);
    ck_assert_uint_lt(summary->intended, 2600);
    summary_destroy(m.summary);
}
END_TEST

static void *ask_later(void *context)
{
    (void)context;
    await_first_request();
    usleep(300000);
    ck_assert(ask(0, &fast));
    return NULL;
}

START_TEST(threads_that_sleep_hear_of_a_change_at_once)
{
    struct plan plan = measurement_open_loop;
    pthread_t thread;
    plan.schedule.rate = (struct rate){1, 3600 * NS_PER_S};
    plan.schedule.duration_ns = 700 * MS;
    pthread_create(&thread, NULL, ask_later, NULL);
    struct measurement m = measure_changes(&plan);
    pthread_join(thread, NULL);
    expect_balance(&m);
    ck_assert_uint_gt(m.summary->intended, 400);
    ck_assert_uint_lt(m.summary->tally->lag.max_ns, 150 * MS);
    summary_destroy(m.summary);
}
END_TEST

/* Slots. */

enum { THREADS = 3, MAPS = 4 };

static struct slots maps[MAPS];

/* Who takes part, from one map to the next. */
static void deal_maps(void)
{
    static const uint16_t parts[MAPS][THREADS] = {{0, 1, 2}, {0, 2}, {1}, {0, 1, 2}};
    static const size_t counts[MAPS] = {3, 2, 1, 3};
    for (size_t i = 0; i < MAPS; i++) {
        slots_deal(&maps[i], i ? &maps[i - 1] : NULL, UINT64_MAX, parts[i], counts[i]);
    }
}

static bool ask_slots(uint64_t at_ns, const struct slots *slots)
{
    return changes_request(&changes, &(struct change){.at_ns = at_ns, .slots = slots}, &err);
}

/* Each request of the run was sent by the owner of its slot, in the map of its time. */
static void expect_owners(uint64_t count, uint64_t requests_of_a_map)
{
    const void *engine_of[THREADS] = {NULL};
    for (uint64_t k = 0; k < count; k++) {
        uint64_t map = k / requests_of_a_map < MAPS ? k / requests_of_a_map : MAPS - 1;
        uint16_t owner = maps[map].owner[pacing_slot(k)];
        ck_assert_uint_le(starts[k], 1);
        if (starts[k] == 0) {
            continue;
        }
        engine_of[owner] = engine_of[owner] ? engine_of[owner] : senders[k];
        ck_assert_ptr_eq(senders[k], engine_of[owner]);
    }
    ck_assert(engine_of[0] != engine_of[1] && engine_of[1] != engine_of[2]);
}

START_TEST(requests_move_with_their_slots)
{
    static const struct schedule as_before = {.rate = {1000, NS_PER_S}};
    struct plan plan = measurement_open_loop;
    plan.threads = THREADS;
    plan.schedule = as_before;
    plan.schedule.duration_ns = 1200 * MS;
    deal_maps();
    ck_assert(ask_slots(300 * MS, &maps[1]));
    ck_assert(ask_slots(600 * MS, &maps[2]));
    ck_assert(changes_request(
        &changes, &(struct change){.at_ns = 900 * MS, .schedule = &as_before, .slots = &maps[3]},
        &err));
    struct measurement m = measure_changes(&plan);
    ck_assert_uint_eq(m.summary->intended, 1200);
    ck_assert_uint_eq(m.summary->intended, m.summary->started + m.summary->not_started);
    ck_assert_uint_eq(m.summary->tally->counters.answered, m.summary->started);
    ck_assert_uint_ge(m.summary->started, 900); /* the others are late on a busy machine */
    expect_owners(1200, 300);
    ck_assert_str_eq(m.summary->schedule, "1000/1s then 1000/1s from 900ms on");
    summary_destroy(m.summary);
}
END_TEST

/* Six connections carry 600/s, two of them 200/s: what one thread alone has to send goes out only
 * if it has the parts of the others. */
START_TEST(parts_of_the_caps_move_with_slots)
{
    static const struct script_step step = {.body_bytes = 15, .delay_ms = 10};
    static const struct script slow_answers = {.steps = &step, .step_count = 1};
    struct plan plan = measurement_open_loop;
    plan.threads = THREADS;
    plan.schedule.rate.count = 300;
    plan.schedule.duration_ns = 1500 * MS;
    plan.max_connections = _i == 0 ? 6 : UINT64_MAX;
    plan.max_workers = _i == 0 ? UINT64_MAX : 6;
    deal_maps();
    struct team team;
    plan_team(&plan, &team);
    maps[0] = team.slots;
    ck_assert(ask_slots(500 * MS, &maps[2]));
    struct measurement m = measure_script(&plan, &slow_answers);
    const struct summary *summary = m.summary;
    ck_assert_uint_eq(summary->intended, 450);
    ck_assert_uint_eq(summary->intended, summary->started + summary->not_started);
    ck_assert_uint_eq(summary->tally->counters.answered, summary->started);
    ck_assert_uint_lt(summary->not_started, 50); /* 100 with its own parts alone */
    for (uint64_t k = 151; k < summary->started; k++) {
        ck_assert_ptr_eq(senders[k], senders[150]);
    }
    summary_destroy(m.summary);
}
END_TEST

/* Idle connections. */

/* Over HTTP/2 a connection more is opened before it is known that each carries one stream. */
static const struct {
    const struct engine_type *engine;
    const char *port;
    bool h2c;
    size_t most; /* connections of two users */
} idle_ways[] = {
    {&engines, "PLAIN", false, 2},
    {&engine_curl, "PLAIN", false, 2},
    {&engines, "H2C", true, 3},
};

/* Of this process to the port. */
static size_t count_connections(uint16_t port)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in to = {0};
        struct tcp_info info = {0};
        socklen_t to_size = sizeof to;
        socklen_t info_size = sizeof info;
        count += getpeername(fd, (struct sockaddr *)&to, &to_size) == 0 &&
                 to.sin_port == htons(port) &&
                 getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_size) == 0 &&
                 info.tcpi_state == TCP_ESTABLISHED;
    }
    return count;
}

struct look {
    uint16_t port;
    size_t most;
    size_t seen;
    int stop_fd;
};

/* Waits until there are no more than these, soon after the changes; then stops the run. */
static void *look_later(void *context)
{
    struct look *look = context;
    const uint64_t one = 1;
    usleep(800000);
    uint64_t end_ns = clock_now_ns() + 5 * NS_PER_S;
    while (clock_now_ns() < end_ns) {
        look->seen = count_connections(look->port);
        if (look->seen <= look->most) {
            break;
        }
        usleep(10000);
    }
    ck_assert_int_eq(write(look->stop_fd, &one, sizeof one), sizeof one);
    return NULL;
}

/* Six users leave six connections, and two of them go on, at last on another thread. */
START_TEST(a_thread_without_slots_closes_its_idle_connections)
{
    static const uint16_t threads[] = {0, 1, 2};
    struct nginx_server nginx;
    struct plan plan = measurement_closed_loop;
    pthread_t thread;
    nginx_server_make(&nginx);
    nginx_server_start(
        &nginx, "keepalive_requests 1000000000; http2_max_concurrent_streams 1;\n"
                "server { return 204; listen 127.0.0.1:@PLAIN@; listen 127.0.0.1:@H2C@ http2; }");
    struct look look = {.port = nginx_server_port(&nginx, idle_ways[_i].port),
                        .most = idle_ways[_i].most,
                        .stop_fd = eventfd(0, EFD_CLOEXEC)};
    plan.threads = THREADS;
    plan.max_workers = 6;
    plan.schedule.duration_ns = 0;
    plan.h2c = idle_ways[_i].h2c;
    measurement_engine = idle_ways[_i].engine;
    changes.is_closed_loop = true;
    slots_deal(&maps[0], NULL, UINT64_MAX, &threads[2], 1);
    ck_assert(changes_request(&changes, &(struct change){.at_ns = 200 * MS, .users = 2}, &err));
    ck_assert(ask_slots(400 * MS, &maps[0]));
    pthread_create(&thread, NULL, look_later, &look);
    const struct control control = {.stop_fd = look.stop_fd, .changes = &changes};
    summary_destroy(measurement_attack(&plan, "GET", look.port, &control, NULL));
    pthread_join(thread, NULL);
    close(look.stop_fd);
    nginx_server_stop(&nginx);
    ck_assert_uint_le(look.seen, look.most);
}
END_TEST

/* Users. */

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Of these, in order: each user of the epoch sent all of its requests so far. */
static uint64_t expect_users(const uint64_t *sorted, uint64_t count, uint64_t users)
{
    static uint64_t next[64];
    memset(next, 0, sizeof next);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = sorted[i] % EPOCH_NUMBERS;
        ck_assert_uint_eq(number / users, next[number % users]++);
    }
    uint64_t taking_part = 0;
    for (uint64_t user = 0; user < users; user++) {
        taking_part += next[user] > 0;
    }
    return taking_part;
}

START_TEST(users_come_and_go)
{
    static const struct script_step step = {.body_bytes = 15, .delay_ms = 5};
    static const struct script script = {.steps = &step, .step_count = 1};
    static const uint64_t users[] = {4, 40, 40, 1, 12};
    static const uint64_t at_ms[] = {0, 300, 600, 900, 1200};
    enum { EPOCHS = sizeof users / sizeof *users };
    struct plan plan = measurement_closed_loop;
    plan.threads = THREADS;
    plan.schedule.duration_ns = 1500 * MS;
    plan.warmup = plan.schedule;
    plan.warmup.duration_ns = _i ? 50 * MS : 0;
    is_closed_loop = true;
    changes.is_closed_loop = true;
    deal_maps();
    for (size_t i = 1; i < EPOCHS; i++) {
        struct change wish = {.at_ns = at_ms[i] * MS, .users = users[i]};
        if (users[i] == users[i - 1]) {
            wish = (struct change){.at_ns = at_ms[i] * MS, .slots = &maps[1]};
        }
        ck_assert(changes_request(&changes, &wish, &err));
    }
    struct measurement m = measure_script(&plan, &script);
    const struct counters *counters = &m.summary->tally->counters;
    ck_assert_uint_eq(m.summary->intended, m.summary->started);
    ck_assert_uint_eq(counters->answered, m.summary->started);
    ck_assert_uint_eq(counters->ended, m.summary->started);
    ck_assert_uint_eq(m.truth.answers, number_count); /* with those of the warm-up */
    ck_assert_uint_ge(number_count, m.summary->started);
    ck_assert_str_eq(m.summary->schedule,
                     "as fast as possible then 40 users from 300ms on then 1 user from 900ms on "
                     "then 12 users from 1.2s on");
    qsort(numbers, number_count, sizeof *numbers, compare);
    for (uint64_t epoch = 0, from = 0; epoch < EPOCHS; epoch++) {
        uint64_t end = from;
        while (end < number_count && numbers[end] / EPOCH_NUMBERS == epoch) {
            end++;
        }
        ck_assert_uint_eq(expect_users(&numbers[from], end - from, users[epoch]), users[epoch]);
        from = end;
    }
    summary_destroy(m.summary);
}
END_TEST

static atomic_bool is_over;

/* As many as the run takes, of every kind. */
static void *ask_again_and_again(void *context)
{
    _Atomic size_t *asked = context;
    await_first_request();
    while (!atomic_load(&is_over)) {
        struct change wish = {.slots = &maps[*asked % MAPS]};
        wish.schedule = *asked % 3 ? NULL : &fast;
        wish.users = *asked % 5 ? 0 : 100 + *asked % 100;
        *asked += changes_request(&changes, &wish, &err);
        usleep(200);
    }
    return NULL;
}

START_TEST(changes_again_and_again_balance)
{
    _Atomic size_t asked = 0;
    struct plan plan = measurement_open_loop;
    pthread_t thread;
    plan.threads = THREADS;
    plan.schedule = fast;
    plan.schedule.duration_ns = 1500 * MS;
    deal_maps();
    pthread_create(&thread, NULL, ask_again_and_again, &asked);
    struct measurement m = measure_changes(&plan);
    is_over = true;
    pthread_join(thread, NULL);
    const struct summary *summary = m.summary;
    printf("changes: %zu in a run of 1.5 s, %lu requests\n", asked, summary->intended);
    ck_assert_uint_ge(asked, 100);
    ck_assert_uint_eq(summary->intended, summary->started + summary->not_started);
    ck_assert_uint_eq(summary->tally->counters.answered, summary->started);
    ck_assert_uint_eq(m.truth.answers, summary->started);
    for (uint64_t k = 0; k < REQUESTS; k++) {
        ck_assert_uint_le(starts[k], 1);
        ck_assert(starts[k] == 0 || k < summary->intended);
    }
    ck_assert_uint_lt(summary->not_started, summary->intended / 2);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(what_is_no_schedule_is_refused)
{
    const struct schedule closed = {.rate = {0, NS_PER_S}};
    const struct schedule endless = {.type = SCHEDULE_RAMP, .stages = ramp.stages};
    ck_assert(!ask(0, &closed));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert(!ask(0, &endless));
    ck_assert(!ask(0, NULL)); /* nothing at all */
    changes.is_closed_loop = true;
    ck_assert(!ask(0, &fast));
    ck_assert_int_eq(err.code, ERR_USAGE);
    changes.is_closed_loop = false;
    for (size_t i = 0; i < CHANGES_MAX; i++) {
        ck_assert(ask(i, &fast));
    }
    ck_assert(!ask(0, &fast));
    struct wish wish;
    for (size_t i = 0; i < CHANGES_MAX; i++) {
        ck_assert(changes_take(&changes, &wish));
        ck_assert_uint_eq(wish.change.at_ns, i);
        ck_assert_uint_eq(wish.change.schedule->rate.count, fast.rate.count);
    }
    ck_assert(!changes_take(&changes, &wish));
}
END_TEST

/* As on a machine that stood still: the second change is passed on after the end of the run. */
static bool change_late(struct drive *drive, uint64_t start_ns, uint64_t now_ns,
                        struct change *change, struct err *error)
{
    static unsigned calls;
    while (calls > 0 && clock_now_ns() < start_ns + 400 * MS) {
        usleep(10000);
    }
    calls++;
    return driver_agenda.change(drive, start_ns, now_ns, change, error);
}

START_TEST(a_change_that_comes_too_late_changes_nothing)
{
    struct plan plan = measurement_open_loop; /* 200/s */
    struct driver_type late = driver_agenda;
    late.change = change_late;
    measurement_driver = &late;
    plan.schedule.duration_ns = 300 * MS;
    ck_assert(ask(350 * MS, &fast));
    ck_assert(ask(0, &fast));
    struct measurement m = measure_changes(&plan);
    expect_balance(&m);
    ck_assert_uint_eq(m.summary->intended, 60);
    summary_destroy(m.summary);
}
END_TEST

/* A run of users, by a driver that supports no changes. */
static bool run_users(const char *path, uint16_t port, const struct control *control)
{
    char host[64];
    struct plan plan = measurement_closed_loop;
    struct targets targets;
    snprintf(host, sizeof host, "http://127.0.0.1:%u", port);
    struct users_order users = {.host = host,
                                .users = 1,
                                .spawn_per_s = 1000,
                                .schedule.rate.per_ns = NS_PER_S,
                                .max_requests = UINT64_MAX,
                                .max_iterations = UINT64_MAX,
                                .max_bytes = 32000000};
    err = (struct err){0};
    ck_assert_msg(users_open(&users, path, &targets, &err), "%s", err.text);
    const struct source source = users_source(&users);
    const struct order order = {&plan, &targets, &source};
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    struct driver_type type = driver_users;
    type.change = NULL;
    bool ok = run(&order, &type, control, &observer, NULL, summary, &err);
    ck_assert(ok || summary->started == 0);
    summary_destroy(summary);
    users_close(&users);
    targets_free(&targets);
    return ok;
}

START_TEST(a_run_that_cannot_be_changed_says_so_before_it_begins)
{
    static const char scenario[] = "U = User {}\nU:task(function(self) self:get('/') end)\n";
    char path[] = "/tmp/test_changes.XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, scenario, sizeof scenario - 1), sizeof scenario - 1);
    close(fd);
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    struct control control = {.stop_fd = -1, .changes = &changes};
    ck_assert(!run_users(path, script_server_port(server), &control));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_str_eq(err.text, "the driver of this run does not support changes");
    control.changes = NULL;
    ck_assert_msg(run_users(path, script_server_port(server), &control), "%s", err.text);
    script_server_stop(server);
    unlink(path);
}
END_TEST

Suite *changes_suite(void);
Suite *changes_suite(void)
{
    Suite *suite = suite_create("changes");
    TCase *tests = tcase_create("changes");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, changes_that_are_known_ahead_are_exact);
    tcase_add_loop_test(tests, changes_by_hand_balance, 0, 2);
    tcase_add_test(tests, threads_that_sleep_hear_of_a_change_at_once);
    tcase_add_test(tests, requests_move_with_their_slots);
    tcase_add_loop_test(tests, parts_of_the_caps_move_with_slots, 0, 2);
    tcase_add_loop_test(tests, a_thread_without_slots_closes_its_idle_connections, 0, 3);
    tcase_add_loop_test(tests, users_come_and_go, 0, 2);
    tcase_add_test(tests, changes_again_and_again_balance);
    tcase_add_test(tests, what_is_no_schedule_is_refused);
    tcase_add_test(tests, a_change_that_comes_too_late_changes_nothing);
    tcase_add_test(tests, a_run_that_cannot_be_changed_says_so_before_it_begins);
    suite_add_tcase(suite, tests);
    return suite;
}
