#include "loadgen/cluster/wire/clock.h"

#include "loadgen/cluster/wire/codec.h"

static void pass_ask(struct wire *wire, struct wire_ask *ask)
{
    wire_worker(wire, &ask->from);
    ask->sent_ns = wire_number(wire, ask->sent_ns, UINT64_MAX);
}

void wire_write_ask(struct bytes *out, const struct wire_ask *ask)
{
    struct wire_ask copy = *ask;
    struct wire wire = wire_writing(out, WIRE_ASK);
    pass_ask(&wire, &copy);
}

enum wire_read wire_read_ask(struct slice message, struct wire_ask *ask)
{
    struct wire wire = wire_reading(message, WIRE_ASK);
    *ask = (struct wire_ask){0};
    pass_ask(&wire, ask);
    return wire_done(&wire, message);
}

static void pass_answer(struct wire *wire, struct wire_answer *answer)
{
    answer->clock = wire_number(wire, answer->clock, UINT64_MAX);
    answer->sent_ns = wire_number(wire, answer->sent_ns, UINT64_MAX);
    answer->received_ns = wire_number(wire, answer->received_ns, UINT64_MAX);
    answer->answered_ns = wire_number(wire, answer->answered_ns, UINT64_MAX);
}

void wire_write_answer(struct bytes *out, const struct wire_answer *answer)
{
    struct wire_answer copy = *answer;
    struct wire wire = wire_writing(out, WIRE_ANSWER);
    pass_answer(&wire, &copy);
}

enum wire_read wire_read_answer(struct slice message, struct wire_answer *answer)
{
    struct wire wire = wire_reading(message, WIRE_ANSWER);
    *answer = (struct wire_answer){0};
    pass_answer(&wire, answer);
    return wire_done(&wire, message);
}
