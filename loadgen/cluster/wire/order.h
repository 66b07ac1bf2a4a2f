/*
 * order - the messages that send a run to workers: the hash of its JSON, and contents of files
 * (cluster/parcel.h).
 *
 * Memory: when read, they borrow from the message.
 */
#ifndef LOADGEN_CLUSTER_WIRE_ORDER_H
#define LOADGEN_CLUSTER_WIRE_ORDER_H

#include "loadgen/base/bytes.h"
#include "loadgen/base/sha256.h"
#include "loadgen/cluster/wire/wire.h"

enum { WIRE_PIECES = 256 };

/* The head of an order; its chunks follow. */
struct wire_order {
    uint64_t run;           /* not 0 */
    char hash[SHA256_TEXT]; /* of the order's JSON (order/order_json.h) */
    uint64_t length;        /* of the JSON, in bytes */
    char driver[WIRE_NAME]; /* name of the driver's type (drive/driver.h) */
    bool counts_targets;    /* as the observer's (run/run.h) */
};

void wire_write_order(struct bytes *out, const struct wire_order *order);
enum wire_read wire_read_order(struct slice message, struct wire_order *order);

/* A piece of a file: chunk `index` of order/files.h. */
struct wire_piece {
    char hash[SHA256_TEXT];
    uint64_t index;
    struct slice bytes; /* at most ORDER_CHUNK */
};

/* Pieces of several files, as many as fit. */
struct wire_chunk {
    uint64_t run;
    size_t count; /* 1 to WIRE_PIECES */
    struct wire_piece pieces[WIRE_PIECES];
};

void wire_write_chunk(struct bytes *out, const struct wire_chunk *chunk);
enum wire_read wire_read_chunk(struct slice message, struct wire_chunk *chunk);

#endif
