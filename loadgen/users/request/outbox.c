#include "loadgen/users/request/outbox.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/users/request/flight.h"
#include "loadgen/users/seat.h"

void outbox_add(struct outbox *outbox, struct flight *flight)
{
    struct flight **end = &outbox->waiting;
    while (*end) {
        end = &(*end)->next;
    }
    *end = flight;
}

void outbox_drop(struct outbox *outbox)
{
    while (outbox->waiting) {
        struct flight *next = outbox->waiting->next;
        flight_free(outbox->waiting);
        outbox->waiting = next;
    }
}

static void send_waiting(struct outbox *outbox, uint64_t wait_ns)
{
    struct seat *seat = outbox->seat;
    while (outbox->waiting && outbox->in_flight < OUTBOX_AT_ONCE) {
        struct flight *flight = outbox->waiting;
        if (!budget_take(&seat->goal->requests)) {
            outbox->is_cut_short = true;
            outbox_drop(outbox);
            return;
        }
        struct send send = {
            .request = &flight->request,
            .terms = &flight->terms,
            .number = seat->numbers++ * seat->thread->threads + seat->thread->index,
            .intended_ns = outbox->asked_ns - (outbox->resumed_ns - outbox->ready_ns),
            .wait_ns = wait_ns,
            .row = flight->request.row,
        };
        outbox->waiting = flight->next;
        outbox->in_flight++;
        drive_send(seat->thread, &send);
    }
}

void outbox_send(struct outbox *outbox)
{
    outbox->asked_ns = clock_now_ns();
    send_waiting(outbox, 0);
    /* The engine's, not the script's. */
    outbox->seat->state.busy_ns -= clock_now_ns() - outbox->asked_ns;
}

/* The request is read when the result is recorded. */
static void hold(struct outbox *outbox, struct flight *flight, const struct exchange *exchange)
{
    struct held *held = memory_of(malloc(sizeof *held));
    struct held **end = &outbox->held;
    while (*end) {
        end = &(*end)->next;
    }
    held->next = NULL;
    held->exchange = *exchange;
    held->exchange.capture = NULL;
    held->flight = flight;
    *end = held;
}

void outbox_end(struct outbox *outbox, struct flight *flight, const struct exchange *exchange)
{
    if (exchange->is_held) {
        hold(outbox, flight, exchange);
    } else {
        flight_free(flight);
    }
    outbox->in_flight--;
    send_waiting(outbox, exchange->done_ns - outbox->asked_ns);
}

struct held *outbox_find(const struct outbox *outbox, uint64_t number)
{
    struct held *held = outbox->held;
    while (held && held->exchange.number != number) {
        held = held->next;
    }
    return held;
}

void outbox_record(struct outbox *outbox, struct held *held)
{
    struct held **link = &outbox->held;
    while (*link) {
        struct held *one = *link;
        if (held && one != held) {
            link = &one->next;
            continue;
        }
        *link = one->next;
        outbox->seat->thread->judged(outbox->seat->thread, &one->exchange);
        flight_free(one->flight);
        free(one);
    }
}
