#include "loadgen/cluster/controller/controller.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/binary/result_writer.h"
#include "loadgen/cluster/bus/stream.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/controller/lookout.h"
#include "loadgen/cluster/lease.h"
#include "loadgen/cluster/names.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/run/worker.h"

/* Disk space of the broker for orders. */
#define ORDER_BYTES ((uint64_t)512 << 20)
#define BUCKET_BYTES ((uint64_t)64 << 20)

enum { LEASE_WAIT_MS = 100 };

#define ABANDON_NS (3 * NS_PER_S)  /* for the accounts of workers that abandon the run */
#define REPORT_NS (10 * NS_PER_S)  /* maximum wait for missing reports after the last account */
#define END_NS (2 * NS_PER_S)      /* before the end, no worker can join any more */
#define IDLE_NS (5 * NS_PER_S)     /* then, the workers have reported the users of an epoch */
#define LATE_NS (2 * NS_PER_S)     /* after that, a late lease is reported */
#define ABSENCE_NS (60 * NS_PER_S) /* then, an unreachable broker is not expected back */

struct controller {
    const struct controller_options *options;
    struct lookout *lookout; /* NULL: none is wanted */
    struct bus *bus;         /* NULL: not connected yet */
    struct bucket *bucket;   /* and these follow it */
    struct lease *lease;     /* NULL: nothing runs */
    uint64_t clock;          /* see wire/clock.h */
    uint64_t before;         /* the previous run; 0: none */
    struct order_runner runner;
};

/* Draws a random number other than 0. */
static bool draw(uint64_t *number, struct err *err)
{
    do {
        if (getrandom(number, sizeof *number, 0) != (ssize_t)sizeof *number) {
            return err_set(err, ERR_FAILED, "getrandom: %s", strerror(errno));
        }
    } while (*number == 0);
    return true;
}

/* Creates what is missing: the broker may have lost its storage since the last run. */
static bool make_streams(struct controller *controller, struct err *err)
{
    bucket_close(controller->bucket);
    controller->bucket = NULL;
    const struct bus_stream_limits order = {.bytes_max = ORDER_BYTES};
    const struct bus_stream_limits tallies = {.bytes_max = controller->options->tallies_bytes};
    const struct bus_stream_limits bucket = {.bytes_max = BUCKET_BYTES};
    if (!bus_stream_make(controller->bus, NAMES_ORDERS, NAMES_ORDER, &order, err) ||
        !bus_stream_make(controller->bus, NAMES_TALLIES, NAMES_TALLY ".*", &tallies, err)) {
        return false;
    }
    controller->bucket = bucket_make(controller->bus, NAMES_BUCKET, &bucket, err);
    return controller->bucket;
}

/* The claim has only the beginning of the order's hash. */
static bool take_lease(struct controller *controller, const char *hash, int stop_fd,
                       struct err *err)
{
    struct lease_claim claim = {.work = ""};
    struct lease_claim left;
    snprintf(claim.work, sizeof claim.work, "order %.12s", hash);
    snprintf(claim.holder, sizeof claim.holder, "%s", controller->options->holder);
    controller->lease = lease_take(controller->bucket, NAMES_LEASE, &claim, stop_fd, &left, err);
    /* No error: it was stopped. */
    return controller->lease || err_set(err, ERR_FAILED, "stopped before the run began");
}

/* Deletes the stop of the previous run, which its workers have read by now. */
static void forget_run(struct controller *controller)
{
    if (controller->before && controller->bucket) {
        bucket_delete(controller->bucket, names_key(controller->before, "stop").text);
    }
    controller->before = 0;
}

static void disconnect(struct controller *controller)
{
    forget_run(controller);
    lease_release(controller->lease);
    bucket_close(controller->bucket);
    bus_close(controller->bus);
    controller->lease = NULL;
    controller->bucket = NULL;
    controller->bus = NULL;
}

static bool connect_bus(struct controller *controller, struct err *err)
{
    if (controller->bus) {
        return true;
    }
    controller->bus =
        draw(&controller->clock, err) ? bus_connect(&controller->options->bus, err) : NULL;
    return controller->bus && bus_check_message(controller->bus, NAMES_MESSAGE, err);
}

/* Connects, and becomes the controller. After a failure, the next run connects anew. */
static bool take_control(struct controller *controller, const char *hash, int stop_fd,
                         struct err *err)
{
    if (controller->lease) {
        return true;
    }
    bool ok = connect_bus(controller, err) && make_streams(controller, err) &&
              take_lease(controller, hash, stop_fd, err);
    if (!ok) {
        disconnect(controller);
    }
    return ok;
}

/* The run. */

static enum bus_status put_stop(const struct course *course, enum wire_stop_how how)
{
    struct bytes out = {0};
    const struct wire_stop stop = {.run = course->run, .how = how};
    wire_write_stop(&out, &stop);
    enum bus_status status =
        bucket_put(course->bucket, names_key(course->run, "stop").text, out.at, out.length, NULL);
    bytes_free(&out);
    return status;
}

static uint64_t wanted_stops(const struct course *course)
{
    bool has_failed = course->err.code != ERR_NONE || course->is_aborted ||
                      (course->writer && result_writer_failed(course->writer));
    return course->asked > 1
               ? 2
               : course->asked == 1 || course->has_quit || course->has_no_users || has_failed;
}

/* The end is recorded here even if it cannot be published. */
static void note_stop(struct course *course, uint64_t wanted)
{
    if (course->stop_ns == UINT64_MAX && wanted > 0) {
        course->stop_ns = course_now_ns(course);
    }
    if (course->give_up_ns == UINT64_MAX && wanted > 1) {
        /* Without a broker, no account arrives. */
        course->give_up_ns = clock_now_ns() + (course->is_late_told ? 0 : ABANDON_NS);
    }
}

static void stop(struct course *course, bool may_write)
{
    uint64_t wanted = wanted_stops(course);
    note_stop(course, wanted);
    if (course->stops < wanted && may_write &&
        put_stop(course, wanted > 1 ? WIRE_ABANDON : WIRE_DRAIN) == BUS_OK) {
        course->stops = wanted;
    }
}

/* False: another process is the controller now. */
static bool check_lease(struct course *course, struct lease *lease)
{
    struct lease_claim winner;
    if (lease_state(lease) != LEASE_LOST && !course->is_superseded) {
        return true;
    }
    lease_winner(lease, &winner);
    course->is_ours = false;
    return err_set(&course->err, ERR_FAILED, "another controller has taken over%s%s",
                   winner.holder[0] ? ": " : "", winner.holder);
}

/*
 * True if the broker is not expected back: it has stored nothing, not even the lease, for
 * ABSENCE_NS, and the run should have ended at least that long ago. All workers then count as lost.
 * Pongs do not show this: with a full disk, nats-server 2.9 answers pings on each new connection
 * until the first message is published there.
 */
static bool is_hopeless(const struct course *course, const struct lease *lease)
{
    const struct plan *plan = course->order->plan;
    uint64_t duration_ns = plan->schedule.duration_ns;
    uint64_t end_ns = least(course->stop_ns, duration_ns > 0 ? duration_ns : UINT64_MAX);
    uint64_t drain_ns = plan->timeout_ns > 0 ? plan->timeout_ns : WORKER_DRAIN_NS;
    return end_ns != UINT64_MAX && lease_age_ns(lease) > ABSENCE_NS &&
           course_now_ns(course) > end_ns + drain_ns + ABSENCE_NS;
}

/* True if workers that were cut off from the broker can still join again. */
static bool awaits_return(const struct course *course)
{
    uint64_t duration_ns = course->order->plan->schedule.duration_ns;
    bool has_time = duration_ns == 0 || course_now_ns(course) + END_NS < duration_ns;
    return course->roster.clock_ns < course->return_by_ns && has_time &&
           course->stop_ns == UINT64_MAX && course->can_move;
}

/* False: the run has ended, or no more messages can arrive. */
static bool goes_on(struct course *course, const struct lease *lease)
{
    if (is_hopeless(course, lease)) {
        course_tell(course, "the broker stores nothing, and the run should have ended: "
                            "unreported results are lost");
        return false;
    }
    if (awaits_return(course)) {
        return true;
    }
    if (merge_is_accounted(course->merge) && !merge_is_complete(course->merge) &&
        course->roster.clock_ns > course->reported_ns + REPORT_NS) {
        course_tell(course, "workers did not report some seconds: their results are lost");
        return false;
    }
    return !merge_is_complete(course->merge) && clock_now_ns() < course->give_up_ns;
}

/* Reports that the broker stores nothing: the lease is written most often. After a controller was
 * stopped, its lease is late only for a moment. */
static void tell_late(struct course *course, bool is_held)
{
    uint64_t now_ns = clock_now_ns();
    if (is_held) {
        if (course->is_late_told) {
            course_tell(course, "the broker stores messages again");
        }
        course->late_ns = 0;
        course->is_late_told = false;
    } else if (course->late_ns == 0) {
        course->late_ns = now_ns;
    } else if (!course->is_late_told && now_ns > course->late_ns + LATE_NS) {
        course_tell(course, "the broker stores nothing: it is down, cut off, or its disk is full");
        course->is_late_told = true;
    }
}

/*
 * Ends a run whose users have all ended by themselves (stop_user). Each worker goes on, because
 * users could move to it. If clients can change the number of users, the run goes on, too.
 */
static void look_for_users(struct course *course)
{
    const struct knot *last = course->last;
    bool can_end = course->can_move && course->is_elastic && !course->control->changes &&
                   !course->next && course->stop_ns == UINT64_MAX;
    if (!can_end || course->profile.count != 1 || course->start_ns == 0) {
        return;
    }
    double starts_ns = (double)last->users / last->users_per_s * NS_PER_S;
    double from_ns = (double)(last->epoch.at_ns + IDLE_NS) + starts_ns;
    bool has_users = (double)course_now_ns(course) < from_ns;
    for (size_t i = 0; i < course->roster.count && !has_users; i++) {
        const struct roster_member *member = &course->roster.list[i];
        has_users = member->is_silent && !roster_is_gone(member);
    }
    for (size_t i = 0; i < merge_count(course->merge) && !has_users; i++) {
        const struct merge_worker worker = merge_worker(course->merge, i);
        bool is_known = worker.second != UINT64_MAX; /* a broker may be slow, or store nothing */
        has_users = !worker.has_ended && !worker.is_lost && (!is_known || worker.last.users > 0);
    }
    course->has_no_users = !has_users;
}

/* Skips the actions that only a controller may do while the lease is late. */
static void watch(struct course *course, struct lease *lease)
{
    while (goes_on(course, lease) && check_lease(course, lease)) {
        bool may_write = lease_state(lease) == LEASE_HELD;
        tell_late(course, may_write);
        course_attend(course);
        look_for_users(course);
        stop(course, may_write); /* first: no slots move after the end */
        if (may_write) {
            course_move_epochs(course);
            course_leave_state(course);
        }
    }
}

/* Waits for a lease that is late although the broker answers, unless a second stop was requested.
 */
static bool holds_lease(const struct course *course, const struct lease *lease)
{
    uint64_t until_ns = clock_now_ns() + LEASE_VOID_NS;
    while (lease_state(lease) == LEASE_LATE && clock_now_ns() < until_ns && course->asked < 2 &&
           bus_pong_age_ns(course->bus) < LEASE_VOID_NS) {
        poll(NULL, 0, LEASE_WAIT_MS);
    }
    return lease_state(lease) == LEASE_HELD;
}

/*
 * Removes the published keys, so that workers without a part forget the run. Stops when the broker
 * does not answer.
 */
static void clean_up(struct course *course)
{
    enum bus_status status = course->stops == 0 ? put_stop(course, WIRE_DRAIN) : BUS_OK;
    for (struct knot *knot = course->first; knot && status != BUS_UNREACHABLE; knot = knot->next) {
        status =
            bucket_delete(course->bucket, names_epoch_key(course->run, knot->epoch.number).text);
    }
    if (status != BUS_UNREACHABLE) {
        bucket_delete(course->bucket, names_key(course->run, "start").text);
        bucket_delete(course->bucket, NAMES_CURRENT);
        bus_stream_purge(course->bus, NAMES_ORDERS, NULL, 0);
        bus_stream_purge(course->bus, NAMES_TALLIES, NULL, 0);
        course_drop_state(course);
    }
}

static void close_course(struct course *course)
{
    merge_destroy(course->merge);
    profile_fini(&course->profile);
    course_free_epochs(course);
    roster_free(&course->roster);
    bus_queue_free(course->queue);
    order_files_free(&course->files);
}

static bool check_order(const struct order *order, struct err *err)
{
    return !order->plan->keeps_answers ||
           err_set(
               err, ERR_USAGE,
               "order.max_body: workers do not send response bodies to the controller; remove it");
}

static bool begin(struct course *course, bool is_on, struct err *err)
{
    return is_on ? course_take_over(course, err)
                 : course_muster(course, err) && course_start(course, err);
}

static bool carry_out(struct controller *controller, struct course *course, bool is_on,
                      struct err *err)
{
    bool ok = begin(course, is_on, err);
    if (ok) {
        watch(course, controller->lease);
        course_close_outcome(course);
    }
    course_show_workers(course, true);
    if (course->is_ours && holds_lease(course, controller->lease)) {
        clean_up(course);
    }
    if (ok && course->err.code != ERR_NONE) {
        *err = course->err;
        ok = false;
    }
    return ok;
}

static bool run_there(void *context, const struct order *order,
                      const struct driver_type *driver_type, const struct control *control,
                      const struct observer *observer, struct result_writer *writer,
                      struct summary *summary, struct err *err)
{
    struct controller *controller = context;
    struct course course = {
        .options = controller->options,
        .order = order,
        .driver_type = driver_type,
        .control = control,
        .observer = observer,
        .writer = writer,
        .summary = summary,
        .stop_ns = UINT64_MAX,
        .give_up_ns = UINT64_MAX,
        .can_move = driver_type->follows_epochs &&
                    (!driver_type->cargo || driver_type->cargo->can_move(order->source)),
    };
    profile_init(&course.profile);
    bool ok = check_order(order, err) && draw(&course.run, err) && course_pack(&course, err) &&
              take_control(controller, course.head.hash, control->stop_fd, err);
    if (ok) {
        course.bus = controller->bus;
        course.bucket = controller->bucket;
        course.clock = controller->clock;
        forget_run(controller);
        bool is_on = false;
        ok = course_find_run(&course, &is_on, err);
        if (ok) {
            controller->before = course.run;
            roster_begin(&course.roster, course.run);
            lookout_hand_over(controller->lookout, &course.roster);
            ok = carry_out(controller, &course, is_on, err);
            lookout_resume(controller->lookout);
        }
    }
    close_course(&course);
    return ok;
}

/* The controller. */

struct controller *controller_create(const struct controller_options *options)
{
    struct controller *controller = memory_of(calloc(1, sizeof *controller));
    controller->options = options;
    controller->runner = (struct order_runner){.run = run_there, .context = controller};
    return controller;
}

const struct order_runner *controller_runner(const struct controller *controller)
{
    return &controller->runner;
}

bool controller_watch(struct controller *controller, struct err *err)
{
    controller->lookout = lookout_start(controller->options, err);
    return controller->lookout;
}

void controller_rest(struct controller *controller)
{
    if (controller) {
        lease_release(controller->lease);
        controller->lease = NULL;
    }
}

void controller_destroy(struct controller *controller)
{
    if (controller) {
        lookout_stop(controller->lookout);
        disconnect(controller);
        free(controller);
    }
}
