#include "loadgen/users/crowd.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/user.h"

enum { ROOM = 64, PHASES = 16 };

/* One user number of this thread. */
struct entry {
    const struct class *class; /* NULL: all fixed counts are reached, so the number gets no user */
    struct user *user;         /* NULL: none now */
    bool is_leaving;           /* the previous user is still ending */
    bool is_awaited;           /* a new user starts when that one has ended */
};

/* The users of a slot that the thread owns, or has owned: entry i is user slot + i * SLOTS. */
struct row {
    struct entry *list;
    size_t count;
};

struct crowd {
    struct seat *seat;
    struct profile *profile;
    struct profile_cursor cursor;
    struct moves *moves;
    uint64_t version;  /* of the moves that are followed */
    uint64_t reported; /* the same, without users left behind */
    size_t departing;  /* users that are ending in slots of others */
    uint64_t on_stop_ns;
    struct deal deal;
    uint64_t dealt;     /* users of all threads whose class was dealt */
    size_t user_room;   /* of seat->all and the heaps of the seat */
    struct user *spare; /* users that have ended and can be used again */
    struct slots slots; /* owners, as far as this thread has followed */
    struct row rows[SLOTS];
};

struct crowd *crowd_open(struct seat *seat, struct profile *profile, struct moves *moves,
                         uint64_t on_stop_ns)
{
    const struct team *team = seat->thread->team;
    struct crowd *crowd = memory_of(calloc(1, sizeof *crowd));
    crowd->seat = seat;
    crowd->profile = profile;
    crowd->moves = moves;
    crowd->on_stop_ns = on_stop_ns;
    crowd->slots = team->slots;
    if (team->entry) {
        memset(crowd->slots.owner, 0xff, sizeof crowd->slots.owner); /* MOVES_NOBODY */
    }
    deal_init(&crowd->deal, &seat->classes);
    return crowd;
}

void crowd_close(struct crowd *crowd)
{
    if (crowd) {
        deal_fini(&crowd->deal);
        for (size_t i = 0; i < SLOTS; i++) {
            free(crowd->rows[i].list);
        }
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

static bool owns(const struct crowd *crowd, const struct slots *slots, uint64_t number)
{
    return slots->owner[number % SLOTS] == crowd->seat->thread->number;
}

/* NULL: the number is not known here. */
static struct entry *find_entry(const struct crowd *crowd, uint64_t number)
{
    const struct row *row = &crowd->rows[number % SLOTS];
    return number / SLOTS < row->count ? &row->list[number / SLOTS] : NULL;
}

static void add_entry(struct crowd *crowd, uint64_t number, const struct class *class)
{
    struct row *row = &crowd->rows[number % SLOTS];
    if (number / SLOTS == row->count) { /* numbers are dealt in order */
        row->list = memory_of(realloc(row->list, (row->count + 1) * sizeof row->list[0]));
        row->list[row->count++] = (struct entry){.class = class};
    }
}

/* The entry of a number that is the thread's. */
static struct entry *take_entry(struct crowd *crowd, uint64_t number)
{
    for (; crowd->dealt <= number; crowd->dealt++) {
        const struct class *class = deal_next(&crowd->deal);
        if (owns(crowd, &crowd->slots, crowd->dealt)) {
            add_entry(crowd, crowd->dealt, class);
        }
    }
    return find_entry(crowd, number);
}

/* Adds the numbers of slots that others owned when they were dealt. */
static void deal_again(struct crowd *crowd)
{
    struct deal deal;
    deal_init(&deal, &crowd->seat->classes);
    for (uint64_t number = 0; number < crowd->dealt; number++) {
        const struct class *class = deal_next(&deal);
        if (owns(crowd, &crowd->slots, number)) {
            add_entry(crowd, number, class);
        }
    }
    deal_fini(&deal);
}

static void begin(struct crowd *crowd, struct entry *entry, struct user *user, uint64_t number,
                  uint64_t at_ns)
{
    user_open(user, crowd->seat, number, entry->class, at_ns);
    user->is_expected = true;
    entry->user = user;
}

static void start(struct crowd *crowd, uint64_t number, uint64_t at_ns)
{
    struct entry *entry = take_entry(crowd, number);
    if (entry->is_leaving) {
        entry->is_awaited = true;
    } else if (entry->class && !entry->user) {
        begin(crowd, entry, take_user(crowd), number, at_ns);
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
        struct entry *entry = find_entry(crowd, user->number);
        seat->gone = user->next;
        entry->is_leaving = false;
        crowd->departing -= !owns(crowd, &crowd->slots, user->number);
        if (entry->is_awaited && !is_over) {
            entry->is_awaited = false;
            seat->ended--;
            begin(crowd, entry, user, user->number, now_ns);
        } else {
            keep(crowd, user);
        }
        done++;
    }
    return done;
}

static void end(struct crowd *crowd, uint64_t number, uint64_t at_ns)
{
    struct seat *seat = crowd->seat;
    struct entry *entry = find_entry(crowd, number);
    struct user *user = entry ? entry->user : NULL;
    if (entry) {
        entry->user = NULL;
        entry->is_awaited = false;
    }
    if (!user) {
        return;
    }
    user->is_expected = false;
    if (user->phase == USER_ENDED) { /* by itself */
        keep(crowd, user);
        return;
    }
    entry->is_leaving = true;
    crowd->departing += !owns(crowd, &crowd->slots, number);
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
    return profile_peek(crowd->profile, &crowd->cursor, &crowd->slots, thread->number, change);
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
            end(crowd, change.user, start_ns + change.at_ns);
        }
        done++;
    }
    return done;
}

/* Moves. */

/* Of slots that change hands, users that are ending already: they delay the next owner, too. */
static void count_leaving(struct crowd *crowd, const struct slots *before)
{
    for (size_t slot = 0; slot < SLOTS; slot++) {
        bool was_own = owns(crowd, before, slot);
        bool is_own = owns(crowd, &crowd->slots, slot);
        const struct row *row = &crowd->rows[slot];
        for (size_t i = 0; was_own != is_own && i < row->count; i++) {
            crowd->departing += row->list[i].is_leaving && was_own;
            crowd->departing -= row->list[i].is_leaving && is_own;
        }
    }
}

static bool gains(const struct crowd *crowd, const struct slots *before)
{
    for (size_t slot = 0; slot < SLOTS; slot++) {
        if (owns(crowd, &crowd->slots, slot) && !owns(crowd, before, slot)) {
            return true;
        }
    }
    return false;
}

static size_t count_own(const struct crowd *crowd)
{
    size_t count = 0;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        count += owns(crowd, &crowd->slots, slot);
    }
    return count;
}

/*
 * Ends the users of lost slots. Starts those of gained ones, at this thread's share of the rate;
 * threads that begin at the same time do not all start their first user at once.
 */
static void hand_over(struct crowd *crowd, const struct slots *before, uint64_t users,
                      uint64_t now_ns)
{
    double per_s = crowd->cursor.piece.per_s * (double)count_own(crowd) / SLOTS;
    double phase = (double)(crowd->seat->thread->number % PHASES) / PHASES;
    uint64_t started = 0;
    for (uint64_t number = 0; number < users; number++) {
        bool was_own = owns(crowd, before, number);
        bool is_own = owns(crowd, &crowd->slots, number);
        if (was_own && !is_own) {
            end(crowd, number, now_ns);
        } else if (is_own && !was_own) {
            double after_s = ((double)started++ + phase) / per_s;
            start(crowd, number, now_ns + (uint64_t)(after_s * NS_PER_S));
        }
    }
}

/* Everything that the old owners had to do until now is done first. */
static bool follow_moves(struct crowd *crowd, uint64_t now_ns)
{
    uint64_t start_ns = crowd->seat->thread->start_ns;
    uint64_t at_ns = moves_next_ns(crowd->moves, crowd->version);
    if (now_ns < start_ns || at_ns > now_ns - start_ns) {
        return false;
    }
    profile_reach(crowd->profile, &crowd->cursor, now_ns - start_ns);
    follow_profile(crowd, now_ns, UINT_MAX);
    struct slots before = crowd->slots;
    crowd->version = moves_next(crowd->moves, &crowd->slots);
    uint64_t users = profile_seek(crowd->profile, &crowd->cursor, now_ns - start_ns);
    if (gains(crowd, &before)) {
        deal_again(crowd);
    }
    count_leaving(crowd, &before);
    hand_over(crowd, &before, users, now_ns);
    return true;
}

static void report_moves(struct crowd *crowd)
{
    if (crowd->reported != crowd->version && crowd->departing == 0) {
        crowd->reported = crowd->version;
        moves_done(crowd->moves, crowd->seat->thread->index, crowd->version);
    }
}

bool crowd_follow(struct crowd *crowd, uint64_t now_ns, unsigned most, bool is_over)
{
    const struct heap *leaving = &crowd->seat->leaving;
    unsigned done = clear(crowd, now_ns, most, is_over);
    done += !is_over && follow_moves(crowd, now_ns);
    done += is_over || done >= most ? 0 : follow_profile(crowd, now_ns, most - done);
    for (struct heap_entry *first = heap_first(leaving);
         first && first->key <= now_ns && done < most; first = heap_first(leaving)) {
        hurry(crowd, (struct user *)((char *)first - offsetof(struct user, leave)));
        done++;
    }
    report_moves(crowd);
    return done > 0;
}

/* When slots move next. */
static uint64_t next_move_ns(struct crowd *crowd)
{
    uint64_t at_ns = moves_next_ns(crowd->moves, crowd->version);
    uint64_t start_ns = crowd->seat->thread->start_ns;
    return at_ns < UINT64_MAX - start_ns ? start_ns + at_ns : UINT64_MAX;
}

uint64_t crowd_next_ns(struct crowd *crowd, bool is_over)
{
    const struct heap_entry *first = heap_first(&crowd->seat->leaving);
    struct profile_change change;
    uint64_t next_ns = first ? first->key : UINT64_MAX;
    if (crowd->seat->gone && !is_over) {
        return 0;
    }
    next_ns = is_over ? next_ns : least(next_ns, next_move_ns(crowd));
    bool has_change = !is_over && peek(crowd, &change);
    return has_change ? least(next_ns, crowd->seat->thread->start_ns + change.at_ns) : next_ns;
}
