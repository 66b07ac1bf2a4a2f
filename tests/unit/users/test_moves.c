/* Slots that move between processes: when their users may start elsewhere. */
#include <check.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/pace/team_entry.h"
#include "loadgen/users/moves.h"

static struct moves moves;
static struct team team;
static struct slots slots;
static _Atomic uint64_t agreed;

static void setup(void)
{
    const uint16_t threads[] = {0, 1};
    team = (struct team){.threads = 2, .all = 2};
    slots_deal(&team.slots, NULL, UINT64_MAX, threads, 2);
    agreed = 0;
    moves_init(&moves, &team);
}

static void teardown(void)
{
    moves_fini(&moves);
}

/* The owners when thread 5 has got the first slot, of thread 0. */
static void let_go_of_one(uint64_t number)
{
    slots = team.slots;
    ck_assert_uint_eq(slots.owner[0], 0);
    slots.owner[0] = 5;
    moves_let_go(&moves, &slots, NS_PER_S, number, &agreed);
}

START_TEST(nothing_moves_at_first)
{
    ck_assert_uint_eq(moves_next_ns(&moves, 0), UINT64_MAX);
}
END_TEST

START_TEST(a_slot_is_let_go_when_all_threads_are_done)
{
    struct slots now;
    let_go_of_one(7);
    ck_assert_uint_eq(moves_next_ns(&moves, 0), NS_PER_S);
    uint64_t version = moves_next(&moves, &now);
    ck_assert_uint_eq(now.owner[0], MOVES_NOBODY);
    ck_assert_uint_eq(now.owner[1], team.slots.owner[1]);
    moves_done(&moves, 1, version);
    ck_assert_uint_eq(agreed, 0);
    moves_done(&moves, 0, version);
    ck_assert_uint_eq(agreed, 8);
    moves_take(&moves, &slots, NS_PER_S);
    ck_assert_uint_gt(moves_next(&moves, &now), version);
    ck_assert_uint_eq(now.owner[0], 5);
}
END_TEST

/* The users of a process did not end in time, so it keeps them. */
START_TEST(a_slot_that_does_not_move_comes_back)
{
    struct slots now;
    let_go_of_one(0);
    moves_take(&moves, &team.slots, NS_PER_S);
    moves_next(&moves, &now);
    ck_assert_mem_eq(&now, &team.slots, sizeof now);
    let_go_of_one(1); /* compared with the owners, not with what was let go */
    moves_next(&moves, &now);
    ck_assert_uint_eq(now.owner[0], MOVES_NOBODY);
    ck_assert_uint_eq(now.owner[1], team.slots.owner[1]);
}
END_TEST

/* It gets its slots as if they moved to it. */
START_TEST(a_process_that_joins_takes_its_slots)
{
    struct slots now;
    const struct team_entry entry = {.epoch.at_ns = 3 * NS_PER_S};
    struct team late = team;
    struct moves own;
    late.entry = &entry;
    moves_init(&own, &late);
    ck_assert_uint_eq(moves_next_ns(&own, 0), 3 * NS_PER_S);
    ck_assert_uint_eq(moves_next(&own, &now), 1);
    ck_assert_mem_eq(&now, &team.slots, sizeof now);
    ck_assert_uint_eq(moves_next_ns(&own, 1), UINT64_MAX);
    moves_fini(&own);
}
END_TEST

Suite *moves_suite(void);
Suite *moves_suite(void)
{
    Suite *suite = suite_create("moves");
    TCase *tests = tcase_create("moves");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_moves_at_first);
    tcase_add_test(tests, a_slot_is_let_go_when_all_threads_are_done);
    tcase_add_test(tests, a_slot_that_does_not_move_comes_back);
    tcase_add_test(tests, a_process_that_joins_takes_its_slots);
    suite_add_tcase(suite, tests);
    return suite;
}
