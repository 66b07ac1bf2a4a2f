/* Not under tsan: one thread. */
/* Who is there, and who owns what, over arrivals, silence, losses and departures. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/cluster/roster.h"
#include "tests/support/random.h"

enum { RUN = 5, ROUNDS = 400, WORKERS = 12 };
#define NO_CAP UINT64_MAX

static struct roster roster;
static struct err err;
static struct random chance;
static uint64_t now_ns;
static bool is_connected;
static bool has_one_thread; /* each worker */
static uint64_t incarnations[WORKERS];

static void setup(void)
{
    chance = random_seeded(9);
    now_ns = 1000 * NS_PER_S;
    is_connected = true;
    roster_tick(&roster, now_ns, true);
    roster_begin(&roster, RUN);
}

static void teardown(void)
{
    roster_free(&roster);
}

/* Worker i has i + 1 threads. */
static struct wire_announce words_of(unsigned i)
{
    struct wire_announce announce = {
        .from.incarnation = incarnations[i],
        .threads = (uint16_t)(has_one_thread ? 1 : i + 1),
        .state = WIRE_READY,
        .run = RUN,
    };
    snprintf(announce.from.name, sizeof announce.from.name, "worker-%u", i);
    return announce;
}

static void hear(unsigned i)
{
    struct wire_announce announce = words_of(i);
    ck_assert(roster_hear(&roster, &announce, &err));
}

static struct roster_member *member(unsigned i)
{
    struct wire_announce announce = words_of(i);
    return roster_find(&roster, &announce.from);
}

static void leave(unsigned i)
{
    roster_leave(&roster, &(struct wire_leave){words_of(i).from, RUN});
}

/* The members of this set (bit i: worker i) speak twice a second, the others are silent. */
static void pass(uint64_t ns, unsigned speakers)
{
    for (uint64_t end_ns = now_ns + ns; now_ns < end_ns;) {
        now_ns += NS_PER_S / 2;
        for (unsigned i = 0; speakers >> i; i++) {
            if (speakers >> i & 1) {
                hear(i);
            }
        }
        roster_tick(&roster, now_ns, is_connected);
    }
}

/* The next epoch, on which everybody agrees. */
static struct slots next_epoch(void)
{
    struct slots slots;
    ck_assert(roster_is_epoch_due(&roster));
    ck_assert(roster_deal(&roster, NO_CAP, &slots));
    roster_set(&roster, &slots);
    ck_assert(!roster_is_epoch_due(&roster));
    return slots;
}

static void begin_with(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        hear(i);
    }
    next_epoch();
}

static struct roster_member *owner(const struct slots *slots, size_t slot)
{
    for (size_t i = 0; i < roster.count; i++) {
        struct roster_member *one = &roster.list[i];
        if (slots->owner[slot] >= one->first && slots->owner[slot] - one->first < one->threads) {
            return one;
        }
    }
    ck_abort_msg("slot %zu has no owner", slot);
}

START_TEST(a_member_becomes_silent_and_lost)
{
    hear(0);
    ck_assert(roster_tick(&roster, now_ns, true));
    ck_assert(!roster_tick(&roster, now_ns, true));
    ck_assert_uint_eq(roster_count(&roster, ROSTER_READY), 1);
    pass(ROSTER_SILENT_NS - NS_PER_S / 2, 0);
    ck_assert(!member(0)->is_silent);
    pass(NS_PER_S / 2, 0);
    ck_assert(member(0)->is_silent);
    ck_assert_uint_eq(roster_count(&roster, ROSTER_READY), 0);
    pass(ROSTER_LOST_NS - ROSTER_SILENT_NS - NS_PER_S / 2, 0);
    ck_assert_int_eq(member(0)->state, ROSTER_READY);
    pass(NS_PER_S / 2, 0);
    ck_assert_int_eq(member(0)->state, ROSTER_LOST);
    ck_assert_uint_eq(roster_count(&roster, ROSTER_LOST), 1);
    hear(0);
    ck_assert_int_eq(member(0)->state, ROSTER_READY);
    ck_assert(!member(0)->is_silent);
}
END_TEST

START_TEST(time_without_the_broker_does_not_count)
{
    hear(0);
    pass(NS_PER_S, 0);
    is_connected = false;
    pass(100 * NS_PER_S, 0);
    ck_assert(!member(0)->is_silent);
    is_connected = true;
    pass(NS_PER_S, 0); /* the first half second begins without connection */
    ck_assert(!member(0)->is_silent);
    pass(NS_PER_S, 0);
    ck_assert(member(0)->is_silent);
}
END_TEST

/* A pipe that nobody reads, or SIGSTOP: what the members said meanwhile is read before the tick. */
START_TEST(time_in_which_the_controller_stood_still_does_not_count)
{
    begin_with(2);
    now_ns += 2 * ROSTER_LOST_NS;
    hear(0);
    roster_tick(&roster, now_ns, true);
    ck_assert(!member(0)->is_silent);
    ck_assert_int_eq(member(0)->state, ROSTER_READY);
    ck_assert(!member(1)->is_silent);
    ck_assert_int_eq(member(1)->state, ROSTER_READY);
    pass(ROSTER_LOST_NS, 0x1);
    ck_assert_int_eq(member(1)->state, ROSTER_LOST);
}
END_TEST

/* Its account was lost, or refused: otherwise it would have left. */
START_TEST(who_says_nothing_about_the_run_any_more_is_lost)
{
    begin_with(2);
    struct wire_announce other = words_of(1);
    other.run = 0;
    other.state = WIRE_WAITING;
    for (int i = 0; i < 50; i++) {
        ck_assert(roster_hear(&roster, &other, &err));
        pass(NS_PER_S / 2, 0x1);
    }
    ck_assert_int_eq(member(1)->state, ROSTER_LOST);
    ck_assert_int_eq(member(0)->state, ROSTER_READY);
}
END_TEST

/* Nobody can take what the only worker leaves, until somebody comes. */
START_TEST(no_epoch_is_due_while_slots_cannot_be_dealt)
{
    struct slots slots;
    begin_with(1);
    leave(0);
    ck_assert(roster_is_epoch_due(&roster));
    ck_assert(!roster_deal(&roster, NO_CAP, &slots));
    ck_assert(!roster_is_epoch_due(&roster));
    pass(NS_PER_S, 0x1);
    hear(1);
    pass(NS_PER_S / 2, 0x3);
    ck_assert(roster_is_epoch_due(&roster));
    ck_assert(roster_deal(&roster, NO_CAP, &slots));
}
END_TEST

START_TEST(who_is_not_ready_gets_nothing)
{
    static const enum wire_state states[] = {WIRE_WAITING, WIRE_PREPARING, WIRE_REFUSED};
    struct slots slots;
    for (unsigned i = 0; i < 3; i++) {
        struct wire_announce announce = words_of(i);
        announce.state = states[i];
        ck_assert(roster_hear(&roster, &announce, &err));
    }
    struct wire_announce other_run = words_of(3);
    other_run.run = RUN + 1;
    ck_assert(roster_hear(&roster, &other_run, &err));
    ck_assert_int_eq(member(2)->state, ROSTER_REFUSED);
    ck_assert_uint_eq(roster_count(&roster, ROSTER_WAITING), 3);
    ck_assert(!roster_is_epoch_due(&roster));
    ck_assert(!roster_deal(&roster, NO_CAP, &slots));
}
END_TEST

START_TEST(slots_are_dealt_by_threads)
{
    begin_with(3);
    ck_assert_uint_eq(member(0)->slots, 683); /* 4096 / 6 */
    ck_assert_uint_eq(member(1)->slots, 1366);
    ck_assert_uint_eq(member(2)->slots, 2047);
    ck_assert_uint_eq(roster.threads, 6);
}
END_TEST

START_TEST(who_joins_takes_a_part_of_everybody)
{
    begin_with(2);
    struct slots before = roster.slots;
    hear(2);
    struct slots after = next_epoch();
    unsigned moved = 0;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        moved += after.owner[slot] != before.owner[slot] && owner(&after, slot) != member(2);
    }
    ck_assert_uint_le(moved, SLOTS / 100);
    ck_assert_uint_eq(member(2)->slots, 2047);
}
END_TEST

START_TEST(who_leaves_keeps_its_slots_until_the_next_epoch)
{
    begin_with(3);
    leave(1);
    ck_assert_int_eq(member(1)->state, ROSTER_LEAVING);
    hear(1);
    ck_assert_int_eq(member(1)->state, ROSTER_LEAVING);
    struct slots before = roster.slots;
    struct slots after;
    ck_assert(roster_is_epoch_due(&roster));
    ck_assert(roster_deal(&roster, NO_CAP, &after));
    ck_assert_uint_gt(member(1)->slots, 0);
    unsigned moved = 0;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        moved += owner(&before, slot) != member(1) && after.owner[slot] != before.owner[slot];
    }
    ck_assert_uint_le(moved, SLOTS / 100);
    roster_set(&roster, &after);
    ck_assert_int_eq(member(1)->state, ROSTER_LEFT);
    ck_assert_uint_eq(member(1)->slots, 0);
    ck_assert(!roster_is_epoch_due(&roster));
}
END_TEST

START_TEST(who_has_no_seat_leaves_at_once)
{
    hear(0);
    leave(0);
    ck_assert_int_eq(member(0)->state, ROSTER_LEFT);
    ck_assert(!roster_is_epoch_due(&roster));
    roster_begin(&roster, RUN + 1);
    ck_assert_uint_eq(roster.count, 0);
}
END_TEST

/* It may send, and may not hear of the epoch. */
START_TEST(the_slots_of_a_silent_member_stay)
{
    begin_with(3);
    struct slots before = roster.slots;
    pass(4 * NS_PER_S, 0x5);
    ck_assert(member(1)->is_silent);
    ck_assert(!roster_is_epoch_due(&roster));
    leave(0);
    hear(3);
    struct slots after = next_epoch();
    unsigned wrong = 0;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        bool was_silent = owner(&before, slot) == member(1);
        wrong += was_silent != (owner(&after, slot) == member(1));
        wrong += was_silent && before.owner[slot] != after.owner[slot];
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(member(0)->slots, 0);
    ck_assert_uint_gt(member(3)->slots, 1300);
    pass(20 * NS_PER_S, 0xc);
    ck_assert_int_eq(member(1)->state, ROSTER_LOST);
    after = next_epoch();
    ck_assert_uint_eq(member(1)->slots, 0);
    ck_assert_uint_eq(member(2)->slots + member(3)->slots, SLOTS);
}
END_TEST

/* It was silent when its account arrived. */
START_TEST(the_slots_of_a_silent_member_that_has_left_move)
{
    begin_with(2);
    pass(4 * NS_PER_S, 0x1);
    ck_assert(member(1)->is_silent);
    member(1)->state = ROSTER_LEFT;
    next_epoch();
    ck_assert_uint_eq(member(0)->slots, SLOTS);
}
END_TEST

START_TEST(who_was_lost_comes_back_with_its_numbers)
{
    begin_with(2);
    uint16_t first = member(1)->first;
    pass(ROSTER_LOST_NS, 0x1);
    next_epoch();
    ck_assert_uint_eq(member(0)->slots, SLOTS);
    hear(1);
    next_epoch();
    ck_assert_uint_eq(member(1)->first, first);
    ck_assert_uint_eq(member(1)->slots, 2730);
    ck_assert_uint_eq(roster.threads, 3);
}
END_TEST

START_TEST(who_loses_slots_must_have_heard_of_the_epoch)
{
    struct slots slots;
    begin_with(3);
    hear(3);
    ck_assert(roster_deal(&roster, NO_CAP, &slots));
    ck_assert(!roster_has_agreed(&roster, &slots, 2));
    for (unsigned i = 0; i < 3; i++) {
        struct wire_announce announce = words_of(i);
        announce.epochs = 2;
        ck_assert(!roster_has_agreed(&roster, &slots, 2));
        ck_assert(roster_hear(&roster, &announce, &err));
    }
    ck_assert(roster_has_agreed(&roster, &slots, 2)); /* the one who joins loses nothing */
    ck_assert(!roster_has_agreed(&roster, &slots, 3));
    ck_assert(roster_has_agreed(&roster, &roster.slots, 3)); /* nobody loses any */
}
END_TEST

START_TEST(the_agreement_of_the_lost_is_not_needed)
{
    struct slots slots;
    begin_with(2);
    pass(ROSTER_LOST_NS, 0x1);
    ck_assert(roster_deal(&roster, NO_CAP, &slots));
    ck_assert(roster_has_agreed(&roster, &slots, 2));
}
END_TEST

START_TEST(who_has_gone_can_take_no_slots)
{
    struct slots slots;
    begin_with(2);
    hear(2);
    ck_assert(roster_deal(&roster, NO_CAP, &slots));
    ck_assert(!roster_gives_to_gone(&roster, &slots));
    pass(ROSTER_LOST_NS, 0x3);
    ck_assert(roster_gives_to_gone(&roster, &slots));
    ck_assert(!roster_gives_to_gone(&roster, &roster.slots));
}
END_TEST

/* Both processes may be alive. */
START_TEST(a_restarted_worker_is_another_member)
{
    begin_with(2);
    struct wire_announce again = words_of(1);
    again.from.incarnation++;
    ck_assert(roster_hear(&roster, &again, &err));
    pass(3 * NS_PER_S, 0x1);
    ck_assert(roster_hear(&roster, &again, &err));
    struct slots before = roster.slots;
    struct slots after = next_epoch();
    unsigned wrong = 0;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        wrong += owner(&before, slot) == member(1) && after.owner[slot] != before.owner[slot];
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(roster_find(&roster, &again.from)->slots, 0);
}
END_TEST

START_TEST(another_controller_takes_over)
{
    struct wire_epoch epoch = {.run = RUN, .users = 1};
    begin_with(3);
    leave(1);
    next_epoch();
    epoch.slots = roster.slots;
    roster_fill_seats(&roster, &epoch);
    ck_assert_uint_eq(epoch.count, 3); /* numbers of those who left are not given out again */
    ck_assert_uint_eq(wire_epoch_threads(&epoch), roster.threads);
    roster_free(&roster);
    roster_tick(&roster, now_ns, true);
    roster_restore(&roster, &epoch);
    ck_assert(!roster_is_epoch_due(&roster));
    ck_assert(member(0)->is_silent);
    ck_assert_mem_eq(&roster.slots, &epoch.slots, sizeof epoch.slots);
    pass(ROSTER_LOST_NS, 0x9);
    ck_assert_int_eq(member(0)->state, ROSTER_READY);
    ck_assert_int_eq(member(2)->state, ROSTER_LOST);
    next_epoch();
    ck_assert_uint_eq(member(3)->first, 6);
    wire_epoch_free(&epoch);
}
END_TEST

START_TEST(threads_beyond_the_cap_wait)
{
    struct slots slots;
    hear(1);
    hear(2);
    ck_assert(roster_deal(&roster, 2, &slots));
    roster_set(&roster, &slots);
    ck_assert_uint_eq(member(1)->slots, SLOTS);
    ck_assert_uint_eq(member(2)->slots, 0);
    ck_assert(!roster_is_epoch_due(&roster));
    leave(1);
    ck_assert(roster_is_epoch_due(&roster));
    ck_assert(roster_deal(&roster, 2, &slots));
    roster_set(&roster, &slots);
    ck_assert_uint_eq(member(2)->slots, SLOTS);
}
END_TEST

/* Those who lose slots had not heard of the epoch: it changed nothing, and comes again. */
START_TEST(an_epoch_that_changes_nothing_is_followed_by_another)
{
    struct slots slots;
    begin_with(2);
    hear(2);
    ck_assert(roster_deal(&roster, NO_CAP, &slots));
    struct slots same = roster.slots;
    roster_set(&roster, &same);
    ck_assert_uint_eq(member(2)->slots, 0);
    next_epoch();
    ck_assert_uint_gt(member(2)->slots, 0);
}
END_TEST

START_TEST(more_threads_than_slots_cannot_be_seated)
{
    struct slots slots;
    for (unsigned i = 0; i < 2; i++) {
        struct wire_announce announce = words_of(i);
        announce.threads = SLOTS / 2 + 1;
        ck_assert(roster_hear(&roster, &announce, &err));
    }
    ck_assert(!roster_deal(&roster, NO_CAP, &slots));
}
END_TEST

START_TEST(there_is_a_most_of_workers)
{
    struct wire_announce announce = words_of(0);
    for (unsigned i = 0; i < WIRE_WORKERS; i++) {
        announce.from.incarnation = i;
        ck_assert(roster_hear(&roster, &announce, &err));
    }
    announce.from.incarnation = WIRE_WORKERS;
    ck_assert(!roster_hear(&roster, &announce, &err));
    ck_assert_int_eq(err.code, ERR_FAILED);
    roster_leave(&roster, &(struct wire_leave){.from = roster.list[7].last.from});
    ck_assert(roster_hear(&roster, &announce, &err));
}
END_TEST

START_TEST(who_is_there_is_printed)
{
    char text[128];
    char small[48];
    roster_print(&roster, ROSTER_READY, text, sizeof text);
    ck_assert_str_eq(text, "nobody");
    hear(0);
    struct wire_announce second = words_of(1);
    snprintf(second.node, sizeof second.node, "node-b");
    ck_assert(roster_hear(&roster, &second, &err));
    roster_print(&roster, ROSTER_READY, text, sizeof text);
    ck_assert_str_eq(text, "worker-0 (1 thread), worker-1 (2 threads on node-b)");
    roster_print(&roster, ROSTER_READY, small, sizeof small);
    ck_assert_str_eq(small, "worker-0 (1 thread), ...");
}
END_TEST

/* What must hold after any history. */
static void check_epoch(const struct slots *before, const struct slots *after)
{
    unsigned slots[ROUNDS + WORKERS] = {0};
    unsigned wrong = 0;
    unsigned least = SLOTS;
    unsigned most = 0;
    bool has_frozen = false;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        const struct roster_member *now = owner(after, slot);
        bool was_frozen = before && roster_is_frozen(owner(before, slot));
        wrong += !roster_can_own(now) && !roster_is_frozen(now);
        wrong += was_frozen && after->owner[slot] != before->owner[slot];
        wrong += roster_is_frozen(now) && !was_frozen;
        slots[now - roster.list]++;
    }
    ck_assert_uint_eq(wrong, 0);
    for (size_t i = 0; i < roster.count; i++) {
        has_frozen |= roster_is_frozen(&roster.list[i]);
        if (roster_can_own(&roster.list[i])) {
            least = slots[i] < least ? slots[i] : least;
            most = slots[i] > most ? slots[i] : most;
        }
    }
    ck_assert(has_frozen || most - least <= 1);
}

/* Workers of one thread that come, fall silent, are lost, leave and come back as others. */
START_TEST(slots_stay_in_one_hand_over_any_history)
{
    unsigned speakers = 0;
    struct slots slots;
    has_one_thread = true;
    for (int round = 0; round < ROUNDS; round++) {
        unsigned i = (unsigned)random_below(&chance, WORKERS);
        speakers ^= 1U << i;
        if (random_below(&chance, 8) == 0 && member(i)) {
            leave(i);
            incarnations[i]++;
        }
        pass(random_below(&chance, 10) ? NS_PER_S : 15 * NS_PER_S, speakers);
        if (!roster_is_epoch_due(&roster)) {
            continue;
        }
        struct slots before = roster.slots;
        bool has_slots = roster.has_slots;
        if (roster_deal(&roster, NO_CAP, &slots)) {
            check_epoch(has_slots ? &before : NULL, &slots);
            roster_set(&roster, &slots);
        }
    }
    ck_assert(roster.has_slots);
}
END_TEST

Suite *roster_suite(void);
Suite *roster_suite(void)
{
    Suite *suite = suite_create("roster");
    TCase *tests = tcase_create("roster");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_member_becomes_silent_and_lost);
    tcase_add_test(tests, time_without_the_broker_does_not_count);
    tcase_add_test(tests, time_in_which_the_controller_stood_still_does_not_count);
    tcase_add_test(tests, who_says_nothing_about_the_run_any_more_is_lost);
    tcase_add_test(tests, no_epoch_is_due_while_slots_cannot_be_dealt);
    tcase_add_test(tests, who_is_not_ready_gets_nothing);
    tcase_add_test(tests, slots_are_dealt_by_threads);
    tcase_add_test(tests, who_joins_takes_a_part_of_everybody);
    tcase_add_test(tests, who_leaves_keeps_its_slots_until_the_next_epoch);
    tcase_add_test(tests, who_has_no_seat_leaves_at_once);
    tcase_add_test(tests, the_slots_of_a_silent_member_stay);
    tcase_add_test(tests, the_slots_of_a_silent_member_that_has_left_move);
    tcase_add_test(tests, who_was_lost_comes_back_with_its_numbers);
    tcase_add_test(tests, who_loses_slots_must_have_heard_of_the_epoch);
    tcase_add_test(tests, the_agreement_of_the_lost_is_not_needed);
    tcase_add_test(tests, who_has_gone_can_take_no_slots);
    tcase_add_test(tests, a_restarted_worker_is_another_member);
    tcase_add_test(tests, another_controller_takes_over);
    tcase_add_test(tests, threads_beyond_the_cap_wait);
    tcase_add_test(tests, an_epoch_that_changes_nothing_is_followed_by_another);
    tcase_add_test(tests, more_threads_than_slots_cannot_be_seated);
    tcase_add_test(tests, there_is_a_most_of_workers);
    tcase_add_test(tests, who_is_there_is_printed);
    tcase_add_test(tests, slots_stay_in_one_hand_over_any_history);
    suite_add_tcase(suite, tests);
    return suite;
}
