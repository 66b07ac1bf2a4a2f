#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/measure/answer_codec.h"

enum { BLOCKS = 8, LONG = 3 * BLOCK_PAYLOAD_MAX };

static struct block *blocks;
static size_t used;
static struct answer_store store;

static void setup(void)
{
    blocks = calloc(BLOCKS, sizeof *blocks);
    used = 0;
    memset(&store, 0, sizeof store);
}

static void teardown(void)
{
    answer_store_clear(&store);
    free(blocks);
}

/* Writes a part as a run does, into as many blocks as it needs. */
static void put(uint64_t number, enum answer_part part, const char *bytes, size_t length)
{
    char *copy = malloc(length + 1);
    memcpy(copy, bytes, length);
    const struct capture_buffer buffer = {copy, length, length};
    for (size_t at = 0; !answer_put(&blocks[used], number, part, &buffer, &at);) {
        used++;
        ck_assert_uint_lt(used, BLOCKS);
    }
    free(copy);
}

static void read_all(void)
{
    for (size_t i = 0; i <= used; i++) {
        ck_assert_uint_le(blocks[i].length, BLOCK_PAYLOAD_MAX);
        ck_assert(answer_store_add(&store, &blocks[i]));
    }
}

static void expect(uint64_t number, const char *headers, const char *body)
{
    struct capture capture;
    ck_assert(answer_store_take(&store, number, &capture));
    ck_assert_uint_eq(capture.headers.length, strlen(headers));
    ck_assert_mem_eq(capture.headers.bytes ? capture.headers.bytes : "", headers, strlen(headers));
    ck_assert_uint_eq(capture.body.length, strlen(body));
    ck_assert_mem_eq(capture.body.bytes ? capture.body.bytes : "", body, strlen(body));
    capture_fini(&capture);
}

START_TEST(answers_come_back_in_any_order)
{
    put(7, ANSWER_HEADERS, "A: 1\r\n", 6);
    put(1031, ANSWER_BODY, "same bucket", 11);
    put(7, ANSWER_BODY, "seven", 5);
    put(8, ANSWER_BODY, "", 0);
    read_all();
    expect(1031, "", "same bucket");
    expect(7, "A: 1\r\n", "seven");
    struct capture capture;
    ck_assert(!answer_store_take(&store, 7, &capture));
    ck_assert(answer_store_take(&store, 8, &capture));
    ck_assert_ptr_nonnull(capture.body.bytes); /* empty, but there */
    ck_assert_uint_eq(capture.body.length, 0);
    ck_assert_ptr_null(capture.headers.bytes);
    capture_fini(&capture);
    ck_assert(!answer_store_take(&store, 9, &capture));
}
END_TEST

START_TEST(a_body_longer_than_a_block_is_whole)
{
    char *body = malloc(LONG + 1);
    for (size_t i = 0; i < LONG; i++) {
        body[i] = (char)('a' + i % 26);
    }
    body[LONG] = '\0';
    put(1, ANSWER_BODY, "before", 6);
    put(2, ANSWER_BODY, body, LONG);
    put(3, ANSWER_BODY, "behind", 6);
    read_all();
    expect(2, "", body);
    expect(1, "", "before");
    expect(3, "", "behind");
    free(body);
}
END_TEST

START_TEST(a_damaged_block_is_refused)
{
    put(300, ANSWER_BODY, "abc", 3);
    size_t whole = blocks[0].length;
    for (size_t length = 1; length < whole; length++) {
        blocks[0].length = length;
        ck_assert(!answer_store_add(&store, &blocks[0]));
    }
    blocks[0].length = whole;
    block_payload(&blocks[0])[2] = 2; /* a part that there is not */
    ck_assert(!answer_store_add(&store, &blocks[0]));
}
END_TEST

START_TEST(of_a_body_no_more_is_kept_than_was_asked_for)
{
    struct capture capture = {0};
    capture_begin(&capture, 5);
    capture_body(&capture, "abc", 3);
    capture_body(&capture, "defg", 4);
    capture_body(&capture, "h", 1);
    capture_header(&capture, "A: long\r\n", 9);
    ck_assert_uint_eq(capture.body.length, 5);
    ck_assert_mem_eq(capture.body.bytes, "abcde", 5);
    ck_assert_uint_eq(capture.headers.length, 9);
    capture_begin(&capture, 0);
    capture_body(&capture, "abc", 3);
    ck_assert_uint_eq(capture.body.length, 0);
    ck_assert_uint_eq(capture.headers.length, 0);
    ck_assert(!capture.is_lost);
    capture_fini(&capture);
}
END_TEST

Suite *answer_codec_suite(void);
Suite *answer_codec_suite(void)
{
    Suite *suite = suite_create("answer_codec");
    TCase *tests = tcase_create("answer_codec");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, answers_come_back_in_any_order);
    tcase_add_test(tests, a_body_longer_than_a_block_is_whole);
    tcase_add_test(tests, a_damaged_block_is_refused);
    tcase_add_test(tests, of_a_body_no_more_is_kept_than_was_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}
