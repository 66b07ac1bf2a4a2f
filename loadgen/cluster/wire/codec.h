/*
 * codec - reads and writes messages, field by field.
 *
 *     static void pass_leave(struct wire *wire, struct wire_leave *leave)
 *     {
 *         wire_worker(wire, &leave->from);
 *         leave->run = wire_number(wire, leave->run, UINT64_MAX);
 *     }
 *
 * The same function writes and reads, so the two cannot differ. Numbers are passed by value: when
 * writing, the result is the argument; when reading, the argument does not matter. After the first
 * malformed field, all further ones are read as 0 or "", and wire_done returns WIRE_READ_BAD.
 *
 * Numbers are LEB128 (varint.h). Reals are the 8 bytes of IEEE 754, little-endian. Texts and bytes
 * are preceded by their length.
 *
 * Threads: one at a time. Memory: borrows the bytes; slices that were read point into them.
 */
#ifndef LOADGEN_CLUSTER_WIRE_CODEC_H
#define LOADGEN_CLUSTER_WIRE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"
#include "loadgen/cluster/wire/wire.h"

/* All fields are private. */
struct wire {
    struct bytes *out; /* NULL: reading */
    const uint8_t *at;
    const uint8_t *end;
    bool is_bad;
};

/* Begins a message. */
struct wire wire_writing(struct bytes *out, enum wire_kind kind);

/*
 * Begins to read a message of this kind. wire_done returns WIRE_READ_OK if all fields were valid
 * and no bytes are left. Otherwise, the struct must not be used.
 */
struct wire wire_reading(struct slice message, enum wire_kind kind);
enum wire_read wire_done(const struct wire *wire, struct slice message);

bool wire_is_reading(const struct wire *wire);

/* Reading: true if a field was malformed. */
bool wire_has_failed(const struct wire *wire);

/* Reading: true if bytes are left, and all fields so far were valid. */
bool wire_has_more(const struct wire *wire);

/* Reading: makes the message malformed unless `ok`. Writing: asserts it. */
void wire_require(struct wire *wire, bool ok);

/* At most `max`. */
uint64_t wire_number(struct wire *wire, uint64_t number, uint64_t max);

/* A number of requests, connections, users, bytes or nanoseconds: at most WIRE_COUNT_MAX. */
uint64_t wire_amount(struct wire *wire, uint64_t amount);

/* A number that may be negative: from -max to max. */
int64_t wire_signed(struct wire *wire, int64_t number, int64_t max);

bool wire_flag(struct wire *wire, bool flag);

/* Finite, and from 0 to 2^64. */
double wire_real(struct wire *wire, double real);

/* A text in an array of this size; longer texts are truncated. */
void wire_text(struct wire *wire, char *text, size_t size);

/* At most `max` bytes. */
struct slice wire_bytes(struct wire *wire, struct slice bytes, size_t max);

/*
 * The number of items that follow. Each takes at least `least` bytes; fewer remaining bytes are
 * malformed.
 */
size_t wire_count(struct wire *wire, size_t count, size_t max, size_t least);

void wire_worker(struct wire *wire, struct wire_worker *worker);

#endif
