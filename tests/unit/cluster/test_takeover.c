/* Not under tsan: one thread that matters. */
/*
 * One controller takes over the run of another, at a real broker: a broker that is slow is not one
 * without a run, and what it could not keep comes from the merged state.
 */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include "loadgen/agenda/driver.h"
#include "loadgen/cluster/controller/controller.h"
#include "loadgen/cluster/names.h"
#include "tests/support/coursed.h"
#include "tests/support/tallies.h"
#include "tests/support/worker_tallies.h"

enum { RUN = WORKER_TALLIES_RUN, RESULTS = 300, PAUSE_MS = 3000 };

static struct coursed coursed;
static struct course first;
static struct course second;
static struct worker_tallies worker;
static struct err err;

static void setup(void)
{
    coursed_start(&coursed);
    coursed_open(&coursed, &first, RUN);
    coursed_open(&coursed, &second, RUN + 1);
    worker_tallies_init(&worker, "a", 50, 1);
}

static void teardown(void)
{
    worker_tallies_fini(&worker);
    coursed_close(&first);
    coursed_close(&second);
    coursed_stop(&coursed);
}

/* The broker is slow. */

static void *resume(void *context)
{
    (void)context;
    brokered_pause_ms(PAUSE_MS);
    nats_server_resume(&coursed.brokered.nats);
    return NULL;
}

START_TEST(an_answer_that_is_late_is_waited_for)
{
    pthread_t thread;
    bool is_on = false;
    coursed_publish(&first, NS_PER_S);
    nats_server_pause(&coursed.brokered.nats);
    ck_assert_int_eq(pthread_create(&thread, NULL, resume, NULL), 0);
    ck_assert_msg(course_find_run(&second, &is_on, &err), "%s", err.text);
    pthread_join(thread, NULL);
    ck_assert(is_on);
    ck_assert_uint_eq(second.run, RUN);
}
END_TEST

START_TEST(a_run_that_is_over_or_of_another_order_is_not_on)
{
    bool is_on = true;
    ck_assert(course_find_run(&second, &is_on, &err));
    ck_assert(!is_on);
    coursed_publish(&first, 200 * NS_PER_S);
    ck_assert(course_find_run(&second, &is_on, &err));
    ck_assert(!is_on);
    coursed_publish(&first, NS_PER_S);
    ck_assert(course_find_run(&second, &is_on, &err));
    ck_assert(is_on);
    second.head.hash[0] ^= 1;
    ck_assert(course_find_run(&second, &is_on, &err));
    ck_assert(!is_on);
}
END_TEST

/* Another attempt may succeed. */
START_TEST(a_failed_takeover_leaves_the_run_as_it_is)
{
    struct bus_message value;
    char url[NATS_URL];
    coursed_publish(&first, NS_PER_S);
    coursed.options.bus.nats = nats_server_url(&coursed.brokered.nats, url);
    struct controller *controller = controller_create(&coursed.options);
    const struct order_runner *runner = controller_runner(controller);
    ck_assert(!runner->run(runner->context, &coursed.order, &driver_agenda, &coursed.control,
                           &coursed.observer, NULL, second.summary, &err));
    ck_assert_str_eq(err.text, "the run cannot be taken over: its epochs are lost");
    controller_destroy(controller);
    ck_assert_int_eq(bucket_get(coursed.bucket, NAMES_CURRENT, &value), BUS_OK);
    bus_message_free(&value);
    ck_assert_int_eq(bucket_get(coursed.bucket, names_key(RUN, "start").text, &value), BUS_OK);
    bus_message_free(&value);
    ck_assert_int_eq(bucket_get(coursed.bucket, names_key(RUN, "stop").text, &value), BUS_MISSING);
}
END_TEST

/* The merged state. */

static void publish_tally(void *context, struct slice message)
{
    (void)context;
    ck_assert_int_eq(bus_stream_publish(coursed.brokered.bus,
                                        names_subject(NAMES_TALLY, worker.next.from.name).text,
                                        message.at, message.length, NULL),
                     BUS_OK);
}

/* One worker, which has all slots from the start on. */
static void begin_run(struct course *course)
{
    const struct wire_announce announce = {
        .from = worker.next.from, .threads = 1, .state = WIRE_READY, .run = RUN};
    ck_assert(roster_hear(&course->roster, &announce, &err));
    ck_assert_msg(course_begin_epochs(course, &err), "%s", err.text);
    coursed_publish(course, 0);
    course->origin_ns = course->start_ns - NS_PER_S;
    course_open_summary(course, course->wall_ns);
    ck_assert(course_open_merge(course, &err));
    course_tell_merge(course);
    ck_assert(course_listen(course, 1, &err));
}

static struct bus_stream_state look(void)
{
    struct bus_stream_state tallies;
    ck_assert_int_eq(bus_stream_look(coursed.brokered.bus, NAMES_TALLIES, &tallies), BUS_OK);
    return tallies;
}

static void take_all(struct course *course)
{
    for (int turns = 0; course->taken < look().last; turns++) {
        ck_assert_int_lt(turns, 600);
        course_attend(course);
    }
}

/* Reports seconds, which pass faster than real ones, until the stream holds so many bytes. */
static void report(struct course *course, uint64_t bytes)
{
    while (look().bytes < bytes) {
        worker_tallies_second(&worker, RESULTS, publish_tally, NULL);
        course->start_ns = clock_now_ns() - worker.next.second * NS_PER_S;
        take_all(course);
    }
}

static void leave_state(struct course *course)
{
    course->heir.due_ns = 0;
    course_leave_state(course);
}

static void take_over(struct course *from, struct course *to)
{
    bool is_on = false;
    coursed_publish(from, worker.next.second * NS_PER_S);
    ck_assert(course_find_run(to, &is_on, &err));
    ck_assert(is_on);
    ck_assert_msg(course_take_over(to, &err), "%s", err.text);
}

/* It has everything. */
static void expect_all(struct course *course)
{
    take_all(course);
    merge_tick(course->merge, (worker.next.second + 4) * NS_PER_S);
    ck_assert_uint_eq(merge_counts(course->merge).next, worker.next.second + 1);
    ck_assert_uint_eq(merge_counts(course->merge).ended, worker.next.at_end.ended);
    ck_assert_uint_eq(course->summary->tally->counters.ended, worker.next.at_end.ended);
}

START_TEST(tallies_are_kept_while_there_is_room)
{
    begin_run(&first);
    report(&first, COURSED_TALLIES / 4);
    leave_state(&first);
    ck_assert_uint_eq(look().messages, worker.next.second);
    take_over(&first, &second);
    ck_assert_uint_eq(merge_counts(second.merge).next, 0); /* each second is given again */
    expect_all(&second);
}
END_TEST

/* More than twice as much as the stream holds. */
START_TEST(no_run_is_too_long_for_the_broker)
{
    begin_run(&first);
    for (int i = 0; i < 3; i++) {
        report(&first, COURSED_TALLIES * 3 / 4);
        leave_state(&first);
        ck_assert_uint_eq(look().messages, 0);
    }
    worker_tallies_second(&worker, RESULTS, publish_tally, NULL);
    take_over(&first, &second);
    expect_all(&first);
    expect_all(&second);
    /* Each counts from its own header. */
    ck_assert_uint_eq(second.summary->tally->first_intended_ns + NS_PER_S,
                      first.summary->tally->first_intended_ns);
}
END_TEST

START_TEST(a_state_that_was_not_completed_is_not_used)
{
    struct bus_message value;
    begin_run(&first);
    report(&first, COURSED_TALLIES * 3 / 4);
    leave_state(&first);
    /* The next one would have been the second, on the other side. */
    ck_assert_int_eq(bucket_get(coursed.bucket, names_state_key(1, 0).text, &value), BUS_OK);
    ck_assert_int_eq(
        bucket_put(coursed.bucket, names_state_key(0, 0).text, value.data, value.length, NULL),
        BUS_OK);
    bus_message_free(&value);
    take_over(&first, &second);
    ck_assert_uint_eq(second.heir.number, 1);
    expect_all(&second);
    course_drop_state(&second);
    for (unsigned side = 0; side < 2; side++) {
        ck_assert_int_eq(bucket_get(coursed.bucket, names_state_key(side, 0).text, &value),
                         BUS_MISSING);
    }
}
END_TEST

/* Runs may be older than the machine that takes them over: its clock begins when it boots. */
START_TEST(a_run_may_be_older_than_this_machine)
{
    const uint64_t age_ns = UINT64_C(300) * 24 * 3600 * NS_PER_S;
    bool is_on = false;
    coursed.plan.schedule.duration_ns = age_ns + 3600 * NS_PER_S;
    begin_run(&first);
    coursed_publish(&first, age_ns);
    ck_assert(course_find_run(&second, &is_on, &err));
    ck_assert(is_on);
    ck_assert_msg(course_take_over(&second, &err), "%s", err.text);
    ck_assert_uint_ge(course_now_ns(&second), age_ns);
    ck_assert_uint_lt(course_now_ns(&second), age_ns + 3600 * NS_PER_S);
}
END_TEST

Suite *takeover_suite(void);
Suite *takeover_suite(void)
{
    Suite *suite = suite_create("takeover");
    TCase *tests = tcase_create("takeover");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, an_answer_that_is_late_is_waited_for);
    tcase_add_test(tests, a_run_that_is_over_or_of_another_order_is_not_on);
    tcase_add_test(tests, a_failed_takeover_leaves_the_run_as_it_is);
    tcase_add_test(tests, a_run_may_be_older_than_this_machine);
    tcase_add_test(tests, tallies_are_kept_while_there_is_room);
    tcase_add_test(tests, no_run_is_too_long_for_the_broker);
    tcase_add_test(tests, a_state_that_was_not_completed_is_not_used);
    suite_add_tcase(suite, tests);
    return suite;
}
