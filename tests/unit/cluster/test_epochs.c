/* Not under tsan: one thread that matters. */
/*
 * A controller's epochs at a real broker that is slow, or that another controller has written to:
 * each number becomes final once. Long: the broker does not answer for seconds.
 */
#include <check.h>

#include "loadgen/cluster/names.h"
#include "tests/support/coursed.h"

enum { RUN = 7 };

static struct coursed coursed;
static struct course course;
static struct err err;

static struct wire_announce words_of(const char *name)
{
    struct wire_announce announce = {
        .threads = 1, .state = WIRE_READY, .run = RUN, .from.incarnation = (uint64_t)name[0]};
    announce.from.name[0] = name[0];
    return announce;
}

static void hear(const char *name, uint64_t epochs)
{
    struct wire_announce announce = words_of(name);
    announce.epochs = epochs;
    ck_assert(roster_hear(&course.roster, &announce, &err));
}

static void setup(void)
{
    coursed_start(&coursed);
    coursed_open(&coursed, &course, RUN);
    hear("a", 0);
    ck_assert_msg(course_begin_epochs(&course, &err), "%s", err.text);
    coursed_publish(&course, NS_PER_S);
    course_open_summary(&course, course.wall_ns);
    ck_assert(course_open_merge(&course, &err));
    course_tell_merge(&course);
}

static void teardown(void)
{
    coursed_close(&course);
    coursed_stop(&coursed);
}

static struct wire_epoch read_epoch(uint64_t number, uint64_t *revision)
{
    struct bus_message value;
    struct wire_epoch epoch;
    ck_assert_int_eq(bucket_get(coursed.bucket, names_epoch_key(RUN, number).text, &value), BUS_OK);
    const struct slice data = {(const char *)value.data, value.length};
    ck_assert_int_eq(wire_read_epoch(data, &epoch), WIRE_READ_OK);
    *revision = value.sequence;
    bus_message_free(&value);
    return epoch;
}

/* Somebody comes, and an epoch is proposed. */
static void propose(void)
{
    hear("b", 1);
    course_move_epochs(&course);
}

START_TEST(an_epoch_becomes_final_when_all_have_agreed)
{
    uint64_t revision = 0;
    propose();
    ck_assert_ptr_nonnull(course.next);
    course_move_epochs(&course);
    ck_assert_ptr_nonnull(course.next);
    hear("a", 2);
    course_move_epochs(&course);
    ck_assert_ptr_null(course.next);
    struct wire_epoch epoch = read_epoch(1, &revision);
    ck_assert(epoch.is_final);
    ck_assert_uint_eq(revision, course.last->revision);
    ck_assert_uint_eq(epoch.count, 2);
    wire_epoch_free(&epoch);
}
END_TEST

/* The broker stores the first attempt, but does not say so in time. */
START_TEST(a_decision_stays_if_its_answer_is_lost)
{
    uint64_t revision = 0;
    struct wire_announce loser = words_of("a");
    propose();
    struct slots after = course.next->epoch.slots;
    roster_find(&course.roster, &loser.from)->state = ROSTER_LOST; /* it need not agree */
    course.decide_ns = 0;
    nats_server_pause(&coursed.brokered.nats);
    course_move_epochs(&course);
    ck_assert_ptr_nonnull(course.next);
    nats_server_resume(&coursed.brokered.nats);
    brokered_wait_for_pong(coursed.brokered.bus);
    hear("a", 0); /* it comes back, and has not agreed */
    for (int i = 0; course.next; i++) {
        ck_assert_int_lt(i, 10);
        course_move_epochs(&course);
    }
    struct wire_epoch epoch = read_epoch(1, &revision);
    ck_assert(epoch.is_final);
    ck_assert_mem_eq(&epoch.slots, &after, sizeof after);
    ck_assert_mem_eq(&course.last->epoch.slots, &after, sizeof after);
    ck_assert_uint_eq(revision, course.last->revision);
    wire_epoch_free(&epoch);
}
END_TEST

/* The broker did not answer when it was proposed: its time moves, as it must be ahead. */
START_TEST(a_proposal_is_made_anew_until_it_is_stored)
{
    uint64_t revision = 0;
    nats_server_pause(&coursed.brokered.nats);
    propose();
    uint64_t failed_ns = course_now_ns(&course);
    ck_assert_ptr_null(course.next);
    nats_server_resume(&coursed.brokered.nats);
    brokered_wait_for_pong(coursed.brokered.bus);
    for (int i = 0; !course.next; i++) {
        ck_assert_int_lt(i, 10);
        course_move_epochs(&course);
    }
    struct wire_epoch epoch = read_epoch(1, &revision);
    ck_assert(!epoch.is_final);
    ck_assert_uint_gt(epoch.at_ns, failed_ns + NS_PER_S);
    ck_assert_uint_eq(revision, course.next->revision);
    wire_epoch_free(&epoch);
}
END_TEST

START_TEST(a_final_epoch_of_another_controller_stays)
{
    uint64_t revision = 0;
    struct bytes out = {0};
    propose();
    struct wire_epoch epoch = read_epoch(1, &revision);
    epoch.is_final = true;
    wire_write_epoch(&out, &epoch);
    ck_assert_int_eq(
        bucket_put(coursed.bucket, names_epoch_key(RUN, 1).text, out.at, out.length, &revision),
        BUS_OK);
    bytes_free(&out);
    wire_epoch_free(&epoch);
    course.decide_ns = 0;
    course_move_epochs(&course);
    ck_assert(course.is_superseded);
    uint64_t after = 0;
    epoch = read_epoch(1, &after);
    ck_assert_uint_eq(after, revision);
    wire_epoch_free(&epoch);
}
END_TEST

/* What is left by the only worker stays as it is. */
START_TEST(no_epoch_is_published_that_changes_nothing)
{
    struct wire_announce only = words_of("a");
    roster_leave(&course.roster, &(struct wire_leave){only.from, RUN});
    ck_assert(roster_is_epoch_due(&course.roster));
    course_move_epochs(&course);
    ck_assert_ptr_null(course.next);
    ck_assert(!roster_is_epoch_due(&course.roster));
}
END_TEST

Suite *epochs_suite(void);
Suite *epochs_suite(void)
{
    Suite *suite = suite_create("epochs");
    TCase *tests = tcase_create("epochs");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, an_epoch_becomes_final_when_all_have_agreed);
    tcase_add_test(tests, a_decision_stays_if_its_answer_is_lost);
    tcase_add_test(tests, a_proposal_is_made_anew_until_it_is_stored);
    tcase_add_test(tests, a_final_epoch_of_another_controller_stays);
    tcase_add_test(tests, no_epoch_is_published_that_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
