/* Which address gets the next request, as addresses stall, refuse and come back. */
#include <check.h>

#include "loadgen/net/turns.h"

enum { PEERS = 5 };

static struct peer peers[PEERS];
static struct turn *turn[PEERS];
static struct turns turns;

static void setup(void)
{
    turns_init(&turns, sizeof(struct turn));
    for (int i = 0; i < PEERS; i++) {
        turn[i] = turns_find(&turns, &peers[i]);
        ck_assert_ptr_nonnull(turn[i]);
        ck_assert_ptr_eq(turns_find(&turns, &peers[i]), turn[i]);
        turns_set_ready(&turns, turn[i]);
    }
}

static void teardown(void)
{
    turns_fini(&turns);
}

/* So many requests, one after the other. */
static void give(int count)
{
    while (count-- > 0) {
        turns_count_request(&turns, turns_first(&turns));
    }
}

static void expect_given(int i, uint64_t given)
{
    ck_assert_uint_eq(turn[i]->given.key, given);
}

START_TEST(each_gets_equally_many)
{
    give(5000);
    for (int i = 0; i < PEERS; i++) {
        expect_given(i, 1000);
    }
}
END_TEST

START_TEST(a_short_stall_is_made_up_for)
{
    give(50);
    turns_set_busy(&turns, turn[2]);
    give(40);
    expect_given(2, 10);
    turns_set_ready(&turns, turn[2]);
    give(10);
    expect_given(2, 20);
    give(5000);
    for (int i = 0; i < PEERS; i++) {
        expect_given(i, 1020);
    }
}
END_TEST

START_TEST(one_that_was_away_for_long_is_not_flooded)
{
    turns_set_out(turn[4]);
    give(4000);
    turns_set_ready(&turns, turn[4]);
    uint64_t before = turn[4]->given.key;
    give(4 * 100 + 100);
    uint64_t more = turn[4]->given.key - before;
    ck_assert_uint_ge(more, 100);
    ck_assert_uint_le(more, 100 + TURNS_CREDIT);
}
END_TEST

START_TEST(one_that_is_new_begins_where_the_others_are)
{
    static struct peer late;
    give(5000);
    struct turn *one = turns_find(&turns, &late);
    turns_set_ready(&turns, one);
    uint64_t before = one->given.key;
    give(600);
    ck_assert_uint_ge(one->given.key - before, 99);
    ck_assert_uint_le(one->given.key - before, 101);
}
END_TEST

START_TEST(one_that_does_not_keep_up_is_told_of_once)
{
    give(5);
    turns_set_busy(&turns, turn[1]);
    ck_assert_ptr_null(turns_take_behind(&turns));
    give(4 * TURNS_SLACK);
    ck_assert_ptr_null(turns_take_behind(&turns));
    give(4);
    ck_assert_ptr_eq(turns_take_behind(&turns), turn[1]);
    ck_assert_ptr_null(turns_take_behind(&turns));
    give(40);
    ck_assert_ptr_null(turns_take_behind(&turns));
    turns_set_ready(&turns, turn[1]);
    ck_assert_ptr_eq(turns_first(&turns), turn[1]);
}
END_TEST

START_TEST(without_one_that_is_ready_none_is_due)
{
    for (int i = 0; i < PEERS; i++) {
        ck_assert_ptr_nonnull(turns_first(&turns));
        turns_set_out(turn[i]);
        turns_set_out(turn[i]);
    }
    ck_assert_ptr_null(turns_first(&turns));
    ck_assert_ptr_null(turns_take_behind(&turns));
}
END_TEST

Suite *turns_suite(void);
Suite *turns_suite(void)
{
    Suite *suite = suite_create("turns");
    TCase *tcase = tcase_create("turns");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, each_gets_equally_many);
    tcase_add_test(tcase, a_short_stall_is_made_up_for);
    tcase_add_test(tcase, one_that_was_away_for_long_is_not_flooded);
    tcase_add_test(tcase, one_that_is_new_begins_where_the_others_are);
    tcase_add_test(tcase, one_that_does_not_keep_up_is_told_of_once);
    tcase_add_test(tcase, without_one_that_is_ready_none_is_due);
    suite_add_tcase(suite, tcase);
    return suite;
}
