#include "loadgen/users/crowd.h"

#include <stddef.h>
#include <stdlib.h>

#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/user.h"

enum { ROOM = 64 };

/* One user number of this thread. Entry i has the i-th number that belongs to the thread. */
struct entry {
    const struct class *class; /* NULL: all fixed counts are reached, so the number gets no user */
    struct user *user;         /* NULL: none now */
    bool is_leaving;           /* the previous user is still ending */
    bool is_awaited;           /* a new user starts when that one has ended */
};

struct crowd {
    struct seat *seat;
    struct profile *profile;
    struct profile_cursor cursor;
    uint64_t on_stop_ns;
    struct deal deal;
    uint64_t dealt; /* users of all threads whose class was dealt */
    struct entry *entries;
    size_t entry_room;
    size_t known;       /* entries whose class is known */
    size_t living;      /* entries, always the first ones, whose users the profile includes now */
    size_t user_room;   /* of seat->all and the heaps of the seat */
    struct user *spare; /* users that have ended and can be used again */
};

struct crowd *crowd_open(struct seat *seat, struct profile *profile, uint64_t on_stop_ns)
{
    struct crowd *crowd = memory_of(calloc(1, sizeof *crowd));
    crowd->seat = seat;
    crowd->profile = profile;
    crowd->on_stop_ns = on_stop_ns;
    deal_init(&crowd->deal, &seat->classes);
    return crowd;
}

void crowd_close(struct crowd *crowd)
{
    if (crowd) {
        deal_fini(&crowd->deal);
        free(crowd->entries);
        free(crowd);
    }
}

/* Starting. */

static void grow(struct crowd *crowd)
{
    struct seat *seat = crowd->seat;
    size_t room = crowd->user_room ? 2 * crowd->user_room : ROOM;
    seat->all = memory_of(realloc(seat->all, room * sizeof(struct user *)));
    if (!heap_reserve(&seat->queue, room) || !heap_reserve(&seat->leaving, room)) {
        memory_of(NULL);
    }
    crowd->user_room = room;
}

/* Returns a user for user_open. */
static struct user *take_user(struct crowd *crowd)
{
    struct seat *seat = crowd->seat;
    struct user *user = crowd->spare;
    if (user) {
        crowd->spare = user->next;
        seat->ended--;
        return user;
    }
    if (seat->count == crowd->user_room) {
        grow(crowd);
    }
    user = memory_of(calloc(1, sizeof *user));
    seat->all[seat->count++] = user;
    return user;
}

/* The next entry to get a user; it has this number. */
static struct entry *next_entry(struct crowd *crowd, uint64_t number)
{
    if (crowd->living == crowd->known) {
        if (crowd->known == crowd->entry_room) {
            crowd->entry_room = crowd->entry_room ? 2 * crowd->entry_room : ROOM;
            crowd->entries =
                memory_of(realloc(crowd->entries, crowd->entry_room * sizeof crowd->entries[0]));
        }
        struct entry *entry = &crowd->entries[crowd->known++];
        *entry = (struct entry){0};
        while (crowd->dealt <= number) {
            entry->class = deal_next(&crowd->deal);
            crowd->dealt++;
        }
    }
    return &crowd->entries[crowd->living++];
}

static void begin(struct crowd *crowd, struct user *user, size_t index, uint64_t number,
                  uint64_t at_ns)
{
    struct entry *entry = &crowd->entries[index];
    user_open(user, crowd->seat, number, entry->class, at_ns);
    user->index = index;
    user->is_expected = true;
    entry->user = user;
}

static void start(struct crowd *crowd, uint64_t number, uint64_t at_ns)
{
    struct entry *entry = next_entry(crowd, number);
    if (entry->is_leaving) {
        entry->is_awaited = true;
    } else if (entry->class) {
        begin(crowd, take_user(crowd), crowd->living - 1, number, at_ns);
    }
}

/* Ending. */

static void keep(struct crowd *crowd, struct user *user)
{
    user->next = crowd->spare;
    crowd->spare = user;
}

/* Handles users that have finished ending: their numbers and memory can be reused. */
static unsigned clear(struct crowd *crowd, uint64_t now_ns, unsigned most, bool is_over)
{
    struct seat *seat = crowd->seat;
    unsigned done = 0;
    for (struct user *user = seat->gone; user && done < most; user = seat->gone) {
        struct entry *entry = &crowd->entries[user->index];
        seat->gone = user->next;
        entry->is_leaving = false;
        if (entry->is_awaited && !is_over) {
            entry->is_awaited = false;
            seat->ended--;
            begin(crowd, user, user->index, user->number, now_ns);
        } else {
            keep(crowd, user);
        }
        done++;
    }
    return done;
}

static void end(struct crowd *crowd, uint64_t at_ns)
{
    struct seat *seat = crowd->seat;
    struct entry *entry = &crowd->entries[--crowd->living];
    struct user *user = entry->user;
    entry->user = NULL;
    entry->is_awaited = false;
    if (!user) {
        return;
    }
    user->is_expected = false;
    if (user->phase == USER_ENDED) { /* by itself */
        keep(crowd, user);
        return;
    }
    entry->is_leaving = true;
    uint64_t timeout_ns = seat->order->stop_timeout_ns;
    user->leave.key = at_ns < UINT64_MAX - timeout_ns ? at_ns + timeout_ns : UINT64_MAX;
    heap_add(&seat->leaving, &user->leave);
    user_stop(user, true);
}

/* The time of an ending user is up: for its task or, the second time, for on_stop. */
static void hurry(struct crowd *crowd, struct user *user)
{
    struct heap *leaving = &crowd->seat->leaving;
    uint64_t was_due_ns = user->leave.key;
    heap_remove(leaving, &user->leave);
    if (user->is_hurried) {
        user_kill(user);
        return;
    }
    user->is_hurried = true;
    user->leave.key = was_due_ns + crowd->on_stop_ns;
    heap_add(leaving, &user->leave);
    user_stop(user, false);
}

/* Following the profile, whose times count from the start of the run. */

static bool peek(struct crowd *crowd, struct profile_change *change)
{
    const struct drive_thread *thread = crowd->seat->thread;
    return profile_peek(crowd->profile, &crowd->cursor, &thread->team->slots, thread->number,
                        change);
}

static unsigned follow_profile(struct crowd *crowd, uint64_t now_ns, unsigned most)
{
    uint64_t start_ns = crowd->seat->thread->start_ns;
    struct profile_change change;
    unsigned done = 0;
    if (now_ns < start_ns || !peek(crowd, &change) || change.at_ns > now_ns - start_ns) {
        return 0;
    }
    profile_reach(crowd->profile, &crowd->cursor, now_ns - start_ns);
    while (done < most && peek(crowd, &change) && change.at_ns <= now_ns - start_ns) {
        profile_pass(&crowd->cursor);
        if (change.starts) {
            start(crowd, change.user, start_ns + change.at_ns);
        } else {
            end(crowd, start_ns + change.at_ns);
        }
        done++;
    }
    return done;
}

bool crowd_follow(struct crowd *crowd, uint64_t now_ns, unsigned most, bool is_over)
{
    const struct heap *leaving = &crowd->seat->leaving;
    unsigned done = clear(crowd, now_ns, most, is_over);
    done += is_over ? 0 : follow_profile(crowd, now_ns, most - done);
    for (struct heap_entry *first = heap_first(leaving);
         first && first->key <= now_ns && done < most; first = heap_first(leaving)) {
        hurry(crowd, (struct user *)((char *)first - offsetof(struct user, leave)));
        done++;
    }
    return done > 0;
}

uint64_t crowd_next_ns(struct crowd *crowd, bool is_over)
{
    const struct heap_entry *first = heap_first(&crowd->seat->leaving);
    struct profile_change change;
    uint64_t next_ns = first ? first->key : UINT64_MAX;
    if (crowd->seat->gone && !is_over) {
        return 0;
    }
    bool has_change = !is_over && peek(crowd, &change);
    return has_change ? least(next_ns, crowd->seat->thread->start_ns + change.at_ns) : next_ns;
}
