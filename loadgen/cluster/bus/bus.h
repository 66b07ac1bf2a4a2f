/*
 * bus - the connection to the broker (NATS), and messages that the broker does not store.
 *
 *     bus      bus_connect, bus_publish, bus_request, bus_pong_ns    this header
 *     options  broker and credentials; status: results of calls       bus/options.h, bus/status.h
 *     queue    incoming messages of subjects, streams and keys        bus/queue.h
 *     stream   messages that the broker stores, in order              bus/stream.h
 *     outbox   publishes to a stream, retries until acknowledged      bus/outbox.h
 *     bucket   keys and values, changed with the expected revision   bus/bucket.h
 *
 * Only cluster/bus uses the client library (libnats).
 *
 * A lost connection is reopened, without a time limit, unless the broker refuses the credentials
 * twice. While there is none, nothing is sent or buffered: calls fail immediately or after their
 * timeout. Queues resume where they stopped when the connection is back.
 *
 * Pongs: the bus pings the broker once per second. *bus_pong_ns is the time at which the last
 * answered ping was sent, so its age is never underestimated. After the process was suspended or
 * the network was down, the age is large until the broker has answered a new ping.
 *
 * Threads: any. Call bus_connect first and bus_close last, once each. Calls that wait say for how
 * long. Memory: published data is copied.
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

#define BUS_ANSWER_NS (2 * NS_PER_S) /* timeout of calls about streams and buckets */

enum {
    BUS_MESSAGE_MAX = 1024 * 1024, /* data of a message, with the broker's default settings */
    BUS_SUBJECT_MAX = 255,         /* length of a subject */
};

struct bus;

/* ERR_USAGE if an option is not valid or not safe. Does not connect. */
bool bus_check_options(const struct bus_options *options, struct err *err);

/*
 * Connects, in at most BUS_CONNECT_NS per server. NULL with err: ERR_USAGE if an option is not
 * valid or not safe, ERR_FAILED if no server can be reached or all refuse the credentials. The text
 * never contains a password.
 */
struct bus *bus_connect(const struct bus_options *options, struct err *err);

/*
 * Sends buffered messages, for at most one second, and disconnects. NULL is allowed. Free all
 * queues, outboxes and buckets of the bus first.
 */
void bus_close(struct bus *bus);

/*
 * The CLOCK_MONOTONIC time at which the last answered ping was sent. An atomic, so that code that
 * does not use the bus can read it before each request (memory_order_relaxed). Valid until
 * bus_close.
 */
const _Atomic uint64_t *bus_pong_ns(const struct bus *bus);

/* The age of the last pong: now - *bus_pong_ns. */
uint64_t bus_pong_age_ns(const struct bus *bus);

/*
 * The broker's last permission error, which names a subject that we may not publish to or read.
 * Empty: there was none. Returns `text`.
 */
const char *bus_complaint(struct bus *bus, char text[BUS_COMPLAINT_MAX]);

/* The largest message that the broker accepts. */
size_t bus_message_max(const struct bus *bus);

/* ERR_FAILED if that is less than `needed`. */
bool bus_check_message(const struct bus *bus, size_t needed, struct err *err);

/* The server in use, without user and password. Returns `text`. */
const char *bus_server(const struct bus *bus, char text[BUS_SUBJECT_MAX + 1]);

/*
 * Sends a message to current subscribers. Does not wait. False: not sent (no connection, too large,
 * or not a valid subject). True does not mean that it was received.
 */
bool bus_publish(struct bus *bus, const char *subject, const void *data, size_t length);

/* A received message. */
struct bus_message {
    int source;          /* the number that the caller gave to its source in a queue; 0 otherwise */
    const char *subject; /* of a key: the key */
    const char *reply;   /* subject for an answer; NULL: none is expected */
    const uint8_t *data; /* never NULL */
    size_t length;
    uint64_t arrived_ns; /* CLOCK_MONOTONIC, when this process read it */
    uint64_t sequence;   /* in its stream, from 1; of a key: its revision; 0: not stored */
    uint64_t stored_ns;  /* when the broker stored it, by its wall clock; 0: not stored */
    bool is_deleted;     /* of a key: it was deleted, and there is no data */
    void *held;          /* internal */
};

/* Frees the memory of a message. A message of zeroes is allowed. */
void bus_message_free(struct bus_message *message);

/*
 * Publishes, and waits at most wait_ns for the first answer. BUS_OK: the caller frees *answer. To
 * answer a request, publish to message->reply.
 */
enum bus_status bus_request(struct bus *bus, const char *subject, const void *data, size_t length,
                            uint64_t wait_ns, struct bus_message *answer);

#endif
