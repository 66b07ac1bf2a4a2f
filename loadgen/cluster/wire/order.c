#include "loadgen/cluster/wire/order.h"

#include "loadgen/cluster/wire/codec.h"
#include "loadgen/order/files.h"

enum { PIECE_LEAST = 3 }; /* bytes: the lengths of hash and content, and the index */

static void pass_order(struct wire *wire, struct wire_order *order)
{
    order->run = wire_number(wire, order->run, UINT64_MAX);
    wire_require(wire, order->run > 0);
    wire_text(wire, order->hash, sizeof order->hash);
    order->length = wire_number(wire, order->length, WIRE_COUNT_MAX);
    wire_text(wire, order->driver, sizeof order->driver);
    order->counts_targets = wire_flag(wire, order->counts_targets);
}

void wire_write_order(struct bytes *out, const struct wire_order *order)
{
    struct wire_order copy = *order;
    struct wire wire = wire_writing(out, WIRE_ORDER);
    pass_order(&wire, &copy);
}

enum wire_read wire_read_order(struct slice message, struct wire_order *order)
{
    struct wire wire = wire_reading(message, WIRE_ORDER);
    *order = (struct wire_order){0};
    pass_order(&wire, order);
    return wire_done(&wire, message);
}

static void pass_chunk(struct wire *wire, struct wire_chunk *chunk)
{
    chunk->run = wire_number(wire, chunk->run, UINT64_MAX);
    chunk->count = wire_count(wire, chunk->count, WIRE_PIECES, PIECE_LEAST);
    wire_require(wire, chunk->count > 0);
    for (size_t i = 0; i < chunk->count; i++) {
        struct wire_piece *piece = &chunk->pieces[i];
        wire_text(wire, piece->hash, sizeof piece->hash);
        piece->index = wire_number(wire, piece->index, WIRE_COUNT_MAX);
        piece->bytes = wire_bytes(wire, piece->bytes, ORDER_CHUNK);
    }
}

void wire_write_chunk(struct bytes *out, const struct wire_chunk *chunk)
{
    struct wire_chunk copy = *chunk;
    struct wire wire = wire_writing(out, WIRE_CHUNK);
    pass_chunk(&wire, &copy);
}

enum wire_read wire_read_chunk(struct slice message, struct wire_chunk *chunk)
{
    struct wire wire = wire_reading(message, WIRE_CHUNK);
    *chunk = (struct wire_chunk){0};
    pass_chunk(&wire, chunk);
    return wire_done(&wire, message);
}
