/*
 * names - where messages of controller and workers travel (wire/wire.h): subjects, streams, keys.
 *
 *     headroom.announce.WORKER   announce, leave         to whoever listens
 *     headroom.ask.WORKER        ask                     a request: the controller answers
 *     headroom.tally.WORKER      tally, end              stream headroom_tallies
 *     headroom.order             order, chunk            stream headroom_orders
 *
 * and in the bucket "headroom":
 *
 *     controller                 the lease (cluster/lease.h)
 *     order                      the head of the order that is on: wire_order
 *     run.RUN.epoch.NUMBER       epoch
 *     run.RUN.start, .stop       start, stop
 *     state.SIDE.PART            the merged numbers (merge/save.h), in two sides in turn: the older
 *                                one is replaced
 *
 * So the broker can let a worker publish only under its own name. Answers to a worker come to
 * _INBOX_worker.WORKER, which the others may not read. RUN is the run's number, in hex.
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

/* The subject of one worker; "*": of all. */
struct names_text names_subject(const char *subject, const char *worker);

/* "start", "stop", or "*" and ">" to watch. */
struct names_text names_key(uint64_t run, const char *what);
struct names_text names_epoch_key(uint64_t run, uint64_t number);
struct names_text names_state_key(unsigned side, uint64_t part);

#endif
