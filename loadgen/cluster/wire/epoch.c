#include "loadgen/cluster/wire/epoch.h"

#include <stdlib.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/wire/codec.h"
#include "loadgen/cluster/wire/schedule.h"

enum {
    SEAT_LEAST = 5, /* bytes: a name of one character with its length, and three numbers */
    THREAD_WORDS = (UINT16_MAX + 1) / 64,
};

/* The numbers of threads that have a seat: a bit each. */
struct seated {
    uint64_t words[THREAD_WORDS];
};

static void pass_seats(struct wire *wire, struct wire_epoch *epoch, struct seated *seated)
{
    uint64_t next = 0;
    epoch->count = wire_count(wire, epoch->count, WIRE_WORKERS, SEAT_LEAST);
    wire_require(wire, epoch->count > 0);
    if (wire_is_reading(wire)) {
        epoch->seats = memory_of(calloc(epoch->count + 1, sizeof *epoch->seats));
    }
    for (size_t i = 0; i < epoch->count; i++) {
        struct wire_seat *seat = &epoch->seats[i];
        wire_worker(wire, &seat->worker);
        seat->first = (uint16_t)wire_number(wire, seat->first, UINT16_MAX);
        seat->threads = (uint16_t)wire_number(wire, seat->threads, SLOTS);
        wire_require(wire, seat->threads > 0 && seat->first >= next &&
                               seat->first + seat->threads <= UINT16_MAX);
        next = seat->first + seat->threads;
        for (uint64_t thread = seat->first; thread < next && !wire_has_failed(wire); thread++) {
            seated->words[thread / 64] |= UINT64_C(1) << thread % 64;
        }
    }
}

static void pass_slots(struct wire *wire, struct slots *slots, const struct seated *seated)
{
    for (size_t i = 0; i < SLOTS; i++) {
        uint64_t owner = wire_number(wire, slots->owner[i], UINT16_MAX);
        wire_require(wire, seated->words[owner / 64] >> owner % 64 & 1);
        slots->owner[i] = (uint16_t)owner;
    }
}

/* The state of the walk is that at `first`. */
static void pass_course(struct wire *wire, struct wire_epoch *epoch)
{
    struct piece *piece = &epoch->piece;
    epoch->at_ns = wire_number(wire, epoch->at_ns, WIRE_TIME_MAX_NS);
    epoch->first = wire_amount(wire, epoch->first);
    piece->at_ns = wire_number(wire, piece->at_ns, epoch->at_ns);
    piece->first = wire_number(wire, piece->first, epoch->first);
    wire_schedule(wire, &piece->schedule);
    wire_walk(wire, &piece->schedule, &epoch->walk);
    wire_require(wire, epoch->walk.made <= epoch->first - piece->first + 1);
}

static void pass_epoch(struct wire *wire, struct wire_epoch *epoch)
{
    struct seated seated = {0};
    epoch->run = wire_number(wire, epoch->run, UINT64_MAX);
    epoch->number = wire_amount(wire, epoch->number);
    epoch->is_final = wire_flag(wire, epoch->is_final);
    pass_course(wire, epoch);
    epoch->users = wire_number(wire, epoch->users, UINT64_MAX);
    wire_require(wire, epoch->users > 0);
    epoch->users_from = wire_number(wire, epoch->users_from, UINT64_MAX);
    epoch->users_per_s = wire_real(wire, epoch->users_per_s);
    pass_seats(wire, epoch, &seated);
    pass_slots(wire, &epoch->slots, &seated);
}

void wire_write_epoch(struct bytes *out, const struct wire_epoch *epoch)
{
    struct wire_epoch copy = *epoch;
    struct wire wire = wire_writing(out, WIRE_EPOCH);
    pass_epoch(&wire, &copy);
}

enum wire_read wire_read_epoch(struct slice message, struct wire_epoch *epoch)
{
    struct wire wire = wire_reading(message, WIRE_EPOCH);
    *epoch = (struct wire_epoch){0};
    pass_epoch(&wire, epoch);
    enum wire_read read = wire_done(&wire, message);
    if (read != WIRE_READ_OK) {
        wire_epoch_free(epoch);
    }
    return read;
}

void wire_epoch_free(struct wire_epoch *epoch)
{
    free(epoch->seats);
    epoch->seats = NULL;
    epoch->count = 0;
}

const struct wire_seat *wire_epoch_find(const struct wire_epoch *epoch,
                                        const struct wire_worker *worker)
{
    for (size_t i = 0; i < epoch->count; i++) {
        if (wire_is_same_worker(&epoch->seats[i].worker, worker)) {
            return &epoch->seats[i];
        }
    }
    return NULL;
}

uint16_t wire_epoch_threads(const struct wire_epoch *epoch)
{
    const struct wire_seat *last = &epoch->seats[epoch->count - 1];
    return (uint16_t)(last->first + last->threads);
}
