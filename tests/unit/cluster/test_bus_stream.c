/* Streams of a real broker. */
#include <check.h>
#include <string.h>

#include "loadgen/cluster/bus/stream.h"
#include "tests/support/brokered.h"

static struct brokered brokered;
static struct bus_stream_state state;
static struct err err;

static void setup(void)
{
    brokered_start(&brokered);
}

static void teardown(void)
{
    brokered_stop(&brokered);
}

static void make(uint64_t bytes_max)
{
    const struct bus_stream_limits limits = {.bytes_max = bytes_max};
    ck_assert_msg(bus_stream_make(brokered.bus, "S", "s.>", &limits, &err), "%s", err.text);
}

static enum bus_status publish(const char *subject, size_t length)
{
    static const char data[4096];
    uint64_t sequence = 0;
    enum bus_status status = bus_stream_publish(brokered.bus, subject, data, length, &sequence);
    ck_assert_int_eq(sequence > 0, status == BUS_OK);
    return status;
}

START_TEST(messages_are_numbered)
{
    make(100000);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    ck_assert_uint_eq(state.first, 1);
    ck_assert_uint_eq(state.last, 0);
    ck_assert_int_eq(publish("s.a", 10), BUS_OK);
    ck_assert_int_eq(publish("s.b", 0), BUS_OK);
    ck_assert_int_eq(publish("s.a", 10), BUS_OK);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    ck_assert_uint_eq(state.first, 1);
    ck_assert_uint_eq(state.last, 3);
    ck_assert_uint_eq(state.messages, 3);
    ck_assert_uint_gt(state.bytes, 20);
}
END_TEST

START_TEST(a_stream_that_is_made_again_is_another_one)
{
    make(100000);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    uint64_t made_ns = state.made_ns;
    make(200000); /* other limits */
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    ck_assert_uint_eq(state.made_ns, made_ns);
    ck_assert_int_eq(bus_stream_remove(brokered.bus, "S"), BUS_OK);
    make(100000);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    ck_assert_uint_gt(state.made_ns, made_ns);
}
END_TEST

START_TEST(a_full_stream_refuses_and_keeps)
{
    int stored = 0;
    make(10000);
    while (publish("s.a", 3000) == BUS_OK) {
        stored++;
    }
    ck_assert_int_ge(stored, 2);
    ck_assert_int_eq(publish("s.a", 3000), BUS_FULL);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    ck_assert_uint_eq(state.first, 1);
    ck_assert_uint_eq(state.messages, (uint64_t)stored);
    make(20000); /* more room for the same stream */
    ck_assert_int_eq(publish("s.a", 3000), BUS_OK);
}
END_TEST

START_TEST(old_messages_are_purged)
{
    make(100000);
    ck_assert_int_eq(publish("s.a", 1), BUS_OK);
    ck_assert_int_eq(publish("s.b", 1), BUS_OK);
    ck_assert_int_eq(publish("s.a", 1), BUS_OK);
    ck_assert_int_eq(publish("s.b", 1), BUS_OK);
    ck_assert_int_eq(bus_stream_purge(brokered.bus, "S", "s.a", 3), BUS_OK);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    ck_assert_uint_eq(state.messages, 3);
    ck_assert_uint_eq(state.first, 2);
    ck_assert_int_eq(bus_stream_purge(brokered.bus, "S", "s.a", 0), BUS_OK);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    ck_assert_uint_eq(state.messages, 2);
    ck_assert_int_eq(bus_stream_purge(brokered.bus, "S", NULL, 0), BUS_OK);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_OK);
    ck_assert_uint_eq(state.messages, 0);
    ck_assert_uint_eq(state.first, 5);
    ck_assert_uint_eq(state.last, 4);
}
END_TEST

START_TEST(what_is_missing_is_said)
{
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_MISSING);
    ck_assert_int_eq(bus_stream_remove(brokered.bus, "S"), BUS_MISSING);
    ck_assert_int_eq(bus_stream_purge(brokered.bus, "S", NULL, 0), BUS_MISSING);
    ck_assert_int_eq(publish("s.a", 1), BUS_NOBODY);
    make(100000);
    ck_assert_int_eq(publish("s.a", 1), BUS_OK);
    ck_assert_int_eq(bus_stream_remove(brokered.bus, "S"), BUS_OK);
    ck_assert_int_eq(publish("s.a", 1), BUS_NOBODY);
}
END_TEST

START_TEST(the_broker_says_why)
{
    const struct bus_stream_limits limits = {.bytes_max = UINT64_C(1) << 40};
    ck_assert(!bus_stream_make(brokered.bus, "S", "s.>", &limits, &err));
    ck_assert_msg(strstr(err.text, "cannot create the stream \"S\": ") &&
                      strstr(err.text, "insufficient storage"),
                  "%s", err.text);
}
END_TEST

START_TEST(nobody_waits_for_a_dead_broker)
{
    const struct bus_stream_limits limits = {.bytes_max = 1000};
    make(100000);
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(300);
    uint64_t before_ns = clock_now_ns();
    ck_assert_int_eq(publish("s.a", 1), BUS_UNREACHABLE);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &state), BUS_UNREACHABLE);
    ck_assert_int_eq(bus_stream_purge(brokered.bus, "S", NULL, 0), BUS_UNREACHABLE);
    ck_assert_int_eq(bus_stream_remove(brokered.bus, "S"), BUS_UNREACHABLE);
    ck_assert(!bus_stream_make(brokered.bus, "S", "s.>", &limits, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "the broker does not answer"));
    ck_assert_uint_lt(clock_now_ns() - before_ns, NS_PER_S);
}
END_TEST

Suite *bus_stream_suite(void);
Suite *bus_stream_suite(void)
{
    Suite *suite = suite_create("bus_stream");
    TCase *tcase = tcase_create("bus_stream");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, messages_are_numbered);
    tcase_add_test(tcase, a_stream_that_is_made_again_is_another_one);
    tcase_add_test(tcase, a_full_stream_refuses_and_keeps);
    tcase_add_test(tcase, old_messages_are_purged);
    tcase_add_test(tcase, what_is_missing_is_said);
    tcase_add_test(tcase, the_broker_says_why);
    tcase_add_test(tcase, nobody_waits_for_a_dead_broker);
    suite_add_tcase(suite, tcase);
    return suite;
}
