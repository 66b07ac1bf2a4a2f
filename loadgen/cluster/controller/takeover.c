/*
 * A controller takes over the run of one that has died: the same order, the same start, the epochs
 * from the bucket, and from the stream every tally that the broker ever had.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/bus/stream.h"
#include "loadgen/cluster/controller/course.h"
#include "loadgen/cluster/names.h"
#include "loadgen/cluster/wire/epoch.h"
#include "loadgen/cluster/wire/start.h"

#define OVER_NS (60 * NS_PER_S) /* after its end, a run that nobody took over is over */

static struct slice data_of(const struct bus_message *value)
{
    return (struct slice){(const char *)value->data, value->length};
}

/* The run that is on; 0: none, or of another order. */
static uint64_t find_same_order(const struct course *course)
{
    struct bus_message value = {0};
    struct wire_order head;
    bool is_same = bucket_get(course->bucket, NAMES_CURRENT, &value) == BUS_OK &&
                   wire_read_order(data_of(&value), &head) == WIRE_READ_OK &&
                   strcmp(head.hash, course->head.hash) == 0 &&
                   strcmp(head.driver, course->head.driver) == 0 &&
                   head.counts_targets == course->head.counts_targets;
    bus_message_free(&value);
    return is_same ? head.run : 0;
}

static bool read_start(const struct course *course, uint64_t run, struct wire_start *start)
{
    struct bus_message value = {0};
    bool ok = bucket_get(course->bucket, names_key(run, "start").text, &value) == BUS_OK &&
              wire_read_start(data_of(&value), start) == WIRE_READ_OK && start->run == run;
    bus_message_free(&value);
    return ok;
}

/* A run whose end has passed is not on: the same order is then meant to begin anew. */
static bool is_on(const struct course *course, const struct wire_start *start)
{
    uint64_t duration_ns = course->order->plan->schedule.duration_ns;
    uint64_t wall_ns = clock_wall_ns();
    uint64_t elapsed_ns = wall_ns > start->wall_ns ? wall_ns - start->wall_ns : 0;
    return duration_ns > 0 && elapsed_ns < duration_ns + OVER_NS;
}

bool course_find_run(struct course *course)
{
    struct wire_start start;
    uint64_t run = find_same_order(course);
    if (run == 0 || !read_start(course, run, &start) || !is_on(course, &start)) {
        return false;
    }
    course->run = course->head.run = run;
    course->wall_ns = start.wall_ns;
    return true;
}

/* Epochs. */

static bool read_epoch(const struct course *course, uint64_t number, struct wire_epoch *epoch)
{
    struct bus_message value = {0};
    bool ok =
        bucket_get(course->bucket, names_epoch_key(course->run, number).text, &value) == BUS_OK &&
        wire_read_epoch(data_of(&value), epoch) == WIRE_READ_OK;
    bus_message_free(&value);
    if (ok && (epoch->run != course->run || epoch->number != number)) {
        wire_epoch_free(epoch);
        ok = false;
    }
    return ok;
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

/* One that was not final yet is decided anew. */
static void add_epoch(struct course *course, const struct wire_epoch *epoch)
{
    struct knot *knot = make_knot(epoch);
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
    struct wire_epoch epoch;
    for (uint64_t number = 0; !course->next && read_epoch(course, number, &epoch); number++) {
        add_epoch(course, &epoch);
        wire_epoch_free(&epoch);
    }
    return course->first ||
           err_set(err, ERR_FAILED, "the run cannot be taken over: its epochs are lost");
}

/* The result file begins with the start, so that all seconds have their place in it. */
static void place_start(struct course *course)
{
    uint64_t wall_ns = clock_wall_ns();
    course->start_ns = clock_now_ns() - (wall_ns - course->wall_ns);
    course->origin_ns = course->start_ns;
}

bool course_take_over(struct course *course, struct err *err)
{
    struct bus_stream_state tallies = {0};
    course_tell(course, "takes over the run of a controller that has died");
    place_start(course);
    course_open_summary(course, course->wall_ns);
    if (!course_open_merge(course, err) || !read_epochs(course, err) ||
        !course_publish_start(course, err)) {
        return false;
    }
    bus_stream_look(course->bus, NAMES_TALLIES, &tallies);
    course->replay_until = tallies.messages > 0 ? tallies.last : 0;
    return true;
}
