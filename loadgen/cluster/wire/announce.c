#include "loadgen/cluster/wire/announce.h"

#include "common/clock.h"
#include "loadgen/cluster/wire/codec.h"
#include "loadgen/pace/slots.h"

static void pass_announce(struct wire *wire, struct wire_announce *announce)
{
    wire_worker(wire, &announce->from);
    wire_text(wire, announce->version, sizeof announce->version);
    wire_text(wire, announce->node, sizeof announce->node);
    announce->threads = (uint16_t)wire_number(wire, announce->threads, SLOTS);
    wire_require(wire, announce->threads > 0);
    announce->cpu_limit = wire_real(wire, announce->cpu_limit);
    announce->state = (enum wire_state)wire_number(wire, announce->state, WIRE_STATES - 1);
    announce->run = wire_number(wire, announce->run, UINT64_MAX);
    announce->epochs = wire_number(wire, announce->epochs, WIRE_COUNT_MAX);
    announce->elapsed_ns = wire_number(wire, announce->elapsed_ns, WIRE_TIME_MAX_NS);
    announce->uncertainty_ns = wire_number(wire, announce->uncertainty_ns, UINT64_MAX);
    announce->drift_ns = wire_signed(wire, announce->drift_ns, WIRE_DRIFT_MAX_NS);
    wire_text(wire, announce->problem, sizeof announce->problem);
}

void wire_write_announce(struct bytes *out, const struct wire_announce *announce)
{
    struct wire_announce copy = *announce;
    struct wire wire = wire_writing(out, WIRE_ANNOUNCE);
    pass_announce(&wire, &copy);
}

enum wire_read wire_read_announce(struct slice message, struct wire_announce *announce)
{
    struct wire wire = wire_reading(message, WIRE_ANNOUNCE);
    *announce = (struct wire_announce){0};
    pass_announce(&wire, announce);
    return wire_done(&wire, message);
}

static void pass_leave(struct wire *wire, struct wire_leave *leave)
{
    wire_worker(wire, &leave->from);
    leave->run = wire_number(wire, leave->run, UINT64_MAX);
}

void wire_write_leave(struct bytes *out, const struct wire_leave *leave)
{
    struct wire_leave copy = *leave;
    struct wire wire = wire_writing(out, WIRE_LEAVE);
    pass_leave(&wire, &copy);
}

enum wire_read wire_read_leave(struct slice message, struct wire_leave *leave)
{
    struct wire wire = wire_reading(message, WIRE_LEAVE);
    *leave = (struct wire_leave){0};
    pass_leave(&wire, leave);
    return wire_done(&wire, message);
}
