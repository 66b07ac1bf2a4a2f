#include "loadgen/agenda/driver.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/agenda/sender.h"
#include "loadgen/order/order.h"
#include "loadgen/target/targets.h"

/*
 * Maximum requests started per turn, and after each response, before the loop reads again. While a
 * response waits to be read, its measured latency grows.
 */
enum { START_PER_TURN = 16, START_PER_ANSWER = 1 };

/* Minimum time between a change and its effect, by which all threads must have seen it. */
#define CHANGE_LEAD_NS (10 * NS_PER_MS)

/* State shared by the threads of a run. */
struct seats {
    struct drive drive; /* first member: a drive is cast to its seats */
    const struct order *order;
    struct timetable timetable;
    struct busy_peer *peers; /* one for each thread */
};

/* State of one thread. */
struct seat {
    struct driver driver; /* first member: a driver is cast to its seat */
    struct seats *all;
    struct loop_watch more; /* a live source has more requests, or has ended */
    struct sender sender;
};

static struct seat *seat_of(struct driver *driver)
{
    return (struct seat *)driver;
}

static const struct agenda *agenda_of(const struct driver *driver)
{
    return &((const struct seat *)driver)->sender.agenda;
}

static void begin(struct driver *driver, uint64_t end_ns)
{
    struct seat *seat = seat_of(driver);
    sender_begin(&seat->sender, seat->all->peers, end_ns);
}

static bool go(struct driver *driver, uint64_t now_ns)
{
    struct sender *sender = &seat_of(driver)->sender;
    return sender_start_due(sender, now_ns, START_PER_TURN);
}

static uint64_t next_ns(struct driver *driver, uint64_t now_ns)
{
    return sender_next_ns(&seat_of(driver)->sender, now_ns);
}

static void answered(struct driver *driver, const struct exchange *exchange)
{
    struct sender *sender = &seat_of(driver)->sender;
    const struct source *source = sender->agenda.source;
    if (source->live) {
        source->live->release(source, exchange->request);
    }
    sender_end_one(sender, exchange);
    sender_start_due(sender, exchange->done_ns, START_PER_ANSWER);
}

static void end_at(struct driver *driver, uint64_t end_ns)
{
    agenda_end_at(&seat_of(driver)->sender.agenda, end_ns);
}

static uint64_t last_ns(const struct driver *driver)
{
    uint64_t end_ns = agenda_of(driver)->end_ns;
    return end_ns > UINT64_MAX - SENDER_GRACE_NS ? UINT64_MAX : end_ns + SENDER_GRACE_NS;
}

static bool has_ended(const struct driver *driver, uint64_t now_ns)
{
    const struct agenda *agenda = agenda_of(driver);
    return now_ns >= agenda->end_ns && (agenda->is_closed_loop || !agenda_has_next(agenda));
}

/* Counts. */

static uint64_t intended(struct driver *driver, uint64_t now_ns, uint64_t started)
{
    struct seat *seat = seat_of(driver);
    const struct agenda *agenda = &seat->sender.agenda;
    if (agenda->is_closed_loop ||
        atomic_load_explicit(&agenda->source_ended, memory_order_relaxed)) {
        return started;
    }
    uint64_t start_ns = seat->sender.thread->start_ns;
    uint64_t elapsed_ns = now_ns > start_ns ? now_ns - start_ns : 0;
    uint64_t due =
        timetable_count_part(&seat->all->timetable, seat->sender.thread->index, elapsed_ns);
    /* A stop reaches the worker after a short time; requests sent until then were intended. */
    return due > started ? due : started;
}

static bool is_too_late(const struct driver *driver)
{
    return ((const struct seat *)driver)->sender.is_out_of_grace;
}

/* Requests start in the order of the targets. */
static bool count_rows(const struct drive *drive, uint64_t n, uint64_t by_row[ROWS_ALL])
{
    const struct order *order = ((const struct seats *)drive)->order;
    if (order->source->live) {
        return false;
    }
    targets_count_turns(order->targets, n, by_row);
    return true;
}

/* Set-up. */

static void on_more(struct loop_watch *watch, uint32_t events)
{
    struct seat *seat = (struct seat *)((char *)watch - offsetof(struct seat, more));
    (void)events;
    agenda_end_if_exhausted(&seat->sender.agenda, clock_now_ns());
}

static void destroy(struct driver *driver)
{
    if (driver) {
        free(driver);
    }
}

static struct driver *create(struct drive *drive, struct drive_thread *thread, struct err *err)
{
    struct seats *all = (struct seats *)drive;
    const struct source *source = all->order->source;
    struct seat *seat = calloc(1, sizeof *seat);
    if (!seat) {
        err_set(err, ERR_FAILED, "not enough memory for threads");
        return NULL;
    }
    seat->driver.type = &driver_agenda;
    seat->all = all;
    seat->more = (struct loop_watch){.on_ready = on_more, .fd = source->ready_fd};
    sender_init(&seat->sender, all->order, &all->timetable, thread);
    if (source->live && !loop_add(thread->loop, &seat->more)) {
        err_set(err, ERR_FAILED, "epoll_ctl: %s", strerror(errno));
        destroy(&seat->driver);
        return NULL;
    }
    return &seat->driver;
}

static void close_all(struct drive *drive)
{
    if (drive) {
        struct seats *all = (struct seats *)drive;
        timetable_fini(&all->timetable);
        free(all->peers);
        free(all);
    }
}

static struct drive *open_all(const struct order *order, const struct team *team, struct err *err)
{
    struct seats *all = calloc(1, sizeof *all);
    if (!all) {
        err_set(err, ERR_FAILED, "not enough memory for threads");
        return NULL;
    }
    all->drive.type = &driver_agenda;
    all->order = order;
    all->peers = aligned_alloc(_Alignof(struct busy_peer), team->threads * sizeof *all->peers);
    bool ok = all->peers || err_set(err, ERR_FAILED, "not enough memory for threads");
    if (!timetable_init(&all->timetable, order->plan, team, ok ? err : NULL) || !ok) {
        close_all(&all->drive);
        return NULL;
    }
    for (unsigned i = 0; i < team->threads; i++) {
        atomic_init(&all->peers[i].word, UINT64_MAX); /* free, until the owner says more */
    }
    return &all->drive;
}

static uint64_t since(uint64_t start_ns, uint64_t now_ns)
{
    return now_ns > start_ns ? now_ns - start_ns : 0;
}

/* A thread that reads the clock after this point sees that the epoch is closed. */
static bool change(struct drive *drive, uint64_t start_ns, uint64_t now_ns, struct change *change,
                   struct err *err)
{
    struct timetable *timetable = &((struct seats *)drive)->timetable;
    if (change->is_closing) {
        timetable_close(timetable, change->at_ns);
        return true;
    }
    if (change->epoch) {
        return timetable_change(timetable, since(start_ns, now_ns), change, err);
    }
    uint64_t at_ns = since(start_ns, clock_now_ns() + CHANGE_LEAD_NS);
    at_ns = change->at_ns > at_ns ? change->at_ns : at_ns;
    for (;;) {
        change->at_ns = timetable_close(timetable, at_ns);
        uint64_t closed_ns = clock_now_ns();
        if (closed_ns + CHANGE_LEAD_NS / 2 <= start_ns + change->at_ns) {
            return timetable_change(timetable, since(start_ns, now_ns), change, err);
        }
        at_ns = since(start_ns, closed_ns + CHANGE_LEAD_NS); /* this thread was delayed */
    }
}

const struct driver_type driver_agenda = {
    .name = "agenda",
    .follows_epochs = true,
    .open = open_all,
    .close = close_all,
    .change = change,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .go = go,
    .next_ns = next_ns,
    .answered = answered,
    .end_at = end_at,
    .last_ns = last_ns,
    .has_ended = has_ended,
    .intended = intended,
    .is_too_late = is_too_late,
    .count_rows = count_rows,
};
