/* Not under tsan: one thread. */
/* Which thread owns which slot, and which request a slot gets: over random changes and sizes. */
#include <check.h>
#include <stdbool.h>
#include <string.h>

#include "loadgen/pace/slots.h"
#include "tests/support/pacing.h"
#include "tests/support/random.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))
#define NO_CAP UINT64_MAX

static struct random chance; /* of the forked test */

/* An assertion takes longer than all the rest. */
static void expect(bool holds, const char *what, uint64_t number)
{
    if (!holds) {
        ck_abort_msg("%s: %lu", what, number);
    }
}

/* The permutation. */

static const uint64_t cycles[] = {0, 1, 2, 3, 1000003, UINT64_C(1) << 40, (UINT64_C(1) << 52) - 1};

START_TEST(in_a_cycle_each_slot_gets_one_request)
{
    uint8_t got[SLOTS] = {0};
    uint64_t first = cycles[_i] * SLOTS;
    for (uint64_t k = first; k - first < SLOTS; k++) {
        uint32_t slot = pacing_slot(k);
        expect(slot < SLOTS, "no slot", k);
        got[slot]++;
        expect(pacing_request(cycles[_i], slot) == k, "not the inverse", k);
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        expect(got[slot] == 1, "not one request", slot);
    }
}
END_TEST

START_TEST(each_cycle_is_permuted_anew)
{
    for (uint64_t cycle = 0; cycle < 20; cycle++) {
        uint32_t same = 0;
        uint64_t same_group = 0;
        for (uint64_t i = 0; i < SLOTS; i++) {
            uint32_t now = pacing_slot(cycle * SLOTS + i);
            uint32_t then = pacing_slot((cycle + 1) * SLOTS + i);
            same += now == then;
            same_group += now / SLOTS_GROUP == then / SLOTS_GROUP;
        }
        /* Of two random permutations one slot, and one group, is where it was. */
        ck_assert_uint_lt(same, 100);
        ck_assert_uint_lt(same_group / SLOTS_GROUP, 16);
    }
}
END_TEST

START_TEST(aligned_requests_in_a_row_have_neighbouring_slots_in_any_order)
{
    for (uint64_t length = 2; length <= SLOTS; length *= 2) {
        uint64_t in_order = 0;
        for (uint64_t first = 0; first < UINT64_C(4) * SLOTS; first += length) {
            uint64_t slots = pacing_slot(first) / length;
            in_order += pacing_slot(first) % length < length / 2;
            for (uint64_t k = first; k < first + length; k++) {
                expect(pacing_slot(k) / length == slots, "no neighbour", k);
            }
        }
        if (length <= 128) { /* as often in one half as in the other */
            double half = 4.0 * SLOTS / (double)length / 2;
            ck_assert_double_eq_tol((double)in_order, half, half / 3);
        }
    }
}
END_TEST

START_TEST(a_set_is_shuffled_as_each_of_its_slots)
{
    for (int i = 0; i < 2000; i++) {
        uint64_t block = random_below(&chance, UINT64_C(1) << 30) << random_below(&chance, 25);
        uint64_t set = random_next(&chance);
        uint64_t cycle = block / SLOTS_GROUPS;
        uint64_t requests = 0;
        uint64_t blocks = 0;
        for (uint32_t bit = 0; bit < 64; bit++) {
            if (set >> bit & 1) {
                uint32_t slot = slots_group(block) * SLOTS_GROUP + bit;
                expect(pacing_request(cycle, slot) / SLOTS_GROUP == block, "other block", slot);
                requests |= UINT64_C(1) << pacing_request(cycle, slot) % SLOTS_GROUP;
                uint64_t request = pacing_request(cycle, bit * SLOTS_GROUP);
                blocks |= UINT64_C(1) << request / SLOTS_GROUP % SLOTS_GROUPS;
            }
        }
        ck_assert_uint_eq(slots_requests(block, set), requests);
        ck_assert_uint_eq(slots_blocks(cycle, set), blocks);
    }
}
END_TEST

/* The map. */

struct team {
    uint16_t threads[SLOTS + 100];
    size_t count;
    uint16_t next; /* number of the next to come */
};

static void join(struct team *team, size_t count)
{
    while (count-- > 0) {
        team->threads[team->count++] = team->next++;
    }
}

static void leave(struct team *team, size_t count)
{
    while (count-- > 0) {
        size_t who = random_below(&chance, team->count--);
        memmove(&team->threads[who], &team->threads[who + 1],
                (team->count - who) * sizeof team->threads[0]);
    }
}

/* The number of slots of each thread among the first m, over all m, is within `spread`; and in the
 * end within 1. Nobody else has any. */
static void expect_spread(const struct slots *slots, const struct team *team, uint32_t seats,
                          uint32_t spread)
{
    static uint32_t dealt[UINT16_MAX + 1];
    uint32_t owners = team->count < seats ? (uint32_t)team->count : seats;
    static uint32_t with[SLOTS + 1]; /* how many have so many */
    memset(dealt, 0, sizeof dealt);
    memset(with, 0, sizeof with);
    with[0] = owners;
    uint32_t least = 0;
    uint32_t most = 0;
    uint32_t worst = 0;
    for (uint32_t m = 0; m < seats; m++) {
        uint32_t had = dealt[slots->owner[m]]++;
        with[had]--;
        with[had + 1]++;
        most = had + 1 > most ? had + 1 : most;
        least += with[least] == 0;
        worst = most - least > worst ? most - least : worst;
    }
    ck_assert_uint_le(worst, spread);
    ck_assert_uint_le(most - least, 1);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < owners; i++) {
        sum += dealt[team->threads[i]];
    }
    ck_assert_uint_eq(sum, seats);
    ck_assert_uint_gt(seats, 0);
    for (uint32_t slot = seats; slot < SLOTS; slot++) {
        expect(slots->owner[slot] == slots->owner[slot % seats], "not as its seat", slot);
    }
}

START_TEST(any_first_slots_are_even_when_dealt_anew)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 100, 1000, 4095, 4096, 4100};
    static const uint64_t caps[] = {NO_CAP, 1, 2, 3, 7, 64, 100, 1000, 4095, 4096, 10000};
    for (int i = 0; i < COUNT(sizes); i++) {
        for (int j = 0; j < COUNT(caps); j++) {
            struct team team = {.next = (uint16_t)random_below(&chance, 50000)};
            struct slots slots;
            join(&team, sizes[i]);
            slots_deal(&slots, NULL, caps[j], team.threads, team.count);
            expect_spread(&slots, &team, caps[j] < SLOTS ? (uint32_t)caps[j] : SLOTS, 1);
        }
    }
}
END_TEST

START_TEST(threads_beyond_a_cap_own_no_slot)
{
    struct team team = {.next = 7};
    struct slots slots;
    join(&team, 100);
    slots_deal(&slots, NULL, 64, team.threads, team.count);
    for (size_t i = 0; i < 100; i++) {
        ck_assert_uint_eq(slots_part(&slots, team.threads[i], 64), i < 64);
        ck_assert_uint_eq(slots_part(&slots, team.threads[i], SLOTS), i < 64 ? 64 : 0);
    }
}
END_TEST

/* The slots that must move: those of threads that left, and those beyond a part. */
static uint32_t least_moves(const struct slots *before, const struct team *team, uint32_t seats)
{
    uint32_t owners = team->count < seats ? (uint32_t)team->count : seats;
    uint32_t stay = 0;
    ck_assert_uint_gt(owners, 0);
    uint32_t part = seats / owners;
    uint32_t larger = seats % owners;
    for (size_t i = 0; i < owners; i++) {
        uint32_t had = (uint32_t)slots_part(before, team->threads[i], seats);
        bool is_larger = had > part && larger > 0;
        larger -= is_larger;
        stay += had < part + is_larger ? had : part + is_larger;
    }
    return seats - stay;
}

static uint32_t moves(const struct slots *before, const struct slots *after, uint32_t seats)
{
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < seats; slot++) {
        count += before->owner[slot] != after->owner[slot];
    }
    return count;
}

START_TEST(one_that_comes_or_goes_moves_its_slots_alone)
{
    for (size_t size = 1; size < 40; size++) {
        struct team team = {.next = 3};
        struct slots before;
        struct slots after;
        join(&team, size);
        slots_deal(&before, NULL, NO_CAP, team.threads, team.count);
        join(&team, 1);
        slots_deal(&after, &before, NO_CAP, team.threads, team.count);
        expect_spread(&after, &team, SLOTS, 2);
        ck_assert_uint_eq(moves(&before, &after, SLOTS), least_moves(&before, &team, SLOTS));
        team.count--;
        before = after;
        slots_deal(&after, &before, NO_CAP, team.threads, team.count);
        expect_spread(&after, &team, SLOTS, 2);
        ck_assert_uint_eq(moves(&before, &after, SLOTS), least_moves(&before, &team, SLOTS));
        before = after;
        slots_deal(&after, &before, NO_CAP, team.threads, team.count);
        ck_assert_uint_eq(moves(&before, &after, SLOTS), 0);
    }
}
END_TEST

/* Some come, some go, many times; and the map stays even and moves little. */
START_TEST(changes_move_few_slots_and_keep_any_first_ones_even)
{
    static const size_t most[] = {3, 8, 30, 100, 600};
    size_t limit = most[_i % COUNT(most)];
    struct team team = {.next = 0};
    struct slots before;
    struct slots after;
    uint32_t moved = 0;
    uint32_t least = 0;
    chance = random_seeded((uint64_t)_i);
    join(&team, 1 + random_below(&chance, limit));
    slots_deal(&before, NULL, NO_CAP, team.threads, team.count);
    for (int i = 0; i < 40; i++) {
        size_t room = limit - team.count;
        size_t go =
            random_below(&chance, 2) ? random_below(&chance, 2) : random_below(&chance, team.count);
        size_t come =
            random_below(&chance, 2) ? random_below(&chance, 2) : random_below(&chance, room + 1);
        leave(&team, go < team.count ? go : team.count - 1);
        join(&team, come < room ? come : room);
        slots_deal(&after, &before, NO_CAP, team.threads, team.count);
        expect_spread(&after, &team, SLOTS, 2);
        moved += moves(&before, &after, SLOTS);
        least += least_moves(&before, &team, SLOTS);
        slots_deal(&before, &after, NO_CAP, team.threads, team.count);
        ck_assert_uint_eq(moves(&before, &after, SLOTS), 0);
    }
    ck_assert_uint_le(moved, least + least / 100);
}
END_TEST

START_TEST(changes_under_a_cap_move_few_and_leave_each_thread_a_connection)
{
    for (int i = 0; i < 60; i++) {
        struct team team = {.next = 0};
        struct slots before;
        struct slots after;
        uint32_t cap = 1 + (uint32_t)random_below(&chance, _i ? SLOTS : 100);
        uint32_t moved = 0;
        uint32_t least = 0;
        join(&team, 1 + random_below(&chance, 120));
        slots_deal(&before, NULL, cap, team.threads, team.count);
        for (int j = 0; j < 10; j++) {
            leave(&team, random_below(&chance, team.count));
            join(&team, random_below(&chance, 120 - team.count));
            slots_deal(&after, &before, cap, team.threads, team.count);
            expect_spread(&after, &team, cap, 2);
            moved += moves(&before, &after, cap);
            least += least_moves(&before, &team, cap);
            before = after;
        }
        ck_assert_uint_le(moved, least + least / 100);
    }
}
END_TEST

START_TEST(users_beyond_the_slots_begin_again_with_the_first)
{
    struct team team = {.next = 0};
    struct slots slots;
    join(&team, 3);
    slots_deal(&slots, NULL, NO_CAP, team.threads, team.count);
    for (uint64_t n = 0; n < UINT64_C(3) * SLOTS; n += 1 + random_below(&chance, 100)) {
        uint64_t sum = 0;
        for (size_t i = 0; i < team.count; i++) {
            uint64_t part = 0;
            for (uint64_t user = 0; user < n; user++) {
                part += slots.owner[user % SLOTS] == team.threads[i];
            }
            ck_assert_uint_eq(slots_part(&slots, team.threads[i], n), part);
            sum += part;
        }
        ck_assert_uint_eq(sum, n);
    }
}
END_TEST

Suite *slots_suite(void);
Suite *slots_suite(void)
{
    Suite *suite = suite_create("slots");
    TCase *tests = tcase_create("slots");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, in_a_cycle_each_slot_gets_one_request, 0, COUNT(cycles));
    tcase_add_test(tests, each_cycle_is_permuted_anew);
    tcase_add_test(tests, aligned_requests_in_a_row_have_neighbouring_slots_in_any_order);
    tcase_add_test(tests, a_set_is_shuffled_as_each_of_its_slots);
    tcase_add_test(tests, any_first_slots_are_even_when_dealt_anew);
    tcase_add_test(tests, threads_beyond_a_cap_own_no_slot);
    tcase_add_test(tests, one_that_comes_or_goes_moves_its_slots_alone);
    tcase_add_loop_test(tests, changes_move_few_slots_and_keep_any_first_ones_even, 0, 20);
    tcase_add_loop_test(tests, changes_under_a_cap_move_few_and_leave_each_thread_a_connection, 0,
                        2);
    tcase_add_test(tests, users_beyond_the_slots_begin_again_with_the_first);
    suite_add_tcase(suite, tests);
    return suite;
}
