/*
 * inside - definitions shared by the modules of the bus, which alone use libnats.
 */
#ifndef LOADGEN_CLUSTER_BUS_INSIDE_H
#define LOADGEN_CLUSTER_BUS_INSIDE_H

#include <nats/nats.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/cluster/bus/status.h"

struct bus_message;

struct bus {
    natsConnection *connection;
    jsCtx *js; /* with BUS_ANSWER_NS */
    struct pulse *pulse;
    _Atomic uint64_t pong_ns;
    pthread_mutex_t lock;
    pthread_cond_t closed;
    /* under the lock */
    bool is_closed;                    /* libnats will not call the bus again */
    char complaint[BUS_COMPLAINT_MAX]; /* the last permission error */
};

/* False: a message published now would be buffered until the connection is back, and be late. */
bool bus_is_connected(const struct bus *bus);

/* Converts the result of a call; `code` 0: it does not concern streams. */
enum bus_status bus_status_of(natsStatus status, jsErrCode code);

/*
 * Sets the error of a failed call: `what`, the reason, and the broker's last permission error.
 * Returns false.
 */
bool bus_fail(struct bus *bus, natsStatus status, jsErrCode code, const char *what,
              struct err *err);

/* libnats's text of the last error on this thread, without its file and line; NULL: none. */
const char *bus_reason(void);

/* Converts to milliseconds for libnats, rounded up. */
int64_t bus_ms(uint64_t ns);

/*
 * Fills in a message from one of libnats, of which it takes ownership. The caller sets
 * `arrived_ns`, `source` and the fields of a stream.
 */
void bus_message_read(struct bus_message *message, natsMsg *from);

/* Subjects of the keys of a bucket, and its stream (NATS ADR-8). */
#define BUCKET_STREAM "KV_"
#define BUCKET_SUBJECT "$KV."
enum { BUCKET_NAME_MAX = 64 };

bool bucket_name_is_valid(const char *name);

/* True if the message marks a key as deleted. */
bool bucket_is_deletion(natsMsg *message);

/* Blocks signals while libnats or the bus starts a thread, because the main thread handles them. */
sigset_t bus_block_signals(void);
void bus_unblock_signals(const sigset_t *before);

#endif
