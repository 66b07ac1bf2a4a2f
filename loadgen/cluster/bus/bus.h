/*
 * bus - the connection to the broker (NATS), and messages that the broker does not keep.
 *
 *     bus      bus_connect, bus_publish, bus_request, bus_pong_ns    this header
 *     options  which broker, and how; status: what became of a call  bus/options.h, bus/status.h
 *     queue    what arrives: of subjects, streams and keys           bus/queue.h
 *     stream   messages that the broker keeps, in order              bus/stream.h
 *     outbox   publishes to a stream until the broker acknowledges   bus/outbox.h
 *     bucket   keys and values, changed with the expected revision   bus/bucket.h
 *
 * Nothing outside cluster/bus knows the client library (libnats).
 *
 * A connection that is lost is made again, for as long as it takes, unless the broker refuses the
 * credentials twice. Meanwhile nothing is sent and nothing is stored for later: calls fail at once
 * or at the end of their time. Queues go on where they stopped when the connection is back.
 *
 * Pongs: each second the bus pings the broker. *bus_pong_ns is the moment at which the last
 * answered ping was SENT. So its age is never too small: after a process was stopped and goes on,
 * and after the network was cut, it is large until the broker has answered a new ping.
 *
 * Threads: any, but connect and close are called once each, and close last. Calls that wait say how
 * long. Memory: what is published is copied.
 */
#ifndef LOADGEN_CLUSTER_BUS_BUS_H
#define LOADGEN_CLUSTER_BUS_BUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/cluster/bus/options.h"
#include "loadgen/cluster/bus/status.h"

#define BUS_ANSWER_NS (2 * NS_PER_S) /* for an answer of the broker about streams and buckets */

enum {
    BUS_MESSAGE_MAX = 1024 * 1024, /* data of a message, with the broker's default settings */
    BUS_SUBJECT_MAX = 255,         /* length of a subject */
};

struct bus;

/*
 * Connects, in at most BUS_CONNECT_NS for each server. NULL with err: ERR_USAGE if an option is
 * wrong or not safe, ERR_FAILED if no server can be reached or none lets us in. The text never
 * contains a password.
 */
struct bus *bus_connect(const struct bus_options *options, struct err *err);

/* Sends what was published, for at most one second, and disconnects. NULL is allowed. All queues,
 * outboxes and buckets of the bus must be freed before. */
void bus_close(struct bus *bus);

/*
 * The CLOCK_MONOTONIC time at which the last answered ping was sent. A plain atomic, to be read
 * before each send (memory_order_relaxed) by code that does not know the bus. Valid until
 * bus_close.
 */
const _Atomic uint64_t *bus_pong_ns(const struct bus *bus);

/* The age of the last pong: now - *bus_pong_ns. */
uint64_t bus_pong_age_ns(const struct bus *bus);

/* What the broker did not permit last, in its words: a subject that we may not publish or read.
 * Empty: nothing. Returns `text`. */
const char *bus_complaint(struct bus *bus, char text[BUS_COMPLAINT_MAX]);

/* The largest message that the broker accepts. */
size_t bus_message_max(const struct bus *bus);

/* ERR_FAILED if that is less than `needed`. */
bool bus_check_message(const struct bus *bus, size_t needed, struct err *err);

/* The server in use, without user and password. Returns `text`. */
const char *bus_server(const struct bus *bus, char text[BUS_SUBJECT_MAX + 1]);

/*
 * Sends to whoever listens now. Does not wait. False: not sent (no connection, too large, a bad
 * subject). True does not say that anybody received it.
 */
bool bus_publish(struct bus *bus, const char *subject, const void *data, size_t length);

/* A message that arrived. */
struct bus_message {
    int source;          /* the number that the queue's caller gave to its source; 0 otherwise */
    const char *subject; /* of a key: the key */
    const char *reply;   /* where an answer is expected; NULL: nowhere */
    const uint8_t *data; /* never NULL */
    size_t length;
    uint64_t arrived_ns; /* CLOCK_MONOTONIC, when this process read it */
    uint64_t sequence;   /* in its stream, from 1; of a key: its revision; 0: it was not stored */
    uint64_t stored_ns;  /* when the broker stored it, by its wall clock; 0: it was not stored */
    bool is_deleted;     /* of a key: it was deleted; there is no data */
    void *held;          /* internal */
};

/* Frees what the message points to. A message of zeroes is allowed. */
void bus_message_free(struct bus_message *message);

/*
 * Publishes, and waits for the first answer. BUS_OK: *answer is to be freed. Waits for at most
 * wait_ns. Answering is publishing to message->reply.
 */
enum bus_status bus_request(struct bus *bus, const char *subject, const void *data, size_t length,
                            uint64_t wait_ns, struct bus_message *answer);

#endif
