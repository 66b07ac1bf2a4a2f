/* Not under tsan: one thread. */
/* The users of several threads together are what the profile says, however late each thread is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/random.h"
#include "loadgen/pace/profile.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

enum { OWNERS = 3, CHANGES_MAX = 20000 };

static struct profile profile;
static struct profile_cursor cursors[OWNERS];
static struct slots slots;
static struct profile_change seen[CHANGES_MAX];
static size_t count;

static void setup(void)
{
    const uint16_t threads[OWNERS] = {0, 1, 2};
    slots_deal(&slots, NULL, UINT64_MAX, threads, OWNERS);
    profile_init(&profile);
    memset(cursors, 0, sizeof cursors);
    count = 0;
}

static void teardown(void)
{
    profile_fini(&profile);
}

/* What the thread does that owns these slots. */
static void follow(uint64_t owner, uint64_t now_ns)
{
    struct profile_change change;
    struct profile_cursor *cursor = &cursors[owner];
    if (!profile_peek(&profile, cursor, &slots, (uint16_t)owner, &change) ||
        change.at_ns > now_ns) {
        return;
    }
    profile_reach(&profile, cursor, now_ns);
    while (profile_peek(&profile, cursor, &slots, (uint16_t)owner, &change) &&
           change.at_ns <= now_ns) {
        ck_assert_uint_eq(slots.owner[change.user % SLOTS], owner);
        ck_assert_uint_lt(count, CHANGES_MAX);
        seen[count++] = change;
        profile_pass(cursor);
    }
}

static void follow_all(uint64_t now_ns)
{
    for (uint64_t owner = 0; owner < OWNERS; owner++) {
        follow(owner, now_ns);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct profile_change *one = a;
    const struct profile_change *other = b;
    return (one->at_ns > other->at_ns) - (one->at_ns < other->at_ns);
}

/* Checks that each change is that of the last user; returns how many there are in the end. */
static uint64_t replay(void)
{
    uint64_t users = 0;
    qsort(seen, count, sizeof seen[0], by_time);
    for (size_t i = 0; i < count; i++) {
        users -= !seen[i].starts;
        ck_assert_msg(seen[i].user == users, "change %zu at %lu: user %lu, not %lu", i,
                      seen[i].at_ns, seen[i].user, users);
        users += seen[i].starts;
    }
    return users;
}

START_TEST(users_start_and_end_at_their_times)
{
    static const struct profile_change expected[] = {
        {0, 0, true},
        {NS_PER_S / 2, 1, true},
        {NS_PER_S, 2, true},
        {10 * NS_PER_S, 2, false},
        {10 * NS_PER_S + NS_PER_S / 10, 1, false},
        {20 * NS_PER_S, 1, true},
    };
    profile_add(&profile, 0, 3, 2);
    profile_add(&profile, 10 * NS_PER_S, 1, 10);
    profile_add(&profile, 20 * NS_PER_S, 2, 1);
    follow_all(3600 * NS_PER_S);
    ck_assert_uint_eq(replay(), 2);
    ck_assert_uint_eq(count, COUNT(expected));
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(seen[i].at_ns, expected[i].at_ns);
        ck_assert_uint_eq(seen[i].user, expected[i].user);
        ck_assert_int_eq(seen[i].starts, expected[i].starts);
    }
}
END_TEST

/* A function that is called each second and says the same each time, or wants one more each time,
 * does not make users start sooner. */
START_TEST(many_pieces_are_no_faster_than_one)
{
    bool is_steady = _i == 0;
    for (uint64_t second = 0; second < 100; second++) {
        profile_add(&profile, second * NS_PER_S, is_steady ? 10 : second + 1, 0.25);
        follow_all(second * NS_PER_S);
    }
    ck_assert_uint_eq(replay(), is_steady ? 10 : 25);
    for (size_t i = 1; i < count; i++) {
        ck_assert_uint_ge(seen[i].at_ns - seen[i - 1].at_ns, 4 * NS_PER_S - 1);
    }
}
END_TEST

/* A faster rate holds from its piece on. */
START_TEST(a_faster_rate_does_not_wait_for_the_slower_one)
{
    profile_add(&profile, 0, 10, 0.001);
    profile_add(&profile, 5 * NS_PER_S, 10, 100);
    follow_all(6 * NS_PER_S);
    ck_assert_uint_eq(replay(), 10);
    ck_assert_uint_eq(seen[1].at_ns, 5 * NS_PER_S);
}
END_TEST

/* A change that a thread was told is not taken back by a piece that comes too late. */
START_TEST(what_has_happened_stays)
{
    profile_add(&profile, 0, 100, 100);
    follow(0, NS_PER_S / 2);
    uint64_t before = count;
    ck_assert_uint_gt(before, 10);
    profile_add(&profile, 0, 0, 100);
    follow_all(10 * NS_PER_S);
    ck_assert_uint_eq(replay(), 0);
    ck_assert_uint_gt(seen[count / 2].at_ns, NS_PER_S / 2 - NS_PER_S / 100);
}
END_TEST

/* Threads that look at any time, and pieces that come at any time. */
static void agree(uint64_t seed)
{
    struct random chance = random_seeded(seed);
    uint64_t now_ns = 0;
    uint64_t last = 0;
    uint64_t to = 0;
    profile_add(&profile, 0, random_below(&chance, 50), 1 + (double)random_below(&chance, 500));
    for (int step = 0; step < 300; step++) {
        now_ns += random_below(&chance, NS_PER_S / 5);
        follow(random_below(&chance, OWNERS), now_ns);
        if (random_below(&chance, 4) == 0) {
            last = now_ns + random_below(&chance, NS_PER_S / 50) - now_ns / 100;
            to = random_below(&chance, 50);
            profile_add(&profile, last, to, 1 + (double)random_below(&chance, 500));
        }
    }
    follow_all(now_ns + 3600 * NS_PER_S);
    ck_assert_msg(replay() == to, "seed %lu", seed);
}

/* In one process: under a sanitizer each process takes longer than a seed. */
START_TEST(all_threads_agree)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        agree(seed);
        teardown();
        setup();
    }
}
END_TEST

/* Owners that change between two looks: together, they do what the profile says. */
START_TEST(another_owner_continues)
{
    const uint16_t threads[] = {0, 1};
    struct slots others;
    slots_deal(&others, NULL, UINT64_MAX, threads, 2);
    profile_add(&profile, 0, 40, 10);
    follow_all(2 * NS_PER_S);
    ck_assert_uint_eq(count, 21);
    slots = others;
    for (size_t i = 0; i < 2; i++) {
        profile_reach(&profile, &cursors[i], 2 * NS_PER_S);
        ck_assert_uint_eq(profile_seek(&profile, &cursors[i], 2 * NS_PER_S), 21);
    }
    follow(0, 10 * NS_PER_S);
    follow(1, 10 * NS_PER_S);
    ck_assert_uint_eq(replay(), 40);
}
END_TEST

START_TEST(who_joins_finds_the_users_of_that_time)
{
    struct profile late;
    profile_init(&late);
    ck_assert_uint_eq(profile_users(&late, NS_PER_S), 0);
    profile_add(&profile, 0, 100, 10);
    profile_add(&profile, 3 * NS_PER_S, 11, 5);
    uint64_t users = profile_users(&profile, 5 * NS_PER_S);
    ck_assert_uint_eq(users, 20);
    profile_join(&late, 5 * NS_PER_S, users, 11, 5);
    for (uint64_t t_ns = 5 * NS_PER_S; t_ns < 9 * NS_PER_S; t_ns += NS_PER_S / 7) {
        uint64_t expected = profile_users(&profile, t_ns);
        ck_assert(profile_users(&late, t_ns) + 1 >= expected &&
                  profile_users(&late, t_ns) <= expected);
    }
    ck_assert_uint_eq(profile_users(&late, 9 * NS_PER_S), 11);
    profile_fini(&late);
}
END_TEST

Suite *profile_suite(void);
Suite *profile_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *tcase = tcase_create("profile");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, users_start_and_end_at_their_times);
    tcase_add_loop_test(tcase, many_pieces_are_no_faster_than_one, 0, 2);
    tcase_add_test(tcase, a_faster_rate_does_not_wait_for_the_slower_one);
    tcase_add_test(tcase, what_has_happened_stays);
    tcase_add_test(tcase, all_threads_agree);
    tcase_add_test(tcase, another_owner_continues);
    tcase_add_test(tcase, who_joins_finds_the_users_of_that_time);
    suite_add_tcase(suite, tcase);
    return suite;
}
