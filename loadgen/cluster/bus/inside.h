/*
 * inside - what the modules of the bus share, and nobody else sees: libnats.
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
    bool is_closed;                    /* libnats calls nothing of the bus any more */
    char complaint[BUS_COMPLAINT_MAX]; /* the last permission that was missing */
};

/* False: whatever is published now would wait for the connection, and be sent too late. */
bool bus_is_connected(const struct bus *bus);

/* What became of a call; `code` 0: not a call about streams. */
enum bus_status bus_status_of(natsStatus status, jsErrCode code);

/* Sets the error of a call that failed: `what`, the reason, and what the broker complained about.
 * Returns false. */
bool bus_fail(struct bus *bus, natsStatus status, jsErrCode code, const char *what,
              struct err *err);

/* What libnats says of the last error of this thread, without its own file and line; NULL: nothing.
 */
const char *bus_reason(void);

/* Milliseconds, rounded up, as libnats counts. */
int64_t bus_ms(uint64_t ns);

/* Fills in a message that libnats delivered, and which the message owns from now on. `arrived_ns`,
 * `source` and what a stream adds are left to the caller. */
void bus_message_read(struct bus_message *message, natsMsg *from);

/* Subjects of the keys of a bucket, and its stream (NATS ADR-8). */
#define BUCKET_STREAM "KV_"
#define BUCKET_SUBJECT "$KV."
enum { BUCKET_NAME_MAX = 64 };

bool bucket_name_is_valid(const char *name);

/* True if the message marks a key as deleted. */
bool bucket_is_deletion(natsMsg *message);

/* Signals are for the main thread: they are blocked while libnats or the bus starts a thread. */
sigset_t bus_block_signals(void);
void bus_unblock_signals(const sigset_t *before);

#endif
