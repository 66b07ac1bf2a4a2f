/*
 * Takes over the run of a controller that has died: with the same order and start, the epochs from
 * the bucket, and all tallies, either from the stream or from the saved state (heir.c).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/names.h"
#include "loadgen/cluster/wire/epoch.h"
#include "loadgen/cluster/wire/start.h"
#include "loadgen/drive/driver.h"

#define OVER_NS (60 * NS_PER_S) /* time after the end of a run in which it can be taken over */

static struct slice data_of(const struct bus_message *value)
{
    return (struct slice){(const char *)value->data, value->length};
}

static bool is_same_order(const struct course *course, const struct wire_order *head)
{
    return strcmp(head->hash, course->head.hash) == 0 &&
           strcmp(head->driver, course->head.driver) == 0 &&
           head->counts_targets == course->head.counts_targets;
}

/* The run of the same order; 0: none. False: not known. */
static bool find_same_order(const struct course *course, uint64_t *run, struct err *err)
{
    struct bus_message value;
    struct wire_order head;
    bool is_there = false;
    *run = 0;
    if (!course_read_key(course, NAMES_CURRENT, &value, &is_there, err)) {
        return false;
    }
    if (is_there && wire_read_order(data_of(&value), &head) == WIRE_READ_OK &&
        is_same_order(course, &head)) {
        *run = head.run;
    }
    bus_message_free(&value);
    return true;
}

/* start->run 0: it was not published. False: not known. */
static bool read_start(const struct course *course, uint64_t run, struct wire_start *start,
                       struct err *err)
{
    struct bus_message value;
    bool is_there = false;
    if (!course_read_key(course, names_key(run, "start").text, &value, &is_there, err)) {
        return false;
    }
    if (!is_there || wire_read_start(data_of(&value), start) != WIRE_READ_OK || start->run != run) {
        *start = (struct wire_start){0};
    }
    bus_message_free(&value);
    return true;
}

/* False if the end of the run has passed, so that the same order starts a new run. */
static bool goes_on(const struct course *course, const struct wire_start *start)
{
    uint64_t duration_ns = course->order->plan->schedule.duration_ns;
    uint64_t wall_ns = clock_wall_ns();
    uint64_t elapsed_ns = wall_ns > start->wall_ns ? wall_ns - start->wall_ns : 0;
    return duration_ns > 0 && elapsed_ns < duration_ns + OVER_NS;
}

bool course_find_run(struct course *course, bool *is_on, struct err *err)
{
    struct wire_start start = {0};
    uint64_t run = 0;
    *is_on = false;
    if (course->driver_type->cargo) {
        return true; /* what the controller before had in its script is lost */
    }
    if (!find_same_order(course, &run, err) ||
        (run != 0 && !read_start(course, run, &start, err))) {
        return false;
    }
    if (run != 0 && start.run == run && goes_on(course, &start)) {
        *is_on = true;
        course->run = course->head.run = run;
        course->wall_ns = start.wall_ns;
    }
    return true;
}

/* Epochs. */

/* False: there is none, or err is set. */
static bool read_epoch(const struct course *course, uint64_t number, struct wire_epoch *epoch,
                       uint64_t *revision, struct err *err)
{
    struct bus_message value;
    bool is_there = false;
    if (!course_read_key(course, names_epoch_key(course->run, number).text, &value, &is_there,
                         err) ||
        !is_there) {
        return false;
    }
    bool ok = wire_read_epoch(data_of(&value), epoch) == WIRE_READ_OK;
    *revision = value.sequence;
    bus_message_free(&value);
    if (ok && (epoch->run != course->run || epoch->number != number)) {
        wire_epoch_free(epoch);
        ok = false;
    }
    return ok || err_set(err, ERR_FAILED,
                         "the run cannot be taken over: epoch %" PRIu64 " is malformed", number);
}

static void expect(struct course *course, const struct wire_epoch *epoch)
{
    for (size_t i = 0; i < SLOTS; i++) {
        for (size_t k = 0; k < epoch->count; k++) {
            const struct wire_seat *seat = &epoch->seats[k];
            uint16_t thread = epoch->slots.owner[i];
            if (thread >= seat->first && thread - seat->first < seat->threads) {
                merge_expect(course->merge, &seat->worker, epoch->at_ns);
            }
        }
    }
}

static struct knot *make_knot(const struct wire_epoch *epoch)
{
    struct knot *knot = memory_of(calloc(1, sizeof *knot));
    const struct epoch from = {
        .number = epoch->number,
        .at_ns = epoch->at_ns,
        .first = epoch->first,
        .piece = epoch->piece,
        .walk = epoch->walk,
        .slots = epoch->slots,
    };
    epoch_init_copy(&knot->epoch, &from);
    knot->users = epoch->users;
    return knot;
}

/* An epoch that was not final is decided again. */
static void add_epoch(struct course *course, const struct wire_epoch *epoch, uint64_t revision)
{
    struct knot *knot = make_knot(epoch);
    knot->revision = revision;
    if (!epoch->is_final) {
        course->next = knot;
        course->decide_ns = 0;
        return;
    }
    expect(course, epoch);
    roster_restore(&course->roster, epoch);
    if (course->last) {
        epoch_publish(&course->last->epoch, &knot->epoch);
        course->last->next = knot;
    } else {
        course->first = knot;
        epoch_counter_init(&course->counter, &knot->epoch);
    }
    course->last = knot;
}

static bool read_epochs(struct course *course, struct err *err)
{
    struct err problem = {.code = ERR_NONE};
    struct wire_epoch epoch;
    uint64_t revision = 0;
    for (uint64_t number = 0;
         !course->next && read_epoch(course, number, &epoch, &revision, &problem); number++) {
        add_epoch(course, &epoch, revision);
        wire_epoch_free(&epoch);
    }
    if (problem.code != ERR_NONE) {
        *err = problem;
        return false;
    }
    return course->first ||
           err_set(err, ERR_FAILED, "the run cannot be taken over: its epochs are lost");
}

/* The result file begins with the start of the run, so that it can contain all seconds. */
static void place_start(struct course *course)
{
    uint64_t wall_ns = clock_wall_ns();
    course->start_ns = clock_now_ns() - (wall_ns - course->wall_ns);
    course->origin_ns = course->start_ns;
}

bool course_take_over(struct course *course, struct err *err)
{
    struct bus_stream_state tallies = {0};
    uint64_t from = 1;
    course_tell(course, "takes over the run of a controller that has died");
    place_start(course);
    course_open_summary(course, course->wall_ns);
    if (!course_open_merge(course, err) || !course_load_state(course, &from, err) ||
        !read_epochs(course, err) || !course_listen(course, from, err) ||
        !course_look(course, &tallies, err) || !course_publish_start(course, err)) {
        return false;
    }
    course->taken = from - 1;
    course->replay_until = tallies.messages > 0 && tallies.last >= from ? tallies.last : 0;
    course->is_ours = true;
    return true;
}
