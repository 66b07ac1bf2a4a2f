/*
 * queue - incoming messages from the broker, of several sources, for one thread.
 *
 *     queue = bus_queue_create(bus, 256, err)
 *     bus_queue_listen(queue, ANNOUNCE, "headroom.announce.*", err)
 *     bus_queue_follow(queue, TALLY, &(struct bus_follow){"TALLIES", "headroom.tally.*", 1}, err)
 *     bus_queue_watch(queue, EPOCH, "headroom", "epoch", err)
 *     poll({bus_queue_fd(queue), stop_fd}, ...)
 *     while (bus_queue_take(queue, &message)) ... bus_message_free(&message)
 *
 * Messages of one source keep their order. The queue holds a bounded number of messages. If the
 * reader does not keep up, further messages of a subject wait in up to QUEUE_PENDING_MAX bytes;
 * beyond that, they are dropped and counted. (Messages that the broker drops, because this process
 * reads too slowly or is disconnected, are not counted.) Messages of streams and buckets are never
 * dropped: the broker sends only slightly more than the reader has taken (flow control).
 *
 * A source of a stream or a bucket survives a restart of the broker. When the connection is back,
 * or the broker's heartbeats are missing, it resumes after the last message. No message is
 * delivered twice. Messages that the stream has dropped by then are skipped, which leaves gaps in
 * the sequence numbers. A stream that was removed and created again is a different stream, and must
 * be followed again.
 *
 * Threads: all functions on one thread; any thread may poll the descriptor.
 */
#ifndef LOADGEN_CLUSTER_BUS_QUEUE_H
#define LOADGEN_CLUSTER_BUS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"

enum { QUEUE_PENDING_MAX = 64 * 1024 * 1024 };

/*
 * While a source has no messages, the broker sends a heartbeat at this interval. When two are
 * missing, the source asks for its messages again. A thousand workers have three thousand sources.
 * If all of them asked at once because the broker was briefly overloaded, the load would only grow,
 * because these requests cost more than the messages. So the interval is long.
 */
#define QUEUE_HEARTBEAT_NS (5 * NS_PER_S)

struct bus_queue;

/* Room for this many messages, at least 1, of at most 16 sources. NULL: err is set. */
struct bus_queue *bus_queue_create(struct bus *bus, size_t messages, struct err *err);

/* Ends all sources, and frees messages that were not taken. NULL is allowed. */
void bus_queue_free(struct bus_queue *queue);

/*
 * Adds a source: subjects (* matches one token, > the rest) whose messages are not stored. `source`
 * is a number chosen by the caller. After it has returned true, the broker knows the subscription,
 * so later messages arrive. False: err is set.
 */
bool bus_queue_listen(struct bus_queue *queue, int source, const char *subject, struct err *err);

/* A stream, and where to begin in it. */
struct bus_follow {
    const char *stream;
    const char *subject;   /* only messages of these subjects; NULL: all */
    uint64_t from;         /* the sequence of the first message, from 1; 0: only new messages */
    uint64_t heartbeat_ns; /* 0: QUEUE_HEARTBEAT_NS */
};

/* Adds a source: a stream. Strings are copied. False: err is set. */
bool bus_queue_follow(struct bus_queue *queue, int source, const struct bus_follow *follow,
                      struct err *err);

/*
 * Adds a source: keys of a bucket (* and > as above). The current values arrive first, then each
 * change. If a key changes faster than it is read, or while there is no connection, only its last
 * value is certain to arrive. False: err is set.
 */
bool bus_queue_watch(struct bus_queue *queue, int source, const char *bucket, const char *key,
                     struct err *err);

/* Readable while there is a message. Valid until bus_queue_free. */
int bus_queue_fd(const struct bus_queue *queue);

/* Takes the next message. Does not wait. False: there is none. */
bool bus_queue_take(struct bus_queue *queue, struct bus_message *message);

/* The number of messages dropped because the reader did not keep up. */
uint64_t bus_queue_dropped(struct bus_queue *queue);

#endif
