/*
 * queue - the users ordered by the time at which they are due, in a binary heap.
 *
 *     struct user { ... struct due due; }     queue_add(&queue, &user->due)
 *
 * Threads: belongs to one thread. Memory: queue_open allocates room for all users; queue_close.
 */
#ifndef LOADGEN_USERS_QUEUE_H
#define LOADGEN_USERS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded by its owner. Zero-initialise. */
struct due {
    uint64_t at_ns;
    size_t place; /* index in the heap, from 1; 0: not queued */
};

struct queue {
    struct due **list;
    size_t count;
};

/* False: out of memory. */
bool queue_open(struct queue *queue, size_t room);
void queue_close(struct queue *queue);

/* Adds `due`, which must not be queued, ordered by its at_ns. */
void queue_add(struct queue *queue, struct due *due);

/* The earliest; NULL: the queue is empty. */
struct due *queue_first(const struct queue *queue);

/* Removes `due`; does nothing if it is not queued. */
void queue_remove(struct queue *queue, struct due *due);

#endif
