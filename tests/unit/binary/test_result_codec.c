/* Not under tsan: one thread. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/binary/result_codec.h"
#include "tests/support/random.h"

static struct text_pool pool;
static struct result_encoder encoder;
static struct result_decoder decoder;
static struct block *block;
static struct block *copy;
static struct random chance;

static void setup(void)
{
    text_pool_init(&pool);
    block = calloc(1, sizeof *block);
    copy = calloc(1, sizeof *copy);
    result_encoder_begin(&encoder, block);
    chance = random_seeded(7);
}

static void teardown(void)
{
    free(block);
    free(copy);
    text_pool_fini(&pool);
}

/* Any 64-bit number; all sizes are equally likely. */
static uint64_t any(void)
{
    return random_sized(&chance, 64);
}

static struct result random_result(void)
{
    char text[32];
    snprintf(text, sizeof text, "error %d", (int)random_below(&chance, 40));
    return (struct result){
        .number = any(),
        .intended_ns = any(),
        .lag_ns = any(),
        .wait_ns = random_below(&chance, 3) ? 0 : any(),
        .connect_ns = random_below(&chance, 3) ? 0 : any(),
        .service_ns = any(),
        .first_byte_ns = any(),
        .bytes_in = any(),
        .bytes_out = any(),
        .target = (uint32_t)any(),
        .address = random_below(&chance, 3) ? ADDRESS_NONE : (uint32_t)any(),
        .is_bare = random_below(&chance, 3) == 0,
        .retries = random_below(&chance, 3) ? 0 : (uint16_t)any(),
        .redirects = random_below(&chance, 3) ? 0 : (uint16_t)any(),
        .violations = random_below(&chance, 3) ? 0 : (uint16_t)any(),
        .code = (uint16_t)random_below(&chance, 1000),
        .outcome = (enum outcome)random_below(&chance, OUTCOME_TLS + 1),
        .error = random_below(&chance, 2) ? text_pool_intern(&pool, text) : NULL,
    };
}

static void expect_same_moments(const struct result *a, const struct result *b)
{
    ck_assert_uint_eq(a->intended_ns, b->intended_ns);
    ck_assert_uint_eq(a->lag_ns, b->lag_ns);
    ck_assert_uint_eq(a->wait_ns, b->wait_ns);
    ck_assert_uint_eq(a->connect_ns, b->connect_ns);
    ck_assert_uint_eq(a->service_ns, b->service_ns);
    ck_assert_uint_eq(a->first_byte_ns, b->first_byte_ns);
}

static void expect_same(const struct result *a, const struct result *b)
{
    expect_same_moments(a, b);
    ck_assert_uint_eq(a->number, b->number);
    ck_assert_uint_eq(a->bytes_in, b->bytes_in);
    ck_assert_uint_eq(a->bytes_out, b->bytes_out);
    ck_assert_uint_eq(a->target, b->target);
    ck_assert_uint_eq(a->address, b->address);
    ck_assert_int_eq(a->is_bare, b->is_bare);
    ck_assert_int_eq(a->is_fired, b->is_fired);
    ck_assert_int_eq(a->judgement, b->judgement);
    ck_assert_uint_eq(a->retries, b->retries);
    ck_assert_uint_eq(a->redirects, b->redirects);
    ck_assert_uint_eq(a->violations, b->violations);
    ck_assert_uint_eq(a->code, b->code);
    ck_assert_int_eq(a->outcome, b->outcome);
    ck_assert_ptr_eq(a->error, b->error);
}

/* Decodes the block and expects these results in it, and then its end. */
static void expect_results(const struct result *results, size_t count)
{
    struct result got;
    result_decoder_begin(&decoder, block, &pool);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(result_decoder_next(&decoder, &got), RESULT_DECODE_OK);
        expect_same(&got, &results[i]);
    }
    ck_assert_int_eq(result_decoder_next(&decoder, &got), RESULT_DECODE_END);
}

/* Fills the block with random results; returns how many. */
static size_t fill(struct result *results, size_t room)
{
    size_t n = 0;
    while (n < room && result_encoder_has_room(&encoder)) {
        results[n] = random_result();
        result_encoder_add(&encoder, &results[n++]);
    }
    ck_assert_uint_le(block->length, BLOCK_PAYLOAD_MAX);
    return n;
}

START_TEST(random_results_come_back_as_they_were)
{
    enum { ROOM = 4000 };
    struct result *results = calloc(ROOM, sizeof *results);
    for (int round = 0; round < 50; round++) {
        result_encoder_begin(&encoder, block);
        size_t n = fill(results, ROOM);
        ck_assert_uint_gt(n, 100);
        expect_results(results, n);
    }
    free(results);
}
END_TEST

START_TEST(results_that_scripts_fired_come_back)
{
    struct result got;
    const struct result fired[] = {
        {.is_fired = true,
         .judgement = JUDGEMENT_SUCCESS,
         .service_ns = 12500000,
         .first_byte_ns = 12500000,
         .address = ADDRESS_NONE},
        {.is_fired = true,
         .judgement = JUDGEMENT_FAILURE,
         .address = ADDRESS_NONE,
         .error = text_pool_intern(&pool, "no echo")},
    };
    result_encoder_begin(&encoder, block);
    result_encoder_add(&encoder, &fired[0]);
    result_encoder_add(&encoder, &fired[1]);
    expect_results(fired, 2);
    const struct result with_status = {.is_fired = true, .code = 200}; /* there is no such one */
    result_encoder_begin(&encoder, block);
    result_encoder_add(&encoder, &with_status);
    result_decoder_begin(&decoder, block, &pool);
    ck_assert_int_eq(result_decoder_next(&decoder, &got), RESULT_DECODE_BAD);
}
END_TEST

START_TEST(extreme_results_come_back_and_have_room)
{
    char longest[CODEC_TEXT_MAX + 1];
    memset(longest, 'x', CODEC_TEXT_MAX);
    longest[CODEC_TEXT_MAX] = '\0';
    struct result zero = {0};
    struct result most = {
        .number = UINT64_MAX / 2, /* the longest step, and back */
        .intended_ns = UINT64_MAX / 2,
        .lag_ns = UINT64_MAX,
        .wait_ns = UINT64_MAX,
        .connect_ns = UINT64_MAX,
        .service_ns = UINT64_MAX,
        .first_byte_ns = UINT64_MAX - 1,
        .bytes_in = UINT64_MAX,
        .bytes_out = UINT64_MAX,
        .target = UINT32_MAX,
        .retries = UINT16_MAX,
        .redirects = UINT16_MAX,
        .violations = UINT16_MAX,
        .code = 999,
        .outcome = OUTCOME_PROTOCOL,
        .error = text_pool_intern(&pool, longest),
    };
    struct result last = {.number = UINT64_MAX, .intended_ns = UINT64_MAX};
    struct result results[] = {zero, most, zero, most, last, zero, last, most};
    for (size_t i = 0; i < 8; i++) {
        size_t before = block->length;
        result_encoder_add(&encoder, &results[i]);
        ck_assert_uint_le(block->length - before, CODEC_RECORD_MAX);
    }
    expect_results(results, 8);
}
END_TEST

START_TEST(all_texts_that_a_pool_can_have_fit_into_one_block)
{
    struct result results[TEXT_POOL_MAX + 50] = {0};
    char text[32];
    for (size_t i = 0; i < TEXT_POOL_MAX + 50; i++) {
        snprintf(text, sizeof text, "number %zu", i);
        results[i].error = text_pool_intern(&pool, text);
        ck_assert(result_encoder_has_room(&encoder));
        result_encoder_add(&encoder, &results[i]);
    }
    expect_results(results, TEXT_POOL_MAX + 50);
}
END_TEST

START_TEST(a_block_is_read_without_the_ones_before_it)
{
    struct result first = random_result();
    struct result second = random_result();
    first.error = second.error = text_pool_intern(&pool, "the same");
    result_encoder_add(&encoder, &first);
    result_encoder_begin(&encoder, copy);
    result_encoder_add(&encoder, &second);
    memcpy(block, copy, sizeof *block);
    expect_results(&second, 1);
}
END_TEST

/* 20,000/s on a kept connection: lag of tens of us, service of hundreds, a small answer. */
START_TEST(a_usual_result_takes_less_than_24_bytes)
{
    size_t n = 0;
    while (result_encoder_has_room(&encoder)) {
        struct result result = {
            .number = 2000000 + n,
            .intended_ns = 100 * NS_PER_S + n * 50000,
            .lag_ns = 10000 + random_below(&chance, 90000),
            .service_ns = 100000 + random_below(&chance, 1000000),
            .bytes_in = 15,
            .target = (uint32_t)n % 10,
            .address = (uint32_t)n % 7,
            .code = 200,
        };
        result.first_byte_ns = n % 10 ? result.service_ns : result.service_ns / 2;
        result_encoder_add(&encoder, &result);
        n++;
    }
    ck_assert_msg(block->length < 24 * n, "%zu bytes for %zu results", block->length, n);
    ck_assert_uint_gt(block->length, 8 * n);
}
END_TEST

/* An allocation of exactly these bytes, so that AddressSanitizer sees a read past the end. */
static void decode_exactly(const uint8_t *payload, size_t length)
{
    struct result got;
    uint8_t *exact = malloc(length ? length : 1);
    memcpy(exact, payload, length);
    result_decoder_begin(&decoder, block, &pool);
    decoder.at = exact;
    decoder.end = exact + length;
    size_t n = 0;
    while (result_decoder_next(&decoder, &got) == RESULT_DECODE_OK) {
        ck_assert(got.outcome <= OUTCOME_TLS && got.code <= 999);
        ck_assert_uint_lt(++n, length);
    }
    ck_assert(decoder.at <= decoder.end);
    free(exact);
}

START_TEST(damaged_payloads_are_never_read_out_of_bounds)
{
    struct result results[30];
    fill(results, 30);
    for (size_t length = 0; length < block->length; length++) {
        decode_exactly(block_payload(block), length);
    }
    for (size_t bit = 0; bit < 8 * block->length; bit++) {
        block_payload(block)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        decode_exactly(block_payload(block), block->length);
        block_payload(block)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (int round = 0; round < 20000; round++) {
        uint8_t noise[64];
        for (size_t i = 0; i < sizeof noise; i++) {
            noise[i] = (uint8_t)random_next(&chance);
        }
        decode_exactly(noise, random_below(&chance, sizeof noise));
    }
}
END_TEST

START_TEST(a_record_that_is_cut_is_refused)
{
    struct result result = random_result();
    result.error = text_pool_intern(&pool, "an error");
    result_encoder_add(&encoder, &result);
    size_t whole = block->length;
    for (block->length = 1; block->length < whole; block->length++) {
        result_decoder_begin(&decoder, block, &pool);
        ck_assert_int_eq(result_decoder_next(&decoder, &result), RESULT_DECODE_BAD);
    }
}
END_TEST

START_TEST(a_text_that_was_not_introduced_is_refused)
{
    struct result result = {.error = text_pool_intern(&pool, "abc"), .address = ADDRESS_NONE};
    result_encoder_add(&encoder, &result);
    block_payload(block)[block->length - 5] = 1; /* index 0, length 3, a, b, c */
    result_decoder_begin(&decoder, block, &pool);
    ck_assert_int_eq(result_decoder_next(&decoder, &result), RESULT_DECODE_BAD);
}
END_TEST

Suite *result_codec_suite(void);
Suite *result_codec_suite(void)
{
    Suite *suite = suite_create("result_codec");
    TCase *tests = tcase_create("result_codec");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, random_results_come_back_as_they_were);
    tcase_add_test(tests, results_that_scripts_fired_come_back);
    tcase_add_test(tests, extreme_results_come_back_and_have_room);
    tcase_add_test(tests, all_texts_that_a_pool_can_have_fit_into_one_block);
    tcase_add_test(tests, a_block_is_read_without_the_ones_before_it);
    tcase_add_test(tests, a_usual_result_takes_less_than_24_bytes);
    tcase_add_test(tests, damaged_payloads_are_never_read_out_of_bounds);
    tcase_add_test(tests, a_record_that_is_cut_is_refused);
    tcase_add_test(tests, a_text_that_was_not_introduced_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
