/* A worker's run: handles the controller's keys, and ends the run. */
#include <inttypes.h>
#include <stdio.h>

#include "loadgen/base/least.h"
#include "loadgen/cluster/names.h"
#include "loadgen/cluster/worker/state.h"

#define BEGIN_NS (10 * NS_PER_S) /* timeout for measuring the clock of another controller */

/*
 * Measures the clock against the controller that published the start. A controller that took over
 * has another clock.
 */
static bool knows_clock(struct serving *serving, struct err *err)
{
    const struct wire_start *start = &serving->start;
    if (start->clock == serving->trips.clock) {
        return true;
    }
    return trips_make(serving->bus, &serving->me.from, &serving->trips, err) &&
           (start->clock == serving->trips.clock ||
            err_set(err, ERR_FAILED, "the controller was replaced"));
}

/* Retried until the deadline, because a controller that has just taken over may be busy. */
void serving_begin(struct serving *serving)
{
    struct err err = {.code = ERR_NONE};
    if (!serving->part || serving->start.run == 0 || part_has_begun(serving->part)) {
        return;
    }
    if (knows_clock(serving, &err)) {
        part_begin(serving->part, offset_to_here(&serving->trips.offset, serving->start.start_ns));
    } else if (clock_now_ns() >= serving->begin_by_ns) {
        serving_tell(serving, "the start of the run is not known: %s", err.text);
        part_stop(serving->part, WIRE_DRAIN);
    }
}

static void refuse_seat(struct serving *serving, const struct err *why)
{
    reports_refuse(serving->outbox, &serving->me.from, serving->me.run, why->text);
    serving_set(serving, WIRE_REFUSED, why->text);
}

static void take_seat(struct serving *serving, const struct wire_epoch *epoch)
{
    struct err err = {.code = ERR_NONE};
    const struct assignment *assignment = &serving->assignment;
    const struct part_config config = {
        .order = &assignment->copy.order,
        .driver_type = assignment->driver_type,
        .counts_targets = assignment->parcel.head.counts_targets,
        .self = serving->me.from,
        .outbox = serving->outbox,
        .contact_ns = &serving->contact_ns,
    };
    serving->part = part_start(&config, epoch, &err);
    serving->heard_ns = clock_now_ns();
    serving->leave_run_ns = UINT64_MAX;
    serving->begin_by_ns = serving->heard_ns + BEGIN_NS;
    if (serving->part) {
        serving_tell(serving, "joins the run at epoch %" PRIu64, epoch->number);
        serving_begin(serving);
    } else {
        refuse_seat(serving, &err);
    }
}

static bool owns_any(const struct wire_epoch *epoch, const struct wire_seat *seat)
{
    for (size_t i = 0; seat && i < SLOTS; i++) {
        uint16_t thread = epoch->slots.owner[i];
        if (thread >= seat->first && thread - seat->first < seat->threads) {
            return true;
        }
    }
    return false;
}

/*
 * A worker without a part agrees when the epoch arrives; with a part, when the epoch has taken
 * effect there.
 */
static void note_epoch(struct serving *serving, uint64_t number)
{
    serving->received = most(serving->received, number + 1);
    if (!serving->part && number >= serving->me.epochs) {
        serving->me.epochs = number + 1;
        serving->announce_ns = 0;
    }
}

static void follow(struct serving *serving, const struct wire_epoch *epoch)
{
    struct err err = {.code = ERR_NONE};
    const struct wire_seat *seat = wire_epoch_find(epoch, &serving->me.from);
    if (epoch->number < serving->followed) {
        return; /* a final epoch no longer changes, even if it is written again */
    }
    if (epoch->is_final) {
        serving->followed = epoch->number + 1;
    }
    note_epoch(serving, epoch->number);
    if (serving->part && !part_follow(serving->part, epoch, &err)) {
        serving_tell(serving, "epoch %" PRIu64 " was not followed: %s", epoch->number, err.text);
        part_stop(serving->part, WIRE_DRAIN);
    }
    if (!serving->part && epoch->is_final && seat && serving->me.state == WIRE_READY) {
        take_seat(serving, epoch);
    }
    if (serving->is_leaving && epoch->is_final && !owns_any(epoch, seat)) {
        serving->leave_run_ns = epoch->at_ns;
    }
}

static void take_epoch(struct serving *serving, struct slice message)
{
    struct wire_epoch epoch;
    if (wire_read_epoch(message, &epoch) == WIRE_READ_OK) {
        if (epoch.run == serving->me.run) {
            follow(serving, &epoch);
        }
        wire_epoch_free(&epoch);
    }
}

static void take_start(struct serving *serving, struct slice message)
{
    struct wire_start start;
    if (wire_read_start(message, &start) == WIRE_READ_OK && start.run == serving->me.run) {
        serving->start = start;
        serving->begin_by_ns = clock_now_ns() + BEGIN_NS;
        serving_begin(serving);
    }
}

static void take_stop(struct serving *serving, struct slice message)
{
    struct wire_stop stop;
    if (wire_read_stop(message, &stop) != WIRE_READ_OK || stop.run != serving->me.run) {
        return;
    }
    if (serving->part) {
        part_stop(serving->part, stop.how);
    } else {
        serving_forget_run(serving);
        serving_set(serving, WIRE_WAITING, "");
    }
}

static void take_key(struct serving *serving, const struct bus_message *message)
{
    struct slice data = {(const char *)message->data, message->length};
    switch (wire_kind(data)) {
    case WIRE_EPOCH:
        take_epoch(serving, data);
        break;
    case WIRE_START:
        take_start(serving, data);
        break;
    case WIRE_STOP:
        take_stop(serving, data);
        break;
    default:
        break;
    }
}

void serving_take_keys(struct serving *serving)
{
    struct bus_message message;
    while (serving->keys && bus_queue_take(serving->keys, &message)) {
        if (!message.is_deleted) {
            take_key(serving, &message);
        }
        bus_message_free(&message);
    }
}

/* The end. */

static void end_part(struct serving *serving)
{
    const char *problem = part_problem(serving->part);
    bool was_cut_off = part_was_cut_off(serving->part);
    if (*problem != '\0') {
        serving_tell(serving, "the run failed: %s", problem);
        serving_set(serving, WIRE_REFUSED, problem);
    } else {
        serving_tell(serving, was_cut_off ? "the broker did not answer for 15 s: this worker has "
                                            "left the run, and joins again when it does"
                                          : "the run has ended");
        serving_forget_run(serving);
        serving->is_cut_off = was_cut_off;
        serving_set(serving, WIRE_WAITING, "");
    }
    part_free(serving->part);
    serving->part = NULL;
    if (serving->is_replaced) {
        bus_queue_free(serving->orders);
        serving->orders = NULL;
        serving->is_replaced = false;
        serving_open_sources(serving);
    }
}

static bool is_orphan(const struct serving *serving, uint64_t now_ns)
{
    return now_ns > serving->heard_ns + serving->options->orphan_ns;
}

static bool has_left(const struct serving *serving, uint64_t now_ns)
{
    return serving->is_leaving && (now_ns >= serving->leave_by_ns ||
                                   part_elapsed_ns(serving->part) >= serving->leave_run_ns);
}

static void note_agreement(struct serving *serving)
{
    uint64_t epochs = part_epochs(serving->part);
    if (epochs > serving->me.epochs) {
        serving->me.epochs = epochs;
        serving_announce(serving);
    }
}

void serving_watch_part(struct serving *serving)
{
    uint64_t now_ns = clock_now_ns();
    if (!serving->part) {
        return;
    }
    note_agreement(serving);
    enum part_state state = part_state(serving->part);
    if (state == PART_ENDED) {
        end_part(serving);
        return;
    }
    if (state == PART_READY && serving->me.state == WIRE_READY) {
        serving_set(serving, WIRE_RUNNING, "");
    }
    if (is_orphan(serving, now_ns)) {
        serving_tell(serving, "no sign of a controller: the run ends");
        serving->heard_ns = now_ns;
        part_stop(serving->part, WIRE_DRAIN);
    }
    if (has_left(serving, now_ns)) {
        part_stop(serving->part, WIRE_DRAIN);
    }
}

void serving_leave(struct serving *serving, unsigned stops)
{
    serving->stops += stops;
    if (!serving->is_leaving && serving->stops > 0) {
        serving->is_leaving = true;
        serving->leave_by_ns = clock_now_ns() + WORKER_LEAVE_NS;
        serving->announce_ns = 0;
    }
    if (serving->part && serving->stops > 1) {
        part_stop(serving->part, WIRE_ABANDON);
    }
}
