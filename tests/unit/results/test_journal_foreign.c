/* Files that no run has written, but somebody. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/support/read_back.h"

static struct summary *got; /* what was read */
static struct err err;
static uint8_t *bytes; /* of the file */

static void setup(void)
{
    got = summary_create();
}

static void teardown(void)
{
    free(bytes);
    bytes = NULL;
    summary_destroy(got);
}

static bool read_bytes(size_t n)
{
    return read_back(bytes, n, "file.bin", got, &err);
}

static const struct {
    const char *bytes;
    const char *message;
} foreign[] = {
    {"HRM1", "file.bin: no results: the header is damaged"},
    {"HRM1HRM1HRM1HRM1HRM1", "file.bin: no results: the header is damaged"},
    {"", "file.bin: no results: the input is empty"},
    {" \n\n", "file.bin: no results: the input is empty"},
    {"GET http://127.0.0.1/\n", "file.bin: unknown format: neither loadgen's own nor"},
    {"\x0d\xff\x81\x03\x01\x01\x06Result\x01\xff\x82", "file.bin: the results are in gob"},
};

START_TEST(what_is_no_result_file_is_refused_by_its_name)
{
    ck_assert(!read_back(foreign[_i].bytes, strlen(foreign[_i].bytes), "file.bin", got, &err));
    ck_assert_int_eq(err.code, ERR_FAILED);
    ck_assert_msg(strncmp(err.text, foreign[_i].message, strlen(foreign[_i].message)) == 0,
                  "got: %s", err.text);
    ck_assert_uint_eq(got->tally->counters.ended, 0);
}
END_TEST

static size_t append_block(size_t at, char type, const char *json)
{
    struct block *block = malloc(sizeof *block);
    ck_assert_ptr_nonnull(block);
    block->type = (enum block_type)type;
    block->length = strlen(json);
    memcpy(block_payload(block), json, block->length);
    block_seal(block);
    uint8_t *larger = realloc(bytes, at + BLOCK_PREFIX + block->length);
    ck_assert_ptr_nonnull(larger);
    bytes = larger;
    memcpy(bytes + at, block->bytes, BLOCK_PREFIX + block->length);
    at += BLOCK_PREFIX + block->length;
    free(block);
    return at;
}

#define ODD_PLAN                                                                                   \
    "{\"format\":2,\"plan\":{\"schedule\":{\"kind\":\"sine\",\"words\":\"a\\u001b[2J\"}}}"
#define ODD_END                                                                                    \
    "{\"generator\":{\"threads\":1,\"throttled_seconds\":1e300,\"held_back_seconds\":-1}}"

/* A file may come from anybody. */
START_TEST(what_no_run_can_have_written_does_no_harm)
{
    size_t at = append_block(0, 'H', ODD_PLAN);
    at = append_block(at, 'T',
                      "{\"first\":0,\"targets\":[{\"name\":\"b\\n\"},{},{\"name\":\"c\"}]}");
    at = append_block(at, 'E', ODD_END);
    at = append_block(at, 'H', "{\"format\":2,\"plan\":{\"rate\":{\"count\":9e18,\"per\":1}}}");
    at = append_block(
        at, 'H', "{\"format\":2,\"plan\":{\"rate\":{\"count\":9000000000000000000,\"per\":1}}}");
    at = append_block(at, 'H', "{\"format\":2,\"plan\":{\"rate\":{\"count\":1,\"per\":2}}}");
    at = append_block(at, 'E', "{}");
    ck_assert(read_bytes(at));
    ck_assert_str_eq(got->schedule, "?");
    ck_assert_uint_eq(got->rows.count, 2);
    ck_assert_str_eq(rows_name(&got->rows, 0), "?");
    ck_assert_str_eq(rows_name(&got->rows, 1), "c");
    ck_assert_uint_eq(got->rate_per_ns, NS_PER_S);
    ck_assert_uint_ge(got->rate_count, INT64_MAX);
    ck_assert_double_eq(got->generator.throttled_seconds, 0);
    ck_assert_uint_eq(got->generator.held_back_ns, 0);
}
END_TEST

/* Targets may be missing, but no more of them than were in the blocks that are damaged. */
START_TEST(targets_that_are_missing_take_no_more_memory_than_the_file)
{
    static const char lost[] = "{\"first\":0,\"targets\":[{},{},{},{}]}";
    size_t at = append_block(0, 'H', "{\"format\":2}");
    size_t damaged = at;
    at = append_block(at, 'T', lost);
    bytes[damaged + BLOCK_PREFIX] ^= 1;
    at = append_block(at, 'T', "{\"first\":4294967295,\"targets\":[{\"name\":\"far\"}]}");
    at = append_block(at, 'T', "{\"first\":4,\"targets\":[{\"name\":\"near\"}]}");
    ck_assert(read_bytes(at));
    ck_assert_uint_eq(got->rows.count, 1);
    ck_assert_str_eq(rows_name(&got->rows, 0), "near");
    ck_assert_uint_eq(got->damaged, 1);
}
END_TEST

Suite *journal_foreign_suite(void);
Suite *journal_foreign_suite(void)
{
    Suite *suite = suite_create("journal_foreign");
    TCase *tests = tcase_create("journal_foreign");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, what_is_no_result_file_is_refused_by_its_name, 0,
                        sizeof foreign / sizeof foreign[0]);
    tcase_add_test(tests, what_no_run_can_have_written_does_no_harm);
    tcase_add_test(tests, targets_that_are_missing_take_no_more_memory_than_the_file);
    suite_add_tcase(suite, tests);
    return suite;
}
