/*
 * names - the subjects, streams and keys of the messages between controller and workers
 * (wire/wire.h).
 *
 *     headroom.announce.WORKER   announce, leave         not stored
 *     headroom.ask.WORKER        ask                     a request, answered by the controller
 *     headroom.tally.WORKER      tally, end              stream headroom_tallies
 *     headroom.order             order, chunk            stream headroom_orders
 *
 * and in the bucket "headroom":
 *
 *     controller                 the lease (cluster/lease.h)
 *     order                      the head of the current order: wire_order
 *     run.RUN.epoch.NUMBER       epoch
 *     run.RUN.start, .stop       start, stop
 *     state.SIDE.PART            the merged state (merge/save.h), on two sides in turn: the older
 *                                one is replaced
 *
 * Answers to a worker are sent to _INBOX_worker.WORKER. A broker with a user for each worker can
 * let it publish only under its own name, and read only its own answers; one user for all workers
 * can be limited to what workers do. RUN is the number of the run in hex.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_CLUSTER_NAMES_H
#define LOADGEN_CLUSTER_NAMES_H

#include <stdint.h>

#include "loadgen/cluster/bus/bus.h"

#define NAMES_ANNOUNCE "headroom.announce"
#define NAMES_ASK "headroom.ask"
#define NAMES_TALLY "headroom.tally"
#define NAMES_TALLIES "headroom_tallies"
#define NAMES_ORDER "headroom.order"
#define NAMES_ORDERS "headroom_orders"
#define NAMES_BUCKET "headroom"
#define NAMES_LEASE "controller"
#define NAMES_CURRENT "order"
#define NAMES_INBOX "_INBOX_worker"

/* The largest message: a part of a tally, or chunks of an order. */
enum { NAMES_MESSAGE = 320 * 1024 };

struct names_text {
    char text[BUS_SUBJECT_MAX + 1];
};

/* The subject of a worker; "*": of all workers. */
struct names_text names_subject(const char *subject, const char *worker);

/* `what`: "start" or "stop"; "*" or ">" to watch. */
struct names_text names_key(uint64_t run, const char *what);
struct names_text names_epoch_key(uint64_t run, uint64_t number);
struct names_text names_state_key(unsigned side, uint64_t part);

#endif
