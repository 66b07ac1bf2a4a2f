/* A connection to a real broker. */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "loadgen/cluster/bus/bus.h"
#include "loadgen/cluster/bus/queue.h"
#include "tests/support/brokered.h"

static struct brokered brokered;

static void setup(void)
{
    brokered_start(&brokered);
}

static void teardown(void)
{
    brokered_stop(&brokered);
}

static struct bus_queue *listen_to(const char *subject)
{
    struct bus_queue *queue = bus_queue_create(brokered.bus, 16, &brokered.err);
    ck_assert_ptr_nonnull(queue);
    ck_assert_msg(bus_queue_listen(queue, 7, subject, &brokered.err), "%s", brokered.err.text);
    return queue;
}

START_TEST(what_is_published_arrives)
{
    struct bus_message message;
    struct bus_queue *queue = listen_to("a.*");
    uint64_t before_ns = clock_now_ns();
    ck_assert(bus_publish(brokered.bus, "a.b", "x\0y", 3));
    ck_assert(bus_publish(brokered.bus, "c.b", "no", 2));
    brokered_take(queue, &message);
    ck_assert_int_eq(message.source, 7);
    ck_assert_str_eq(message.subject, "a.b");
    ck_assert_ptr_null(message.reply);
    ck_assert_uint_eq(message.length, 3);
    ck_assert_mem_eq(message.data, "x\0y", 3);
    ck_assert_uint_ge(message.arrived_ns, before_ns);
    ck_assert_uint_le(message.arrived_ns, clock_now_ns());
    ck_assert_uint_eq(message.sequence, 0);
    ck_assert(!message.is_deleted);
    bus_message_free(&message);
    brokered_expect_nothing(queue);
    bus_queue_free(queue);
}
END_TEST

START_TEST(a_bad_message_is_not_published)
{
    static const char big[BUS_MESSAGE_MAX + 1];
    ck_assert(!bus_publish(brokered.bus, "a", big, sizeof big));
    ck_assert(!bus_publish(brokered.bus, "", "x", 1));
    ck_assert(bus_publish(brokered.bus, "a", big, sizeof big - 1));
}
END_TEST

/* Answers one request with its own data. */
static void *answer(void *context)
{
    struct bus_queue *queue = context;
    struct bus_message message;
    brokered_take(queue, &message);
    bus_publish(brokered.bus, message.reply, message.data, message.length);
    bus_message_free(&message);
    return NULL;
}

START_TEST(a_request_is_answered)
{
    pthread_t thread;
    struct bus_message got;
    struct bus_queue *queue = listen_to("ask");
    ck_assert_int_eq(pthread_create(&thread, NULL, answer, queue), 0);
    ck_assert_int_eq(bus_request(brokered.bus, "ask", "ping", 4, 5 * NS_PER_S, &got), BUS_OK);
    ck_assert_uint_eq(got.length, 4);
    ck_assert_mem_eq(got.data, "ping", 4);
    bus_message_free(&got);
    pthread_join(thread, NULL);
    ck_assert_int_eq(bus_request(brokered.bus, "nobody", "", 0, 5 * NS_PER_S, &got), BUS_NOBODY);
    ck_assert_int_eq(bus_request(brokered.bus, "ask", "", 0, NS_PER_S / 5, &got), BUS_UNREACHABLE);
    bus_message_free(&got);
    bus_queue_free(queue);
}
END_TEST

START_TEST(the_pong_grows_old_while_the_broker_is_stopped)
{
    brokered_pause_ms(2500);
    ck_assert_uint_lt(bus_pong_age_ns(brokered.bus), 2 * NS_PER_S);
    nats_server_pause(&brokered.nats);
    uint64_t stopped_ns = clock_now_ns();
    brokered_pause_ms(3500);
    ck_assert_uint_ge(bus_pong_age_ns(brokered.bus), 3 * NS_PER_S);
    ck_assert_uint_le(*bus_pong_ns(brokered.bus), stopped_ns);
    nats_server_resume(&brokered.nats);
    brokered_wait_for_pong(brokered.bus);
}
END_TEST

START_TEST(nothing_is_stored_for_later)
{
    struct bus_message got;
    struct bus_queue *queue = listen_to("a");
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(300);
    ck_assert(!bus_publish(brokered.bus, "a", "old", 3));
    uint64_t before_ns = clock_now_ns();
    ck_assert_int_eq(bus_request(brokered.bus, "a", "old", 3, 5 * NS_PER_S, &got), BUS_UNREACHABLE);
    ck_assert_uint_lt(clock_now_ns() - before_ns, NS_PER_S);
    brokered_pause_ms(2500);
    ck_assert_uint_ge(bus_pong_age_ns(brokered.bus), 2 * NS_PER_S);
    brokered_restart(&brokered);
    ck_assert(bus_publish(brokered.bus, "a", "new", 3));
    brokered_expect(queue, 7, "new");
    brokered_expect_nothing(queue);
    bus_queue_free(queue);
}
END_TEST

/* A request that waits when the broker dies does not wait for its time. */
static void *kill_soon(void *context)
{
    brokered_pause_ms(300);
    nats_server_kill(&brokered.nats);
    return context;
}

START_TEST(a_request_ends_with_the_connection)
{
    pthread_t thread;
    struct bus_message got;
    struct bus_queue *queue = listen_to("ask");
    uint64_t before_ns = clock_now_ns();
    ck_assert_int_eq(pthread_create(&thread, NULL, kill_soon, NULL), 0);
    ck_assert_int_eq(bus_request(brokered.bus, "ask", "", 0, 30 * NS_PER_S, &got), BUS_UNREACHABLE);
    ck_assert_uint_lt(clock_now_ns() - before_ns, 5 * NS_PER_S);
    pthread_join(thread, NULL);
    bus_queue_free(queue);
}
END_TEST

START_TEST(the_server_is_named)
{
    char text[BUS_SUBJECT_MAX + 1];
    char url[NATS_URL];
    ck_assert_str_eq(bus_server(brokered.bus, text), nats_server_url(&brokered.nats, url));
    ck_assert_uint_eq(bus_message_max(brokered.bus), BUS_MESSAGE_MAX);
}
END_TEST

Suite *bus_suite(void);
Suite *bus_suite(void)
{
    Suite *suite = suite_create("bus");
    TCase *tcase = tcase_create("bus");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_published_arrives);
    tcase_add_test(tcase, a_bad_message_is_not_published);
    tcase_add_test(tcase, a_request_is_answered);
    tcase_add_test(tcase, the_pong_grows_old_while_the_broker_is_stopped);
    tcase_add_test(tcase, nothing_is_stored_for_later);
    tcase_add_test(tcase, a_request_ends_with_the_connection);
    tcase_add_test(tcase, the_server_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
