/*
 * assignment - the order that a worker has received, and whether it will run it.
 *
 *     assignment_take    takes the messages of the stream of orders, in order
 *     assignment_open    when all have arrived: reads and checks the order
 *
 * Threads: one. Memory: start with zeroes; assignment_free. The order is valid until the next head
 * is taken.
 */
#ifndef LOADGEN_CLUSTER_WORKER_ASSIGNMENT_H
#define LOADGEN_CLUSTER_WORKER_ASSIGNMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"
#include "loadgen/cluster/parcel.h"
#include "loadgen/drive/driver.h"
#include "loadgen/order/order_json.h"

struct assignment {
    struct parcel parcel;
    struct order_copy copy; /* valid if is_open */
    char *allowed;          /* this process's list and the order's; NULL: this process has none */
    bool is_open;
    bool has_cargo; /* the source of the copy belongs to the driver */
    const struct driver_type *driver_type;
};

/* The run in the head of an order; 0: another message. */
uint64_t assignment_run_of(struct slice message);

/* Takes a head or a chunk. False: the order cannot be run; err is set. */
bool assignment_take(struct assignment *assignment, struct slice message, struct err *err);

/* True if all messages have arrived, and the order can be opened. */
bool assignment_is_complete(const struct assignment *assignment);

/* Limits that this process adds to every order. */
struct assignment_rules {
    unsigned threads; /* maximum */
    const char
        *allowed; /* list (net/allow.h) that applies in addition to the order's; NULL: none */
    /* False: the order needs something that is not allowed; err is set. The plan has both lists. */
    bool (*check)(const struct plan *plan, const struct targets *targets, const char *allowed,
                  struct err *err);
};

/* Opens the order. False: it cannot be run here. */
bool assignment_open(struct assignment *assignment, const struct assignment_rules *rules,
                     struct err *err);

void assignment_free(struct assignment *assignment);

#endif
