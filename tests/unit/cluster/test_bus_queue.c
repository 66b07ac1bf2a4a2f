/* What arrives, from a real broker that is stopped, killed and started again.
 * Long: the broker stays away for seconds. */
#include <check.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/cluster/bus/bucket.h"
#include "loadgen/cluster/bus/queue.h"
#include "loadgen/cluster/bus/stream.h"
#include "tests/support/brokered.h"

enum { LISTEN = 3, FOLLOW = 5, WATCH = 9, MB = 1024 * 1024 };

static struct brokered brokered;
static struct bus_queue *queue;
static struct err err;

static const struct bus_stream_limits limits = {.bytes_max = 500 * (uint64_t)MB};

static void setup(void)
{
    brokered_start(&brokered);
    ck_assert_msg(bus_stream_make(brokered.bus, "S", "s.>", &limits, &err), "%s", err.text);
    queue = bus_queue_create(brokered.bus, 4, &err);
    ck_assert_ptr_nonnull(queue);
}

static void teardown(void)
{
    bus_queue_free(queue);
    brokered_stop(&brokered);
}

static void store(const char *subject, unsigned number)
{
    char text[16];
    snprintf(text, sizeof text, "%u", number);
    ck_assert_int_eq(bus_stream_publish(brokered.bus, subject, text, strlen(text), NULL), BUS_OK);
}

static void follow(uint64_t from, const char *subject)
{
    const struct bus_follow what = {
        .stream = "S", .subject = subject, .from = from, .heartbeat_ns = NS_PER_S};
    ck_assert_msg(bus_queue_follow(queue, FOLLOW, &what, &err), "%s", err.text);
}

/* The messages with these numbers come, each at this sequence. */
static void expect(unsigned first, unsigned last, uint64_t sequence)
{
    for (unsigned number = first; number <= last; number++, sequence++) {
        char text[16];
        snprintf(text, sizeof text, "%u", number);
        ck_assert_uint_eq(brokered_expect(queue, FOLLOW, text), sequence);
    }
}

START_TEST(more_waits_than_the_queue_has_room_for)
{
    ck_assert(bus_queue_listen(queue, LISTEN, "a", &err));
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert(bus_publish(brokered.bus, "a", &i, sizeof i));
    }
    for (unsigned i = 0; i < 1000; i++) {
        struct bus_message message;
        brokered_take(queue, &message);
        ck_assert_mem_eq(message.data, &i, sizeof i);
        bus_message_free(&message);
    }
    ck_assert_uint_eq(bus_queue_dropped(queue), 0);
    brokered_expect_nothing(queue);
}
END_TEST

START_TEST(what_is_too_much_is_dropped_and_counted)
{
    enum { ALL = 100 };
    struct bus_message message;
    char *data = calloc(1, MB);
    uint64_t taken = 0;
    ck_assert(bus_queue_listen(queue, LISTEN, "a", &err));
    for (unsigned i = 0; i < ALL; i++) {
        ck_assert(bus_publish(brokered.bus, "a", data, MB));
        /* A round trip, so that the broker does not give up a connection that reads slowly. */
        ck_assert_int_eq(bus_request(brokered.bus, "nobody", "", 0, 20 * NS_PER_S, &message),
                         BUS_NOBODY);
    }
    ck_assert_uint_gt(bus_queue_dropped(queue), 0);
    while (taken + bus_queue_dropped(queue) < ALL) {
        brokered_take(queue, &message);
        bus_message_free(&message);
        taken++;
    }
    ck_assert_uint_ge(taken, QUEUE_PENDING_MAX / MB);
    brokered_expect_nothing(queue);
    free(data);
}
END_TEST

START_TEST(a_stream_is_followed_from_a_sequence)
{
    uint64_t before_ns = clock_wall_ns();
    struct bus_message message;
    for (unsigned i = 1; i <= 9; i++) {
        store(i % 2 ? "s.odd" : "s.even", i);
    }
    follow(3, NULL);
    expect(3, 9, 3);
    store("s.even", 10);
    brokered_take(queue, &message);
    ck_assert_str_eq(message.subject, "s.even");
    ck_assert_ptr_null(message.reply);
    ck_assert_uint_eq(message.sequence, 10);
    ck_assert_uint_ge(message.stored_ns, before_ns);
    ck_assert_uint_le(message.stored_ns, clock_wall_ns());
    bus_message_free(&message);
    brokered_expect_nothing(queue);
}
END_TEST

START_TEST(only_one_subject_of_a_stream)
{
    for (unsigned i = 1; i <= 4; i++) {
        store(i % 2 ? "s.odd" : "s.even", i);
    }
    follow(1, "s.even");
    expect(2, 2, 2);
    expect(4, 4, 4);
    brokered_expect_nothing(queue);
}
END_TEST

START_TEST(only_new_messages_of_a_stream)
{
    store("s.a", 1);
    store("s.a", 2);
    follow(0, NULL);
    brokered_expect_nothing(queue);
    store("s.a", 3);
    expect(3, 3, 3);
}
END_TEST

START_TEST(a_stream_that_is_missing)
{
    const struct bus_follow what = {.stream = "NONE", .from = 1};
    ck_assert(!bus_queue_follow(queue, FOLLOW, &what, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot read the stream \"NONE\": "));
    err = (struct err){.code = ERR_NONE};
    ck_assert(!bus_queue_watch(queue, WATCH, "none", "key", &err));
    ck_assert_int_eq(err.code, ERR_FAILED);
}
END_TEST

/* In order, each once, over the death of the broker. */
START_TEST(a_source_survives_the_broker)
{
    follow(1, NULL);
    for (unsigned i = 1; i <= 20; i++) {
        store("s.a", i);
    }
    expect(1, 10, 1);
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(5000);
    brokered_restart(&brokered);
    for (unsigned i = 21; i <= 40; i++) {
        store("s.a", i);
    }
    expect(11, 40, 11);
    nats_server_kill(&brokered.nats);
    brokered_restart(&brokered);
    store("s.a", 41);
    expect(41, 41, 41);
    brokered_expect_nothing(queue);
}
END_TEST

/* The consumer is made anew before it had any message: it may not begin with the first one. */
START_TEST(a_source_that_had_nothing_survives_the_broker)
{
    for (unsigned i = 1; i <= 5; i++) {
        store("s.a", i);
    }
    follow(6, NULL);
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(4000);
    brokered_restart(&brokered);
    store("s.a", 6);
    expect(6, 6, 6);
    brokered_expect_nothing(queue);
}
END_TEST

START_TEST(a_source_survives_a_stopped_broker)
{
    follow(1, NULL);
    store("s.a", 1);
    expect(1, 1, 1);
    nats_server_pause(&brokered.nats);
    brokered_pause_ms(5000);
    nats_server_resume(&brokered.nats);
    brokered_wait_for_pong(brokered.bus);
    for (unsigned i = 2; i <= 100; i++) {
        store("s.a", i);
    }
    expect(2, 100, 2);
    brokered_expect_nothing(queue);
}
END_TEST

static uint64_t resident_bytes(void)
{
    char line[128] = "";
    char *rest = NULL;
    FILE *in = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(in);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
    fclose(in);
    strtoul(line, &rest, 10); /* of the whole process */
    return strtoul(rest, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What a sanitizer adds to memory. */
#ifdef __SANITIZE_THREAD__
enum { SHADOWS = 6 };
#else
enum { SHADOWS = 1 };
#endif

/* The broker has 200 MB for a reader that reads nothing for 6 s. */
/* Pauses the broker for about 4 s. Returns how long it took. */
static uint64_t pause_broker_ns(void)
{
    uint64_t begin_ns = clock_now_ns();
    nats_server_pause(&brokered.nats);
    brokered_pause_ms(4000);
    nats_server_resume(&brokered.nats);
    brokered_wait_for_pong(brokered.bus);
    return clock_now_ns() - begin_ns;
}

static void empty(struct bus_queue *other)
{
    struct bus_message message;
    while (bus_queue_take(other, &message)) {
        bus_message_free(&message);
    }
}

/* A thousand workers that asked a busy broker for their messages again would keep it busy. */
START_TEST(a_source_waits_for_a_busy_broker)
{
    const struct bus_follow what = {.stream = "S", .from = 1};
    struct bus *other = brokered_connect(&brokered);
    struct bus_queue *asked = bus_queue_create(other, 64, &err);
    ck_assert_ptr_nonnull(asked);
    ck_assert_msg(bus_queue_follow(queue, FOLLOW, &what, &err), "%s", err.text);
    ck_assert(bus_queue_listen(asked, LISTEN, "$JS.EVENT.ADVISORY.CONSUMER.CREATED.>", &err));
    do {
        empty(asked);
    } while (pause_broker_ns() > QUEUE_HEARTBEAT_NS); /* on a machine that is too slow, again */
    store("s.a", 1);
    expect(1, 1, 1);
    brokered_expect_nothing(asked);
    bus_queue_free(asked);
    bus_close(other);
}
END_TEST

START_TEST(a_slow_reader_loses_nothing_of_a_stream)
{
    enum { ALL = 800, SIZE = MB / 4 };
    char *data = calloc(1, SIZE);
    for (unsigned i = 1; i <= ALL; i++) {
        ck_assert_int_eq(bus_stream_publish(brokered.bus, "s.a", data, SIZE, NULL), BUS_OK);
    }
    uint64_t before = resident_bytes();
    follow(1, NULL);
    brokered_pause_ms(6000);
    ck_assert_uint_lt(resident_bytes() - before, (uint64_t)MB * SHADOWS * 150);
    for (unsigned i = 1; i <= ALL; i++) {
        struct bus_message message;
        brokered_take(queue, &message);
        ck_assert_uint_eq(message.sequence, i);
        ck_assert_uint_eq(message.length, SIZE);
        bus_message_free(&message);
    }
    ck_assert_uint_eq(bus_queue_dropped(queue), 0);
    free(data);
}
END_TEST

static void watch(const char *key)
{
    ck_assert_msg(bus_queue_watch(queue, WATCH, "b", key, &err), "%s", err.text);
}

/* A key with this value, or deleted (NULL). */
static void expect_key(const char *key, const char *value, uint64_t revision)
{
    struct bus_message message;
    brokered_take(queue, &message);
    ck_assert_int_eq(message.source, WATCH);
    ck_assert_str_eq(message.subject, key);
    ck_assert_int_eq(message.is_deleted, value == NULL);
    ck_assert_uint_eq(message.length, value ? strlen(value) : 0);
    ck_assert_mem_eq(message.data, value ? value : "", message.length);
    ck_assert_uint_eq(message.sequence, revision);
    bus_message_free(&message);
}

START_TEST(keys_are_watched)
{
    struct bucket *bucket = bucket_make(brokered.bus, "b", &limits, &err);
    uint64_t revision = 0;
    ck_assert_msg(bucket != NULL, "%s", err.text);
    ck_assert_int_eq(bucket_put(bucket, "run.1", "old", 3, NULL), BUS_OK);
    ck_assert_int_eq(bucket_put(bucket, "run.1", "a", 1, NULL), BUS_OK);
    ck_assert_int_eq(bucket_put(bucket, "other", "x", 1, NULL), BUS_OK);
    watch("run.*");
    expect_key("run.1", "a", 2);
    brokered_expect_nothing(queue);
    ck_assert_int_eq(bucket_put(bucket, "run.2", "b", 1, &revision), BUS_OK);
    expect_key("run.2", "b", revision);
    ck_assert_int_eq(bucket_delete(bucket, "run.2"), BUS_OK);
    expect_key("run.2", NULL, revision + 1);
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(4000);
    brokered_restart(&brokered);
    ck_assert_int_eq(bucket_put(bucket, "run.1", "c", 1, &revision), BUS_OK);
    expect_key("run.1", "c", revision);
    brokered_expect_nothing(queue);
    bucket_close(bucket);
}
END_TEST

/*
 * When heartbeats are missing, a thread of libnats moves the subscription: under one lock, it
 * replaces its number in a table, and under another one, in the subscription. Here, it stands still
 * in between. Both functions come before those of the library.
 */
int64_t applyNewSID(void *subscription);
void natsMutex_Lock(void *mutex);

static _Thread_local int locks; /* of the move, that are still to come; 0: none is going on */
static atomic_bool is_move_slow;
static atomic_bool has_moved;

int64_t applyNewSID(void *subscription)
{
    int64_t (*move)(void *);
    *(void **)&move = dlsym(RTLD_NEXT, "applyNewSID");
    locks = 2;
    return move(subscription);
}

void natsMutex_Lock(void *mutex)
{
    static void (*_Atomic lock)(void *);
    if (!lock) {
        void (*found)(void *);
        *(void **)&found = dlsym(RTLD_NEXT, "natsMutex_Lock");
        lock = found;
    }
    if (locks > 0 && --locks == 0 && atomic_load(&is_move_slow)) {
        atomic_store(&has_moved, true);
        brokered_pause_ms(1000);
    }
    lock(mutex);
}

START_TEST(a_queue_can_be_freed_while_libnats_moves_it)
{
    follow(1, NULL);
    atomic_store(&is_move_slow, true);
    nats_server_pause(&brokered.nats);
    while (!atomic_load(&has_moved)) {
        brokered_pause_ms(20);
    }
    nats_server_resume(&brokered.nats);
    bus_queue_free(queue);
    queue = NULL;
    atomic_store(&is_move_slow, false);
}
END_TEST

START_TEST(a_full_queue_can_be_freed)
{
    ck_assert(bus_queue_listen(queue, LISTEN, "a", &err));
    follow(1, NULL);
    for (unsigned i = 0; i < 50; i++) {
        ck_assert(bus_publish(brokered.bus, "a", "x", 1));
        store("s.a", i);
    }
    /* teardown frees it */
}
END_TEST

START_TEST(sources_have_a_bound)
{
    for (int i = 0; i < 16; i++) {
        ck_assert(bus_queue_listen(queue, i, "a", &err));
    }
    ck_assert(!bus_queue_listen(queue, 0, "a", &err));
    ck_assert_int_eq(err.code, ERR_FAILED);
}
END_TEST

Suite *bus_queue_suite(void);
Suite *bus_queue_suite(void)
{
    Suite *suite = suite_create("bus_queue");
    TCase *tcase = tcase_create("bus_queue");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, more_waits_than_the_queue_has_room_for);
    tcase_add_test(tcase, what_is_too_much_is_dropped_and_counted);
    tcase_add_test(tcase, a_stream_is_followed_from_a_sequence);
    tcase_add_test(tcase, only_one_subject_of_a_stream);
    tcase_add_test(tcase, only_new_messages_of_a_stream);
    tcase_add_test(tcase, a_stream_that_is_missing);
    tcase_add_test(tcase, a_source_survives_the_broker);
    tcase_add_test(tcase, a_source_that_had_nothing_survives_the_broker);
    tcase_add_test(tcase, a_source_survives_a_stopped_broker);
    tcase_add_test(tcase, a_source_waits_for_a_busy_broker);
    tcase_add_test(tcase, a_slow_reader_loses_nothing_of_a_stream);
    tcase_add_test(tcase, keys_are_watched);
    tcase_add_test(tcase, a_queue_can_be_freed_while_libnats_moves_it);
    tcase_add_test(tcase, a_full_queue_can_be_freed);
    tcase_add_test(tcase, sources_have_a_bound);
    suite_add_tcase(suite, tcase);
    return suite;
}
