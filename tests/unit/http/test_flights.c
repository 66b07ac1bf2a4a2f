#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "loadgen/http/flights.h"
#include "tests/support/random.h"

enum { MANY = 300 };

static struct flight list[MANY];
static bool is_in[MANY];
static struct flights flights;
static struct random chance;

static uint64_t earliest(void)
{
    uint64_t first_ns = UINT64_MAX;
    for (size_t i = 0; i < MANY; i++) {
        first_ns = is_in[i] && list[i].deadline_ns < first_ns ? list[i].deadline_ns : first_ns;
    }
    return first_ns;
}

static size_t count(void)
{
    size_t n = 0;
    for (size_t i = 0; i < MANY; i++) {
        n += is_in[i];
    }
    return n;
}

static void setup(void)
{
    flights = (struct flights){0};
    for (size_t i = 0; i < MANY; i++) {
        is_in[i] = false;
    }
}

/* Adds and removes at random, with few or many different deadlines; then in order of deadline. */
START_TEST(the_first_has_the_earliest_deadline)
{
    chance = random_seeded((uint64_t)_i);
    unsigned deadlines = 1U << _i % 12;
    for (unsigned step = 0; step < 4000; step++) {
        size_t i = random_below(&chance, MANY);
        if (is_in[i]) {
            flights_remove(&flights, &list[i]);
        } else {
            flights_add(&flights, &list[i], random_below(&chance, deadlines));
        }
        is_in[i] = !is_in[i];
        ck_assert_uint_eq(flights_deadline_ns(&flights), earliest());
    }
    for (size_t left = count(); left > 0; left--) {
        struct flight *first = flights_first(&flights);
        ck_assert_uint_eq(first->deadline_ns, earliest());
        is_in[first - list] = false;
        flights_remove(&flights, first);
        ck_assert_uint_eq(count(), left - 1);
    }
    ck_assert_ptr_null(flights_first(&flights));
}
END_TEST

/* As all requests of a run with one time-out do. */
START_TEST(a_queue_in_order_of_deadline_stays_one)
{
    for (size_t i = 0; i < MANY; i++) {
        flights_add(&flights, &list[i], i);
    }
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_ptr_eq(flights_first(&flights), &list[i]);
        flights_remove(&flights, flights_first(&flights));
    }
    ck_assert_uint_eq(flights_deadline_ns(&flights), UINT64_MAX);
}
END_TEST

Suite *flights_suite(void);
Suite *flights_suite(void)
{
    Suite *suite = suite_create("flights");
    TCase *tc = tcase_create("deadlines");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, the_first_has_the_earliest_deadline, 0, 36);
    tcase_add_test(tc, a_queue_in_order_of_deadline_stays_one);
    suite_add_tcase(suite, tc);
    return suite;
}
