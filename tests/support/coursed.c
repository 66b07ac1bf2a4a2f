#include "tests/support/coursed.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/agenda/driver.h"
#include "loadgen/base/bytes.h"
#include "loadgen/cluster/names.h"
#include "tests/support/measurement.h"
#include "tests/support/read_targets.h"

static void make_order(struct coursed *coursed)
{
    static const char text[] = "GET http://127.0.0.1:9/\n";
    coursed->plan = measurement_open_loop;
    coursed->plan.schedule.rate.count = 100;
    coursed->plan.schedule.duration_ns = 60 * NS_PER_S;
    const struct message_defaults defaults = {.keepalive = true};
    ck_assert(
        read_targets(&coursed->targets, text, strlen(text), &defaults, &coursed->brokered.err));
    coursed->source = source_of(coursed->targets.requests, coursed->targets.count);
    coursed->order = (struct order){&coursed->plan, &coursed->targets, &coursed->source};
}

static void make_stream(struct coursed *coursed, const char *name, const char *subject)
{
    const struct bus_stream_limits limits = {.bytes_max = COURSED_TALLIES};
    struct err *err = &coursed->brokered.err;
    ck_assert_msg(bus_stream_make(coursed->brokered.bus, name, subject, &limits, err), "%s",
                  err->text);
}

void coursed_start(struct coursed *coursed)
{
    const struct bus_stream_limits bucket = {.bytes_max = 16 << 20};
    brokered_start(&coursed->brokered);
    make_order(coursed);
    make_stream(coursed, NAMES_ORDERS, NAMES_ORDER);
    make_stream(coursed, NAMES_TALLIES, NAMES_TALLY ".*");
    coursed->bucket =
        bucket_make(coursed->brokered.bus, NAMES_BUCKET, &bucket, &coursed->brokered.err);
    ck_assert_msg(coursed->bucket != NULL, "%s", coursed->brokered.err.text);
    coursed->observer = (struct observer){0};
    coursed->control = (struct control){.stop_fd = -1};
    coursed->options = (struct controller_options){
        .expect_workers = 1,
        .expect_wait_ns = NS_PER_S,
        .tallies_bytes = COURSED_TALLIES,
        .holder = "test",
    };
}

void coursed_stop(struct coursed *coursed)
{
    bucket_close(coursed->bucket);
    targets_free(&coursed->targets);
    brokered_stop(&coursed->brokered);
}

void coursed_open(struct coursed *coursed, struct course *course, uint64_t run)
{
    *course = (struct course){
        .options = &coursed->options,
        .bus = coursed->brokered.bus,
        .bucket = coursed->bucket,
        .run = run,
        .clock = 1,
        .can_move = true,
        .order = &coursed->order,
        .driver_type = &driver_agenda,
        .control = &coursed->control,
        .observer = &coursed->observer,
        .summary = summary_create(),
        .stop_ns = UINT64_MAX,
        .give_up_ns = UINT64_MAX,
    };
    ck_assert_ptr_nonnull(course->summary);
    ck_assert_msg(course_pack(course, &coursed->brokered.err), "%s", coursed->brokered.err.text);
    roster_begin(&course->roster, run);
}

void coursed_close(struct course *course)
{
    merge_destroy(course->merge);
    course_free_epochs(course);
    roster_free(&course->roster);
    bus_queue_free(course->queue);
    order_files_free(&course->files);
    summary_destroy(course->summary);
}

void coursed_publish(struct course *course, uint64_t ago_ns)
{
    struct bytes out = {0};
    struct err err;
    wire_write_order(&out, &course->head);
    ck_assert_int_eq(bucket_put(course->bucket, NAMES_CURRENT, out.at, out.length, NULL), BUS_OK);
    bytes_free(&out);
    course->start_ns = clock_now_ns() - ago_ns;
    course->wall_ns = clock_wall_ns() - ago_ns;
    ck_assert(course_publish_start(course, &err));
}
