/*
 * slots_deal - assigns slots to threads again after threads have joined or left.
 *
 * Slots are dealt from the first to the last. A slot stays with its owner unless that gets ahead of
 * the others: by more than AHEAD_MAX slots, or by any when it has more than its part and a thread
 * that lacks some is behind. Then it goes to a thread that is behind: one that lacks slots before
 * one that does not, and of these the one whose own next slot is furthest away, as the others catch
 * up by themselves.
 *
 * A single thread that comes or goes thus moves only the slots that must move. Over many changes of
 * any size, one in a hundred more move at most.
 */
#include <stdbool.h>
#include <string.h>

#include "loadgen/pace/slots.h"

enum { AHEAD_MAX = 2, NOBODY = SLOTS };

/* What a thread has. */
struct hand {
    int32_t dealt; /* slots so far */
    int32_t part;  /* slots in the end */
    int32_t lack;  /* part, less the slots dealt to it and its own ones not yet dealt */
    uint32_t next; /* its next own slot; SLOTS: none */
};

struct deal {
    uint32_t count;
    int32_t least; /* dealt to any thread */
    struct hand hands[SLOTS];
    uint16_t owner[SLOTS]; /* index of the hand that had the slot, or NOBODY */
    uint16_t again[SLOTS]; /* next slot of the same owner, or SLOTS */
};

static uint16_t find_thread(const uint16_t *threads, uint32_t count, uint16_t thread)
{
    for (uint32_t i = 0; i < count; i++) {
        if (threads[i] == thread) {
            return (uint16_t)i;
        }
    }
    return NOBODY;
}

/* Sets the hands to what they have before the first slot is dealt. */
static void sort_old(struct deal *deal, const struct slots *before, const uint16_t *threads,
                     uint32_t seats)
{
    for (uint32_t i = 0; i < deal->count; i++) {
        deal->hands[i] = (struct hand){.next = SLOTS};
    }
    for (uint32_t slot = seats; slot-- > 0;) {
        uint16_t owner = NOBODY;
        if (before) {
            owner = find_thread(threads, deal->count, before->owner[slot]);
        }
        deal->owner[slot] = owner;
        deal->again[slot] = SLOTS;
        if (owner != NOBODY) {
            deal->again[slot] = (uint16_t)deal->hands[owner].next;
            deal->hands[owner].next = slot;
            deal->hands[owner].lack--;
        }
    }
}

/* Of parts that are not all equal, the larger ones go to the first threads. */
static void set_parts(struct deal *deal, uint32_t seats)
{
    for (uint32_t i = 0; i < deal->count; i++) {
        struct hand *hand = &deal->hands[i];
        hand->part = (int32_t)(seats / deal->count + (i < seats % deal->count));
        hand->lack += hand->part;
    }
}

static bool has_lack_behind(const struct deal *deal)
{
    for (uint32_t i = 0; i < deal->count; i++) {
        if (deal->hands[i].lack > 0 && deal->hands[i].dealt == deal->least) {
            return true;
        }
    }
    return false;
}

static bool can_keep(const struct deal *deal, const struct hand *hand)
{
    if (hand->dealt == hand->part || hand->dealt + 1 > deal->least + AHEAD_MAX) {
        return false;
    }
    return hand->lack >= 0 || hand->dealt == deal->least || !has_lack_behind(deal);
}

/* True if a slot is better given to `a` than to `b`. */
static bool is_better(const struct hand *a, const struct hand *b)
{
    if ((a->lack > 0) != (b->lack > 0)) {
        return a->lack > 0;
    }
    return a->dealt != b->dealt ? a->dealt < b->dealt : a->next > b->next;
}

/* The thread that gets a slot without an owner. There always is one: parts add up to all slots. */
static uint32_t choose(const struct deal *deal)
{
    const struct hand *best = NULL;
    for (uint32_t i = 0; i < deal->count; i++) {
        const struct hand *hand = &deal->hands[i];
        bool can_take = hand->dealt < hand->part && hand->dealt + 1 <= deal->least + AHEAD_MAX;
        if (can_take && (!best || is_better(hand, best))) {
            best = hand;
        }
    }
    return (uint32_t)(best - deal->hands);
}

static void note_least(struct deal *deal)
{
    deal->least = deal->hands[0].dealt;
    for (uint32_t i = 1; i < deal->count; i++) {
        deal->least = deal->hands[i].dealt < deal->least ? deal->hands[i].dealt : deal->least;
    }
}

static uint32_t deal_one(struct deal *deal, uint32_t slot)
{
    uint32_t owner = deal->owner[slot];
    uint32_t taker = owner;
    if (owner != NOBODY) {
        deal->hands[owner].next = deal->again[slot];
    }
    if (owner == NOBODY || !can_keep(deal, &deal->hands[owner])) {
        taker = choose(deal);
        deal->hands[taker].lack--;
        if (owner != NOBODY) {
            deal->hands[owner].lack++;
        }
    }
    bool was_least = deal->hands[taker].dealt++ == deal->least;
    if (was_least) {
        note_least(deal);
    }
    return taker;
}

void slots_deal(struct slots *slots, const struct slots *before, uint64_t cap,
                const uint16_t *threads, size_t count)
{
    uint32_t seats = cap < SLOTS ? (uint32_t)cap : SLOTS;
    struct deal deal;
    deal.count = count < seats ? (uint32_t)count : seats;
    deal.least = 0;
    sort_old(&deal, before, threads, seats);
    set_parts(&deal, seats);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        slots->owner[slot] =
            slot < seats ? threads[deal_one(&deal, slot)] : slots->owner[slot - seats];
    }
}
