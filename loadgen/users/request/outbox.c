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
            .number = seat_next_number(seat),
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
    if (outbox->seat->state.is_bounded) { /* this is the engine's time, not the script's */
        outbox->seat->state.busy_ns -= clock_now_ns() - outbox->asked_ns;
    }
}

/*
 * Copies the exchange. The flight is kept, because its request is read when the result is counted.
 */
static struct held *hold(struct flight *flight, const struct exchange *exchange)
{
    struct held *held = memory_of(malloc(sizeof *held));
    held->next = NULL;
    held->exchange = *exchange;
    held->exchange.capture = NULL;
    held->flight = flight;
    return held;
}

/* Counts the result, or queues it for listeners. */
static void pass_on(struct outbox *outbox, struct held *held)
{
    if (outbox->seat->listener_count == 0) {
        outbox_count(outbox, held);
        return;
    }
    held->next = NULL;
    *(outbox->last_judged ? outbox->last_judged : &outbox->judged) = held;
    outbox->last_judged = &held->next;
}

void outbox_end(struct outbox *outbox, struct flight *flight, const struct exchange *exchange)
{
    if (!exchange->is_held) {
        flight_free(flight);
    } else if (!flight->is_checked) {
        pass_on(outbox, hold(flight, exchange));
    } else {
        struct held **end = &outbox->held;
        while (*end) {
            end = &(*end)->next;
        }
        *end = hold(flight, exchange);
    }
    outbox->in_flight--;
    send_waiting(outbox, exchange->done_ns - outbox->asked_ns);
}

void outbox_fire(struct outbox *outbox, struct flight *flight, const struct exchange *exchange)
{
    pass_on(outbox, hold(flight, exchange));
}

struct held *outbox_find(const struct outbox *outbox, uint64_t number)
{
    if (outbox->shown && outbox->shown->exchange.number == number) {
        return outbox->shown;
    }
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
        pass_on(outbox, one);
    }
}

struct held *outbox_take_judged(struct outbox *outbox)
{
    struct held *held = outbox->judged;
    outbox->judged = held ? held->next : NULL;
    if (!outbox->judged) {
        outbox->last_judged = NULL;
    }
    return held;
}

void outbox_count(const struct outbox *outbox, struct held *held)
{
    struct drive_thread *thread = outbox->seat->thread;
    if (held->exchange.is_fired) {
        thread->fired(thread, &held->exchange);
    } else {
        thread->judged(thread, &held->exchange);
    }
    flight_free(held->flight);
    free(held);
}
