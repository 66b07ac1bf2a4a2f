#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/roster.h"

bool roster_is_epoch_due(const struct roster *roster)
{
    for (size_t i = 0; i < roster->count && !roster->is_stuck; i++) {
        const struct roster_member *member = &roster->list[i];
        bool must_lose = !roster_can_own(member) && !roster_is_frozen(member) && member->slots > 0;
        bool wants = roster_can_own(member) && member->slots == 0 && !member->is_passed_over;
        if (must_lose || wants) {
            return true;
        }
    }
    return false;
}

/*
 * Numbers the threads of members that can own slots and have no numbers. False: no numbers are
 * left.
 */
static bool number_threads(struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        struct roster_member *member = &roster->list[i];
        if (!roster_can_own(member) || member->threads > 0) {
            continue;
        }
        if (member->last.threads > UINT16_MAX - roster->threads) {
            return false;
        }
        member->first = roster->threads;
        member->threads = member->last.threads;
        roster->threads = (uint16_t)(roster->threads + member->threads);
    }
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The numbers of all threads that may own slots, in order. Returns how many; SLOTS + 1: too many.
 */
static size_t list_threads(const struct roster *roster, uint16_t threads[SLOTS])
{
    size_t count = 0;
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_member *member = &roster->list[i];
        if (!roster_can_own(member) && !roster_is_frozen(member)) {
            continue;
        }
        for (uint16_t t = 0; t < member->threads; t++) {
            if (count == SLOTS) {
                return SLOTS + 1;
            }
            threads[count++] = (uint16_t)(member->first + t);
        }
    }
    qsort(threads, count, sizeof threads[0], compare_numbers);
    return count;
}

/* For each thread, the index of its member, or NOBODY. */
struct owners {
    uint16_t member[UINT16_MAX + 1];
};

enum { NOBODY = UINT16_MAX };
_Static_assert(WIRE_WORKERS < UINT16_MAX, "no index of a member is NOBODY");

static struct owners *create_owners(const struct roster *roster)
{
    struct owners *owners = memory_of(malloc(sizeof *owners));
    memset(owners, 0xff, sizeof *owners);
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_member *member = &roster->list[i];
        for (uint16_t t = 0; t < member->threads; t++) {
            owners->member[member->first + t] = (uint16_t)i;
        }
    }
    return owners;
}

/* The member that has this thread; NULL: none. */
static struct roster_member *owner_of(const struct roster *roster, const struct owners *owners,
                                      uint16_t thread)
{
    uint16_t member = owners->member[thread];
    return member == NOBODY ? NULL : &roster->list[member];
}

/* True if the thread belongs to a frozen member. */
static bool is_frozen(const struct roster *roster, const struct owners *owners, uint16_t thread)
{
    const struct roster_member *member = owner_of(roster, owners, thread);
    return member && roster_is_frozen(member);
}

/*
 * Frozen members keep their slots and get no others. Slots dealt to them go to the members that
 * would have got their slots, and then to the others in turn.
 */
static void freeze(const struct roster *roster, struct slots *slots, size_t seats)
{
    const uint16_t *before = roster->slots.owner;
    struct owners *owners = create_owners(roster);
    uint16_t takers[2 * SLOTS];
    size_t count = 0;
    size_t next = 0;
    for (int is_kept = 1; is_kept >= 0; is_kept--) {
        for (size_t slot = 0; slot < seats; slot++) {
            if (is_frozen(roster, owners, before[slot]) == is_kept &&
                !is_frozen(roster, owners, slots->owner[slot])) {
                takers[count++] = slots->owner[slot];
            }
        }
    }
    for (size_t slot = 0; slot < seats; slot++) {
        if (is_frozen(roster, owners, before[slot])) {
            slots->owner[slot] = before[slot];
        } else if (is_frozen(roster, owners, slots->owner[slot]) && count > 0) {
            slots->owner[slot] = takers[next++ % count];
        }
    }
    for (size_t slot = seats; slot < SLOTS; slot++) {
        slots->owner[slot] = slots->owner[slot - seats];
    }
    free(owners);
}

static bool has_owner(const struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (roster_can_own(&roster->list[i])) {
            return true;
        }
    }
    return false;
}

/*
 * Marks members without slots, so that no epoch is due for them until other members join or leave.
 */
static void note_passed_over(struct roster *roster, const struct slots *slots)
{
    struct owners *owners = create_owners(roster);
    for (size_t i = 0; i < roster->count; i++) {
        roster->list[i].is_passed_over = roster_can_own(&roster->list[i]);
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        struct roster_member *member = owner_of(roster, owners, slots->owner[slot]);
        if (member) {
            member->is_passed_over = false;
        }
    }
    free(owners);
}

bool roster_deal(struct roster *roster, uint64_t cap, struct slots *slots)
{
    uint16_t threads[SLOTS];
    bool can_deal = has_owner(roster) && number_threads(roster);
    size_t count = can_deal ? list_threads(roster, threads) : 0;
    roster->is_stuck = !can_deal || count > SLOTS;
    if (roster->is_stuck) {
        return false;
    }
    slots_deal(slots, roster->has_slots ? &roster->slots : NULL, cap, threads, count);
    if (roster->has_slots) {
        freeze(roster, slots, cap < SLOTS ? (size_t)cap : SLOTS);
    }
    note_passed_over(roster, slots);
    return true;
}

bool roster_has_agreed(const struct roster *roster, const struct slots *slots, uint64_t epochs)
{
    struct owners *owners = create_owners(roster);
    bool has_agreed = true;
    for (size_t slot = 0; slot < SLOTS && roster->has_slots; slot++) {
        const struct roster_member *loser = owner_of(roster, owners, roster->slots.owner[slot]);
        bool is_same = roster->slots.owner[slot] == slots->owner[slot];
        bool must_agree = loser && !is_same && !roster_is_gone(loser);
        has_agreed &= !must_agree || loser->last.epochs >= epochs;
    }
    free(owners);
    return has_agreed;
}

bool roster_gives_to_gone(const struct roster *roster, const struct slots *slots)
{
    struct owners *owners = create_owners(roster);
    bool gives = false;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        const struct roster_member *heir = owner_of(roster, owners, slots->owner[slot]);
        bool is_same = roster->has_slots && roster->slots.owner[slot] == slots->owner[slot];
        gives |= heir && !is_same && roster_is_gone(heir);
    }
    free(owners);
    return gives;
}

static void count_slots(struct roster *roster)
{
    struct owners *owners = create_owners(roster);
    for (size_t i = 0; i < roster->count; i++) {
        roster->list[i].slots = 0;
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        struct roster_member *member = owner_of(roster, owners, roster->slots.owner[slot]);
        if (member) {
            member->slots++;
        }
    }
    free(owners);
}

void roster_set(struct roster *roster, const struct slots *slots)
{
    roster->slots = *slots;
    roster->has_slots = true;
    count_slots(roster);
    for (size_t i = 0; i < roster->count; i++) {
        struct roster_member *member = &roster->list[i];
        if (member->state == ROSTER_LEAVING && member->slots == 0) {
            member->state = ROSTER_LEFT;
            roster->has_changed = true;
        }
    }
}

static int compare_seats(const void *a, const void *b)
{
    return ((const struct wire_seat *)a)->first - ((const struct wire_seat *)b)->first;
}

void roster_fill_seats(const struct roster *roster, struct wire_epoch *epoch)
{
    epoch->count = 0;
    epoch->seats = memory_of(calloc(roster->count + 1, sizeof *epoch->seats));
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_member *member = &roster->list[i];
        if (member->threads > 0) {
            epoch->seats[epoch->count++] =
                (struct wire_seat){member->last.from, member->first, member->threads};
        }
    }
    qsort(epoch->seats, epoch->count, sizeof *epoch->seats, compare_seats);
}
