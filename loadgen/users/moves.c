#include "loadgen/users/moves.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/pace/team_entry.h"

void moves_init(struct moves *moves, const struct team *team)
{
    *moves = (struct moves){.owners = team->slots, .now = team->slots, .threads = team->threads};
    pthread_mutex_init(&moves->lock, NULL);
    moves->done = memory_of(calloc(team->threads, sizeof *moves->done));
    if (team->entry) {
        moves->at_ns = team->entry->epoch.at_ns;
        moves->version = 1;
    }
}

void moves_fini(struct moves *moves)
{
    free(moves->done);
    pthread_mutex_destroy(&moves->lock);
}

/* With the lock. Returns the new version. */
static uint64_t change(struct moves *moves, uint64_t at_ns)
{
    moves->at_ns = at_ns;
    return atomic_fetch_add(&moves->version, 1) + 1;
}

void moves_let_go(struct moves *moves, const struct slots *next, uint64_t at_ns, uint64_t number,
                  _Atomic uint64_t *agreed)
{
    pthread_mutex_lock(&moves->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        bool is_same = moves->owners.owner[i] == next->owner[i];
        moves->now.owner[i] = is_same ? next->owner[i] : (uint16_t)MOVES_NOBODY;
    }
    moves->number = number;
    moves->agreed = agreed;
    moves->asked = change(moves, at_ns);
    pthread_mutex_unlock(&moves->lock);
}

void moves_take(struct moves *moves, const struct slots *owners, uint64_t at_ns)
{
    pthread_mutex_lock(&moves->lock);
    moves->owners = *owners;
    moves->now = *owners;
    change(moves, at_ns);
    pthread_mutex_unlock(&moves->lock);
}

uint64_t moves_next_ns(struct moves *moves, uint64_t version)
{
    uint64_t at_ns = UINT64_MAX;
    if (atomic_load_explicit(&moves->version, memory_order_acquire) != version) {
        pthread_mutex_lock(&moves->lock);
        at_ns = moves->at_ns;
        pthread_mutex_unlock(&moves->lock);
    }
    return at_ns;
}

uint64_t moves_next(struct moves *moves, struct slots *owners)
{
    pthread_mutex_lock(&moves->lock);
    *owners = moves->now;
    uint64_t version = atomic_load(&moves->version);
    pthread_mutex_unlock(&moves->lock);
    return version;
}

/* With the lock. */
static bool all_have(const struct moves *moves, uint64_t version)
{
    for (uint16_t i = 0; i < moves->threads; i++) {
        if (moves->done[i] < version) {
            return false;
        }
    }
    return true;
}

void moves_done(struct moves *moves, unsigned thread, uint64_t version)
{
    pthread_mutex_lock(&moves->lock);
    moves->done[thread] = version;
    if (moves->asked > 0 && all_have(moves, moves->asked)) {
        moves->asked = 0;
        if (atomic_load(moves->agreed) <= moves->number) {
            atomic_store(moves->agreed, moves->number + 1);
        }
    }
    pthread_mutex_unlock(&moves->lock);
}
