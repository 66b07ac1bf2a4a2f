/* A worker's orders, from the head of an order until the worker is ready for its run. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/cluster/bus/stream.h"
#include "loadgen/cluster/names.h"
#include "loadgen/cluster/worker/state.h"

enum { QUEUE_MESSAGES = 256 };

#define LOOK_NS (5 * NS_PER_S)     /* interval at which the stream is checked for replacement */
#define BACK_NS (3 * NS_PER_S)     /* age of the last pong up to which the broker is back */
#define MEASURE_NS (10 * NS_PER_S) /* then, an order is refused if the clock is too uncertain */

static struct bus_queue *follow_orders(const struct serving *serving)
{
    const struct bus_follow follow = {
        .stream = NAMES_ORDERS, .subject = NAMES_ORDER, .from = serving->orders_from};
    struct bus_queue *queue = bus_queue_create(serving->bus, QUEUE_MESSAGES, NULL);
    if (queue && !bus_queue_follow(queue, SOURCE_ORDER, &follow, NULL)) {
        bus_queue_free(queue);
        queue = NULL;
    }
    return queue;
}

static struct bus_queue *watch_key(const struct serving *serving, int source, const char *key)
{
    struct bus_queue *queue = bus_queue_create(serving->bus, QUEUE_MESSAGES, NULL);
    if (queue && !bus_queue_watch(queue, source, NAMES_BUCKET, key, NULL)) {
        bus_queue_free(queue);
        queue = NULL;
    }
    return queue;
}

/* Before the first controller, neither the stream nor the bucket exists. */
static void open_orders(struct serving *serving)
{
    struct bus_stream_state state;
    if (bus_stream_look(serving->bus, NAMES_ORDERS, &state) == BUS_OK) {
        serving->orders_made_ns = state.made_ns;
        serving->orders = follow_orders(serving);
    }
}

void serving_open_sources(struct serving *serving)
{
    if (!serving->orders) {
        open_orders(serving);
    }
    /* The bucket is created after the stream. Vain attempts to read it are work for the broker. */
    if (serving->orders && !serving->lease) {
        serving->lease = watch_key(serving, SOURCE_LEASE, NAMES_LEASE);
    }
    if (!serving->keys && serving->me.state == WIRE_READY) {
        serving->keys = watch_key(serving, SOURCE_KEY, names_key(serving->me.run, ">").text);
    }
}

/*
 * A broker that restarts without its storage has no streams until a controller creates new ones.
 * The sources would then wait for messages after the last one of the old streams. They are reopened
 * only if no part is active.
 */
void serving_check_sources(struct serving *serving)
{
    uint64_t now_ns = clock_now_ns();
    struct bus_stream_state state;
    if (!serving->orders || serving->part || now_ns < serving->look_ns) {
        return;
    }
    serving->look_ns = now_ns + LOOK_NS;
    enum bus_status status = bus_stream_look(serving->bus, NAMES_ORDERS, &state);
    bool is_another = status == BUS_OK && state.made_ns != serving->orders_made_ns;
    if (!is_another && status != BUS_MISSING) {
        return;
    }
    serving_tell(serving, "the broker has lost its storage: waiting for new orders");
    bus_queue_free(serving->orders);
    bus_queue_free(serving->lease);
    serving->orders = NULL;
    serving->lease = NULL;
    serving->orders_from = 1;
    serving_forget_run(serving);
    serving_set(serving, WIRE_WAITING, "");
}

/*
 * Reads the current order again, and joins its run as another process of the same name: the
 * account of the part that has ended is final.
 */
void serving_return(struct serving *serving)
{
    if (serving->is_cut_off && bus_pong_age_ns(serving->bus) < BACK_NS &&
        serving_draw(serving, NULL)) {
        serving->is_cut_off = false;
        serving->orders_from = 1;
        bus_queue_free(serving->orders);
        serving->orders = NULL;
    }
}

void serving_forget_run(struct serving *serving)
{
    serving->is_cut_off = false;
    bus_queue_free(serving->keys);
    serving->keys = NULL;
    serving->start = (struct wire_start){0};
    serving->trips = (struct trips){0};
    serving->measure_by_ns = 0;
    serving->me.run = 0;
    serving->me.epochs = 0;
    serving->followed = 0;
    serving->received = 0;
    serving->me.uncertainty_ns = UINT64_MAX;
}

static void refuse(struct serving *serving, const struct err *why)
{
    serving_tell(serving, "the order is refused: %s", why->text);
    serving_set(serving, WIRE_REFUSED, why->text);
}

/* An order that arrives while a part is active replaces its run. */
static void replace_run(struct serving *serving, uint64_t sequence)
{
    serving_tell(serving, "another order has arrived: the run ends");
    serving->is_replaced = true;
    serving->orders_from = sequence;
    part_stop(serving->part, WIRE_ABANDON);
}

static void take_order(struct serving *serving, const struct bus_message *message)
{
    struct err err = {.code = ERR_NONE};
    struct slice data = {(const char *)message->data, message->length};
    uint64_t run = assignment_run_of(data);
    if (serving->part) {
        if (run != 0 && run != serving->me.run) {
            replace_run(serving, message->sequence);
        }
        return;
    }
    if (run != 0) {
        serving_forget_run(serving);
        serving->me.run = run;
        serving_set(serving, WIRE_PREPARING, "");
    }
    if (serving->me.state == WIRE_PREPARING && !assignment_take(&serving->assignment, data, &err)) {
        refuse(serving, &err);
    }
    serving_prepare(serving);
}

void serving_take_orders(struct serving *serving)
{
    struct bus_message message;
    while (serving->orders && !serving->is_replaced && bus_queue_take(serving->orders, &message)) {
        take_order(serving, &message);
        bus_message_free(&message);
    }
    while (serving->lease && bus_queue_take(serving->lease, &message)) {
        serving->heard_ns = message.is_deleted ? serving->heard_ns : message.arrived_ns;
        bus_message_free(&message);
    }
}

/* The broker, the network or a process may have been slow for a moment, so this is retried. */
static void note_uncertainty(struct serving *serving, const struct err *why)
{
    uint64_t now_ns = clock_now_ns();
    if (serving->measure_by_ns == 0) {
        serving->measure_by_ns = now_ns + MEASURE_NS;
    }
    if (now_ns >= serving->measure_by_ns) {
        refuse(serving, why);
    } else {
        serving_tell(serving, "%s; trying again", why->text);
    }
}

/*
 * If no controller answers, the order is an old one. This is retried, because its controller may
 * come back.
 */
void serving_prepare(struct serving *serving)
{
    struct err err = {.code = ERR_NONE};
    struct assignment *assignment = &serving->assignment;
    if (serving->me.state != WIRE_PREPARING || !assignment_is_complete(assignment)) {
        return;
    }
    if (!assignment->is_open && !assignment_open(assignment, &serving->options->rules, &err)) {
        refuse(serving, &err);
        return;
    }
    if (trips_make(serving->bus, &serving->me.from, &serving->trips, &err)) {
        serving->me.uncertainty_ns = serving->trips.offset.uncertainty_ns;
        serving->me.threads = (uint16_t)plan_threads(assignment->copy.order.plan);
        serving_set(serving, WIRE_READY, "");
        serving_open_sources(serving);
    } else if (serving->trips.offset.trips > 0) {
        note_uncertainty(serving, &err);
    }
}
