/*
 * slots - requests that one thread makes and others send: a bounded queue, and memory to use again.
 *
 *     take -> fill -> push  ->  queue  ->  pop -> send ->  give
 *       ^                                                   |
 *       +------------------- free slots <-------------------+
 *
 * There are as many slots as were ever needed at once: those of the queue, and those that are out.
 * The queue is full at SLOTS_QUEUED requests, or at SLOTS_QUEUED_BYTES; slots_wait sleeps then
 * until half of it is gone, so that filling comes in few, large pieces.
 *
 * Threads: take, push, wait and end are the maker's; pop, give and is_ended anybody's. Memory:
 * slots_fini, after which no request of a slot may be used.
 */
#ifndef LOADGEN_TARGET_SLOTS_H
#define LOADGEN_TARGET_SLOTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/target/bytes.h"
#include "loadgen/target/source.h"

enum {
    SLOTS_QUEUED = 1024,
    SLOTS_QUEUED_BYTES = 4 << 20,
    SLOTS_KEEP_BYTES = 16384, /* a free slot has no more memory than this */
};

struct slot {
    struct request request;
    struct bytes bytes; /* what request.bytes points to */
    struct slot *next;  /* in the queue or the free list */
    struct slot *other; /* in the list of all */
};

struct slots {
    int ready_fd; /* eventfd, written to when a pop that found nothing would find something, and
                     at the end; nobody reads it */
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t has_room;
    struct slot *all;
    struct slot *free;
    struct slot *first; /* the queue */
    struct slot **last;
    size_t queued;
    size_t queued_bytes;
    bool is_waiting; /* the maker, for room */
    bool is_starved; /* a pop found nothing */
    bool is_stopped; /* nothing more is wanted */
    bool is_over;    /* nothing more will come */
};

bool slots_init(struct slots *slots, struct err *err);
void slots_fini(struct slots *slots);

/* A slot to fill; its bytes are cleared. NULL when memory is short. */
struct slot *slots_take(struct slots *slots);

/* Queues a filled slot. */
void slots_push(struct slots *slots, struct slot *slot);

/* Waits while the queue is full. Returns whether more is wanted. */
bool slots_wait(struct slots *slots);

/* Nothing more will come. */
void slots_end(struct slots *slots);

/* Nothing more is wanted. Returns whether it was over before. */
bool slots_stop(struct slots *slots);

/* The next one; NULL when there is none now. */
struct slot *slots_pop(struct slots *slots);

/* Is there nothing left, and nothing to come? */
bool slots_are_ended(struct slots *slots);

/* Gives a slot back. */
void slots_give(struct slots *slots, struct slot *slot);

#endif
