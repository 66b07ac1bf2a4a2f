/*
 * The controller's run up to its start: sends the order, waits for the workers, and gives each a
 * seat.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/base/duration.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/names.h"
#include "loadgen/cluster/parcel.h"
#include "loadgen/cluster/wire/start.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/drive/driver.h"
#include "loadgen/order/order_json.h"

#define SET_UP_NS (30 * NS_PER_S) /* timeout for the workers' threads, names and certificates */
#define REST_NS (2 * NS_PER_S)    /* wait for workers in addition to the expected ones */
#define START_LEAD_NS NS_PER_S    /* from publishing the start to the first request */

enum { WHO = 400 }; /* room for names in an error */

/* The order. */

static bool send_message(void *context, struct slice message, struct err *err)
{
    const struct course *course = context;
    enum bus_status status =
        bus_stream_publish(course->bus, NAMES_ORDER, message.at, message.length, NULL);
    return status == BUS_OK || err_set(err, ERR_FAILED, "the order cannot be sent to workers: %s",
                                       bus_status_text(status));
}

static json_t *order_of(struct course *course, struct err *err)
{
    const struct driver_cargo *cargo = course->driver_type->cargo;
    if (!cargo) {
        return order_to_json(course->order, &course->files, err);
    }
    json_t *source = cargo->pack(course->order->source, &course->files, err);
    return source ? order_to_json_with(course->order, source, &course->files, err) : NULL;
}

bool course_pack(struct course *course, struct err *err)
{
    struct wire_order *head = &course->head;
    *head =
        (struct wire_order){.run = course->run, .counts_targets = course->observer->counts_targets};
    snprintf(head->driver, sizeof head->driver, "%s", course->driver_type->name);
    json_t *json = order_of(course, err);
    bool ok = json && parcel_pack(head, json, &course->files, err);
    json_decref(json);
    return ok;
}

/* A controller that takes over must know the run and its order. */
static bool publish_head(const struct course *course, struct err *err)
{
    struct bytes out = {0};
    wire_write_order(&out, &course->head);
    enum bus_status status = bucket_put(course->bucket, NAMES_CURRENT, out.at, out.length, NULL);
    bytes_free(&out);
    return status == BUS_OK ||
           err_set(err, ERR_FAILED, "the order cannot be published: %s", bus_status_text(status));
}

static bool send_order(struct course *course, struct err *err)
{
    const struct parcel_sink sink = {send_message, course};
    course->is_ours = true;
    bus_stream_purge(course->bus, NAMES_ORDERS, NULL, 0);
    bus_stream_purge(course->bus, NAMES_TALLIES, NULL, 0);
    return publish_head(course, err) && parcel_send(&course->head, &course->files, &sink, err);
}

/* The workers. */

/* False: a worker cannot run the order, or the user has stopped it. */
static bool can_go_on(const struct course *course, struct err *err)
{
    if (course->asked > 0) {
        course->summary->is_interrupted = true;
        return err_set(err, ERR_FAILED, "stopped before all workers were ready");
    }
    for (size_t i = 0; i < course->roster.count; i++) {
        const struct roster_member *member = &course->roster.list[i];
        if (member->state == ROSTER_REFUSED) {
            return err_set(err, ERR_FAILED, "%s cannot run the order: %s", member->last.from.name,
                           member->last.problem);
        }
    }
    return true;
}

static bool fail_to_wait(const struct course *course, struct err *err)
{
    char who[WHO];
    char time[DURATION_TEXT];
    roster_print(&course->roster, ROSTER_READY, who, sizeof who);
    return err_set(err, ERR_FAILED,
                   "cluster.expect_workers: after %s, %zu of %" PRIu64 " workers are ready: %s",
                   duration_print_short(course->options->expect_wait_ns, time),
                   roster_count(&course->roster, ROSTER_READY), course->options->expect_workers,
                   who);
}

/* Waits for further known workers, because slots would be moved if they joined after the start. */
static bool wait_for_the_rest(struct course *course, struct err *err)
{
    uint64_t until_ns = clock_now_ns() + REST_NS;
    bool ok = true;
    while (ok && roster_count(&course->roster, ROSTER_WAITING) > 0 && clock_now_ns() < until_ns) {
        course_attend(course);
        ok = can_go_on(course, err);
    }
    return ok;
}

static bool wait_for_workers(struct course *course, struct err *err)
{
    char who[WHO];
    uint64_t until_ns = clock_now_ns() + course->options->expect_wait_ns;
    course_tell(course, "waiting for %" PRIu64 " worker%s", course->options->expect_workers,
                course->options->expect_workers == 1 ? "" : "s");
    while (roster_count(&course->roster, ROSTER_READY) < course->options->expect_workers) {
        course_attend(course);
        if (!can_go_on(course, err)) {
            return false;
        }
        if (clock_now_ns() >= until_ns) {
            return fail_to_wait(course, err);
        }
    }
    if (!wait_for_the_rest(course, err)) {
        return false;
    }
    roster_print(&course->roster, ROSTER_READY, who, sizeof who);
    course_tell(course, "workers: %s", who);
    return true;
}

/* A worker with a seat that is not set up yet; NULL: none. */
static const struct roster_member *find_unprepared(const struct course *course)
{
    for (size_t i = 0; i < course->roster.count; i++) {
        const struct roster_member *member = &course->roster.list[i];
        if (member->threads > 0 && member->last.state != WIRE_RUNNING) {
            return member;
        }
    }
    return NULL;
}

static bool wait_for_set_up(struct course *course, struct err *err)
{
    uint64_t until_ns = clock_now_ns() + SET_UP_NS;
    const struct roster_member *missing = NULL;
    while ((missing = find_unprepared(course)) != NULL) {
        if (clock_now_ns() >= until_ns || missing->state == ROSTER_LEFT ||
            missing->state == ROSTER_LOST) {
            return err_set(err, ERR_FAILED, "%s did not set up the run", missing->last.from.name);
        }
        course_attend(course);
        if (!can_go_on(course, err)) {
            return false;
        }
    }
    return true;
}

bool course_muster(struct course *course, struct err *err)
{
    return course_listen(course, 0, err) && send_order(course, err) &&
           wait_for_workers(course, err) && course_begin_epochs(course, err) &&
           wait_for_set_up(course, err);
}

/* The start. */

bool course_publish_start(const struct course *course, struct err *err)
{
    struct bytes out = {0};
    const struct wire_start start = {
        .run = course->run,
        .clock = course->clock,
        .start_ns = course->start_ns,
        .wall_ns = course->wall_ns,
    };
    wire_write_start(&out, &start);
    enum bus_status status =
        bucket_put(course->bucket, names_key(course->run, "start").text, out.at, out.length, NULL);
    bytes_free(&out);
    return status == BUS_OK ||
           err_set(err, ERR_FAILED, "the start of the run cannot be published: %s",
                   bus_status_text(status));
}

/* The header must have been written, because its reader may be slow. */
bool course_start(struct course *course, struct err *err)
{
    uint64_t wall_ns = clock_wall_ns();
    course->origin_ns = clock_now_ns();
    course_open_summary(course, wall_ns);
    course->start_ns = clock_now_ns() + START_LEAD_NS + course->order->plan->warmup.duration_ns;
    course->wall_ns = wall_ns + (course->start_ns - course->origin_ns);
    if (!course_publish_start(course, err) || !course_open_merge(course, err)) {
        return false;
    }
    course_tell_merge(course);
    return true;
}
