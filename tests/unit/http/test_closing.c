/* Connections that wait for their servers to close them. */
#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/closing.h"

static struct flight list[CLOSING_MAX + 1];
static struct closing closing;
static const struct flight *last; /* that was closed */
static size_t closed;

static void close_one(struct closing *of, struct flight *flight)
{
    ck_assert_ptr_eq(of, &closing);
    last = flight;
    closed++;
}

static void set_up(void)
{
    closing = (struct closing){.close = close_one};
    closed = 0;
}

START_TEST(it_is_closed_after_its_time)
{
    closing_begin(&closing, &list[0], 10);
    closing_begin(&closing, &list[1], 20);
    ck_assert_uint_eq(closing_deadline_ns(&closing), 10 + CLOSING_NS);
    closing_expire(&closing, 10 + CLOSING_NS - 1);
    ck_assert_uint_eq(closed, 0);
    closing_expire(&closing, 10 + CLOSING_NS);
    ck_assert_uint_eq(closed, 1);
    ck_assert_ptr_eq(last, &list[0]);
    ck_assert_uint_eq(closing_deadline_ns(&closing), 20 + CLOSING_NS);
}
END_TEST

START_TEST(one_whose_server_has_closed_leaves)
{
    closing_begin(&closing, &list[0], 10);
    closing_begin(&closing, &list[1], 20);
    closing_end(&closing, &list[1]);
    ck_assert_ptr_eq(last, &list[1]);
    ck_assert(closing_end_all(&closing));
    ck_assert_ptr_eq(last, &list[0]);
    ck_assert_uint_eq(closed, 2);
    ck_assert(!closing_end_all(&closing));
    ck_assert_uint_eq(closing_deadline_ns(&closing), UINT64_MAX);
}
END_TEST

START_TEST(the_oldest_makes_room)
{
    for (size_t i = 0; i < CLOSING_MAX; i++) {
        closing_begin(&closing, &list[i], i);
    }
    ck_assert_uint_eq(closed, 0);
    closing_begin(&closing, &list[CLOSING_MAX], CLOSING_MAX);
    ck_assert_uint_eq(closed, 1);
    ck_assert_ptr_eq(last, &list[0]);
    ck_assert(closing_end_all(&closing));
    ck_assert_uint_eq(closed, CLOSING_MAX + 1);
}
END_TEST

Suite *closing_suite(void);
Suite *closing_suite(void)
{
    Suite *suite = suite_create("closing");
    TCase *tests = tcase_create("closing");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, it_is_closed_after_its_time);
    tcase_add_test(tests, one_whose_server_has_closed_leaves);
    tcase_add_test(tests, the_oldest_makes_room);
    suite_add_tcase(suite, tests);
    return suite;
}
