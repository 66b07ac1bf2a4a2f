/* Not under tsan: one thread. */
/* An order with its files, sent in chunks and put together again. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/cluster/parcel.h"
#include "loadgen/order/order_json.h"
#include "tests/support/measurement.h"
#include "tests/support/random.h"
#include "tests/support/read_targets.h"

enum { SMALL = 300, LARGE = 600 * 1024, MESSAGES = 64, PATH = 32 };

static struct random chance;
static struct err err;
static struct targets targets;
static struct source source;
static struct order order;
static struct order_files files;
static struct wire_order head;
static struct parcel parcel;
static struct bytes messages[MESSAGES];
static size_t message_count;

static void setup(void)
{
    chance = random_seeded(11);
    head = (struct wire_order){.run = 7, .driver = "agenda"};
}

static void forget_messages(void)
{
    for (size_t i = 0; i < message_count; i++) {
        bytes_free(&messages[i]);
    }
    message_count = 0;
}

static void teardown(void)
{
    forget_messages();
    targets_free(&targets);
    order_files_free(&files);
    parcel_free(&parcel);
}

static void write_body(char path[PATH], size_t length)
{
    snprintf(path, PATH, "/tmp/parcel_XXXXXX");
    FILE *file = fdopen(mkstemp(path), "w");
    for (size_t i = 0; i < length; i++) {
        fputc((int)random_below(&chance, 256), file);
    }
    fclose(file);
}

/* Targets with bodies of their own: small ones, and a large one. */
static void make_order(size_t small, bool has_large)
{
    const struct message_defaults defaults = {.keepalive = true};
    struct bytes text = {0};
    char path[SMALL + 1][PATH];
    for (size_t i = 0; i < small + has_large; i++) {
        write_body(path[i], i < small ? 1 + random_below(&chance, 40) : LARGE);
        bytes_add_text(&text, "POST http://127.0.0.1:80/\n@");
        bytes_add_text(&text, path[i]);
        bytes_add_text(&text, "\n\n");
    }
    targets_free(&targets);
    ck_assert_msg(read_targets(&targets, text.at, text.length, &defaults, &err), "%s", err.text);
    for (size_t i = 0; i < small + has_large; i++) {
        unlink(path[i]);
    }
    source = source_of(targets.requests, targets.count);
    order = (struct order){&measurement_open_loop, &targets, &source};
    bytes_free(&text);
}

static bool keep(void *context, struct slice message, struct err *error)
{
    (void)context, (void)error;
    ck_assert_uint_lt(message_count, MESSAGES);
    ck_assert_uint_le(message.length, WIRE_MAX);
    bytes_add(&messages[message_count++], message.at, message.length);
    return true;
}

/* Packs and sends the order. */
static void send_order(void)
{
    const struct parcel_sink sink = {keep, NULL};
    json_t *json = order_to_json(&order, &files, &err);
    ck_assert_msg(json != NULL, "%s", err.text);
    ck_assert(parcel_pack(&head, json, &files, &err));
    json_decref(json);
    ck_assert(parcel_send(&head, &files, &sink, &err));
}

static struct slice message_of(size_t i)
{
    return (struct slice){messages[i].at, messages[i].length};
}

static bool receive(size_t i)
{
    struct wire_order got;
    struct wire_chunk chunk;
    if (wire_kind(message_of(i)) == WIRE_ORDER) {
        ck_assert_int_eq(wire_read_order(message_of(i), &got), WIRE_READ_OK);
        return parcel_open(&parcel, &got, &err);
    }
    ck_assert_int_eq(wire_read_chunk(message_of(i), &chunk), WIRE_READ_OK);
    return parcel_add(&parcel, &chunk, &err);
}

static void receive_all(void)
{
    for (size_t i = 0; i < message_count; i++) {
        ck_assert_msg(receive(i), "%s", err.text);
    }
}

/* What arrived is what was sent. */
static void expect_order(void)
{
    struct order_copy copy;
    ck_assert(parcel_is_complete(&parcel));
    ck_assert_msg(order_from_json(parcel.json, &parcel.files, &copy, &err), "%s", err.text);
    ck_assert_uint_eq(copy.targets.count, targets.count);
    for (size_t i = 0; i < targets.count; i++) {
        const struct request *sent = &targets.requests[i];
        const struct request *got = &copy.targets.requests[i];
        ck_assert_uint_eq(got->length, sent->length);
        ck_assert_mem_eq(got->bytes, sent->bytes, sent->length);
    }
    order_copy_free(&copy);
}

START_TEST(an_order_arrives_whole)
{
    make_order(SMALL, true);
    send_order();
    /* Head, JSON and small files in at most three chunks, the large one in three more. */
    ck_assert_uint_le(message_count, 7);
    for (size_t i = 0; i < message_count; i++) {
        ck_assert(!parcel_is_complete(&parcel));
        ck_assert_msg(receive(i), "%s", err.text);
    }
    expect_order();
}
END_TEST

START_TEST(an_order_without_bodies_is_its_json)
{
    static const char text[] = "GET http://127.0.0.1:80/\n";
    const struct message_defaults defaults = {.keepalive = true};
    ck_assert(read_targets(&targets, text, strlen(text), &defaults, &err));
    source = source_of(targets.requests, targets.count);
    order = (struct order){&measurement_open_loop, &targets, &source};
    send_order();
    ck_assert_uint_eq(message_count, 2);
    receive_all();
    expect_order();
}
END_TEST

/* A broker may give a message twice. */
START_TEST(what_comes_twice_does_no_harm)
{
    make_order(3, true);
    send_order();
    for (size_t i = 0; i < message_count; i++) {
        ck_assert(receive(i));
        ck_assert(i == 0 || receive(i));
    }
    expect_order();
}
END_TEST

/* A search has a hundred orders, and each has its own files. */
START_TEST(the_files_of_the_order_before_are_forgotten)
{
    make_order(3, true);
    send_order();
    receive_all();
    size_t count = parcel.files.count;
    uint64_t bytes = parcel.files.bytes;
    for (int i = 0; i < 3; i++) {
        forget_messages();
        head.run++;
        make_order(3, true);
        order_files_free(&files);
        send_order();
        receive_all();
        expect_order();
    }
    ck_assert_uint_eq(parcel.files.count, count);
    ck_assert_uint_lt(parcel.files.bytes, bytes + 100);
}
END_TEST

START_TEST(an_order_that_never_became_complete_is_forgotten)
{
    make_order(3, true);
    send_order();
    for (size_t i = 0; i + 1 < message_count; i++) {
        ck_assert(receive(i));
    }
    ck_assert(!parcel_is_complete(&parcel));
    forget_messages();
    order_files_free(&files);
    make_order(2, false);
    head.run++;
    send_order();
    receive_all();
    expect_order();
    ck_assert_uint_lt(parcel.files.bytes, LARGE);
}
END_TEST

START_TEST(a_chunk_of_another_run_is_ignored)
{
    make_order(3, false);
    send_order();
    ck_assert(receive(0));
    parcel.head.run++;
    ck_assert(receive(1));
    ck_assert_ptr_null(parcel.json);
    parcel.head.run--;
    ck_assert(receive(1));
    expect_order();
}
END_TEST

/* The last byte of the last message belongs to a file. */
START_TEST(a_damaged_file_is_refused)
{
    make_order(0, true);
    send_order();
    struct bytes *last = &messages[message_count - 1];
    last->at[last->length - 1] ^= 1;
    for (size_t i = 0; i + 1 < message_count; i++) {
        ck_assert(receive(i));
    }
    ck_assert(!receive(message_count - 1));
    ck_assert_int_eq(err.code, ERR_FAILED);
    ck_assert_ptr_nonnull(strstr(err.text, "does not match its hash"));
    ck_assert(!parcel_is_complete(&parcel));
}
END_TEST

START_TEST(a_file_that_the_order_does_not_name_is_refused)
{
    make_order(0, true);
    send_order();
    struct wire_chunk chunk = {.run = head.run, .count = 1};
    sha256_print("abc", 3, chunk.pieces[0].hash);
    chunk.pieces[0].bytes = (struct slice){"abc", 3};
    ck_assert(receive(0));
    ck_assert(!parcel_add(&parcel, &chunk, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "unexpected chunk"));
}
END_TEST

/* What no sender makes, and what the error says. `more`: what the head adds to the length. */
static const struct {
    const char *json;
    size_t more;
    const char *error;
} bad_orders[] = {
    {"{", 0, "is not JSON"},
    {"", 0, "is not JSON"},
    {"{\"files\": [{\"path\": \"a\", \"sha256\": \"b\", \"size\": 1}]}", 0,
     "is not a SHA-256 hash"},
    {"{}", PARCEL_JSON_MAX, "more than"},
    {"{}", 1, "unexpected chunk"},
};

START_TEST(a_bad_order_is_refused)
{
    size_t length = strlen(bad_orders[_i].json);
    struct wire_chunk chunk = {.run = head.run, .count = 1};
    head.length = length + bad_orders[_i].more;
    sha256_print(bad_orders[_i].json, length, head.hash);
    memcpy(chunk.pieces[0].hash, head.hash, sizeof head.hash);
    chunk.pieces[0].bytes = (struct slice){bad_orders[_i].json, length};
    bool ok = parcel_open(&parcel, &head, &err) && parcel_add(&parcel, &chunk, &err);
    ck_assert(!ok);
    ck_assert_int_eq(err.code, ERR_FAILED);
    ck_assert_msg(strstr(err.text, bad_orders[_i].error) != NULL, "%s", err.text);
    ck_assert(!parcel_is_complete(&parcel));
}
END_TEST

Suite *parcel_suite(void);
Suite *parcel_suite(void)
{
    Suite *suite = suite_create("parcel");
    TCase *tests = tcase_create("parcel");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, an_order_arrives_whole);
    tcase_add_test(tests, an_order_without_bodies_is_its_json);
    tcase_add_test(tests, what_comes_twice_does_no_harm);
    tcase_add_test(tests, the_files_of_the_order_before_are_forgotten);
    tcase_add_test(tests, an_order_that_never_became_complete_is_forgotten);
    tcase_add_test(tests, a_chunk_of_another_run_is_ignored);
    tcase_add_test(tests, a_damaged_file_is_refused);
    tcase_add_test(tests, a_file_that_the_order_does_not_name_is_refused);
    tcase_add_loop_test(tests, a_bad_order_is_refused, 0, sizeof bad_orders / sizeof bad_orders[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
