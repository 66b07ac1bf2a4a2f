/*
 * stream - messages that the broker stores and numbers in order.
 *
 * A stream stores every message published to its subjects. When it is full, it refuses new messages
 * (BUS_FULL) and keeps the old ones. Readers do not acknowledge: a message stays until it is too
 * old, or until the stream is purged or removed.
 *
 * To read: bus_queue_follow (bus/queue.h). To publish without waiting: bus/outbox.h.
 *
 * Threads: any. Each call waits at most BUS_ANSWER_NS for the broker.
 */
#ifndef LOADGEN_CLUSTER_BUS_STREAM_H
#define LOADGEN_CLUSTER_BUS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"

struct bus_stream_limits {
    uint64_t bytes_max;  /* of all messages; at least 1 */
    uint64_t age_max_ns; /* of a message; 0: none */
    uint32_t replicas;   /* servers of a cluster that store it; 0: 1 */
    bool is_in_memory;   /* not on disk: lost when the broker ends */
};

/*
 * Creates a stream, or changes the limits of an existing one. A name consists of letters, digits, -
 * and _. `subject` may end in > or contain *. False: err has the broker's reason.
 */
bool bus_stream_make(struct bus *bus, const char *name, const char *subject,
                     const struct bus_stream_limits *limits, struct err *err);

struct bus_stream_state {
    uint64_t first; /* sequence of the oldest message; last + 1 if there is none */
    uint64_t last;  /* sequence of the last message ever stored; 0: none */
    uint64_t messages;
    uint64_t bytes;
    uint64_t made_ns; /* when it was created, by the broker's wall clock; differs between streams
                         of the same name */
};

enum bus_status bus_stream_look(struct bus *bus, const char *name, struct bus_stream_state *state);

/* Deletes messages of a subject (NULL: of all) with a sequence below `before` (0: all messages). */
enum bus_status bus_stream_purge(struct bus *bus, const char *name, const char *subject,
                                 uint64_t before);

/* Removes the stream and its messages. BUS_MISSING: there was none. */
enum bus_status bus_stream_remove(struct bus *bus, const char *name);

/* Publishes to the stream that has the subject, and waits until the message is stored. `sequence`
 * may be NULL. BUS_NOBODY: no stream has this subject. */
enum bus_status bus_stream_publish(struct bus *bus, const char *subject, const void *data,
                                   size_t length, uint64_t *sequence);

#endif
