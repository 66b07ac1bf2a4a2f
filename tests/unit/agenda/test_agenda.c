#include <check.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "loadgen/agenda/agenda.h"
#include "tests/support/pacing.h"
#include "tests/support/random.h"

/* 1,000 requests per second for 10 ms, and two requests of a live source for as long as it lasts.
 */
#define START UINT64_C(50000000)
#define STEP UINT64_C(1000000)
#define DURATION (10 * STEP)

static const struct request requests[] = {{.target = 0}, {.target = 1}};
static struct plan plan;
static struct source source;
static struct team team;
static struct timetable timetable;
static struct agenda agenda;
static unsigned supply; /* requests that the live source still has */
static unsigned released;
static bool has_ended;
static struct err err;

static const struct request *next_live(const struct source *live, uint64_t k)
{
    (void)live;
    supply -= supply > 0;
    return supply > 0 ? &requests[k % 2] : NULL;
}

static bool is_ended(const struct source *live)
{
    (void)live;
    return has_ended;
}

static void release(const struct source *live, const struct request *request)
{
    (void)live;
    (void)request;
    released++;
}

static void setup(void)
{
    plan = (struct plan){
        .max_workers = UINT64_MAX,
        .max_connections = UINT64_MAX,
        .schedule = {.type = SCHEDULE_CONSTANT,
                     .duration_ns = DURATION,
                     .rate = {.count = 1, .per_ns = STEP}},
    };
    source = source_of(requests, 2);
    released = 0;
    has_ended = false;
}

static void teardown(void)
{
    timetable_fini(&timetable);
}

/* Thread `index` of so many. */
static void begin(unsigned threads, uint16_t index)
{
    plan.threads = threads;
    plan_team(&plan, &team);
    ck_assert(timetable_init(&timetable, &plan, &team, &err));
    agenda_init(&agenda, &plan, &source, &timetable, index);
    agenda_begin(&agenda, START, START + DURATION);
}

/* Takes the next request and checks that it is this one of the run. */
static void expect_next(uint64_t number, uint64_t due_ns)
{
    ck_assert(agenda_has_next(&agenda));
    ck_assert_uint_eq(agenda_number(&agenda), number);
    ck_assert_uint_eq(agenda_due_ns(&agenda), due_ns);
    ck_assert_ptr_nonnull(agenda_peek(&agenda));
    agenda_mark_sent(&agenda);
}

START_TEST(an_open_loop_sends_its_share_until_the_end)
{
    struct share share;
    begin(2, 1);
    share_init(&share, &timetable.first->epoch.slots, 1);
    for (uint64_t k = share_seek(&share, 0); k < 10; k = share_next(&share)) {
        expect_next(k, START + k * STEP);
    }
    ck_assert(!agenda_has_next(&agenda));
}
END_TEST

START_TEST(a_warm_up_ends_at_the_start)
{
    plan.warmup = plan.schedule;
    plan.warmup.duration_ns = 2 * STEP;
    begin(1, 0);
    ck_assert_uint_eq(agenda_phase_end_ns(&agenda), START);
    expect_next(0, START - 2 * STEP);
    agenda_advance(&agenda, START - 1);
    expect_next(1, START - STEP);
    ck_assert(!agenda_has_next(&agenda));
    agenda_advance(&agenda, START);
    ck_assert(!agenda.is_warming);
    expect_next(0, START);
}
END_TEST

START_TEST(the_end_only_comes_nearer)
{
    begin(1, 0);
    agenda_end_at(&agenda, START + 2 * STEP);
    agenda_end_at(&agenda, START + 5 * STEP);
    expect_next(0, START);
    expect_next(1, START + STEP);
    ck_assert(!agenda_has_next(&agenda));
}
END_TEST

START_TEST(a_user_sends_again_when_it_is_free)
{
    plan.schedule.rate.count = 0;
    plan.max_workers = 2;
    begin(1, 0);
    expect_next(0, START);
    expect_next(1, START);
    ck_assert(!agenda_has_next(&agenda));
    agenda_end_request(&agenda, 1, START + 7);
    expect_next(3, START + 7);
    agenda_end_request(&agenda, 3, START + 8);
    agenda_end_request(&agenda, 0, START + 9);
    expect_next(5, START + 8);
    agenda_drop(&agenda);
    ck_assert(!agenda_has_next(&agenda));
}
END_TEST

/* User u of U is on the thread that owns slot u; its jth request is j * U + u. */
START_TEST(users_are_spread_over_the_threads)
{
    enum { USERS = 5001 };
    static uint8_t sent[4 * USERS];
    plan.schedule.rate.count = 0;
    plan.max_workers = USERS;
    for (uint16_t thread = 0; thread < 3; thread++) {
        begin(3, thread);
        ck_assert_uint_ge(agenda.users, USERS / 3 - 1);
        for (uint64_t i = 0; i < 4 * agenda.users; i++) {
            uint64_t number = agenda_number(&agenda);
            uint64_t user = number % USERS;
            ck_assert_uint_eq(timetable.first->epoch.slots.owner[user % SLOTS], thread);
            sent[number]++;
            agenda_mark_sent(&agenda);
            agenda_end_request(&agenda, number, START);
        }
        timetable_fini(&timetable);
    }
    begin(3, 0);
    for (size_t i = 0; i < sizeof sent; i++) {
        ck_assert_uint_eq(sent[i], 1);
    }
}
END_TEST

static bool change(uint64_t at_ns, const struct schedule *schedule)
{
    const struct change wish = {.at_ns = at_ns, .schedule = schedule};
    return timetable_change(&timetable, 0, &wish, &err);
}

static const struct schedule faster = {.rate = {.count = 1, .per_ns = STEP / 4}};

START_TEST(a_new_schedule_follows_the_old_one)
{
    begin(1, 0);
    expect_next(0, START);
    ck_assert_uint_eq(timetable_count(&timetable, STEP), 1);
    ck_assert(change(2 * STEP + 1, &faster));
    agenda_advance(&agenda, START);
    expect_next(1, START + STEP);
    expect_next(2, START + 2 * STEP);
    for (uint64_t k = 3; k < 35; k++) {
        uint64_t due_ns = 2 * STEP + 1 + (k - 3) * STEP / 4;
        ck_assert_uint_eq(timetable_count(&timetable, due_ns), k);
        expect_next(k, START + due_ns);
    }
    ck_assert(!agenda_has_next(&agenda)); /* the end has not moved */
    ck_assert_uint_eq(timetable_count(&timetable, DURATION), 35);
}
END_TEST

/* The agenda already showed what comes next, and the target was fetched. */
START_TEST(a_new_schedule_takes_the_place_of_what_would_have_come)
{
    begin(1, 0);
    expect_next(0, START);
    ck_assert_ptr_eq(agenda_peek(&agenda), &requests[1]);
    ck_assert(change(STEP / 2, &faster));
    ck_assert(change(0, &faster)); /* not before the last one */
    agenda_advance(&agenda, START);
    expect_next(1, START + STEP / 2);
    expect_next(2, START + STEP / 2 + STEP / 4);
    agenda_drop(&agenda);
    ck_assert(change(4 * STEP, &faster));
    agenda_advance(&agenda, START + 5 * STEP);
    ck_assert(!agenda_has_next(&agenda));
}
END_TEST

/* However long the change takes to be made: nobody sends what may be another's. */
START_TEST(what_is_due_after_a_change_waits_for_it)
{
    begin(1, 0);
    ck_assert_uint_eq(timetable_close(&timetable, STEP + 1), STEP + 1);
    expect_next(0, START);
    expect_next(1, START + STEP);
    agenda_advance(&agenda, START + 9 * STEP);
    ck_assert(!agenda_has_next(&agenda));
    ck_assert(change(STEP + 1, &faster));
    agenda_advance(&agenda, START + 9 * STEP);
    expect_next(2, START + STEP + 1);
    expect_next(3, START + STEP + 1 + STEP / 4);
}
END_TEST

/* Targets belong to the requests' numbers. */
START_TEST(a_thread_that_gets_slots_sends_what_became_its_own)
{
    struct slots slots;
    begin(2, 0);
    const uint16_t other = pacing_slot(0) % 2 == 0;
    timetable_fini(&timetable);
    begin(2, other); /* the one that does not send request 0 */
    ck_assert_uint_gt(agenda_number(&agenda), 0);
    agenda_peek(&agenda);
    slots_deal(&slots, &timetable.first->epoch.slots, UINT64_MAX, &other, 1);
    ck_assert(timetable_change(&timetable, 0, &(struct change){.slots = &slots}, &err));
    agenda_advance(&agenda, START);
    for (uint64_t k = 0; k < 10; k++) {
        ck_assert_ptr_eq(agenda_peek(&agenda), &requests[k % 2]);
        expect_next(k, START + k * STEP);
    }
}
END_TEST

static void change_to(uint64_t at_ns, uint64_t users)
{
    ck_assert(
        timetable_change(&timetable, 0, &(struct change){.at_ns = at_ns, .users = users}, &err));
    ck_assert_uint_eq(agenda_change_ns(&agenda), START + at_ns);
    agenda_advance(&agenda, START + at_ns - 1);
    ck_assert_uint_eq(agenda_change_ns(&agenda), START + at_ns);
    agenda_advance(&agenda, START + at_ns);
    ck_assert_uint_eq(agenda_change_ns(&agenda), UINT64_MAX);
}

START_TEST(users_that_come_begin_at_the_instant)
{
    plan.schedule.rate.count = 0;
    plan.max_workers = 3;
    begin(1, 0);
    expect_next(0, START);
    expect_next(1, START); /* the third one waits for a connection */
    change_to(3 * STEP, 5);
    expect_next(EPOCH_NUMBERS, START); /* and still does */
    expect_next(EPOCH_NUMBERS + 1, START + 3 * STEP);
    expect_next(EPOCH_NUMBERS + 2, START + 3 * STEP);
    ck_assert(!agenda_has_next(&agenda)); /* five are in flight */
    agenda_end_request(&agenda, 1, START + 4 * STEP);
    expect_next(EPOCH_NUMBERS + 3, START + 4 * STEP);
    agenda_end_request(&agenda, EPOCH_NUMBERS + 1, START + 5 * STEP);
    expect_next(EPOCH_NUMBERS + 6, START + 5 * STEP);
    agenda_end_request(&agenda, 0, START + 6 * STEP);
    expect_next(EPOCH_NUMBERS + 4, START + 6 * STEP);
    ck_assert(!agenda_has_next(&agenda));
}
END_TEST

START_TEST(users_that_go_end_with_their_request)
{
    plan.schedule.rate.count = 0;
    plan.max_workers = 5;
    begin(1, 0);
    for (uint64_t k = 0; k < 5; k++) {
        expect_next(k, START);
    }
    change_to(STEP, 2);
    for (uint64_t k = 0; k < 3; k++) {
        agenda_end_request(&agenda, k, START + 2 * STEP);
        ck_assert(!agenda_has_next(&agenda));
    }
    agenda_end_request(&agenda, 3, START + 3 * STEP);
    expect_next(EPOCH_NUMBERS, START + 3 * STEP);
    agenda_end_request(&agenda, 4, START + 4 * STEP);
    expect_next(EPOCH_NUMBERS + 1, START + 4 * STEP);
    change_to(5 * STEP, 1);
    agenda_end_request(&agenda, EPOCH_NUMBERS, START + 6 * STEP);
    ck_assert(!agenda_has_next(&agenda));
    agenda_end_request(&agenda, EPOCH_NUMBERS + 1, START + 7 * STEP);
    expect_next(2 * EPOCH_NUMBERS, START + 7 * STEP);
}
END_TEST

enum { CROWD = 4, CROWD_CHANGES = 40, CROWD_USERS = 50 };

/* Threads whose users come, go and move, with requests of any age in flight. */
struct crowd {
    struct agenda agendas[CROWD];
    uint64_t in_flight[CROWD][2 * CROWD_USERS];
    size_t count[CROWD];
    struct random chance;
    uint64_t now_ns;
};

/* The user of this number is the thread's, and has not sent its request before. */
static void check_number(const struct agenda *one, uint64_t number)
{
    static uint64_t next[CROWD_CHANGES + 1][CROWD_USERS]; /* request of each user */
    const struct epoch *epoch = agenda_epoch(one);
    const uint64_t users = period_of(epoch)->users;
    ck_assert_uint_eq(number / EPOCH_NUMBERS, epoch->number);
    uint64_t user = number % EPOCH_NUMBERS % users;
    ck_assert_uint_eq(number % EPOCH_NUMBERS / users, next[epoch->number][user]++);
    ck_assert_uint_eq(epoch->slots.owner[user % SLOTS], one->thread);
}

static void take_some(struct crowd *crowd, size_t thread, bool all)
{
    struct agenda *one = &crowd->agendas[thread];
    agenda_advance(one, crowd->now_ns);
    while (agenda_has_next(one) && (all || random_below(&crowd->chance, 4))) {
        ck_assert_uint_le(agenda_due_ns(one), crowd->now_ns);
        check_number(one, agenda_number(one));
        crowd->in_flight[thread][crowd->count[thread]++] = agenda_number(one);
        agenda_mark_sent(one);
    }
}

static void end_some(struct crowd *crowd, size_t thread, bool all)
{
    while (crowd->count[thread] > 0 && (all || random_below(&crowd->chance, 4))) {
        size_t i = random_below(&crowd->chance, crowd->count[thread]);
        uint64_t number = crowd->in_flight[thread][i];
        crowd->in_flight[thread][i] = crowd->in_flight[thread][--crowd->count[thread]];
        agenda_end_request(&crowd->agendas[thread], number, crowd->now_ns);
    }
}

static void change_crowd(struct crowd *crowd, uint64_t at_ns)
{
    uint16_t threads[CROWD];
    struct slots slots;
    size_t count = 0;
    for (size_t i = 0; i < CROWD; i++) {
        threads[count] = (uint16_t)i;
        count += random_below(&crowd->chance, 3) > 0;
    }
    count += count == 0;
    uint64_t users =
        random_below(&crowd->chance, 3) ? 1 + random_below(&crowd->chance, CROWD_USERS) : 0;
    slots_deal(&slots, &timetable.last->epoch.slots, UINT64_MAX, threads, count);
    const struct change wish = {.at_ns = at_ns,
                                .users = users,
                                .slots = users && random_below(&crowd->chance, 2) ? NULL : &slots};
    ck_assert(timetable_change(&timetable, 0, &wish, &err));
}

START_TEST(users_are_those_of_their_period_whatever_changes)
{
    static struct crowd crowd;
    crowd.chance = random_seeded((uint64_t)_i);
    plan.schedule.rate.count = 0;
    plan.max_workers = CROWD_USERS;
    begin(CROWD, 0);
    for (size_t i = 0; i < CROWD; i++) {
        agenda_init(&crowd.agendas[i], &plan, &source, &timetable, (uint16_t)i);
        agenda_begin(&crowd.agendas[i], START, UINT64_MAX);
    }
    crowd.now_ns = START;
    for (uint64_t step = 0; step < (uint64_t)40 * CROWD_CHANGES; step++, crowd.now_ns += STEP) {
        if (step % 40 == 20) {
            change_crowd(&crowd, crowd.now_ns - START + random_below(&crowd.chance, 5 * STEP));
        }
        size_t thread = random_below(&crowd.chance, CROWD);
        take_some(&crowd, thread, false);
        end_some(&crowd, thread, false);
    }
    uint64_t users = 0;
    for (size_t i = 0; i < CROWD; i++) { /* everything comes back, and everyone goes on */
        take_some(&crowd, i, true);
        end_some(&crowd, i, true);
        take_some(&crowd, i, true);
        ck_assert_uint_eq(crowd.count[i], crowd.agendas[i].users);
        users += crowd.count[i];
    }
    ck_assert_uint_eq(users, timetable.last->users);
}
END_TEST

/* A thread that lags keeps them; once it has moved on, they are freed. */
START_TEST(periods_that_all_have_left_are_freed)
{
    enum { CHANGES = 20000, SLACK_BYTES = 1 << 20 };
    size_t bytes = 0;
    begin(2, 0);
    for (uint64_t i = 0; i < CHANGES; i++) {
        if (i == 1000) {
            bytes = mallinfo2().uordblks;
        }
        const struct change wish = {.at_ns = (i + 1) * STEP, .schedule = &faster};
        ck_assert(timetable_change(&timetable, i * STEP, &wish, &err));
        agenda_advance(&agenda, START + i * STEP);
        while (agenda_epoch(&agenda)->number < i) {
            agenda_mark_sent(&agenda);
        }
        timetable.seats[0].entered = agenda_epoch(&agenda)->number;
        if (i % 100 == 99) {
            timetable.seats[1].entered = i;
        }
        ck_assert_uint_le(timetable.last->epoch.number - timetable.first->epoch.number, 102);
    }
    ck_assert_uint_eq(timetable.last->epoch.number, CHANGES);
    ck_assert_uint_lt(mallinfo2().uordblks, bytes + SLACK_BYTES);
    ck_assert_uint_ge(timetable.first->epoch.number, CHANGES - 102);
}
END_TEST

START_TEST(a_live_source_ends_the_agenda_only_for_good)
{
    static const struct source_live live = {.is_ended = is_ended, .release = release};
    source = (struct source){.next = next_live, .live = &live};
    supply = 2;
    begin(1, 0);
    expect_next(0, START);
    ck_assert_ptr_null(agenda_peek(&agenda));
    agenda_end_if_exhausted(&agenda, START + STEP);
    ck_assert(agenda_has_next(&agenda));
    has_ended = true;
    agenda_end_if_exhausted(&agenda, START + STEP);
    ck_assert(!agenda_has_next(&agenda));
    ck_assert_uint_eq(agenda.end_ns, START + STEP);
    ck_assert(atomic_load(&agenda.source_ended));
}
END_TEST

START_TEST(a_fetched_request_of_the_warm_up_is_released)
{
    static const struct source_live live = {.is_ended = is_ended, .release = release};
    source = (struct source){.next = next_live, .live = &live};
    supply = 3;
    plan.warmup = plan.schedule;
    begin(1, 0);
    ck_assert_ptr_nonnull(agenda_peek(&agenda));
    agenda_advance(&agenda, START);
    ck_assert_uint_eq(released, 1);
}
END_TEST

Suite *agenda_suite(void);
Suite *agenda_suite(void)
{
    Suite *suite = suite_create("agenda");
    TCase *tests = tcase_create("agenda");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_open_loop_sends_its_share_until_the_end);
    tcase_add_test(tests, a_warm_up_ends_at_the_start);
    tcase_add_test(tests, the_end_only_comes_nearer);
    tcase_add_test(tests, a_user_sends_again_when_it_is_free);
    tcase_add_test(tests, users_are_spread_over_the_threads);
    tcase_add_test(tests, a_new_schedule_follows_the_old_one);
    tcase_add_test(tests, a_new_schedule_takes_the_place_of_what_would_have_come);
    tcase_add_test(tests, what_is_due_after_a_change_waits_for_it);
    tcase_add_test(tests, a_thread_that_gets_slots_sends_what_became_its_own);
    tcase_add_test(tests, users_that_come_begin_at_the_instant);
    tcase_add_test(tests, users_that_go_end_with_their_request);
    tcase_add_loop_test(tests, users_are_those_of_their_period_whatever_changes, 0, 20);
    tcase_add_test(tests, periods_that_all_have_left_are_freed);
    tcase_add_test(tests, a_live_source_ends_the_agenda_only_for_good);
    tcase_add_test(tests, a_fetched_request_of_the_warm_up_is_released);
    suite_add_tcase(suite, tests);
    return suite;
}
