#include "tests/support/wire_copy.h"

#include <string.h>

#include "loadgen/cluster/wire/announce.h"
#include "loadgen/cluster/wire/clock.h"
#include "loadgen/cluster/wire/end.h"
#include "loadgen/cluster/wire/epoch.h"
#include "loadgen/cluster/wire/order.h"
#include "loadgen/cluster/wire/start.h"
#include "loadgen/cluster/wire/tally.h"

#define COPY(kind)                                                                                 \
    static enum wire_read copy_##kind(struct slice message, struct bytes *again)                   \
    {                                                                                              \
        struct wire_##kind got;                                                                    \
        enum wire_read read = wire_read_##kind(message, &got);                                     \
        if (read == WIRE_READ_OK) {                                                                \
            wire_write_##kind(again, &got);                                                        \
        }                                                                                          \
        return read;                                                                               \
    }
COPY(announce)
COPY(leave)
COPY(ask)
COPY(answer)
COPY(order)
COPY(chunk)
COPY(start)
COPY(tally)
COPY(stop)
COPY(end)
#undef COPY

static enum wire_read copy_epoch(struct slice message, struct bytes *again)
{
    struct wire_epoch got;
    enum wire_read read = wire_read_epoch(message, &got);
    if (read == WIRE_READ_OK) {
        wire_write_epoch(again, &got);
        wire_epoch_free(&got);
    }
    return read;
}

enum wire_read wire_copy(struct slice message, struct bytes *again)
{
    static enum wire_read (*const copies[WIRE_KINDS])(struct slice, struct bytes *) = {
        [WIRE_ANNOUNCE] = copy_announce, [WIRE_LEAVE] = copy_leave, [WIRE_ASK] = copy_ask,
        [WIRE_ANSWER] = copy_answer,     [WIRE_ORDER] = copy_order, [WIRE_CHUNK] = copy_chunk,
        [WIRE_START] = copy_start,       [WIRE_EPOCH] = copy_epoch, [WIRE_TALLY] = copy_tally,
        [WIRE_STOP] = copy_stop,         [WIRE_END] = copy_end,
    };
    enum wire_kind kind = wire_kind(message);
    return copies[kind] ? copies[kind](message, again) : WIRE_READ_BAD;
}

bool wire_copy_is_stable(struct slice message)
{
    struct bytes once = {0};
    struct bytes twice = {0};
    bool is_stable = true;
    if (wire_copy(message, &once) == WIRE_READ_OK) {
        is_stable = wire_copy((struct slice){once.at, once.length}, &twice) == WIRE_READ_OK &&
                    once.length == twice.length && memcmp(once.at, twice.at, once.length) == 0;
    }
    bytes_free(&once);
    bytes_free(&twice);
    return is_stable;
}
