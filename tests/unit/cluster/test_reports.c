/*
 * What a worker has measured reaches the stream, also if the broker was away for so long that there
 * was no room for it.
 */
#include <check.h>
#include <string.h>

#include "loadgen/cluster/bus/stream.h"
#include "loadgen/cluster/worker/reports.h"
#include "tests/support/brokered.h"
#include "tests/support/tallies.h"

enum { RUN = 7, SECONDS = 3, RESULTS = 20, CHUNK = 512 * 1024 };

static struct brokered brokered;
static struct bus_outbox *outbox;
static struct reports reports;
static struct summary *summary;
static struct tally *window;
static struct random chance;
static struct err err;

static void setup(void)
{
    const struct bus_stream_limits limits = {.bytes_max = 200 << 20};
    const struct wire_worker self = {.name = "a", .incarnation = 1};
    chance = random_seeded(1);
    brokered_start(&brokered);
    ck_assert(bus_stream_make(brokered.bus, NAMES_TALLIES, NAMES_TALLY ".*", &limits, &err));
    outbox = bus_outbox_create(brokered.bus, REPORTS_OUTBOX, &err);
    ck_assert_msg(outbox != NULL, "%s", err.text);
    reports_init(&reports, outbox, &self, RUN);
    summary = summary_create();
    window = tally_create(true, true);
    rows_add(&summary->rows, "row");
}

static void teardown(void)
{
    bus_outbox_free(outbox);
    reports_fini(&reports);
    tally_destroy(window);
    summary_destroy(summary);
    brokered_stop(&brokered);
}

static void add_second(uint64_t index)
{
    const struct second second = {
        .index = index,
        .elapsed_ns = (index + 1) * NS_PER_S,
        .tally = window,
        .total = summary->tally,
        .rows = &summary->rows,
        .generator = &summary->generator,
    };
    for (int i = 0; i < RESULTS; i++) {
        struct result result = tallies_random_result(&chance, &summary->texts);
        result.row = result.address_row = 0;
        tally_add(window, &result);
    }
    tally_merge(summary->tally, window);
    reports_add(&reports, &second, &summary->rows);
    tally_clear(window);
}

/* Fills the outbox, but for so many bytes, or a little more. */
static void fill(size_t room)
{
    static const size_t lengths[] = {CHUNK, 4096};
    static const char data[CHUNK];
    struct bus_outbox_state state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (bus_outbox_look(outbox, &state);
             REPORTS_OUTBOX - state.kept_bytes > room + lengths[i] + BUS_SUBJECT_MAX;
             bus_outbox_look(outbox, &state)) {
            ck_assert(bus_outbox_put(outbox, reports.subject.text, data, lengths[i]));
        }
    }
}

/* What the stream has of this worker. */
struct got {
    uint64_t seconds; /* messages */
    uint64_t covered;
    uint64_t ended; /* of the last second */
    struct wire_end end;
};

static struct got read_stream(void)
{
    struct got got = {0};
    struct bus_message message;
    struct bus_queue *queue = bus_queue_create(brokered.bus, 16, &err);
    const struct bus_follow follow = {.stream = NAMES_TALLIES, .from = 1};
    ck_assert(bus_queue_follow(queue, 0, &follow, &err));
    while (got.end.run == 0) {
        struct wire_tally tally;
        brokered_take(queue, &message);
        const struct slice data = {(const char *)message.data, message.length};
        if (wire_read_tally(data, &tally) == WIRE_READ_OK && tally.part == 0) {
            got.seconds++;
            got.covered += tally.covers;
            got.ended = tally.at_end.ended;
        }
        wire_read_end(data, &got.end);
        bus_message_free(&message);
    }
    bus_queue_free(queue);
    return got;
}

START_TEST(each_second_and_the_account_are_sent)
{
    for (uint64_t i = 0; i < SECONDS; i++) {
        add_second(i);
    }
    struct wire_end end = {0};
    reports_end(&reports, &end, summary, NULL);
    struct got got = read_stream();
    ck_assert_uint_eq(got.seconds, SECONDS);
    ck_assert_uint_eq(got.covered, SECONDS);
    ck_assert_uint_eq(got.ended, (uint64_t)SECONDS * RESULTS);
    ck_assert_uint_eq(got.end.seconds, SECONDS);
    ck_assert_uint_eq(got.end.ended, (uint64_t)SECONDS * RESULTS);
}
END_TEST

/* The seconds that had no room come as one, and the account does not count others. */
START_TEST(what_was_kept_is_sent_at_the_end)
{
    bool has_room = _i == 0;
    struct wire_end end = {0};
    add_second(0);
    ck_assert(bus_outbox_drain(outbox, clock_now_ns() + 20 * NS_PER_S));
    nats_server_kill(&brokered.nats);
    fill(has_room ? REPORTS_RESERVE - WIRE_ENVIRONMENT : WIRE_ENVIRONMENT);
    for (uint64_t i = 1; i < SECONDS; i++) {
        add_second(i);
    }
    reports_end(&reports, &end, summary, NULL);
    brokered_restart(&brokered);
    ck_assert(bus_outbox_drain(outbox, clock_now_ns() + 60 * NS_PER_S));
    struct got got = read_stream();
    ck_assert_uint_eq(got.seconds, has_room ? 2 : 1);
    ck_assert_uint_eq(got.covered, has_room ? SECONDS : 1);
    ck_assert_uint_eq(got.end.seconds, has_room ? SECONDS : 1);
    ck_assert_uint_eq(got.end.ended, (uint64_t)SECONDS * RESULTS);
}
END_TEST

START_TEST(who_cannot_take_its_seat_gives_an_account)
{
    reports_refuse(outbox, &reports.self, RUN, "no threads");
    struct got got = read_stream();
    ck_assert_uint_eq(got.seconds, 0);
    ck_assert_uint_eq(got.end.seconds, 0);
    ck_assert_str_eq(got.end.problem, "no threads");
}
END_TEST

Suite *reports_suite(void);
Suite *reports_suite(void)
{
    Suite *suite = suite_create("reports");
    TCase *tests = tcase_create("reports");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, each_second_and_the_account_are_sent);
    tcase_add_loop_test(tests, what_was_kept_is_sent_at_the_end, 0, 2);
    tcase_add_test(tests, who_cannot_take_its_seat_gives_an_account);
    suite_add_tcase(suite, tests);
    return suite;
}
