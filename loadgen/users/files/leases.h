/*
 * leases - gives the numbers 0 to count - 1 to the threads of a run, each number exactly once.
 *
 *     0 ... next ... count          blocks of LEASES_BLOCK numbers are leased to threads
 *            |
 *            +--> thread 0: 64 to 95    thread 1: 32 to 63   ...
 *
 * A thread takes numbers from its own block without a lock. When its block is used up, it leases
 * the next block. When no block is left, it takes single numbers from the blocks of other threads.
 * So leases_take returns false only if every number was taken, even if one thread takes numbers
 * much more often than another.
 *
 * Processes of one run do not share leases: each leases the numbers of its own portion of the rows
 * (feeds.h).
 *
 * Threads: any thread may call leases_take, with its own index. Memory: leases_fini.
 */
#ifndef LOADGEN_USERS_FILES_LEASES_H
#define LOADGEN_USERS_FILES_LEASES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { LEASES_BLOCK = 32 };

struct leases {
    pthread_mutex_t lock;
    uint32_t count;
    uint32_t next; /* the first number that is not leased; guarded by the lock */
    unsigned threads;
    struct lease *of_threads;
};

/* False if out of memory. */
bool leases_init(struct leases *leases, uint32_t count, unsigned threads);
void leases_fini(struct leases *leases);

/*
 * Takes a number for this thread. False: all are used up. With `restarts`, all numbers become
 * available again when they are used up, and the function never returns false.
 */
bool leases_take(struct leases *leases, unsigned thread, bool restarts, uint32_t *number);

#endif
