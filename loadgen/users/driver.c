#include "loadgen/users/driver.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/order/order.h"
#include "loadgen/pace/slots.h"
#include "loadgen/users/prepare.h"
#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/seat.h"
#include "loadgen/users/user.h"
#include "loadgen/users/words.h"

/* Users that go on at each turn, before the loop reads again. */
enum { GO_PER_TURN = 16 };

/* Stages of the end. */
enum { STAGE_RUNNING, STAGE_TASKS_END, STAGE_ON_STOP, STAGE_OVER };

struct drive_users {
    struct drive drive; /* first member: a drive is cast to it */
    struct users_order *order;
    const struct plan *plan;
    struct goal goal;
};

static struct seat *seat_of(struct driver *driver)
{
    return (struct seat *)driver;
}

static const struct seat *const_seat_of(const struct driver *driver)
{
    return (const struct seat *)driver;
}

/* The end. */

static uint64_t later(uint64_t at_ns, uint64_t by_ns)
{
    return at_ns > UINT64_MAX - by_ns ? UINT64_MAX : at_ns + by_ns;
}

/* When the next stage begins; UINT64_MAX: there is none. */
static uint64_t next_stage_ns(const struct seat *seat)
{
    uint64_t tasks_ns = later(seat->end_ns, seat->order->stop_timeout_ns);
    switch (seat->stage) {
    case STAGE_RUNNING:
        return seat->end_ns;
    case STAGE_TASKS_END:
        return tasks_ns;
    case STAGE_ON_STOP:
        return later(tasks_ns, DRIVER_ON_STOP_NS);
    default:
        return UINT64_MAX;
    }
}

static void advance(struct seat *seat, uint64_t now_ns)
{
    while (now_ns >= next_stage_ns(seat)) {
        seat->stage++;
        for (size_t i = 0; i < seat->count; i++) {
            if (seat->stage == STAGE_OVER) {
                user_kill(&seat->users[i]);
            } else {
                user_stop(&seat->users[i], seat->stage == STAGE_TASKS_END);
            }
        }
    }
}

static void end_at(struct driver *driver, uint64_t end_ns)
{
    struct seat *seat = seat_of(driver);
    seat->end_ns = least(end_ns, seat->end_ns);
}

static void abandon(struct driver *driver)
{
    struct seat *seat = seat_of(driver);
    seat->stage = STAGE_OVER;
    seat->iterations.is_over = true;
    for (size_t i = 0; i < seat->count; i++) {
        user_kill(&seat->users[i]);
    }
}

static uint64_t last_ns(const struct driver *driver)
{
    const struct seat *seat = const_seat_of(driver);
    return later(later(seat->end_ns, seat->order->stop_timeout_ns), DRIVER_ON_STOP_NS);
}

static bool has_ended(const struct driver *driver, uint64_t now_ns)
{
    const struct seat *seat = const_seat_of(driver);
    (void)now_ns;
    bool drops = seat->stage == STAGE_RUNNING && iterations_have_users(&seat->iterations);
    return seat->ended == seat->count && !drops;
}

/* Going on. */

/* Each starts when the one before has ended. */
static void begin_check(struct seat *seat)
{
    for (size_t i = 0; i < seat->classes.count; i++) {
        user_open(&seat->users[i], seat, i, &seat->classes.list[i],
                  i == 0 ? seat->thread->start_ns : UINT64_MAX);
    }
    seat->count = seat->classes.count;
}

static void begin(struct driver *driver, uint64_t end_ns)
{
    struct seat *seat = seat_of(driver);
    struct deal deal;
    size_t count = 0;
    seat->end_ns = end_ns;
    iterations_begin(&seat->iterations, seat->goal, seat->thread);
    seat->state.busy_ns = 0; /* without loading the scenario */
    if (seat->order->check) {
        begin_check(seat);
        return;
    }
    deal_init(&deal, &seat->classes);
    for (uint64_t u = 0; u < seat->order->users; u++) {
        const struct class *class = deal_next(&deal);
        seat->iterations.users += class != NULL;
        if (class && seat->thread->slots->owner[u % SLOTS] == seat->thread->index) {
            double after_s = (double)u / seat->order->spawn_per_s;
            user_open(&seat->users[count++], seat, u, class,
                      seat->thread->start_ns + (uint64_t)(after_s * NS_PER_S));
        }
    }
    seat->count = count;
    deal_fini(&deal);
}

/* True if nothing more is due. */
static bool start_iterations(struct seat *seat, uint64_t now_ns)
{
    struct iterations *iterations = &seat->iterations;
    struct idle *idle = NULL;
    uint64_t due_ns = 0;
    for (unsigned i = 0; i < GO_PER_TURN; i++) {
        idle = iterations_take(iterations, now_ns, seat->end_ns, &due_ns);
        if (!idle) {
            break;
        }
        user_iterate((struct user *)((char *)idle - offsetof(struct user, idle)), due_ns);
    }
    return iterations_next_ns(iterations, seat->end_ns) > now_ns;
}

static bool go(struct driver *driver, uint64_t now_ns)
{
    struct seat *seat = seat_of(driver);
    unsigned gone = 0;
    end_at(driver, atomic_load_explicit(&seat->goal->end_ns, memory_order_relaxed));
    bool is_up_to_date = start_iterations(seat, now_ns);
    if (is_up_to_date) {
        advance(seat, now_ns);
    }
    for (struct heap_entry *due = heap_first(&seat->queue);
         due && due->key <= now_ns && gone < GO_PER_TURN; due = heap_first(&seat->queue)) {
        user_go((struct user *)((char *)due - offsetof(struct user, due)));
        gone++;
    }
    seat->thread->script_ns = seat->state.busy_ns;
    return gone > 0 || !is_up_to_date;
}

static uint64_t next_ns(struct driver *driver, uint64_t now_ns)
{
    const struct seat *seat = seat_of(driver);
    const struct heap_entry *first = heap_first(&seat->queue);
    uint64_t next_ns =
        least(next_stage_ns(seat), iterations_next_ns(&seat->iterations, seat->end_ns));
    (void)now_ns;
    return first ? least(first->key, next_ns) : next_ns;
}

static void answered(struct driver *driver, const struct exchange *exchange)
{
    (void)driver;
    user_answered(exchange->terms->context, exchange);
}

/* The account. */

static uint64_t intended(struct driver *driver, uint64_t now_ns, uint64_t started)
{
    (void)driver, (void)now_ns;
    return started;
}

static bool is_too_late(const struct driver *driver)
{
    (void)driver;
    return false;
}

static bool count_rows(const struct drive *drive, uint64_t n, uint64_t by_row[ROWS_ALL])
{
    (void)drive, (void)n, (void)by_row;
    return false;
}

static void count_iterations(const struct drive *drive, uint64_t *started, uint64_t *dropped)
{
    const struct pacing *pacing = &((const struct drive_users *)drive)->goal.pacing;
    *started = atomic_load(&pacing->started);
    *dropped = atomic_load(&pacing->dropped);
}

static void show(const struct drive *drive, json_t *plan)
{
    json_object_set_new(plan, "scenario", users_show(((const struct drive_users *)drive)->order));
}

static struct exceptions *exceptions(const struct drive *drive)
{
    return &((const struct drive_users *)drive)->order->exceptions;
}

/* Set-up. */

static bool check_ports(const struct drive *drive, uint64_t ports, struct err *err)
{
    const struct users_order *order = ((const struct drive_users *)drive)->order;
    return order->shares_connections || order->users <= ports ||
           err_set(err, ERR_FAILED,
                   "%" PRIu64 " users with connections of their own exceed the %" PRIu64
                   " local ports to their hosts (net.ipv4.ip_local_port_range); set "
                   "users.shared_connections, or divide the users into several runs, each with "
                   "its own order.laddr",
                   order->users, ports);
}

static void destroy(struct driver *driver)
{
    struct seat *seat = seat_of(driver);
    if (!seat) {
        return;
    }
    for (size_t i = 0; i < seat->count; i++) {
        user_close(&seat->users[i]);
    }
    free(seat->users);
    heap_fini(&seat->queue);
    classes_free(&seat->classes);
    state_close(&seat->state);
    free(seat);
}

static struct driver *create(struct drive *drive, struct drive_thread *thread, struct err *err)
{
    struct users_order *order = ((struct drive_users *)drive)->order;
    size_t count = slots_part(thread->slots, (uint16_t)thread->index, order->users);
    struct seat *seat = calloc(1, sizeof *seat);
    if (!seat) {
        err_set(err, ERR_FAILED, "not enough memory for users");
        return NULL;
    }
    seat->driver.type = &driver_users;
    seat->order = order;
    seat->plan = ((struct drive_users *)drive)->plan;
    seat->thread = thread;
    seat->goal = &((struct drive_users *)drive)->goal;
    seat->users = calloc(count + 1, sizeof *seat->users);
    bool has_memory = heap_reserve(&seat->queue, count) && seat->users;
    if (!has_memory) {
        err_set(err, ERR_FAILED, "not enough memory for users");
    }
    if (!has_memory ||
        !words_open(&seat->state, order->max_bytes, order->seed + thread->index, err) ||
        !scenario_load(&order->scenario, order->host, &order->filter, &seat->state, &seat->classes,
                       err)) {
        destroy(&seat->driver);
        return NULL;
    }
    seat->state.seat = seat;
    return &seat->driver;
}

static void close_all(struct drive *drive)
{
    free(drive);
}

static struct drive *open_all(const struct order *order, const struct slots *slots,
                              unsigned threads, struct err *err)
{
    struct drive_users *drive = calloc(1, sizeof *drive);
    (void)threads;
    if (!drive) {
        err_set(err, ERR_FAILED, "not enough memory for users");
        return NULL;
    }
    drive->drive.type = &driver_users;
    drive->order = order->source->state;
    drive->plan = order->plan;
    drive->goal.requests.most = drive->order->max_requests;
    drive->goal.iterations.most = drive->order->max_iterations;
    drive->goal.end_ns = UINT64_MAX;
    iterations_plan(&drive->goal, &drive->order->schedule, slots);
    return &drive->drive;
}

const struct driver_type driver_users = {
    .name = "users",
    .runs_scripts = true,
    .adds_targets = true,
    .open = open_all,
    .close = close_all,
    .check_ports = check_ports,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .go = go,
    .next_ns = next_ns,
    .answered = answered,
    .end_at = end_at,
    .abandon = abandon,
    .last_ns = last_ns,
    .has_ended = has_ended,
    .intended = intended,
    .is_too_late = is_too_late,
    .count_rows = count_rows,
    .count_iterations = count_iterations,
    .show = show,
    .exceptions = exceptions,
};
