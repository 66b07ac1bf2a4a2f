/* Not under tsan: one thread. */
/* Every message comes back the same; what is cut, changed or impossible is refused. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/cluster/wire/announce.h"
#include "loadgen/cluster/wire/clock.h"
#include "loadgen/cluster/wire/end.h"
#include "loadgen/cluster/wire/epoch.h"
#include "loadgen/cluster/wire/order.h"
#include "loadgen/cluster/wire/start.h"
#include "loadgen/cluster/wire/tally.h"
#include "tests/support/random.h"
#include "tests/support/wire_copy.h"

enum { ROUNDS = 100, CUTS = 300 };

static struct random chance;
static struct bytes written;

static void setup(void)
{
    chance = random_seeded(3);
}

static void teardown(void)
{
    bytes_free(&written);
}

/* Messages with random values. */

static uint64_t below(uint64_t n)
{
    return random_below(&chance, n);
}

static uint64_t amount(void)
{
    return random_sized(&chance, 62);
}

static void fill_text(char *text, size_t size)
{
    size_t length = below(size);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(' ' + (int)below(95));
    }
    text[length] = '\0';
}

static struct wire_worker random_worker(void)
{
    struct wire_worker worker = {.incarnation = random_next(&chance)};
    snprintf(worker.name, sizeof worker.name, "worker-%d_A", (int)below(1000));
    return worker;
}

static struct generator random_generator(void)
{
    return (struct generator){
        .threads = (unsigned)below(64),
        .cpu_limit = random_fraction(&chance) * 8,
        .cpu_seconds = random_fraction(&chance) * 100,
        .wall_seconds = random_fraction(&chance) * 100,
        .has_throttled = below(2),
        .throttled_seconds = random_fraction(&chance),
        .throttled_most_ns = amount(),
        .has_stolen = below(2),
        .stolen_seconds = random_fraction(&chance),
        .has_scripts = below(2),
        .script_seconds = random_fraction(&chance),
        .loop_p99_ns = amount(),
        .loop_unread_ns = amount(),
        .memory_bytes = amount(),
        .held_back_ns = amount(),
        .other_attacks = (int)below(10) - 1,
        .connects = amount(),
        .connect_ns = amount(),
        .local_ports = amount(),
        .time_wait = amount(),
    };
}

static void write_announce(void)
{
    struct wire_announce announce = {
        .from = random_worker(),
        .threads = (uint16_t)(1 + below(SLOTS)),
        .cpu_limit = random_fraction(&chance) * 64,
        .state = (enum wire_state)below(WIRE_STATES),
        .run = random_next(&chance),
        .epochs = amount(),
        .elapsed_ns = below(WIRE_TIME_MAX_NS + 1),
        .uncertainty_ns = below(2) ? UINT64_MAX : amount(),
        .drift_ns = (int64_t)below(2 * WIRE_DRIFT_MAX_NS + 1) - WIRE_DRIFT_MAX_NS,
    };
    fill_text(announce.version, sizeof announce.version);
    fill_text(announce.node, sizeof announce.node);
    fill_text(announce.problem, sizeof announce.problem);
    wire_write_announce(&written, &announce);
}

static void write_leave(void)
{
    wire_write_leave(&written, &(struct wire_leave){random_worker(), random_next(&chance)});
}

static void write_ask(void)
{
    wire_write_ask(&written, &(struct wire_ask){random_worker(), random_next(&chance)});
}

static void write_answer(void)
{
    wire_write_answer(&written, &(struct wire_answer){random_next(&chance), random_next(&chance),
                                                      random_next(&chance), amount()});
}

static void write_order(void)
{
    struct wire_order order = {
        .run = 1 + amount(), .length = amount(), .driver = "agenda", .counts_targets = below(2)};
    sha256_print("abc", below(4), order.hash);
    wire_write_order(&written, &order);
}

static void write_chunk(void)
{
    static const char content[] = "the content of a file";
    struct wire_chunk chunk = {.run = random_next(&chance), .count = 1 + below(WIRE_PIECES)};
    for (size_t i = 0; i < chunk.count; i++) {
        struct wire_piece *piece = &chunk.pieces[i];
        sha256_print(content, below(sizeof content), piece->hash);
        piece->index = amount();
        piece->bytes = (struct slice){content, below(sizeof content)};
    }
    wire_write_chunk(&written, &chunk);
}

static void write_start(void)
{
    wire_write_start(&written, &(struct wire_start){random_next(&chance), random_next(&chance),
                                                    1 + amount(), random_next(&chance)});
}

static struct schedule random_schedule(void)
{
    struct schedule schedule = {.type = (enum schedule_type)below(5),
                                .duration_ns = 1 + below(INT64_MAX / 4)};
    size_t stages = schedule.type == SCHEDULE_RAMP ? 1 : 1 + below(SCHEDULE_STAGES_MAX);
    switch (schedule.type) {
    case SCHEDULE_CONSTANT:
    case SCHEDULE_POISSON:
        schedule.rate = (struct rate){1 + below(1000), NS_PER_S};
        schedule.duration_ns = below(2) ? 0 : schedule.duration_ns >> 12;
        schedule.seed = random_next(&chance);
        break;
    case SCHEDULE_SINE:
        schedule.sine =
            (struct sine){1000 + below(1000), below(1000), 1 + amount(), (enum sine_start)below(4)};
        break;
    case SCHEDULE_RAMP:
    case SCHEDULE_STAGES:
        schedule.duration_ns = 0;
        schedule.stages.count = stages;
        for (size_t i = 0; i < stages; i++) {
            schedule.stages.list[i] = (struct stage){1 + below(NS_PER_S), below(5), 1 + below(5)};
            schedule.duration_ns += schedule.stages.list[i].duration_ns;
        }
        break;
    }
    return schedule;
}

/* An epoch as the house makes it: the second of two, with what its first request needs. */
static void fill_course(struct wire_epoch *message)
{
    struct slots slots = {{0}};
    struct epoch first;
    struct epoch next;
    struct epoch_counter counter;
    struct schedule schedule = random_schedule();
    epoch_init(&first, &schedule, &slots);
    epoch_counter_init(&counter, &first);
    epoch_init_next(&next, &counter, below(NS_PER_S), below(2) ? &schedule : NULL, NULL);
    message->at_ns = next.at_ns;
    message->first = next.first;
    message->piece = next.piece;
    message->walk = next.walk;
}

/* `seats` has room for so many. Slots belong to any of their threads. */
static void fill_seats(struct wire_epoch *epoch, size_t count)
{
    uint16_t threads[3 * 5] = {0};
    size_t thread_count = 0;
    uint16_t next = (uint16_t)below(3);
    epoch->count = count;
    for (size_t i = 0; i < count; i++) {
        epoch->seats[i] = (struct wire_seat){random_worker(), next, (uint16_t)(1 + below(3))};
        for (uint16_t k = 0; k < epoch->seats[i].threads; k++) {
            threads[thread_count++] = (uint16_t)(next + k);
        }
        next = (uint16_t)(next + epoch->seats[i].threads + below(3));
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        epoch->slots.owner[slot] = threads[below(thread_count)];
    }
}

static void fill_epoch(struct wire_epoch *epoch, struct wire_seat seats[5])
{
    *epoch = (struct wire_epoch){
        .run = random_next(&chance),
        .number = amount(),
        .is_final = below(2),
        .users = below(2) ? UINT64_MAX : 1 + amount(),
        .users_from = amount(),
        .users_per_s = random_fraction(&chance) * 100,
        .seats = seats,
    };
    fill_course(epoch);
    fill_seats(epoch, 1 + below(5));
}

static void write_epoch(void)
{
    struct wire_seat seats[5];
    struct wire_epoch epoch;
    fill_epoch(&epoch, seats);
    wire_write_epoch(&written, &epoch);
}

static void write_tally(void)
{
    struct wire_tally tally = {
        .from = random_worker(),
        .run = random_next(&chance),
        .epoch = amount(),
        .second = below(WIRE_TIME_MAX_NS / NS_PER_S),
        .parts = 1 + below(WIRE_PARTS),
        .is_last = below(2),
        .at_end = {.elapsed_ns = below(WIRE_TIME_MAX_NS),
                   .intended = amount(),
                   .started = amount(),
                   .ended = amount(),
                   .in_flight = amount(),
                   .users = amount(),
                   .iterations = amount(),
                   .iterations_dropped = amount(),
                   .p50_ns = amount(),
                   .p99_ns = amount(),
                   .lag_p99_ns = amount(),
                   .generator = random_generator()},
        .tally = {"not looked into", 15},
    };
    tally.covers = 1 + below(tally.second + 1);
    tally.part = below(tally.parts);
    wire_write_tally(&written, &tally);
}

static void write_stop(void)
{
    wire_write_stop(&written,
                    &(struct wire_stop){random_next(&chance), (enum wire_stop_how)below(2),
                                        below(WIRE_TIME_MAX_NS)});
}

static void write_end(void)
{
    struct wire_end end = {
        .from = random_worker(),
        .run = random_next(&chance),
        .seconds = below(WIRE_TIME_MAX_NS / NS_PER_S),
        .intended = amount(),
        .started = amount(),
        .ended = amount(),
        .not_started = amount(),
        .too_late = amount(),
        .abandoned = amount(),
        .iterations = amount(),
        .iterations_dropped = amount(),
        .lost_connects = amount(),
        .spread = {.host = "a.example:80", .addresses = amount(), .least = 5, .most = 5 + below(9)},
        .generator = random_generator(),
        .is_interrupted = below(2),
        .is_cut_off = below(2),
        .uncertainty_ns = amount(),
        .drift_ns = (int64_t)below(100) - 50,
        .environment = {"{}", 2},
    };
    fill_text(end.problem, sizeof end.problem);
    wire_write_end(&written, &end);
}

static void (*const writers[])(void) = {
    write_announce, write_leave, write_ask,   write_answer, write_order, write_chunk,
    write_start,    write_epoch, write_tally, write_stop,   write_end,
};

static struct slice message(void)
{
    ck_assert(!written.has_failed);
    return (struct slice){written.at, written.length};
}

START_TEST(a_message_comes_back_the_same)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct bytes again = {0};
        bytes_clear(&written);
        writers[_i]();
        ck_assert_int_eq(wire_kind(message()), _i + 1);
        ck_assert_int_eq(wire_copy(message(), &again), WIRE_READ_OK);
        ck_assert_uint_eq(again.length, written.length);
        ck_assert_mem_eq(again.at, written.at, again.length);
        bytes_free(&again);
    }
}
END_TEST

/* In memory of its own, so that asan sees any access behind it. */
static enum wire_read read_copy(const char *bytes, size_t length)
{
    struct bytes again = {0};
    char *copy = malloc(length + !length);
    memcpy(copy, bytes, length);
    enum wire_read read = wire_copy((struct slice){copy, length}, &again);
    free(copy);
    bytes_free(&again);
    return read;
}

START_TEST(a_message_that_is_cut_or_too_long_is_refused)
{
    writers[_i]();
    size_t step = written.length / CUTS + 1;
    for (size_t length = 0; length < written.length; length += step) {
        ck_assert_int_ne(read_copy(written.at, length), WIRE_READ_OK);
    }
    bytes_add(&written, "", 1);
    ck_assert_int_eq(read_copy(written.at, written.length), WIRE_READ_BAD);
}
END_TEST

START_TEST(another_version_and_another_kind_are_told_apart)
{
    struct wire_leave leave;
    write_leave();
    struct slice got = message();
    written.at[1] = WIRE_ASK;
    ck_assert_int_eq(wire_read_leave(got, &leave), WIRE_READ_BAD);
    written.at[1] = WIRE_LEAVE;
    ck_assert_int_eq(wire_read_leave(got, &leave), WIRE_READ_OK);
    written.at[0]++;
    ck_assert_int_eq(wire_read_leave(got, &leave), WIRE_READ_VERSION);
    ck_assert_int_eq(wire_kind(got), WIRE_NONE);
    ck_assert_int_eq(wire_read_leave((struct slice){"", 0}, &leave), WIRE_READ_BAD);
    ck_assert_int_eq(wire_kind((struct slice){"", 0}), WIRE_NONE);
}
END_TEST

/* Random changes of single bytes: most are refused, and none does harm. */
START_TEST(a_changed_byte_does_no_harm)
{
    for (int i = 0; i < ROUNDS; i++) {
        bytes_clear(&written);
        writers[_i]();
        for (int k = 0; k < 5; k++) {
            written.at[2 + below(written.length - 2)] = (char)below(256);
        }
        read_copy(written.at, written.length);
    }
}
END_TEST

START_TEST(names_of_workers_can_be_parts_of_subjects)
{
    static const char *const bad[] = {"", "a.b", "a b", "*", ">", "a\n", "\xc3\xa9", "a$"};
    static const char longest[] = "012345678901234567890123456789012345678901234567890123456789012";
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert(!wire_is_name(bad[i]));
    }
    ck_assert(wire_is_name("headroom-worker-7_x"));
    ck_assert_uint_eq(strlen(longest), WIRE_NAME - 1);
    ck_assert(wire_is_name(longest));
    struct wire_leave leave = {.from.name = "ab"};
    wire_write_leave(&written, &leave);
    *strchr(written.at, 'b') = '.';
    ck_assert_int_eq(wire_read_leave(message(), &leave), WIRE_READ_BAD);
}
END_TEST

START_TEST(what_a_worker_says_about_itself_is_cleaned)
{
    struct wire_announce announce = {.from.name = "a", .threads = 1, .cpu_limit = NAN};
    memset(announce.problem, 'x', sizeof announce.problem);
    snprintf(announce.node, sizeof announce.node, "a\x1b[31m\xff");
    wire_write_announce(&written, &announce);
    ck_assert_int_eq(wire_read_announce(message(), &announce), WIRE_READ_OK);
    ck_assert_str_eq(announce.node, "a?[31m?");
    ck_assert_uint_eq(strlen(announce.problem), sizeof announce.problem - 1);
    ck_assert(announce.cpu_limit == 0);
}
END_TEST

START_TEST(control_characters_are_refused)
{
    struct wire_announce announce = {.from.name = "a", .threads = 1, .node = "!!!"};
    wire_write_announce(&written, &announce);
    char *node = memchr(written.at, '!', written.length);
    *node = '\x1b';
    ck_assert_int_eq(wire_read_announce(message(), &announce), WIRE_READ_BAD);
    *node = '\0'; /* neither does a text end early */
    ck_assert_int_eq(wire_read_announce(message(), &announce), WIRE_READ_BAD);
    *node = '!';
    ck_assert_int_eq(wire_read_announce(message(), &announce), WIRE_READ_OK);
}
END_TEST

START_TEST(a_number_may_be_negative)
{
    static const int64_t drifts[] = {0, -1, 1, -WIRE_DRIFT_MAX_NS, WIRE_DRIFT_MAX_NS};
    struct wire_announce announce = {.from.name = "a", .threads = 1, .drift_ns = drifts[_i]};
    wire_write_announce(&written, &announce);
    ck_assert_int_eq(wire_read_announce(message(), &announce), WIRE_READ_OK);
    ck_assert_int_eq(announce.drift_ns, drifts[_i]);
}
END_TEST

START_TEST(an_epoch_has_its_seats)
{
    struct wire_seat seats[5];
    struct wire_epoch epoch;
    struct wire_epoch got;
    fill_epoch(&epoch, seats);
    wire_write_epoch(&written, &epoch);
    ck_assert_int_eq(wire_read_epoch(message(), &got), WIRE_READ_OK);
    for (size_t i = 0; i < epoch.count; i++) {
        const struct wire_seat *seat = wire_epoch_find(&got, &seats[i].worker);
        ck_assert_ptr_nonnull(seat);
        ck_assert_uint_eq(seat->first, seats[i].first);
        ck_assert_uint_eq(seat->threads, seats[i].threads);
    }
    seats[0].worker.incarnation++;
    ck_assert_ptr_null(wire_epoch_find(&got, &seats[0].worker));
    ck_assert_uint_eq(wire_epoch_threads(&got),
                      seats[epoch.count - 1].first + seats[epoch.count - 1].threads);
    ck_assert_mem_eq(&got.slots, &epoch.slots, sizeof got.slots);
    ck_assert(got.users == epoch.users && got.users_per_s == epoch.users_per_s);
    ck_assert_uint_eq(got.users_from, epoch.users_from);
    wire_epoch_free(&got);
}
END_TEST

/* A joiner that has only the message finds the same moments as a thread that was there. */
START_TEST(a_schedule_goes_on_from_an_epoch)
{
    struct wire_seat seats[1] = {{{"a", 1}, 0, 1}};
    struct wire_epoch epoch = {.users = 1, .seats = seats, .count = 1};
    struct wire_epoch got;
    struct schedule_cursor here;
    struct schedule_cursor there;
    fill_course(&epoch);
    wire_write_epoch(&written, &epoch);
    ck_assert_int_eq(wire_read_epoch(message(), &got), WIRE_READ_OK);
    schedule_resume(&here, &epoch.piece.schedule, &epoch.walk);
    schedule_resume(&there, &got.piece.schedule, &got.walk);
    for (uint64_t k = epoch.first - epoch.piece.first; k < 1000; k++) {
        ck_assert_uint_eq(schedule_due(&here, k), schedule_due(&there, k));
    }
    wire_epoch_free(&got);
}
END_TEST

/* The last byte of a message is the owner of its last slot. */
START_TEST(a_slot_without_a_thread_is_refused)
{
    struct wire_seat seats[1] = {{{"a", 1}, 0, 2}};
    struct wire_epoch epoch = {.users = 1, .seats = seats, .count = 1};
    epoch.piece.schedule.rate.per_ns = NS_PER_S;
    wire_write_epoch(&written, &epoch);
    ck_assert_int_eq(read_copy(written.at, written.length), WIRE_READ_OK);
    written.at[written.length - 1] = 1;
    ck_assert_int_eq(read_copy(written.at, written.length), WIRE_READ_OK);
    written.at[written.length - 1] = 2;
    ck_assert_int_eq(read_copy(written.at, written.length), WIRE_READ_BAD);
}
END_TEST

Suite *wire_suite(void);
Suite *wire_suite(void)
{
    enum { KINDS = sizeof writers / sizeof writers[0] };
    Suite *suite = suite_create("wire");
    TCase *tests = tcase_create("wire");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, a_message_comes_back_the_same, 0, KINDS);
    tcase_add_loop_test(tests, a_message_that_is_cut_or_too_long_is_refused, 0, KINDS);
    tcase_add_loop_test(tests, a_changed_byte_does_no_harm, 0, KINDS);
    tcase_add_test(tests, another_version_and_another_kind_are_told_apart);
    tcase_add_test(tests, names_of_workers_can_be_parts_of_subjects);
    tcase_add_test(tests, what_a_worker_says_about_itself_is_cleaned);
    tcase_add_test(tests, control_characters_are_refused);
    tcase_add_loop_test(tests, a_number_may_be_negative, 0, 5);
    tcase_add_loop_test(tests, an_epoch_has_its_seats, 0, 20);
    tcase_add_loop_test(tests, a_schedule_goes_on_from_an_epoch, 0, 20);
    tcase_add_test(tests, a_slot_without_a_thread_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
