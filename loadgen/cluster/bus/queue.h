/*
 * queue - what arrives from the broker, of any number of sources, for one thread.
 *
 *     queue = bus_queue_create(bus, 256, err)
 *     bus_queue_listen(queue, ANNOUNCE, "headroom.announce.*", err)
 *     bus_queue_follow(queue, TALLY, &(struct bus_follow){"TALLIES", "headroom.tally.*", 1}, err)
 *     bus_queue_watch(queue, EPOCH, "headroom", "epoch", err)
 *     poll({bus_queue_fd(queue), stop_fd}, ...)
 *     while (bus_queue_take(queue, &message)) ... bus_message_free(&message)
 *
 * Messages of one source keep their order. The queue holds a bounded number of messages. If the
 * reader does not keep up, more wait behind it. Of a subject, at most QUEUE_PENDING_MAX bytes wait;
 * what comes then is dropped and counted. (What the broker itself drops, because this process reads
 * too slowly or is cut off, is not counted.) Of a stream and of a bucket nothing is dropped: the
 * broker sends only as much as the reader has taken, and a little more (flow control).
 *
 * A source of a stream or a bucket survives the broker: when the connection is back, or when the
 * broker's heartbeats stay away, it goes on after the last message. Nothing comes twice. Messages
 * that the stream has dropped by then are skipped: sequences say so. A stream that is removed and
 * made again is another stream, and has to be followed again.
 *
 * Threads: create, listen, follow, watch, take and free on one thread; fd may be polled anywhere.
 */
#ifndef LOADGEN_CLUSTER_BUS_QUEUE_H
#define LOADGEN_CLUSTER_BUS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"

enum { QUEUE_PENDING_MAX = 64 * 1024 * 1024 };

struct bus_queue;

/* Room for this many messages, at least 1, of at most 16 sources. NULL: err is set. */
struct bus_queue *bus_queue_create(struct bus *bus, size_t messages, struct err *err);

/* Ends all sources and frees what was not taken. NULL is allowed. */
void bus_queue_free(struct bus_queue *queue);

/*
 * Adds a source: subjects (* stands for one token, > for the rest) whose messages are not kept.
 * `source` is the caller's own number for it. When it returns true, the broker knows the source:
 * what is published from then on arrives. False: err is set.
 */
bool bus_queue_listen(struct bus_queue *queue, int source, const char *subject, struct err *err);

/* Where to begin in a stream. */
struct bus_follow {
    const char *stream;
    const char *subject; /* only messages of these subjects; NULL: all */
    uint64_t from;       /* the sequence of the first message, from 1; 0: only new messages */
};

/* Adds a source: a stream. Strings are copied. False: err is set. */
bool bus_queue_follow(struct bus_queue *queue, int source, const struct bus_follow *follow,
                      struct err *err);

/*
 * Adds a source: keys of a bucket (* and > as above). First come the present values, then each
 * change. If changes come faster than they are read, or while there is no connection, only the
 * last value of a key is certain to arrive. False: err is set.
 */
bool bus_queue_watch(struct bus_queue *queue, int source, const char *bucket, const char *key,
                     struct err *err);

/* Readable while there is a message. Valid until bus_queue_free. */
int bus_queue_fd(const struct bus_queue *queue);

/* Takes the next message. False: there is none now. Does not wait. */
bool bus_queue_take(struct bus_queue *queue, struct bus_message *message);

/* The number of messages of subjects that were dropped because the reader did not keep up. */
uint64_t bus_queue_dropped(struct bus_queue *queue);

#endif
