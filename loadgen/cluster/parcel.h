/*
 * parcel - sends an order to workers: its JSON and its files, in chunks, identified by SHA-256.
 *
 *     controller   order_to_json(order, &files)  ->  parcel_pack(&head, json, &files, ...)
 *                      -> parcel_send(&head, &files, &sink)   the head, then all chunks
 *     worker       head  ->  parcel_open        chunk  ->  parcel_add  ->  parcel_is_complete
 *                      -> order_from_json(parcel.json, &parcel.files, &copy)
 *
 * The JSON is sent as the first file. It names all others, so a chunk of another file is refused
 * until the JSON is complete. Small files share chunks. Each file is checked against its hash when
 * its last piece has arrived.
 *
 * A receiver has the files of one order only, because a worker lives for many runs. One that joins
 * later reads the stream from its first head.
 *
 * Heads and chunks are untrusted. All files of a parcel have at most ORDER_FILES_MAX bytes.
 *
 * Threads: one. Memory: start with zeroes; parcel_free. Errors: ERR_FAILED, with the hash or the
 * key of the JSON.
 */
#ifndef LOADGEN_CLUSTER_PARCEL_H
#define LOADGEN_CLUSTER_PARCEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"
#include "loadgen/cluster/wire/order.h"
#include "loadgen/order/files.h"

enum { PARCEL_JSON_MAX = 64 * 1024 * 1024 };

/*
 * Adds the JSON to `files`, and fills in its hash and length in the head. False: it or all files
 * together are too large.
 */
bool parcel_pack(struct wire_order *head, const json_t *json, struct order_files *files,
                 struct err *err);

/* Receives the messages, in order. Returns false to stop, with err set. */
struct parcel_sink {
    bool (*send)(void *context, struct slice message, struct err *err);
    void *context;
};

/* Sends the head and, in chunks, all files. */
bool parcel_send(const struct wire_order *head, const struct order_files *files,
                 const struct parcel_sink *sink, struct err *err);

/* The order that a worker receives. */
struct parcel {
    struct wire_order head;   /* run 0: none */
    struct order_files files; /* of this order */
    json_t *json;             /* NULL: not complete */
};

/* Begins to receive this order, which replaces the previous one and its files. */
bool parcel_open(struct parcel *parcel, const struct wire_order *head, struct err *err);

/*
 * Adds a chunk. Chunks of other runs and pieces received before are ignored. False: the chunk, a
 * file or the JSON is wrong, so the order cannot be run.
 */
bool parcel_add(struct parcel *parcel, const struct wire_chunk *chunk, struct err *err);

/* True if the order can be read: the JSON and all files that it names have arrived. */
bool parcel_is_complete(const struct parcel *parcel);

void parcel_free(struct parcel *parcel);

#endif
