#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/agenda/busy.h"
#include "tests/support/random.h"

enum { THREADS = 3 };

static struct busy *busies; /* one a thread; all are called from the one thread of the test */
static struct busy_peer peers[THREADS];
static struct random chance;

static void setup(void)
{
    busies = calloc(THREADS, sizeof *busies);
    chance = random_seeded(3);
}

static void teardown(void)
{
    free(busies);
}

static void begin(size_t threads, uint64_t now_ns)
{
    for (size_t i = 0; i < threads; i++) {
        atomic_store(&peers[i].word, UINT64_MAX);
    }
    for (size_t i = 0; i < threads; i++) {
        busy_init(&busies[i], peers, threads, i, now_ns);
    }
}

START_TEST(one_thread_knows_its_busy_time_exactly)
{
    begin(1, 1000);
    ck_assert(!busy_all(&busies[0]));
    ck_assert_uint_eq(busy_between(&busies[0], 1000, 1500), 0);
    busy_note(&busies[0], true, 2000);
    ck_assert(busy_all(&busies[0]));
    ck_assert_uint_eq(busy_between(&busies[0], 1500, 2500), 500);
    busy_note(&busies[0], false, 3000);
    busy_note(&busies[0], true, 4000);
    busy_note(&busies[0], false, 4500);
    ck_assert(!busy_all(&busies[0]));
    ck_assert_uint_eq(busy_between(&busies[0], 1500, 5000), 1500);
    ck_assert_uint_eq(busy_between(&busies[0], 2000, 5000), 1500);
    ck_assert_uint_eq(busy_between(&busies[0], 2700, 5000), 800);
    ck_assert_uint_eq(busy_between(&busies[0], 3000, 5000), 500);
    ck_assert_uint_eq(busy_between(&busies[0], 3999, 5000), 500);
    ck_assert_uint_eq(busy_between(&busies[0], 4200, 5000), 300);
    ck_assert_uint_eq(busy_between(&busies[0], 4500, 5000), 0);
    ck_assert_uint_eq(busy_between(&busies[0], 4999, 5000), 0);
}
END_TEST

START_TEST(saying_the_same_again_changes_nothing)
{
    begin(1, 0);
    busy_note(&busies[0], false, 10);
    busy_note(&busies[0], true, 20);
    busy_note(&busies[0], true, 30);
    busy_note(&busies[0], true, 40);
    busy_note(&busies[0], false, 50);
    busy_note(&busies[0], false, 60);
    ck_assert_uint_eq(busy_between(&busies[0], 0, 70), 30);
}
END_TEST

/* A script of at most BUSY_POINTS changes, against a count of nanoseconds. */
START_TEST(one_thread_is_exact_for_any_script_that_its_curve_can_hold)
{
    enum { CHANGES = 900, END = 200 * CHANGES };
    static uint32_t busy_before[END + 1]; /* busy nanoseconds from 0 to here */
    bool is_full = false;
    uint64_t now = 0;
    begin(1, 0);
    for (int i = 0; i < CHANGES; i++) {
        uint64_t change = now + random_below(&chance, 199) + 1;
        for (; now < change; now++) {
            busy_before[now + 1] = busy_before[now] + is_full;
        }
        is_full = !is_full;
        busy_note(&busies[0], is_full, now);
    }
    ck_assert(!is_full);
    for (uint64_t since = 0; since < now; since++) {
        uint64_t expected = busy_before[now] - busy_before[since];
        uint64_t got = busy_between(&busies[0], since, now);
        ck_assert_msg(got == expected, "from %lu: %lu, not %lu", since, got, expected);
    }
}
END_TEST

START_TEST(the_free_slot_of_another_thread_ends_the_wait)
{
    begin(2, 0);
    busy_note(&busies[0], true, 100); /* thread 1 has a free slot until 300 */
    ck_assert(!busy_all(&busies[0]));
    ck_assert_uint_eq(busy_between(&busies[0], 100, 200), 0);
    ck_assert_uint_eq(busy_between(&busies[0], 150, 300), 0);
    busy_note(&busies[1], true, 300);
    ck_assert(busy_all(&busies[0]));
    ck_assert(busy_all(&busies[1]));
    ck_assert_uint_eq(busy_between(&busies[0], 300, 400), 100);
    busy_note(&busies[1], false, 500);
    ck_assert(!busy_all(&busies[0]));
    ck_assert_uint_eq(busy_between(&busies[0], 300, 500), 200);
    ck_assert_uint_eq(busy_between(&busies[0], 400, 700), 100);
    busy_note(&busies[0], false, 800);
    ck_assert_uint_eq(busy_between(&busies[0], 500, 900), 0);
    /* thread 1 was full from 300 to 500, and thread 0 all of that time */
    ck_assert_uint_eq(busy_between(&busies[1], 0, 900), 200);
}
END_TEST

START_TEST(both_threads_see_the_same_time_in_which_both_were_full)
{
    begin(2, 0);
    for (uint64_t t = 0; t < 100000; t += 1000) {
        busy_note(&busies[0], true, t + 100);
        busy_note(&busies[1], true, t + 300);
        busy_note(&busies[0], false, t + 600); /* both full for 300 */
        busy_note(&busies[1], false, t + 900);
    }
    ck_assert_uint_eq(busy_between(&busies[0], 0, 100000), 30000);
    ck_assert_uint_eq(busy_between(&busies[1], 0, 100000), 30000);
    ck_assert_uint_eq(busy_between(&busies[0], 50000, 100000), 15000);
}
END_TEST

START_TEST(a_thread_that_has_not_begun_is_free)
{
    atomic_store(&peers[0].word, UINT64_MAX);
    atomic_store(&peers[1].word, UINT64_MAX);
    busy_init(&busies[0], peers, 2, 0, 0);
    busy_note(&busies[0], true, 10);
    ck_assert(!busy_all(&busies[0]));
}
END_TEST

/* Three free threads at once count three times, so the sum may be too small, but never too great.
 */
START_TEST(with_three_threads_the_wait_is_never_too_much)
{
    enum { STEPS = 3000 };
    static uint64_t all_full[STEPS * 50 + 1];
    bool full[THREADS] = {false};
    uint64_t now = 0;
    uint64_t since = 0;
    begin(THREADS, 0);
    for (int i = 0; i < STEPS; i++) {
        uint64_t change = now + 1 + random_below(&chance, 49);
        for (; now < change; now++) {
            all_full[now + 1] = all_full[now] + (full[0] && full[1] && full[2]);
        }
        size_t thread = random_below(&chance, THREADS);
        full[thread] = random_below(&chance, 4) != 0;
        busy_note(&busies[thread], full[thread], now);
        if (i % 10 == 0) { /* from a moment that was asked about before: a point of the curve */
            uint64_t got = busy_between(&busies[0], since, now);
            ck_assert_uint_le(got, now - since);
            ck_assert_uint_le(got, all_full[now] - all_full[since]);
            busy_note(&busies[0], true, now);
            full[0] = true;
            busy_between(&busies[0], since, now);
            since = now;
        }
    }
}
END_TEST

/* 1 s busy, while more is noted than the curve can hold: nothing asked about is forgotten. */
START_TEST(a_long_wait_survives_the_thinning_of_the_curve)
{
    enum { CHANGES = 20 * BUSY_POINTS };
    begin(1, 0);
    uint64_t now = 0;
    for (int i = 0; i < CHANGES; i++) {
        busy_note(&busies[0], true, now + 1000);
        busy_note(&busies[0], false, now + 4000); /* busy for three quarters of the time */
        now += 4000;
    }
    uint64_t whole = busy_between(&busies[0], 0, now);
    ck_assert_uint_eq(whole, UINT64_C(3000) * CHANGES);
    for (uint64_t since = 0; since < now; since += now / 97) {
        uint64_t got = busy_between(&busies[0], since, now);
        ck_assert_uint_le(got, now - since);
        double expected = 0.75 * (double)(now - since);
        /* off by the free slots between two points: there are at least BUSY_POINTS / 4 of them */
        ck_assert_double_le((double)got, expected + (double)now / (BUSY_POINTS / 4.0));
        ck_assert_double_ge((double)got, expected - (double)now / (BUSY_POINTS / 4.0));
    }
}
END_TEST

/* Each question is about a request of a moment ago: the past is forgotten, the rest is exact. */
START_TEST(short_waits_stay_exact_however_long_the_run)
{
    begin(1, 0);
    for (uint64_t t = 0; t < 50 * UINT64_C(1000) * BUSY_POINTS; t += 1000) {
        busy_note(&busies[0], true, t + 200);
        busy_note(&busies[0], false, t + 900);
        if (t >= 10000) {
            ck_assert_uint_eq(busy_between(&busies[0], t - 10000 + 500, t + 1000), 400 + 7000);
        }
    }
}
END_TEST

START_TEST(it_never_says_more_than_the_delay)
{
    bool full[2] = {false, false};
    uint64_t now = UINT64_C(1) << 52; /* a machine that has been up for 52 days */
    uint64_t since = now;
    begin(2, now);
    for (int i = 0; i < 200000; i++) {
        now += random_below(&chance, 3000);
        size_t thread = random_below(&chance, 2);
        full[thread] = !full[thread];
        busy_note(&busies[thread], full[thread], now);
        since += random_below(&chance, now - since + 1);
        ck_assert_uint_le(busy_between(&busies[0], since, now), now - since);
    }
}
END_TEST

Suite *busy_suite(void);
Suite *busy_suite(void)
{
    Suite *suite = suite_create("busy");
    TCase *tests = tcase_create("busy");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, one_thread_knows_its_busy_time_exactly);
    tcase_add_test(tests, saying_the_same_again_changes_nothing);
    tcase_add_test(tests, one_thread_is_exact_for_any_script_that_its_curve_can_hold);
    tcase_add_test(tests, the_free_slot_of_another_thread_ends_the_wait);
    tcase_add_test(tests, both_threads_see_the_same_time_in_which_both_were_full);
    tcase_add_test(tests, a_thread_that_has_not_begun_is_free);
    tcase_add_test(tests, with_three_threads_the_wait_is_never_too_much);
    tcase_add_test(tests, a_long_wait_survives_the_thinning_of_the_curve);
    tcase_add_test(tests, short_waits_stay_exact_however_long_the_run);
    tcase_add_test(tests, it_never_says_more_than_the_delay);
    suite_add_tcase(suite, tests);
    return suite;
}
