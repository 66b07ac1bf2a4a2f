/*
 * queue_inside - definitions shared by queue.c (the messages) and source.c (their sources).
 */
#ifndef LOADGEN_CLUSTER_BUS_QUEUE_INSIDE_H
#define LOADGEN_CLUSTER_BUS_QUEUE_INSIDE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/inside.h"

enum { SOURCES_MAX = 16 };

/* Each source has a thread of libnats, which delivers its messages one by one. */
struct source {
    struct bus_queue *queue;
    natsSubscription *subscription;
    int number;
    bool is_stored; /* of a stream or a bucket */
    size_t prefix;  /* length removed from subjects: of a bucket, all but the key */
    uint64_t next;  /* messages with lower sequences are skipped; only the thread uses it */
};

struct bus_queue {
    struct bus *bus;
    int fd; /* eventfd, readable while count > 0 */
    struct source sources[SOURCES_MAX];
    size_t source_count;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* there is room, the queue is ending, or a source has ended */
    /* under the lock */
    struct bus_message *ring;
    size_t room;
    size_t first;
    size_t count;
    size_t running; /* sources whose thread may still deliver */
    bool is_ending;
};

/* Waits for room, and adds the message. If the queue ends first, frees the message. */
void queue_put(struct bus_queue *queue, struct bus_message *message);

/* Call this when a source's thread has ended. */
void queue_source_ended(struct bus_queue *queue);

#endif
