/*
 * request_queue - a bounded queue of requests that one thread builds and others send.
 *
 *     alloc -> fill -> push  ->  queue  ->  pop -> send -> recycle
 *       ^                                                     |
 *       +------------------- free entries <-------------------+
 *
 * The queue is full at REQUEST_QUEUE_MAX requests or REQUEST_QUEUE_BYTES. wait_for_room then sleeps
 * until it is half empty, so that it is filled in few, large batches.
 *
 * Threads: alloc, push, wait_for_room and close are for the builder; any thread may call pop,
 * recycle, stop and has_ended. Memory: entries are reused; request_queue_fini frees them with their
 * requests.
 */
#ifndef LOADGEN_TARGET_REQUEST_QUEUE_H
#define LOADGEN_TARGET_REQUEST_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "loadgen/base/bytes.h"
#include "loadgen/target/request/source.h"

enum {
    REQUEST_QUEUE_MAX = 1024,
    REQUEST_QUEUE_BYTES = 4 << 20,
    REQUEST_QUEUE_KEEP_BYTES = 16384, /* a free entry keeps no larger buffer than this */
};

struct request_entry {
    struct request request;
    struct bytes bytes;          /* what request.bytes points to */
    struct request_entry *next;  /* in the queue or the free list */
    struct request_entry *other; /* in the list of all */
};

struct request_queue {
    /*
     * An eventfd. It is written to at the first push after a pop has found the queue empty, when
     * the queue is closed, and when a closed queue becomes empty. It is never read: watch it
     * edge-triggered.
     */
    int ready_fd;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t has_room;
    struct request_entry *all;
    struct request_entry *free;
    struct request_entry *first; /* of the queue */
    struct request_entry **last;
    size_t queued;
    size_t queued_bytes;
    bool is_waiting; /* the builder waits for room */
    bool is_starved; /* a pop found the queue empty */
    bool is_stopped; /* the senders need no more requests */
    bool is_closed;  /* the builder has no more requests */
};

bool request_queue_init(struct request_queue *queue, struct err *err);
void request_queue_fini(struct request_queue *queue);

/* Returns an entry with empty bytes; NULL if out of memory. */
struct request_entry *request_queue_alloc(struct request_queue *queue);

/* Appends a filled entry. */
void request_queue_push(struct request_queue *queue, struct request_entry *entry);

/* If the queue is full, sleeps until it is half empty or stopped. False if it was stopped. */
bool request_queue_wait_for_room(struct request_queue *queue);

/* Call this when the builder has pushed its last request. */
void request_queue_close(struct request_queue *queue);

/* Call this when the senders need no more requests. True if the queue was already closed. */
bool request_queue_stop(struct request_queue *queue);

/* Removes and returns the oldest entry; NULL if the queue is empty. */
struct request_entry *request_queue_pop(struct request_queue *queue);

/* True if the queue is closed and empty. */
bool request_queue_has_ended(struct request_queue *queue);

/* Returns an entry to the free list, for request_queue_alloc. */
void request_queue_recycle(struct request_queue *queue, struct request_entry *entry);

#endif
