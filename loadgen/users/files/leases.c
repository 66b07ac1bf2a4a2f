#include "loadgen/users/files/leases.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { CACHE_LINE = 64 };

/*
 * The block of a thread. Only this thread refills it, when it is empty and with the lock held; any
 * thread takes from it. No other block has the same numbers while this one is not empty, so a
 * successful compare-and-exchange has seen the current block (no ABA problem).
 */
struct lease {
    /* Low half: the first number; high half: one past the last. */
    _Alignas(CACHE_LINE) _Atomic uint64_t range;
};

static uint64_t range_of(uint32_t first, uint32_t end)
{
    return (uint64_t)end << 32 | first;
}

static bool take_from(struct lease *lease, uint32_t *number)
{
    uint64_t range = atomic_load(&lease->range);
    while ((uint32_t)range < (uint32_t)(range >> 32)) {
        if (atomic_compare_exchange_weak(&lease->range, &range, range + 1)) {
            *number = (uint32_t)range;
            return true;
        }
    }
    return false;
}

static bool take_from_any(struct leases *leases, uint32_t *number)
{
    for (unsigned i = 0; i < leases->threads; i++) {
        if (take_from(&leases->of_threads[i], number)) {
            return true;
        }
    }
    return false;
}

/* Leases the next block and takes its first number. There must be numbers left. */
static uint32_t refill(struct leases *leases, unsigned thread)
{
    uint32_t first = leases->next;
    uint32_t left = leases->count - first;
    leases->next += left < LEASES_BLOCK ? left : LEASES_BLOCK;
    atomic_store(&leases->of_threads[thread].range, range_of(first + 1, leases->next));
    return first;
}

static bool take_with_lock(struct leases *leases, unsigned thread, bool restarts, uint32_t *number)
{
    if (leases->next == leases->count && take_from_any(leases, number)) {
        return true;
    }
    if (leases->next == leases->count && restarts) {
        leases->next = 0;
    }
    if (leases->next == leases->count) {
        return false;
    }
    *number = refill(leases, thread);
    return true;
}

bool leases_take(struct leases *leases, unsigned thread, bool restarts, uint32_t *number)
{
    if (take_from(&leases->of_threads[thread], number)) {
        return true;
    }
    pthread_mutex_lock(&leases->lock);
    bool ok = take_with_lock(leases, thread, restarts, number);
    pthread_mutex_unlock(&leases->lock);
    return ok;
}

bool leases_init(struct leases *leases, uint32_t count, unsigned threads)
{
    *leases = (struct leases){.count = count, .threads = threads};
    leases->of_threads = aligned_alloc(CACHE_LINE, threads * sizeof *leases->of_threads);
    if (!leases->of_threads) {
        return false;
    }
    for (unsigned i = 0; i < threads; i++) {
        atomic_init(&leases->of_threads[i].range, 0);
    }
    pthread_mutex_init(&leases->lock, NULL);
    return true;
}

void leases_fini(struct leases *leases)
{
    if (leases->of_threads) {
        pthread_mutex_destroy(&leases->lock);
        free(leases->of_threads);
    }
    *leases = (struct leases){0};
}
