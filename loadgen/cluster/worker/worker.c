#include "loadgen/cluster/worker/worker.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "common/plural.h"
#include "common/version.h"
#include "loadgen/base/least.h"
#include "loadgen/cluster/names.h"
#include "loadgen/cluster/worker/state.h"

#define AGREEMENT_NS (20 * NS_PER_MS) /* interval of checks whether epochs have taken effect */
#define DRAIN_NS (5 * NS_PER_S)       /* maximum time to deliver reports at the end */

static bool introduce(struct serving *serving, struct err *err)
{
    const struct worker_options *options = serving->options;
    struct wire_announce *me = &serving->me;
    if (!wire_is_name(options->name)) {
        return err_set(
            err, ERR_USAGE,
            "cluster.name: \"%s\" is not a valid name; expected 1 to %d letters, digits, - and _",
            options->name, WIRE_NAME - 1);
    }
    *me = (struct wire_announce){
        .threads = (uint16_t)options->rules.threads,
        .cpu_limit = options->cpu_limit,
        .uncertainty_ns = UINT64_MAX,
    };
    snprintf(me->from.name, sizeof me->from.name, "%s", options->name);
    snprintf(me->version, sizeof me->version, "%s", version_number);
    snprintf(me->node, sizeof me->node, "%s", options->node ? options->node : "");
    return serving_draw(serving, err);
}

static int fd_of(const struct bus_queue *queue)
{
    return queue ? bus_queue_fd(queue) : -1;
}

/* Sleeps until there is something to do. Returns the stops requested in the meantime. */
static unsigned wait(const struct serving *serving)
{
    struct pollfd waits[] = {
        {.fd = serving->options->stop_fd, .events = POLLIN},
        {.fd = serving->is_replaced ? -1 : fd_of(serving->orders), .events = POLLIN},
        {.fd = fd_of(serving->lease), .events = POLLIN},
        {.fd = fd_of(serving->keys), .events = POLLIN},
        {.fd = serving->part ? part_fd(serving->part) : -1, .events = POLLIN},
    };
    uint64_t now_ns = clock_now_ns();
    uint64_t left_ns = serving->announce_ns > now_ns ? serving->announce_ns - now_ns : 0;
    uint64_t stops = 0;
    if (serving->part && serving->me.epochs < serving->received) {
        left_ns = least(left_ns, AGREEMENT_NS);
    }
    poll(waits, sizeof waits / sizeof waits[0], (int)(left_ns / NS_PER_MS) + 1);
    bool is_stopped = (waits[0].revents & POLLIN) &&
                      read(serving->options->stop_fd, &stops, sizeof stops) == sizeof stops;
    return is_stopped ? (unsigned)stops : 0;
}

static void note_contact(struct serving *serving)
{
    atomic_store(&serving->contact_ns,
                 atomic_load_explicit(bus_pong_ns(serving->bus), memory_order_relaxed));
}

static void serve(struct serving *serving)
{
    serving_tell(serving, "worker %s: %u %s, waiting for an order", serving->me.from.name,
                 serving->me.threads, plural(serving->me.threads, "thread", "threads"));
    while (!serving->is_leaving || serving->part) {
        if (clock_now_ns() >= serving->announce_ns) {
            serving_announce(serving);
            serving_check_sources(serving);
            serving_return(serving);
            serving_open_sources(serving);
            serving_prepare(serving);
            serving_begin(serving);
        }
        note_contact(serving);
        serving_leave(serving, wait(serving));
        serving_take_orders(serving);
        serving_take_keys(serving);
        serving_watch_part(serving);
    }
    serving_announce(serving);
    bus_outbox_drain(serving->outbox, clock_now_ns() + DRAIN_NS);
}

static void close_all(struct serving *serving)
{
    part_free(serving->part);
    bus_queue_free(serving->orders);
    bus_queue_free(serving->lease);
    bus_queue_free(serving->keys);
    bus_outbox_free(serving->outbox);
    assignment_free(&serving->assignment);
    bus_close(serving->bus);
}

bool worker_serve(const struct worker_options *options, struct err *err)
{
    struct serving serving = {.options = options, .orders_from = 1};
    struct bus_options bus = options->bus;
    struct names_text inbox = names_subject(NAMES_INBOX, options->name);
    if (!introduce(&serving, err)) {
        return false;
    }
    bus.inbox = inbox.text;
    serving.bus = bus_connect(&bus, err);
    serving.outbox = serving.bus ? bus_outbox_create(serving.bus, REPORTS_OUTBOX, err) : NULL;
    bool ok = serving.outbox && bus_check_message(serving.bus, NAMES_MESSAGE, err);
    if (ok) {
        serve(&serving);
    }
    close_all(&serving);
    return ok;
}
