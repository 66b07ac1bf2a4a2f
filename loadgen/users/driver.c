#include "loadgen/users/driver.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/base/least.h"
#include "loadgen/order/order.h"
#include "loadgen/pace/portion.h"
#include "loadgen/pace/profile.h"
#include "loadgen/pace/team.h"
#include "loadgen/pace/team_entry.h"
#include "loadgen/users/cargo.h"
#include "loadgen/users/conductor.h"
#include "loadgen/users/crowd.h"
#include "loadgen/users/files/feeds.h"
#include "loadgen/users/library/log.h"
#include "loadgen/users/moves.h"
#include "loadgen/users/prepare.h"
#include "loadgen/users/request/listeners.h"
#include "loadgen/users/scenario/deal.h"
#include "loadgen/users/seat.h"
#include "loadgen/users/user.h"
#include "loadgen/users/words.h"

/* Maximum number of users that continue per turn, before the loop reads again. */
enum { GO_PER_TURN = 16 };

/* Time from a tick to its change, in which all threads wake up. */
#define TICK_LEAD_NS (10 * NS_PER_MS)

/* Stages of the end. */
enum { STAGE_RUNNING, STAGE_TASKS_END, STAGE_ON_STOP, STAGE_OVER };

struct drive_users {
    struct drive drive; /* first member: a drive is cast to it */
    struct users_order *order;
    const struct plan *plan;
    const struct team *team;
    struct portion portion; /* of this process, in what all processes do together */
    struct goal goal;
    struct profile profile; /* of the crowd (crowd.h); empty without one */
    struct moves moves;     /* of the crowd */
    struct shape_wish wish; /* the last change of the profile by tick, or by an epoch */
    struct log log;
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
                user_kill(seat->all[i]);
            } else {
                user_stop(seat->all[i], seat->stage == STAGE_TASKS_END);
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
    seat->is_muted = true;
    for (size_t i = 0; i < seat->count; i++) {
        user_kill(seat->all[i]);
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
    bool is_running = seat->stage == STAGE_RUNNING;
    bool drops = is_running && iterations_go_on(&seat->iterations);
    bool may_grow = is_running && seat->crowd;
    return seat->ended == seat->count && !drops && !may_grow;
}

/* Running. */

/* Opens the users of a check; each starts when the previous one has ended. */
static void begin_check(struct seat *seat)
{
    for (size_t i = 0; i < seat->classes.count; i++) {
        seat->all[i] = &seat->users[i];
        user_open(&seat->users[i], seat, i, &seat->classes.list[i],
                  i == 0 ? seat->thread->start_ns : UINT64_MAX);
    }
    seat->count = seat->classes.count;
}

static void begin_all(struct seat *seat)
{
    const struct team *team = seat->thread->team;
    struct iterations *iterations = &seat->iterations;
    struct deal deal;
    size_t count = 0;
    deal_init(&deal, &seat->classes);
    for (uint64_t u = 0; u < seat->order->users; u++) {
        const struct class *class = deal_next(&deal);
        uint16_t owner = team->slots.owner[u % SLOTS];
        double after_s = (double)u / seat->order->spawn_per_s;
        uint64_t at_ns = seat->thread->start_ns + (uint64_t)(after_s * NS_PER_S);
        if (!class) {
            break;
        }
        iterations->from_ns = at_ns;
        iterations->users += owner >= team->first && owner - team->first < team->threads;
        if (owner == seat->thread->number) {
            seat->all[count] = &seat->users[count];
            user_open(&seat->users[count++], seat, u, class, at_ns);
        }
    }
    seat->count = count;
    deal_fini(&deal);
}

static struct drive_users *drive_of(const struct seat *seat)
{
    return (struct drive_users *)((char *)seat->goal - offsetof(struct drive_users, goal));
}

static bool has_crowd(const struct users_order *order)
{
    return order->shape.is_on || order->is_elastic;
}

/*
 * A shape with stages has an end; a shape with a tick ends the run when tick returns nil (conduct).
 */
static void begin_crowd(struct seat *seat)
{
    const struct shape *shape = &seat->order->shape;
    struct drive_users *drive = drive_of(seat);
    seat->crowd = crowd_open(seat, &drive->profile, &drive->moves, DRIVER_ON_STOP_NS);
    if (shape->is_on && !shape->has_tick) {
        goal_end_at(seat->goal, later(seat->thread->start_ns, shape->end_ns));
    }
}

static void begin(struct driver *driver, uint64_t end_ns)
{
    struct seat *seat = seat_of(driver);
    seat->end_ns = end_ns;
    iterations_begin(&seat->iterations, seat->goal, seat->thread);
    seat->state.busy_ns = 0; /* do not count the loading of the scenario */
    if (seat->order->is_conducting) {
        conductor_start(seat, end_ns);
    } else if (seat->order->check) {
        begin_check(seat);
    } else if (has_crowd(seat->order)) {
        begin_crowd(seat);
    } else {
        begin_all(seat);
    }
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
    if (seat->crowd) {
        bool is_over = seat->stage != STAGE_RUNNING;
        is_up_to_date &= !crowd_follow(seat->crowd, now_ns, GO_PER_TURN, is_over);
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
    if (seat->crowd) {
        next_ns = least(next_ns, crowd_next_ns(seat->crowd, seat->stage != STAGE_RUNNING));
    }
    return first ? least(first->key, next_ns) : next_ns;
}

static void answered(struct driver *driver, const struct exchange *exchange)
{
    (void)driver;
    user_answered(exchange->terms->context, exchange);
}

/* Counts. */

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

static uint64_t count_users(const struct drive *drive)
{
    return atomic_load(&((const struct drive_users *)drive)->goal.users);
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
    const struct drive_users *own = (const struct drive_users *)drive;
    const struct users_order *order = own->order;
    uint64_t users = portion_count(&own->portion, order->users);
    bool is_known = !order->shape.has_tick;
    return order->shares_connections || !is_known || users <= ports ||
           err_set(err, ERR_FAILED,
                   "%" PRIu64 " users need a local port each, but only %" PRIu64
                   " local ports are available (net.ipv4.ip_local_port_range); set "
                   "users.shared_connections, or split the users into several runs, each with its "
                   "own order.laddr",
                   users, ports);
}

static void destroy(struct driver *driver)
{
    struct seat *seat = seat_of(driver);
    if (!seat) {
        return;
    }
    if (seat->order->is_conducting) {
        conductor_leave(seat);
        return;
    }
    for (size_t i = 0; i < seat->count; i++) {
        user_close(seat->all[i]);
        if (!seat->users) {
            free(seat->all[i]);
        }
    }
    free(seat->users);
    free(seat->all);
    crowd_close(seat->crowd);
    heap_fini(&seat->queue);
    heap_fini(&seat->leaving);
    classes_free(&seat->classes);
    state_close(&seat->state);
    free(seat);
}

/* Allocates the users; not used with a crowd, which does this itself. */
static bool reserve_users(struct seat *seat)
{
    const struct drive_thread *thread = seat->thread;
    size_t count = slots_part(&thread->team->slots, thread->number, seat->order->users);
    if (has_crowd(seat->order)) {
        return true;
    }
    seat->users = calloc(count + 1, sizeof *seat->users);
    seat->all = calloc(count + 1, sizeof(struct user *));
    return seat->users && seat->all && heap_reserve(&seat->queue, count);
}

static struct driver *create_conducting(struct drive_users *drive, struct drive_thread *thread)
{
    struct seat *seat = conductor_sit(drive->order->conductor, &drive->goal, drive->plan, thread);
    seat->driver.type = &driver_users;
    seat->state.log = &drive->log;
    return &seat->driver;
}

static struct driver *create(struct drive *drive, struct drive_thread *thread, struct err *err)
{
    struct users_order *order = ((struct drive_users *)drive)->order;
    if (order->is_conducting) {
        return create_conducting((struct drive_users *)drive, thread);
    }
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
    bool has_memory = reserve_users(seat);
    if (!has_memory) {
        err_set(err, ERR_FAILED, "not enough memory for users");
    }
    if (!has_memory ||
        !words_open(&seat->state, order->max_bytes, order->seed + thread->number, err) ||
        !scenario_load(&order->scenario, order->host, &order->filter, &seat->state, &seat->classes,
                       err)) {
        destroy(&seat->driver);
        return NULL;
    }
    seat->state.seat = seat;
    seat->state.log = &((struct drive_users *)drive)->log;
    seat->listener_count = listeners_count(seat->state.lua);
    return &seat->driver;
}

/* The shape. */

/* Calls the shape's tick. Returns NULL, or the error. */
static const char *tick(struct drive_users *drive, uint64_t run_time_ns, struct shape_wish *wish)
{
    uint64_t users = atomic_load_explicit(&drive->goal.users, memory_order_relaxed);
    return conductor_tick(drive->order, &drive->log, (double)run_time_ns / NS_PER_S, users, wish);
}

/* False: not a wish that a controller of this version sends. */
static bool is_wish(uint64_t users, double per_s)
{
    return users > 0 && users <= SHAPE_USERS_MAX && per_s > 0;
}

/* Adds the pieces known before the run: all stages, or the first result of tick. */
static bool plan_shape(struct drive_users *drive, struct err *err)
{
    const struct users_order *order = drive->order;
    const struct team_entry *entry = drive->team->entry;
    drive->wish = (struct shape_wish){.users = order->users, .per_s = order->spawn_per_s};
    if (entry && !order->shape.is_on &&
        (entry->users_from > SHAPE_USERS_MAX || !is_wish(entry->users, entry->users_per_s))) {
        return err_set(err, ERR_FAILED, "the controller sent an invalid number of users");
    }
    if (entry && !order->shape.is_on) {
        drive->wish = (struct shape_wish){.users = entry->users, .per_s = entry->users_per_s};
        profile_join(&drive->profile, entry->epoch.at_ns, entry->users_from, entry->users,
                     entry->users_per_s);
    } else if (has_crowd(order)) {
        users_add_profile(order, &drive->profile);
    }
    if (!order->shape.has_tick) {
        return true;
    }
    const char *error = tick(drive, 0, &drive->wish);
    if (error) {
        err->is_quoted = true;
        return err_set(err, ERR_FAILED, "%s", error);
    }
    if (drive->wish.ends) {
        return err_set(err, ERR_FAILED, "tick returned nil at the start of the run; nil ends it");
    }
    profile_add(&drive->profile, 0, drive->wish.users, drive->wish.per_s);
    return true;
}

/* Calls tick. An error in tick ends the run; otherwise, the run might never end. */
static bool conduct(struct drive *of, uint64_t start_ns, uint64_t now_ns)
{
    struct drive_users *drive = (struct drive_users *)of;
    struct shape_wish wish = {0};
    if (!drive->order->shape.has_tick || now_ns >= atomic_load(&drive->goal.end_ns)) {
        return false;
    }
    const char *error = tick(drive, now_ns - start_ns, &wish);
    if (error) {
        exceptions_add(&drive->order->exceptions, error);
    }
    if (error || wish.ends) {
        goal_end_at(&drive->goal, clock_now_ns());
        return true;
    }
    if (wish.users == drive->wish.users && wish.per_s == drive->wish.per_s) {
        return false;
    }
    drive->wish = wish;
    profile_add(&drive->profile, clock_now_ns() + TICK_LEAD_NS - start_ns, wish.users, wish.per_s);
    return true;
}

static void follow_epoch(struct drive_users *drive, struct change *change)
{
    bool has_users = is_wish(change->users, change->users_per_s) && !drive->order->shape.is_on;
    if (change->is_closing) {
        change->is_pending = true;
        moves_let_go(&drive->moves, change->slots, change->at_ns, change->number, change->agreed);
        return;
    }
    if (has_users &&
        (change->users != drive->wish.users || change->users_per_s != drive->wish.per_s)) {
        drive->wish = (struct shape_wish){.users = change->users, .per_s = change->users_per_s};
        profile_add(&drive->profile, change->at_ns, change->users, change->users_per_s);
    }
    moves_take(&drive->moves, &change->epoch->slots, change->at_ns);
}

static bool change(struct drive *of, uint64_t start_ns, uint64_t now_ns, struct change *change,
                   struct err *err)
{
    struct drive_users *drive = (struct drive_users *)of;
    uint64_t soon_ns = now_ns + TICK_LEAD_NS > start_ns ? now_ns + TICK_LEAD_NS - start_ns : 0;
    if (has_crowd(drive->order) && (change->is_closing || change->epoch)) {
        follow_epoch(drive, change);
        return true;
    }
    if (!drive->order->is_elastic || drive->order->shape.is_on || change->schedule ||
        change->slots) {
        return err_set(err, ERR_USAGE, "this run of users does not support this change");
    }
    change->at_ns = most(change->at_ns, soon_ns);
    profile_add(&drive->profile, change->at_ns, change->users,
                change->users_per_s > 0 ? change->users_per_s : drive->order->spawn_per_s);
    return true;
}

static void close_all(struct drive *drive)
{
    if (drive) {
        log_close(&((struct drive_users *)drive)->log);
        profile_fini(&((struct drive_users *)drive)->profile);
        moves_fini(&((struct drive_users *)drive)->moves);
        free(drive);
    }
}

/* Of a number of requests or iterations for all processes, those of this one. */
static uint64_t share_of(const struct portion *portion, uint64_t most)
{
    return most == UINT64_MAX ? UINT64_MAX : portion_count(portion, most);
}

static struct drive *open_all(const struct order *order, const struct team *team, struct err *err)
{
    struct drive_users *drive = calloc(1, sizeof *drive);
    if (!drive) {
        err_set(err, ERR_FAILED, "not enough memory for users");
        return NULL;
    }
    drive->drive.type = &driver_users;
    drive->order = order->source->state;
    /* What is done by all was divided at the start, so a process that joins later has no part. */
    portion_init(&drive->portion, &team->slots, team->first, team->entry ? 0 : team->threads);
    drive->team = team;
    profile_init(&drive->profile);
    moves_init(&drive->moves, team);
    log_open(&drive->log, STDERR_FILENO, drive->order->log_reader);
    if (!feeds_begin(drive->order->scenario.feeds, team->threads, &drive->portion, err) ||
        !plan_shape(drive, err)) {
        close_all(&drive->drive);
        return NULL;
    }
    feeds_shift(drive->order->scenario.feeds, team->first, team->all);
    drive->plan = order->plan;
    drive->goal.requests.most = share_of(&drive->portion, drive->order->max_requests);
    drive->goal.iterations.most = share_of(&drive->portion, drive->order->max_iterations);
    drive->goal.end_ns = UINT64_MAX;
    iterations_plan(&drive->goal, &drive->order->schedule, &team->slots);
    return &drive->drive;
}

const struct driver_type driver_users = {
    .name = "users",
    .cargo = &users_cargo,
    .follows_epochs = true,
    .runs_scripts = true,
    .adds_targets = true,
    .open = open_all,
    .close = close_all,
    .change = change,
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
    .conduct = conduct,
    .count_iterations = count_iterations,
    .count_users = count_users,
    .show = show,
    .exceptions = exceptions,
};
