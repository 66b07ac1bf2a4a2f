/* Messages that are kept until a real broker has them. Long: the broker stays away for seconds. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/cluster/bus/outbox.h"
#include "loadgen/cluster/bus/stream.h"
#include "tests/support/brokered.h"

enum { ALL = 200 };

static struct brokered brokered;
static struct bus_outbox *outbox;
static struct bus_outbox_state state;
static struct err err;

static void make(uint64_t bytes_max)
{
    const struct bus_stream_limits limits = {.bytes_max = bytes_max};
    ck_assert_msg(bus_stream_make(brokered.bus, "S", "s.>", &limits, &err), "%s", err.text);
}

static void setup(void)
{
    brokered_start(&brokered);
    outbox = bus_outbox_create(brokered.bus, 100000, &err);
    ck_assert_msg(outbox != NULL, "%s", err.text);
}

static void teardown(void)
{
    bus_outbox_free(outbox);
    brokered_stop(&brokered);
}

/* Messages with these numbers. */
static void put(unsigned first, unsigned last)
{
    for (unsigned number = first; number <= last; number++) {
        ck_assert(bus_outbox_put(outbox, "s.a", &number, sizeof number));
    }
}

static bool drain(uint64_t seconds)
{
    bool is_empty = bus_outbox_drain(outbox, clock_now_ns() + seconds * NS_PER_S);
    bus_outbox_look(outbox, &state);
    ck_assert_int_eq(is_empty, state.kept == 0);
    ck_assert_int_eq(is_empty, state.kept_bytes == 0);
    return is_empty;
}

/* Each of the messages 1 to `last` is in the stream, at least once. */
static void expect_all(unsigned last)
{
    struct bus_stream_state stored;
    bool *has = calloc(last + 1, sizeof *has);
    struct bus_queue *queue = bus_queue_create(brokered.bus, 16, &err);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &stored), BUS_OK);
    ck_assert(bus_queue_follow(queue, 0, &(struct bus_follow){.stream = "S", .from = 1}, &err));
    for (uint64_t i = 0; i < stored.messages; i++) {
        struct bus_message message;
        unsigned number = 0;
        brokered_take(queue, &message);
        ck_assert_uint_eq(message.length, sizeof number);
        memcpy(&number, message.data, sizeof number);
        ck_assert_uint_le(number, last);
        has[number] = true;
        bus_message_free(&message);
    }
    for (unsigned number = 1; number <= last; number++) {
        ck_assert_msg(has[number], "%u is missing", number);
    }
    bus_queue_free(queue);
    free(has);
}

START_TEST(everything_is_stored_once)
{
    struct bus_stream_state stored;
    make(1000000);
    put(1, ALL);
    ck_assert(drain(10));
    ck_assert_uint_eq(state.acknowledged, ALL);
    ck_assert_uint_eq(state.repeated, 0);
    ck_assert_uint_eq(state.refused, 0);
    ck_assert_int_eq(state.last, BUS_OK);
    ck_assert_int_eq(bus_stream_look(brokered.bus, "S", &stored), BUS_OK);
    ck_assert_uint_eq(stored.messages, ALL);
    expect_all(ALL);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    static const char data[40000];
    static const char huge[BUS_MESSAGE_MAX + 1];
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(300);
    ck_assert(bus_outbox_put(outbox, "s.a", data, sizeof data));
    ck_assert(bus_outbox_put(outbox, "s.a", data, sizeof data));
    ck_assert(!bus_outbox_put(outbox, "s.a", data, sizeof data));
    ck_assert(bus_outbox_put(outbox, "s.a", data, 100000 - 3 - 2 * (3 + sizeof data)));
    ck_assert(!bus_outbox_put(outbox, "s.a", data, 0));
    ck_assert(!bus_outbox_put(outbox, "s.a", huge, sizeof huge));
    bus_outbox_look(outbox, &state);
    ck_assert_uint_eq(state.kept, 3);
    ck_assert_uint_eq(state.kept_bytes, 100000);
    ck_assert_uint_eq(state.refused, 3);
}
END_TEST

START_TEST(a_dead_broker_gets_everything_later)
{
    make(1000000);
    put(1, 100);
    nats_server_kill(&brokered.nats);
    put(101, ALL);
    ck_assert(!drain(5));
    brokered_restart(&brokered);
    ck_assert(drain(20));
    ck_assert_uint_eq(state.acknowledged, ALL);
    expect_all(ALL);
}
END_TEST

START_TEST(a_stopped_broker_gets_everything_later)
{
    make(1000000);
    nats_server_pause(&brokered.nats);
    put(1, ALL);
    ck_assert(!drain(5));
    ck_assert_int_eq(state.last, BUS_UNREACHABLE);
    ck_assert_uint_gt(state.repeated, 0);
    nats_server_resume(&brokered.nats);
    ck_assert(drain(20));
    ck_assert_uint_eq(state.acknowledged, ALL);
    expect_all(ALL);
}
END_TEST

START_TEST(a_full_stream_gets_everything_later)
{
    make(4000);
    put(1, ALL);
    ck_assert(!drain(3));
    ck_assert_int_eq(state.last, BUS_FULL);
    ck_assert_uint_gt(state.acknowledged, 0);
    make(1000000);
    ck_assert(drain(20));
    ck_assert_uint_eq(state.acknowledged, ALL);
    expect_all(ALL);
}
END_TEST

/* Without a stream, nobody acknowledges. */
START_TEST(a_stream_that_is_made_late_gets_everything)
{
    put(1, ALL);
    ck_assert(!drain(2));
    make(1000000);
    ck_assert(drain(20));
    expect_all(ALL);
}
END_TEST

START_TEST(it_is_freed_while_messages_are_on_their_way)
{
    make(1000000);
    nats_server_pause(&brokered.nats);
    put(1, ALL);
    brokered_pause_ms(200);
    uint64_t before_ns = clock_now_ns();
    bus_outbox_free(outbox);
    ck_assert_uint_lt(clock_now_ns() - before_ns, NS_PER_S);
    nats_server_resume(&brokered.nats);
    outbox = bus_outbox_create(brokered.bus, 100000, &err);
    ck_assert_ptr_nonnull(outbox);
    put(1, 1);
    ck_assert(drain(10));
}
END_TEST

Suite *bus_outbox_suite(void);
Suite *bus_outbox_suite(void)
{
    Suite *suite = suite_create("bus_outbox");
    TCase *tcase = tcase_create("bus_outbox");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, everything_is_stored_once);
    tcase_add_test(tcase, what_does_not_fit_is_refused);
    tcase_add_test(tcase, a_dead_broker_gets_everything_later);
    tcase_add_test(tcase, a_stopped_broker_gets_everything_later);
    tcase_add_test(tcase, a_full_stream_gets_everything_later);
    tcase_add_test(tcase, a_stream_that_is_made_late_gets_everything);
    tcase_add_test(tcase, it_is_freed_while_messages_are_on_their_way);
    suite_add_tcase(suite, tcase);
    return suite;
}
