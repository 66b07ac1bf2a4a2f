/* -max-body: what a server answered, read back from the results of a real run. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/binary/answer_codec.h"
#include "loadgen/binary/result_codec.h"
#include "tests/support/measurement.h"
#include "tests/support/read_back.h"

enum { LARGE = 300000, ROOM = 1024 };

/* The third one is only a step on the way, and counts for nothing. */
static const struct script_step steps[] = {
    {.body_bytes = 15, .headers = "X-Which: small\r\n"},
    {.body_bytes = LARGE, .chunk_bytes = 9999, .headers = "X-Which: large\r\n"},
    {.status = 302, .headers = "X-Which: hop\r\nLocation: /b\r\n", .body_bytes = 77},
    {.status = 404, .headers = "X-Which: missing\r\n"},
};
static const struct script script = {.steps = steps, .step_count = 4};

static FILE *file;
static struct measurement m;
static struct answer_store store;
static struct text_pool texts;
static size_t counts[3]; /* answers that were small, large, missing */

static void run_with(uint64_t max_body)
{
    struct err err = {0};
    struct plan plan = measurement_open_loop;
    const struct control control = {.stop_fd = -1};
    plan.keeps_answers = true;
    plan.max_body = max_body;
    file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "it", 16, &err);
    struct script_server *server = script_server_start(&script, &err);
    m.summary = measurement_attack(&plan, "GET", script_server_port(server), &control, writer);
    ck_assert(result_writer_close(writer, &err));
    m.truth = script_server_stop(server);
    measurement_check_balance(&plan, &m);
    rewind(file);
    text_pool_init(&texts);
    memset(&store, 0, sizeof store);
    memset(counts, 0, sizeof counts);
}

static bool has(const struct capture *capture, const char *header)
{
    char text[ROOM];
    ck_assert_uint_lt(capture->headers.length, sizeof text);
    memcpy(text, capture->headers.bytes, capture->headers.length);
    text[capture->headers.length] = '\0';
    return strstr(text, header) != NULL;
}

static void check_answer(const struct result *result, const struct capture *capture,
                         uint64_t max_body)
{
    const char *expected = result->bytes_in == 15 ? "X-Which: small\r\n" : "X-Which: large\r\n";
    uint64_t kept = result->bytes_in < max_body ? result->bytes_in : max_body;
    ck_assert(has(capture, result->code == 404 ? "X-Which: missing\r\n" : expected));
    ck_assert(!has(capture, "hop"));
    ck_assert_uint_eq(capture->body.length, kept);
    ck_assert_ptr_nonnull(capture->body.bytes); /* an empty one is there as well */
    size_t right = 0;                           /* one assertion: each is a system call */
    while (right < kept && capture->body.bytes[right] == 'a' + (int)(right % 26)) {
        right++;
    }
    ck_assert_uint_eq(right, kept);
    counts[result->code == 404 ? 2 : result->bytes_in == LARGE]++;
}

static void read_file(uint64_t max_body)
{
    struct block *block = malloc(sizeof *block);
    struct result_decoder *decoder = malloc(sizeof *decoder);
    while (read_back_block(block, file)) {
        struct result result;
        if (block->type == BLOCK_BODIES) {
            ck_assert(answer_store_add(&store, block));
        }
        if (block->type != BLOCK_RESULTS) {
            continue;
        }
        result_decoder_begin(decoder, block, &texts);
        while (result_decoder_next(decoder, &result) == RESULT_DECODE_OK) {
            struct capture capture;
            ck_assert(answer_store_take(&store, result.number, &capture));
            check_answer(&result, &capture, max_body);
            capture_fini(&capture);
        }
    }
    for (size_t i = 0; i < ANSWER_BUCKETS; i++) {
        ck_assert_ptr_null(store.buckets[i]); /* no answer without its result */
    }
    free(block);
    free(decoder);
    text_pool_fini(&texts);
    summary_destroy(m.summary);
    fclose(file);
}

static const uint64_t limits[] = {UINT64_MAX, 0, 100};

START_TEST(answers_stand_in_the_file_before_their_results)
{
    run_with(limits[_i]);
    size_t answered = m.summary->tally->counters.answered;
    ck_assert_uint_eq(m.summary->tally->bytes_in % LARGE % 15, 0); /* all of it is counted */
    read_file(limits[_i]);
    ck_assert_uint_eq(counts[0] + counts[1] + counts[2], answered);
    ck_assert_uint_gt(counts[0], 10);
    ck_assert_uint_gt(counts[1], 10);
    ck_assert_uint_gt(counts[2], 10);
}
END_TEST

Suite *max_body_suite(void);
Suite *max_body_suite(void)
{
    Suite *suite = suite_create("max_body");
    TCase *tests = tcase_create("max_body");
    tcase_add_loop_test(tests, answers_stand_in_the_file_before_their_results, 0,
                        sizeof limits / sizeof limits[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
