#include "loadgen/pace/profile.h"

#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"

enum { ROOM = 16 };

/* Longer than any run. */
#define NEVER_NS 4e18

void profile_init(struct profile *profile)
{
    *profile = (struct profile){0};
    pthread_mutex_init(&profile->lock, NULL);
}

void profile_fini(struct profile *profile)
{
    free(profile->list);
    pthread_mutex_destroy(&profile->lock);
}

static bool rises(const struct profile_piece *piece)
{
    return piece->to > piece->from;
}

static uint64_t changes_of(const struct profile_piece *piece)
{
    return rises(piece) ? piece->to - piece->from : piece->from - piece->to;
}

static uint64_t later(uint64_t at_ns, double seconds)
{
    double by_ns = seconds * NS_PER_S;
    return by_ns < NEVER_NS && at_ns < (uint64_t)NEVER_NS ? at_ns + (uint64_t)by_ns : UINT64_MAX;
}

/* When change k of the piece is due, if the piece lasts until then. */
static uint64_t change_ns(const struct profile_piece *piece, uint64_t k)
{
    return later(piece->first_ns, (double)k / piece->per_s);
}

/* How many changes of the piece are due before ns. */
static uint64_t count_before(const struct profile_piece *piece, uint64_t ns)
{
    uint64_t low = 0;
    uint64_t high = changes_of(piece);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (change_ns(piece, middle) < ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The number of users after this many changes of the piece. */
static uint64_t users_after(const struct profile_piece *piece, uint64_t changes)
{
    return rises(piece) ? piece->from + changes : piece->from - changes;
}

/* The piece that follows `last` at at_ns. */
static struct profile_piece follow(const struct profile_piece *last, uint64_t at_ns, uint64_t to,
                                   double per_s)
{
    uint64_t done = count_before(last, at_ns);
    uint64_t last_ns = done > 0 ? change_ns(last, done - 1) : last->last_ns;
    return (struct profile_piece){
        .at_ns = at_ns,
        .first_ns = last_ns == UINT64_MAX ? at_ns : most(at_ns, later(last_ns, 1 / per_s)),
        .last_ns = last_ns,
        .from = users_after(last, done),
        .to = to,
        .per_s = per_s,
    };
}

/* With the lock. */
static void append(struct profile *profile, const struct profile_piece *piece)
{
    if (profile->count == profile->room) {
        profile->room = profile->room ? 2 * profile->room : ROOM;
        profile->list = memory_of(realloc(profile->list, profile->room * sizeof profile->list[0]));
    }
    profile->list[profile->count] = *piece;
    profile->count++;
    atomic_store(&profile->published, profile->count);
}

void profile_add(struct profile *profile, uint64_t at_ns, uint64_t to, double per_s)
{
    pthread_mutex_lock(&profile->lock);
    const struct profile_piece none = {.last_ns = UINT64_MAX};
    const struct profile_piece *last =
        profile->count > 0 ? &profile->list[profile->count - 1] : &none;
    at_ns = most(at_ns, most(last->at_ns, profile->open_ns));
    const struct profile_piece piece = follow(last, at_ns, to, per_s);
    append(profile, &piece);
    pthread_mutex_unlock(&profile->lock);
}

void profile_join(struct profile *profile, uint64_t at_ns, uint64_t from, uint64_t to, double per_s)
{
    const struct profile_piece piece = {
        .at_ns = at_ns,
        .first_ns = at_ns,
        .last_ns = UINT64_MAX,
        .from = from,
        .to = to,
        .per_s = per_s,
    };
    pthread_mutex_lock(&profile->lock);
    append(profile, &piece);
    pthread_mutex_unlock(&profile->lock);
}

/* The last piece that begins at t_ns or earlier; otherwise, the first one. With the lock. */
static size_t find(const struct profile *profile, uint64_t t_ns)
{
    size_t index = 0;
    while (index + 1 < profile->count && profile->list[index + 1].at_ns <= t_ns) {
        index++;
    }
    return index;
}

uint64_t profile_users(struct profile *profile, uint64_t t_ns)
{
    uint64_t users = 0;
    pthread_mutex_lock(&profile->lock);
    if (profile->count > 0) {
        const struct profile_piece *piece = &profile->list[find(profile, t_ns)];
        users = users_after(piece, count_before(piece, t_ns + 1));
    }
    pthread_mutex_unlock(&profile->lock);
    return users;
}

/* With the lock. */
static void read_piece(const struct profile *profile, struct profile_cursor *cursor)
{
    size_t next = cursor->index + 1;
    cursor->piece = profile->list[cursor->index];
    cursor->until_ns = next < profile->count ? profile->list[next].at_ns : UINT64_MAX;
    cursor->known = profile->count;
}

static void refresh(struct profile *profile, struct profile_cursor *cursor)
{
    pthread_mutex_lock(&profile->lock);
    read_piece(profile, cursor);
    pthread_mutex_unlock(&profile->lock);
}

/* The user of the cursor's next change. */
static uint64_t user_of(const struct profile_cursor *cursor)
{
    const struct profile_piece *piece = &cursor->piece;
    return rises(piece) ? piece->from + cursor->next : piece->from - 1 - cursor->next;
}

bool profile_peek(struct profile *profile, struct profile_cursor *cursor, const struct slots *slots,
                  uint16_t owner, struct profile_change *change)
{
    if (atomic_load_explicit(&profile->published, memory_order_acquire) != cursor->known) {
        refresh(profile, cursor);
    }
    for (;;) {
        const struct profile_piece *piece = &cursor->piece;
        uint64_t count = changes_of(piece);
        while (cursor->next < count && slots->owner[user_of(cursor) % SLOTS] != owner) {
            cursor->next++;
        }
        uint64_t at_ns = cursor->next < count ? change_ns(piece, cursor->next) : UINT64_MAX;
        if (at_ns < cursor->until_ns) {
            *change = (struct profile_change){at_ns, user_of(cursor), rises(piece)};
            return true;
        }
        if (cursor->until_ns == UINT64_MAX) {
            return false;
        }
        cursor->index++;
        cursor->next = 0;
        refresh(profile, cursor);
    }
}

void profile_reach(struct profile *profile, struct profile_cursor *cursor, uint64_t now_ns)
{
    pthread_mutex_lock(&profile->lock);
    profile->open_ns = most(profile->open_ns, now_ns + 1);
    read_piece(profile, cursor);
    pthread_mutex_unlock(&profile->lock);
}

uint64_t profile_seek(struct profile *profile, struct profile_cursor *cursor, uint64_t t_ns)
{
    pthread_mutex_lock(&profile->lock);
    cursor->index = find(profile, t_ns);
    read_piece(profile, cursor);
    pthread_mutex_unlock(&profile->lock);
    cursor->next = count_before(&cursor->piece, t_ns + 1);
    return users_after(&cursor->piece, cursor->next);
}
