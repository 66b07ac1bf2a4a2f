/* Not under tsan: one thread. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/binary/answer_codec.h"

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

/* One block with a piece of each number. */
static void add_pieces(uint64_t first, size_t count, enum answer_part part, size_t bytes)
{
    char *body = calloc(1, bytes + 1);
    const struct capture_buffer buffer = {body, bytes, bytes};
    blocks[0].length = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        ck_assert(answer_put(&blocks[0], first + i, part, &buffer, &at));
    }
    ck_assert(answer_store_add(&store, &blocks[0]));
    free(body);
}

enum { MANY = 20000, A_BLOCK = 65000 };

static const size_t sizes[] = {0, 100, 8000, A_BLOCK};

/* Results are missing: what is kept is bounded, the newest are there, all are accounted for. */
START_TEST(answers_without_results_are_dropped_from_the_oldest_on)
{
    size_t bytes = sizes[_i];
    size_t in_block = A_BLOCK / (bytes + 32);
    in_block = in_block ? in_block : 1;
    uint64_t number = 0;
    for (size_t i = 0; i < MANY; i++) {
        add_pieces(number, in_block, ANSWER_BODY, bytes);
        number += in_block;
        ck_assert_uint_le(store.bytes, ANSWER_BYTES_USUAL);
        if (number * (bytes + 64) > 2UL * ANSWER_BYTES_USUAL) {
            break;
        }
    }
    ck_assert_uint_eq(store.count + store.dropped, number);
    ck_assert_uint_gt(store.dropped, 0);
    ck_assert_uint_ge(store.count, ANSWERS_KEPT);
    struct capture capture;
    ck_assert(!answer_store_take(&store, 0, &capture));
    for (size_t i = 0; i < ANSWERS_KEPT / 2; i++) { /* of others of them only the number is kept */
        bool is_there = answer_store_take(&store, --number, &capture);
        ck_assert(is_there);
        ck_assert_uint_eq(capture.body.length, bytes);
        capture_fini(&capture);
    }
    answer_store_clear(&store);
    ck_assert_uint_eq(store.bytes + store.count + store.dropped, 0);
}
END_TEST

/* A run that stands in a file twice, without a header between the two. */
START_TEST(an_answer_that_begins_again_takes_the_place_of_the_one_before)
{
    for (int round = 0; round < 100; round++) {
        for (used = BLOCKS; used > 0; used--) {
            blocks[used - 1].length = 0;
        }
        put(1, ANSWER_HEADERS, "A: 1\r\n", 6);
        put(1, ANSWER_BODY, "one", 3);
        put(2, ANSWER_BODY, "two", 3);
        put(3, ANSWER_BODY, "", 0);
        char *body = calloc(1, LONG + 1);
        memset(body, 'x', LONG);
        put(4, ANSWER_BODY, body, LONG);
        free(body);
        put(4, ANSWER_BODY, "again", 5); /* and not at the beginning of a block */
        read_all();
        ck_assert_uint_eq(store.count, 4);
        ck_assert_uint_lt(store.bytes, 1000000);
    }
    ck_assert_uint_eq(store.dropped, 99 * 4 + 100);
    expect(1, "A: 1\r\n", "one");
    expect(2, "", "two");
    expect(3, "", "");
    expect(4, "", "again");
}
END_TEST

/* An answer as long as the file: it is given up, and so is all that goes on of it. */
START_TEST(an_answer_without_an_end_is_given_up)
{
    uint64_t blocks_of_it = ANSWER_BYTES_MAX / A_BLOCK + 100;
    for (uint64_t i = 0; i < blocks_of_it; i++) {
        add_pieces(5, 1, ANSWER_BODY, A_BLOCK);
        ck_assert_uint_le(store.bytes, ANSWER_BYTES_MAX);
    }
    struct capture capture;
    ck_assert(!answer_store_take(&store, 5, &capture));
    ck_assert_uint_eq(store.dropped, 1);
    ck_assert_uint_eq(store.count + store.bytes, 0);
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
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, answers_come_back_in_any_order);
    tcase_add_test(tests, a_body_longer_than_a_block_is_whole);
    tcase_add_loop_test(tests, answers_without_results_are_dropped_from_the_oldest_on, 0,
                        sizeof sizes / sizeof sizes[0]);
    tcase_add_test(tests, an_answer_that_begins_again_takes_the_place_of_the_one_before);
    tcase_add_test(tests, an_answer_without_an_end_is_given_up);
    tcase_add_test(tests, a_damaged_block_is_refused);
    tcase_add_test(tests, of_a_body_no_more_is_kept_than_was_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}
