#include "loadgen/cluster/wire/end.h"

#include "common/clock.h"
#include "loadgen/cluster/wire/codec.h"
#include "loadgen/cluster/wire/second.h"

static void pass_stop(struct wire *wire, struct wire_stop *stop)
{
    stop->run = wire_number(wire, stop->run, UINT64_MAX);
    stop->how = (enum wire_stop_how)wire_number(wire, stop->how, WIRE_STOP_HOWS - 1);
    stop->at_ns = wire_number(wire, stop->at_ns, WIRE_TIME_MAX_NS);
}

void wire_write_stop(struct bytes *out, const struct wire_stop *stop)
{
    struct wire_stop copy = *stop;
    struct wire wire = wire_writing(out, WIRE_STOP);
    pass_stop(&wire, &copy);
}

enum wire_read wire_read_stop(struct slice message, struct wire_stop *stop)
{
    struct wire wire = wire_reading(message, WIRE_STOP);
    *stop = (struct wire_stop){0};
    pass_stop(&wire, stop);
    return wire_done(&wire, message);
}

static void pass_spread(struct wire *wire, struct spread *spread)
{
    wire_text(wire, spread->host, sizeof spread->host);
    spread->addresses = wire_amount(wire, spread->addresses);
    spread->least = wire_amount(wire, spread->least);
    spread->most = wire_amount(wire, spread->most);
    wire_require(wire, spread->least <= spread->most);
}

static void pass_end(struct wire *wire, struct wire_end *end)
{
    wire_worker(wire, &end->from);
    end->run = wire_number(wire, end->run, UINT64_MAX);
    end->seconds = wire_number(wire, end->seconds, WIRE_TIME_MAX_NS / NS_PER_S + 1);
    end->intended = wire_amount(wire, end->intended);
    end->started = wire_amount(wire, end->started);
    end->ended = wire_amount(wire, end->ended);
    end->not_started = wire_amount(wire, end->not_started);
    end->too_late = wire_amount(wire, end->too_late);
    end->abandoned = wire_amount(wire, end->abandoned);
    end->iterations = wire_amount(wire, end->iterations);
    end->iterations_dropped = wire_amount(wire, end->iterations_dropped);
    end->lost_connects = wire_amount(wire, end->lost_connects);
    pass_spread(wire, &end->spread);
    wire_generator(wire, &end->generator);
    end->is_interrupted = wire_flag(wire, end->is_interrupted);
    end->is_cut_off = wire_flag(wire, end->is_cut_off);
    end->uncertainty_ns = wire_number(wire, end->uncertainty_ns, UINT64_MAX);
    end->drift_ns = wire_signed(wire, end->drift_ns, WIRE_DRIFT_MAX_NS);
    wire_text(wire, end->problem, sizeof end->problem);
    end->environment = wire_bytes(wire, end->environment, WIRE_ENVIRONMENT);
    end->account = wire_bytes(wire, end->account, WIRE_ACCOUNT);
}

void wire_write_end(struct bytes *out, const struct wire_end *end)
{
    struct wire_end copy = *end;
    struct wire wire = wire_writing(out, WIRE_END);
    pass_end(&wire, &copy);
}

enum wire_read wire_read_end(struct slice message, struct wire_end *end)
{
    struct wire wire = wire_reading(message, WIRE_END);
    *end = (struct wire_end){0};
    pass_end(&wire, end);
    return wire_done(&wire, message);
}
