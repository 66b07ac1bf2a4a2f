#include "loadgen/cluster/wire/tally.h"

#include "common/clock.h"
#include "loadgen/cluster/wire/codec.h"
#include "loadgen/measure/tally_codec.h"

static void pass_tally(struct wire *wire, struct wire_tally *tally)
{
    wire_worker(wire, &tally->from);
    tally->run = wire_number(wire, tally->run, UINT64_MAX);
    tally->epoch = wire_number(wire, tally->epoch, WIRE_COUNT_MAX);
    tally->second = wire_number(wire, tally->second, WIRE_TIME_MAX_NS / NS_PER_S);
    tally->covers = wire_number(wire, tally->covers, tally->second + 1);
    wire_require(wire, tally->covers > 0);
    tally->part = wire_number(wire, tally->part, WIRE_PARTS - 1);
    tally->parts = wire_number(wire, tally->parts, WIRE_PARTS);
    wire_require(wire, tally->part < tally->parts);
    tally->is_last = wire_flag(wire, tally->is_last);
    wire_second(wire, &tally->at_end);
    tally->tally = wire_bytes(wire, tally->tally, TALLY_PART_MAX);
}

void wire_write_tally(struct bytes *out, const struct wire_tally *tally)
{
    struct wire_tally copy = *tally;
    struct wire wire = wire_writing(out, WIRE_TALLY);
    pass_tally(&wire, &copy);
}

enum wire_read wire_read_tally(struct slice message, struct wire_tally *tally)
{
    struct wire wire = wire_reading(message, WIRE_TALLY);
    *tally = (struct wire_tally){0};
    pass_tally(&wire, tally);
    return wire_done(&wire, message);
}
