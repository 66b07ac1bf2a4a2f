/* Who the controller is. Long: a lease is void after 5 s. */
#include <check.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loadgen/cluster/lease.h"
#include "loadgen/cluster/lease_text.h"
#include "tests/support/brokered.h"

static struct brokered brokered;
static struct bucket *bucket;
static struct lease_claim left;
static struct err err;

static const struct lease_claim anna = {"anna", "order 1"};
static const struct lease_claim bert = {"bert", "order 2"};
static const struct bus_stream_limits limits = {.bytes_max = 100000};

static void setup(void)
{
    brokered_start(&brokered);
    bucket = bucket_make(brokered.bus, "b", &limits, &err);
    ck_assert_msg(bucket != NULL, "%s", err.text);
}

static void teardown(void)
{
    bucket_close(bucket);
    brokered_stop(&brokered);
}

static struct lease *take(const struct lease_claim *claim)
{
    struct lease *lease = lease_take(bucket, "controller", claim, -1, &left, &err);
    ck_assert_msg(lease != NULL, "%s", err.text);
    ck_assert_int_eq(lease_state(lease), LEASE_HELD);
    return lease;
}

/* Seconds since a moment. */
static double since(uint64_t began_ns)
{
    return (double)(clock_now_ns() - began_ns) / (double)NS_PER_S;
}

static void wait_for_state(const struct lease *lease, enum lease_state state)
{
    for (int polls = 0; lease_state(lease) != state; polls++) {
        ck_assert_int_lt(polls, 1000);
        brokered_pause_ms(20);
    }
}

START_TEST(a_free_lease_is_taken_and_kept)
{
    uint64_t began_ns = clock_now_ns();
    struct lease *lease = take(&anna);
    ck_assert_double_lt(since(began_ns), 1);
    ck_assert_str_eq(left.holder, "");
    brokered_pause_ms(7000);
    ck_assert_int_eq(lease_state(lease), LEASE_HELD);
    lease_release(lease);
}
END_TEST

START_TEST(a_second_controller_is_refused)
{
    struct lease *lease = take(&anna);
    uint64_t began_ns = clock_now_ns();
    ck_assert_ptr_null(lease_take(bucket, "controller", &bert, -1, &left, &err));
    ck_assert_double_lt(since(began_ns), 4);
    ck_assert_int_eq(err.code, ERR_FAILED);
    ck_assert_msg(strstr(err.text, "\"anna\" is the controller (work: order 1)"), "%s", err.text);
    ck_assert_int_eq(lease_state(lease), LEASE_HELD);
    lease_release(lease);
}
END_TEST

START_TEST(a_lease_that_was_given_back_is_free)
{
    lease_release(take(&anna));
    uint64_t began_ns = clock_now_ns();
    struct lease *lease = take(&bert);
    ck_assert_double_lt(since(began_ns), 1);
    ck_assert_str_eq(left.holder, "");
    lease_release(lease);
}
END_TEST

START_TEST(the_lease_of_a_dead_controller_is_void_after_5_s)
{
    lease_abandon(take(&anna));
    uint64_t began_ns = clock_now_ns();
    struct lease *lease = take(&bert);
    ck_assert_double_ge(since(began_ns), 5);
    ck_assert_double_lt(since(began_ns), 9);
    ck_assert_str_eq(left.holder, "anna");
    ck_assert_str_eq(left.work, "order 1");
    brokered_pause_ms(2500);
    ck_assert_int_eq(lease_state(lease), LEASE_HELD);
    lease_release(lease);
}
END_TEST

START_TEST(a_holder_without_a_broker_is_late_and_comes_back)
{
    struct lease *lease = take(&anna);
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(3000);
    ck_assert_int_eq(lease_state(lease), LEASE_HELD);
    wait_for_state(lease, LEASE_LATE);
    ck_assert_uint_ge(lease_age_ns(lease), LEASE_VOID_NS);
    brokered_restart(&brokered);
    wait_for_state(lease, LEASE_HELD);
    ck_assert_uint_lt(lease_age_ns(lease), LEASE_VOID_NS);
    lease_release(lease);
}
END_TEST

/* The value of the lease changes under its holder's hands. */
START_TEST(a_holder_sees_that_it_has_lost)
{
    struct lease_claim winner;
    struct lease *lease = take(&anna);
    ck_assert_int_eq(bucket_put(bucket, "controller", "carl\n\n0123\n", 11, NULL), BUS_OK);
    wait_for_state(lease, LEASE_LOST);
    lease_winner(lease, &winner);
    ck_assert_str_eq(winner.holder, "carl");
    ck_assert_str_eq(winner.work, "");
    brokered_pause_ms(1500);
    ck_assert_int_eq(lease_state(lease), LEASE_LOST);
    lease_release(lease);
    struct bus_message value; /* what carl wrote is still there */
    ck_assert_int_eq(bucket_get(bucket, "controller", &value), BUS_OK);
    ck_assert_mem_eq(value.data, "carl", 4);
    bus_message_free(&value);
}
END_TEST

static const char *const strange[] = {"x",          "a\nb\n",     "a\nb\nc\nd\n",
                                      "\n\n\n",     "a\"\n\nc\n", "a\nb\n0123456789abcdefX\n",
                                      "\xff\n\nc\n"};

START_TEST(a_strange_value_is_no_claim)
{
    struct lease_text text;
    const char *value = strange[_i];
    ck_assert(!lease_text_read(&text, (const uint8_t *)value, strlen(value)));
    ck_assert_str_eq(text.claim.holder, "");
    ck_assert_str_eq(text.token, "");
}
END_TEST

START_TEST(a_claim_is_written_and_read)
{
    char value[LEASE_VALUE_MAX + 1];
    struct lease_text text = {.claim = anna};
    struct lease_text got;
    memset(text.claim.work, 'w', LEASE_TEXT_MAX);
    memset(text.claim.holder, 'h', LEASE_TEXT_MAX);
    lease_text_token(text.token);
    ck_assert_uint_eq(strlen(text.token), LEASE_TOKEN);
    size_t length = lease_text_write(&text, value);
    ck_assert_uint_eq(length, LEASE_VALUE_MAX);
    ck_assert(lease_text_read(&got, (const uint8_t *)value, length));
    ck_assert_str_eq(got.claim.holder, text.claim.holder);
    ck_assert_str_eq(got.claim.work, text.claim.work);
    ck_assert_str_eq(got.token, text.token);
}
END_TEST

START_TEST(a_strange_value_is_somebody_until_it_is_void)
{
    ck_assert_int_eq(bucket_put(bucket, "controller", "x", 1, NULL), BUS_OK);
    uint64_t began_ns = clock_now_ns();
    struct lease *lease = take(&anna);
    ck_assert_double_ge(since(began_ns), 5);
    ck_assert_str_eq(left.holder, "somebody unknown");
    lease_release(lease);
}
END_TEST

/* Waits for a lease on a thread of its own. */
struct contender {
    pthread_t thread;
    struct lease *lease;
    struct err err;
};

static void *contend(void *context)
{
    struct contender *contender = context;
    contender->lease = lease_take(bucket, "controller", &bert, -1, &left, &contender->err);
    return NULL;
}

/* A holder that cannot reach the broker either may not lose its lease before it had the time to
 * renew it. */
START_TEST(an_outage_of_the_broker_does_not_count)
{
    struct contender contender = {0};
    lease_abandon(take(&anna));
    uint64_t began_ns = clock_now_ns();
    ck_assert_int_eq(pthread_create(&contender.thread, NULL, contend, &contender), 0);
    brokered_pause_ms(2500);
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(6000);
    brokered_restart(&brokered);
    pthread_join(contender.thread, NULL);
    ck_assert_msg(contender.lease != NULL, "%s", contender.err.text);
    ck_assert_double_ge(since(began_ns), 11);
    ck_assert_str_eq(left.holder, "anna");
    lease_release(contender.lease);
}
END_TEST

START_TEST(waiting_can_be_stopped)
{
    int stop_fd = eventfd(1, EFD_CLOEXEC);
    lease_abandon(take(&anna));
    uint64_t began_ns = clock_now_ns();
    ck_assert_ptr_null(lease_take(bucket, "controller", &bert, stop_fd, &left, &err));
    ck_assert_double_lt(since(began_ns), 1);
    ck_assert_int_eq(err.code, ERR_NONE);
    close(stop_fd);
}
END_TEST

START_TEST(without_a_broker_nobody_becomes_the_controller)
{
    nats_server_kill(&brokered.nats);
    uint64_t began_ns = clock_now_ns();
    ck_assert_ptr_null(lease_take(bucket, "controller", &bert, -1, &left, &err));
    ck_assert_double_ge(since(began_ns), 10);
    ck_assert_msg(strstr(err.text, "cannot become the controller: the broker does not answer"),
                  "%s", err.text);
}
END_TEST

START_TEST(a_claim_is_plain_text)
{
    const struct lease_claim bad[] = {{"", "x"}, {"a\nb", ""}, {"a", "\"x\""}, {"a\\", ""}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct err){.code = ERR_NONE};
        ck_assert_ptr_null(lease_take(bucket, "controller", &bad[i], -1, &left, &err));
        ck_assert_int_eq(err.code, ERR_USAGE);
    }
}
END_TEST

Suite *lease_suite(void);
Suite *lease_suite(void)
{
    Suite *suite = suite_create("lease");
    TCase *tcase = tcase_create("lease");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_free_lease_is_taken_and_kept);
    tcase_add_test(tcase, a_second_controller_is_refused);
    tcase_add_test(tcase, a_lease_that_was_given_back_is_free);
    tcase_add_test(tcase, the_lease_of_a_dead_controller_is_void_after_5_s);
    tcase_add_test(tcase, a_holder_without_a_broker_is_late_and_comes_back);
    tcase_add_test(tcase, a_holder_sees_that_it_has_lost);
    tcase_add_test(tcase, a_strange_value_is_somebody_until_it_is_void);
    tcase_add_test(tcase, an_outage_of_the_broker_does_not_count);
    tcase_add_test(tcase, waiting_can_be_stopped);
    tcase_add_test(tcase, without_a_broker_nobody_becomes_the_controller);
    tcase_add_test(tcase, a_claim_is_plain_text);
    suite_add_tcase(suite, tcase);
    TCase *text = tcase_create("text");
    tcase_add_loop_test(text, a_strange_value_is_no_claim, 0, sizeof strange / sizeof strange[0]);
    tcase_add_test(text, a_claim_is_written_and_read);
    suite_add_tcase(suite, text);
    return suite;
}
