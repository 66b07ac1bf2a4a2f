/* Not under tsan: one thread. */
/* The requests of each thread, against the slots one by one. */
#include <check.h>
#include <stdbool.h>
#include <time.h>

#include "common/clock.h"
#include "loadgen/pace/share.h"
#include "tests/support/pacing.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

static struct slots slots;

/* An assertion takes longer than all the rest. */
static void expect(bool holds, const char *what, uint64_t number)
{
    if (!holds) {
        ck_abort_msg("%s: %lu", what, number);
    }
}

/* Threads 0 to count-1, of which `gone` left and were replaced by as many. */
static void deal(uint16_t count, uint16_t gone)
{
    static uint16_t threads[2 * SLOTS];
    struct slots before;
    for (uint16_t i = 0; i < count + gone; i++) {
        threads[i] = i;
    }
    slots_deal(&before, NULL, UINT64_MAX, threads, count);
    slots_deal(&slots, &before, UINT64_MAX, threads + gone, count);
}

static const struct {
    uint16_t threads, gone;
} teams[] = {{1, 0}, {2, 0}, {3, 1}, {4, 2}, {7, 7}, {64, 5}, {100, 30}, {1000, 1}, {4096, 0}};

START_TEST(the_shares_of_all_threads_are_every_request_once)
{
    enum { REQUESTS = 3 * SLOTS + 777 };
    static uint8_t taken[REQUESTS];
    uint64_t first = UINT64_C(1) << 5 * _i;
    deal(teams[_i].threads, teams[_i].gone);
    for (uint16_t i = 0; i < teams[_i].threads; i++) {
        struct share share;
        uint16_t thread = (uint16_t)(i + teams[_i].gone);
        uint64_t before = 0;
        uint64_t handed_out = 0;
        share_init(&share, &slots, thread);
        for (uint64_t k = share_seek(&share, first); k < first + REQUESTS; k = share_next(&share)) {
            expect(k >= first && (k > before || before == 0), "not in order", k);
            expect(slots.owner[pacing_slot(k)] == thread, "of another thread", k);
            before = k;
            taken[k - first]++;
            handed_out++;
        }
        ck_assert_uint_eq(share_count(&share, first, first + REQUESTS), handed_out);
    }
    for (uint64_t k = 0; k < REQUESTS; k++) {
        expect(taken[k] == 1, "not in one share", k);
    }
}
END_TEST

START_TEST(a_share_goes_on_from_any_request)
{
    deal(teams[_i].threads, teams[_i].gone);
    for (uint64_t k = 0; k < 9000; k += 1 + k % 97) {
        struct share share;
        uint16_t thread = (uint16_t)(teams[_i].gone + k % teams[_i].threads);
        share_init(&share, &slots, thread);
        uint64_t next = share_seek(&share, k);
        uint64_t own = k;
        while (slots.owner[pacing_slot(own)] != thread) {
            own++;
        }
        ck_assert_uint_eq(next, own);
        ck_assert_uint_eq(share_count(&share, k, next), 0);
        ck_assert_uint_eq(share_count(&share, k, next + 1), 1);
    }
}
END_TEST

START_TEST(who_owns_no_slot_sends_nothing)
{
    struct share share;
    deal(3, 0);
    share_init(&share, &slots, 3);
    ck_assert_uint_eq(share_seek(&share, 12345), SHARE_END);
    ck_assert_uint_eq(share_next(&share), SHARE_END);
    ck_assert_uint_eq(share_count(&share, 0, UINT64_MAX), 0);
}
END_TEST

/* The first requests of an attack are even, and not only those of a whole cycle. */
START_TEST(each_few_requests_are_spread_over_the_threads)
{
    static const uint16_t counts[] = {2, 3, 4, 8, 13, 64};
    for (int i = 0; i < COUNT(counts); i++) {
        deal(counts[i], 0);
        for (uint64_t length = 4; length <= SLOTS; length *= 4) {
            for (uint64_t first = 0; first < UINT64_C(3) * SLOTS; first += length) {
                for (uint16_t thread = 0; thread < counts[i]; thread++) {
                    struct share share;
                    share_init(&share, &slots, thread);
                    uint64_t part = share_count(&share, first, first + length);
                    expect(part >= length / counts[i], "too few", first);
                    expect(part <= (length + counts[i] - 1) / counts[i], "too many", first);
                }
                first += first % 5 * length; /* not all: they are many */
            }
        }
    }
}
END_TEST

/* Targets are taken in turn: request k goes to target k mod targets. */
START_TEST(a_share_meets_every_target_as_often_as_the_others)
{
    static const struct {
        uint16_t threads, targets;
    } cases[] = {{2, 2}, {2, 4}, {2, 8}, {3, 3}, {4, 16}, {4, 4}};
    uint64_t met[16] = {0};
    uint64_t taken = 0;
    struct share share;
    deal(cases[_i].threads, 0);
    share_init(&share, &slots, 1);
    for (uint64_t k = share_seek(&share, 0); k < 100000; k = share_next(&share)) {
        met[k % cases[_i].targets]++;
        taken++;
    }
    double even = (double)taken / (double)cases[_i].targets;
    for (uint16_t i = 0; i < cases[_i].targets; i++) {
        ck_assert_double_eq_tol((double)met[i], even, even / 10);
    }
}
END_TEST

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* The least of some tries, for a request of one of so many threads. */
static double cost_ns(uint16_t threads)
{
    enum { TRIES = 9, TAKEN = 20000 };
    uint64_t least = UINT64_MAX;
    uint64_t sum = 0;
    struct share share;
    deal(threads, 0);
    share_init(&share, &slots, 0);
    sum += share_seek(&share, 0);
    for (int i = 0; i < TRIES; i++) {
        uint64_t begin = cpu_ns();
        for (int j = 0; j < TAKEN; j++) {
            sum += share_next(&share);
        }
        uint64_t taken = cpu_ns() - begin;
        least = taken < least ? taken : least;
    }
    ck_assert_uint_ne(sum, 0);
    return (double)least / TAKEN;
}

/* Scanning for the own requests would take 64 times as long. */
START_TEST(a_request_costs_the_same_however_many_threads_there_are)
{
    double few = cost_ns(64);
    ck_assert_double_lt(cost_ns(512), 5 * few);
    ck_assert_double_lt(cost_ns(4096), 5 * few);
}
END_TEST

Suite *share_suite(void);
Suite *share_suite(void)
{
    Suite *suite = suite_create("share");
    TCase *tests = tcase_create("share");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, the_shares_of_all_threads_are_every_request_once, 0, COUNT(teams));
    tcase_add_loop_test(tests, a_share_goes_on_from_any_request, 0, COUNT(teams));
    tcase_add_test(tests, who_owns_no_slot_sends_nothing);
    tcase_add_test(tests, each_few_requests_are_spread_over_the_threads);
    tcase_add_loop_test(tests, a_share_meets_every_target_as_often_as_the_others, 0, 6);
    tcase_add_test(tests, a_request_costs_the_same_however_many_threads_there_are);
    suite_add_tcase(suite, tests);
    return suite;
}
