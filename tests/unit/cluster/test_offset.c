/* The difference of two clocks, from round trips. */
#include <check.h>

#include "loadgen/cluster/offset.h"

static struct offset offset;

static void setup(void)
{
    offset = (struct offset){0};
}

/* A trip at here_ns, with a clock that is ahead by ahead_ns. */
static struct offset_trip make_trip(uint64_t here_ns, int64_t ahead_ns, uint64_t there_ns,
                                    uint64_t work_ns, uint64_t back_ns)
{
    uint64_t received_ns = here_ns + there_ns + (uint64_t)ahead_ns;
    return (struct offset_trip){here_ns, received_ns, received_ns + work_ns,
                                here_ns + there_ns + work_ns + back_ns};
}

static void add(uint64_t here_ns, int64_t ahead_ns, uint64_t there_ns, uint64_t work_ns,
                uint64_t back_ns)
{
    struct offset_trip trip = make_trip(here_ns, ahead_ns, there_ns, work_ns, back_ns);
    ck_assert(offset_add(&offset, &trip));
}

static uint64_t distance(int64_t a, int64_t b)
{
    return a > b ? (uint64_t)(a - b) : (uint64_t)(b - a);
}

/* Ahead, behind, the same; each trip with another split between the two ways. */
#define HOUR_NS (3600 * NS_PER_S)

static const int64_t aheads[] = {0, 1, -1, 7 * (int64_t)HOUR_NS, -9 * (int64_t)HOUR_NS};
static const uint64_t splits[] = {0, 1, 500, 999, 1000};

START_TEST(the_truth_is_within_the_uncertainty)
{
    int64_t ahead_ns = aheads[_i];
    uint64_t here_ns = 10 * HOUR_NS;
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        offset = (struct offset){0};
        add(here_ns, ahead_ns, splits[i], 12345, 1000 - splits[i]);
        ck_assert_uint_eq(offset.uncertainty_ns, 501);
        ck_assert_uint_le(distance(offset.ahead_ns, ahead_ns), offset.uncertainty_ns);
    }
    add(here_ns, ahead_ns, 500, 0, 500);
    ck_assert_uint_le(distance(offset.ahead_ns, ahead_ns), 501);
}
END_TEST

START_TEST(the_shortest_trip_counts)
{
    add(NS_PER_S, 5000, 900, 0, 100);
    add(2 * NS_PER_S, 5000, 50, NS_PER_MS, 50); /* long there, short on the way */
    add(3 * NS_PER_S, 5000, 400, 0, 100);
    ck_assert_int_eq(offset.ahead_ns, 5000);
    ck_assert_uint_eq(offset.uncertainty_ns, 51);
    ck_assert_uint_eq(offset.at_ns, 2 * NS_PER_S + 50 + NS_PER_MS / 2);
    ck_assert_uint_eq(offset.trips, 3);
}
END_TEST

static const struct offset_trip impossible[] = {
    {1000, 5000, 5000, 999},             /* returned before it was asked */
    {1000, 5000, 4999, 2000},            /* answered before it was received */
    {1000, 5000, 6001, 2000},            /* took longer there than here */
    {1000, 5000, 5000, 3601 * NS_PER_S}, /* over an hour */
    {UINT64_MAX, 0, UINT64_MAX, 0},
};

START_TEST(an_impossible_trip_does_not_count)
{
    ck_assert(!offset_add(&offset, &impossible[_i]));
    ck_assert_uint_eq(offset.trips, 0);
    ck_assert(!offset_is_usable(&offset));
}
END_TEST

START_TEST(over_50_ms_is_of_no_use)
{
    add(NS_PER_S, 0, 50 * NS_PER_MS, 0, 50 * NS_PER_MS);
    ck_assert(!offset_is_usable(&offset));
    add(NS_PER_S, 0, 50 * NS_PER_MS, 0, 49 * NS_PER_MS);
    ck_assert(offset_is_usable(&offset));
}
END_TEST

START_TEST(moments_go_there_and_back)
{
    offset = (struct offset){.ahead_ns = -400, .trips = 1};
    ck_assert_uint_eq(offset_to_there(&offset, 1000), 600);
    ck_assert_uint_eq(offset_to_here(&offset, 600), 1000);
    ck_assert_uint_eq(offset_to_there(&offset, 399), 0);
    ck_assert_uint_eq(offset_to_here(&offset, UINT64_MAX - 1), UINT64_MAX);
    offset.ahead_ns = 400;
    ck_assert_uint_eq(offset_to_there(&offset, 600), 1000);
    ck_assert_uint_eq(offset_to_here(&offset, 1000), 600);
    ck_assert_uint_eq(offset_to_there(&offset, UINT64_MAX), UINT64_MAX);
    offset.ahead_ns = INT64_MIN;
    ck_assert_uint_eq(offset_to_there(&offset, 1), 0);
    ck_assert_uint_eq(offset_to_here(&offset, 1), UINT64_C(0x8000000000000001));
}
END_TEST

START_TEST(drift_is_what_changed)
{
    const struct offset before = {.ahead_ns = 100, .uncertainty_ns = 30, .at_ns = 10, .trips = 4};
    struct offset after = {.ahead_ns = 20, .uncertainty_ns = 40, .at_ns = 1010, .trips = 4};
    struct offset_drift drift = offset_drift(&before, &after);
    ck_assert_int_eq(drift.change_ns, -80);
    ck_assert_uint_eq(drift.uncertainty_ns, 70);
    ck_assert_uint_eq(drift.span_ns, 1000);
    ck_assert(offset_drift_is_certain(&drift));
    after.ahead_ns = 30;
    drift = offset_drift(&before, &after);
    ck_assert(!offset_drift_is_certain(&drift));
    after.trips = 0;
    drift = offset_drift(&before, &after);
    ck_assert_int_eq(drift.change_ns, 0);
    ck_assert_uint_eq(drift.span_ns, 0);
}
END_TEST

Suite *offset_suite(void);
Suite *offset_suite(void)
{
    Suite *suite = suite_create("offset");
    TCase *tcase = tcase_create("offset");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, the_truth_is_within_the_uncertainty, 0,
                        sizeof aheads / sizeof aheads[0]);
    tcase_add_test(tcase, the_shortest_trip_counts);
    tcase_add_loop_test(tcase, an_impossible_trip_does_not_count, 0,
                        sizeof impossible / sizeof impossible[0]);
    tcase_add_test(tcase, over_50_ms_is_of_no_use);
    tcase_add_test(tcase, moments_go_there_and_back);
    tcase_add_test(tcase, drift_is_what_changed);
    suite_add_tcase(suite, tcase);
    return suite;
}
