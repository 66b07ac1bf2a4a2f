#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/binary/block.h"

static struct block *block;
static struct block *got;

static void setup(void)
{
    block = calloc(1, sizeof *block);
    got = calloc(1, sizeof *got);
    block->type = BLOCK_RESULTS;
    block->length = 200;
    for (size_t i = 0; i < block->length; i++) {
        block_payload(block)[i] = (uint8_t)(i * 37);
    }
    block_seal(block);
}

static void teardown(void)
{
    free(block);
    free(got);
}

static bool is_the_same(void)
{
    return got->type == block->type && got->length == block->length &&
           memcmp(block_payload(got), block_payload(block), block->length) == 0;
}

START_TEST(the_bytes_are_those_of_the_format)
{
    block->type = BLOCK_END;
    block->length = 9;
    memcpy(block_payload(block), "123456789", 9);
    block_seal(block);
    static const uint8_t expected[] = {'H', 'R', 'M', '1', 'E',  0,    0,    0,
                                       9,   0,   0,   0,   0xa5, 0x5f, 0x6f, 0xca};
    ck_assert_mem_eq(block->bytes, expected, 12);
    /* Python's zlib.crc32(b"E\0\0\0\x09\0\0\0" b"123456789"), little-endian. */
    ck_assert_mem_eq(block->bytes + 12, expected + 12, 4);
}
END_TEST

START_TEST(a_block_of_any_length_is_read_whatever_stands_behind_it)
{
    static const size_t lengths[] = {0, 1, 1000, BLOCK_PAYLOAD_MAX - 1, BLOCK_PAYLOAD_MAX};
    block->length = lengths[_i];
    block_seal(block);
    ck_assert_int_eq(block_read(got, block->bytes, BLOCK_PREFIX + block->length), BLOCK_READ_OK);
    ck_assert(is_the_same());
    ck_assert_int_eq(block_read(got, block->bytes, sizeof block->bytes), BLOCK_READ_OK);
    ck_assert(is_the_same());
}
END_TEST

START_TEST(a_type_that_is_not_known_is_read_as_well)
{
    block->type = (enum block_type)'Z';
    block_seal(block);
    ck_assert_int_eq(block_read(got, block->bytes, BLOCK_PREFIX + block->length), BLOCK_READ_OK);
    ck_assert(is_the_same());
}
END_TEST

START_TEST(a_part_of_a_block_needs_more)
{
    for (size_t length = 0; length < BLOCK_PREFIX + block->length; length++) {
        ck_assert_int_eq(block_read(got, block->bytes, length), BLOCK_READ_PART);
    }
}
END_TEST

START_TEST(no_wrong_bit_goes_unnoticed)
{
    size_t whole = BLOCK_PREFIX + block->length;
    for (size_t bit = 0; bit < 8 * whole; bit++) {
        block->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum block_read state = block_read(got, block->bytes, whole);
        block->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(bit / 8 >= 4 || state == BLOCK_READ_NONE, "byte %zu of the magic", bit / 8);
        ck_assert_msg(state != BLOCK_READ_OK, "bit %zu of byte %zu: type %d", bit % 8, bit / 8,
                      (int)got->type);
    }
}
END_TEST

START_TEST(what_is_no_block_is_none_and_a_length_too_great_is_not_believed)
{
    static char text[] = "{\"latency\":1,\"more\":\"than sixteen bytes\"}";
    ck_assert_int_eq(block_read(got, text, sizeof text), BLOCK_READ_NONE);
    block->bytes[8] = 1;
    block->bytes[9] = 0;
    block->bytes[10] = 1; /* 65537 */
    ck_assert_int_eq(block_read(got, block->bytes, sizeof block->bytes), BLOCK_READ_NONE);
}
END_TEST

Suite *block_suite(void);
Suite *block_suite(void)
{
    Suite *suite = suite_create("block");
    TCase *tests = tcase_create("block");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, the_bytes_are_those_of_the_format);
    tcase_add_loop_test(tests, a_block_of_any_length_is_read_whatever_stands_behind_it, 0, 5);
    tcase_add_test(tests, a_type_that_is_not_known_is_read_as_well);
    tcase_add_test(tests, a_part_of_a_block_needs_more);
    tcase_add_test(tests, no_wrong_bit_goes_unnoticed);
    tcase_add_test(tests, what_is_no_block_is_none_and_a_length_too_great_is_not_believed);
    suite_add_tcase(suite, tests);
    return suite;
}
