#include "loadgen/cluster/wire/start.h"

#include "loadgen/cluster/wire/codec.h"

static void pass_start(struct wire *wire, struct wire_start *start)
{
    start->run = wire_number(wire, start->run, UINT64_MAX);
    start->clock = wire_number(wire, start->clock, UINT64_MAX);
    start->start_ns = wire_number(wire, start->start_ns, UINT64_MAX);
    wire_require(wire, start->start_ns > 0);
    start->wall_ns = wire_number(wire, start->wall_ns, UINT64_MAX);
}

void wire_write_start(struct bytes *out, const struct wire_start *start)
{
    struct wire_start copy = *start;
    struct wire wire = wire_writing(out, WIRE_START);
    pass_start(&wire, &copy);
}

enum wire_read wire_read_start(struct slice message, struct wire_start *start)
{
    struct wire wire = wire_reading(message, WIRE_START);
    *start = (struct wire_start){0};
    pass_start(&wire, start);
    return wire_done(&wire, message);
}
