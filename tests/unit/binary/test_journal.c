#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/binary/journal.h"
#include "loadgen/binary/result_codec.h"
#include "tests/support/read_back.h"
#include "tests/support/round_trip.h"
#include "tests/support/tallies.h"

#define WALL UINT64_C(1700000000123456789)

static struct summary *written; /* what the run knew */
static struct summary *got;     /* what was read */
static struct err err;
static uint8_t *bytes; /* of the file */
static size_t length;
static uint64_t wall_ns; /* when the run began */

static void setup(void)
{
    written = summary_create();
    got = summary_create();
    wall_ns = WALL;
}

static void teardown(void)
{
    free(bytes);
    summary_destroy(written);
    summary_destroy(got);
}

static void put_results(struct result_writer *writer, uint64_t first, uint64_t count)
{
    struct result_encoder encoder;
    uint64_t blocked_ns = 0;
    result_encoder_begin(&encoder, result_writer_take(writer, &blocked_ns));
    for (uint64_t k = first; k < first + count; k++) {
        bool is_bad = k % 10 == 0;
        struct result result = {
            .number = k,
            .intended_ns = k * NS_PER_MS,
            .lag_ns = 20000 + k,
            .wait_ns = k % 7 ? 0 : 5 * NS_PER_MS,
            .connect_ns = k % 100 ? 0 : 100000,
            .service_ns = NS_PER_MS + k * 1000,
            .bytes_in = 15,
            .retries = k % 50 == 0,
            .code = is_bad ? 0 : 200,
            .outcome = is_bad ? OUTCOME_RESET : OUTCOME_ANSWERED,
            .error = is_bad ? text_pool_intern(&written->texts, "reset") : NULL,
        };
        result_encoder_add(&encoder, &result);
        tally_add(written->tally, &result);
    }
    result_writer_put(writer, encoder.block);
}

/* Writes a run: H, T, three R, S, and E if it is to have an end. */
static void write_run(bool has_end, const char *plan_text)
{
    char url[] = "http://a/";
    struct target target = {.name = url, .method = url, .url = url};
    struct targets targets = {.list = &target, .count = 1};
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "it", 8, &err);
    json_t *plan = json_loads(plan_text, 0, NULL);
    written->has_plan = true;
    written->rate_count = 1000;
    written->rate_per_ns = NS_PER_S;
    written->intended = 310;
    written->started = 300;
    written->not_started = 10;
    written->rows_not_started[0] = 10;
    written->generator = (struct generator){
        .threads = 2,
        .cpu_limit = 1.5,
        .cpu_seconds = 0.25,
        .wall_seconds = 1.0,
        .has_throttled = true,
        .throttled_seconds = 0.125,
        .throttled_most_ns = 62500000,
        .has_scripts = true,
        .script_seconds = 0.1875,
        .loop_p99_ns = 70000,
        .loop_unread_ns = 90000,
        .memory_bytes = 1 << 20,
        .held_back_ns = 5 * NS_PER_MS,
        .other_attacks = 3,
        .connects = 40,
        .connect_ns = 41,
        .local_ports = 42,
        .time_wait = 43,
    };
    journal_write_header(writer, plan, NULL, wall_ns, 1000);
    journal_write_targets(writer, &targets, 0);
    for (uint64_t i = 0; i < 3; i++) {
        put_results(writer, 100 * i, 100);
    }
    const struct second second = {
        .elapsed_ns = NS_PER_S,
        .intended = 310,
        .started = 300,
        .tally = written->tally,
        .total = written->tally,
        .generator = &written->generator,
    };
    journal_write_second(writer, &second);
    if (has_end) {
        journal_write_end(writer, written, &targets);
    }
    ck_assert(result_writer_close(writer, &err));
    json_decref(plan);
    length = (size_t)lseek(fileno(file), 0, SEEK_END);
    free(bytes);
    bytes = malloc(length);
    ck_assert_int_eq(pread(fileno(file), bytes, length, 0), (ssize_t)length);
    fclose(file);
}

#define PLAN                                                                                       \
    "{\"rate\":{\"count\":1000,\"per\":1000000000},\"schedule\":{\"mean_per_second\":1000.0}}"

static bool read_bytes(size_t n)
{
    return read_back(bytes, n, "file.bin", got, &err);
}

/* Where block number i of this type begins. */
static size_t find_block(char type, size_t i)
{
    size_t at = 0;
    while (at < length && (bytes[at + 4] != (uint8_t)type || i-- > 0)) {
        at += BLOCK_PREFIX + (bytes[at + 8] | (size_t)bytes[at + 9] << 8);
    }
    ck_assert_uint_lt(at, length);
    return at;
}

static void expect_same_timings(const struct tally *a, const struct tally *b)
{
    bool same = true;
#define X(name, label) same = same && histograms_are_equal(&a->name, &b->name);
    TIMINGS(X)
#undef X
    ck_assert(same);
}

START_TEST(what_was_written_is_read_back)
{
    write_run(true, PLAN);
    ck_assert_msg(read_bytes(length), "%s", err.text);
    const struct tally *a = written->tally;
    const struct tally *b = got->tally;
    ck_assert_mem_eq(&a->counters, &b->counters, sizeof a->counters);
    ck_assert_mem_eq(a->codes, b->codes, sizeof a->codes);
    ck_assert_uint_eq(b->bytes_in, a->bytes_in);
    expect_same_timings(a, b);
    ck_assert_uint_eq(b->error_count, 1);
    ck_assert_str_eq(b->errors[0].text, "reset");
    ck_assert_uint_eq(b->errors[0].count, 30);
    ck_assert_uint_eq(b->kinds[OUTCOME_RESET].count, b->errors[0].count);
    ck_assert_uint_eq(got->wall_start_ns + b->first_intended_ns, WALL);
    ck_assert_uint_eq(b->last_intended_ns - b->first_intended_ns, a->last_intended_ns);
    ck_assert_uint_eq(b->end_ns - b->first_intended_ns, a->end_ns);
    ck_assert_double_eq(summary_rate(got), summary_rate(written));
    ck_assert(got->has_plan);
    ck_assert_uint_eq(got->rate_count, 1000);
    ck_assert_uint_eq(got->rate_per_ns, NS_PER_S);
    ck_assert_uint_eq(got->intended, 310);
    ck_assert_uint_eq(got->not_started, 10);
    ck_assert_uint_eq(got->rows_not_started[0], 10);
    ck_assert_double_eq(got->scheduled_per_s, 1000);
    ck_assert(!got->is_aborted && !got->is_interrupted && !got->is_cut_short);
    ck_assert_uint_eq(got->damaged, 0);
    ck_assert_uint_eq(got->generator.threads, 2);
    ck_assert_double_eq(got->generator.cpu_limit, 1.5);
    ck_assert_double_eq(got->generator.cpu_seconds, 0.25);
    ck_assert_double_eq(got->generator.wall_seconds, 1.0);
    ck_assert(got->generator.has_throttled);
    ck_assert_double_eq(got->generator.throttled_seconds, 0.125);
    ck_assert_uint_eq(got->generator.throttled_most_ns, 62500000);
    ck_assert(got->generator.has_scripts);
    ck_assert_double_eq(got->generator.script_seconds, 0.1875);
    ck_assert_uint_eq(got->generator.loop_p99_ns, 70000);
    ck_assert_uint_eq(got->generator.loop_unread_ns, 90000);
    ck_assert_uint_eq(got->generator.held_back_ns, 5 * NS_PER_MS);
    ck_assert_int_eq(got->generator.other_attacks, 3);
}
END_TEST

START_TEST(an_interrupted_run_says_so)
{
    written->is_interrupted = _i == 0;
    written->is_aborted = _i == 1;
    write_run(true, PLAN);
    ck_assert(read_bytes(length));
    ck_assert(got->is_interrupted == (_i == 0));
    ck_assert(got->is_aborted == (_i == 1));
}
END_TEST

START_TEST(a_schedule_in_words_is_read_back)
{
    write_run(true, "{\"rate\":null,\"schedule\":{\"kind\":\"ramp\",\"words\":\"up\"}}");
    ck_assert(read_bytes(length));
    ck_assert_str_eq(got->schedule, "up");
    ck_assert_uint_eq(got->rate_count, 0);
    /* Poisson's rate is in its words, and not added up as well. */
    write_run(true, "{\"rate\":{\"count\":9,\"per\":1000000000},"
                    "\"schedule\":{\"kind\":\"poisson\",\"words\":\"9/1s\"}}");
    ck_assert(read_bytes(length));
    ck_assert_str_eq(got->schedule, "up and 9/1s");
    ck_assert_uint_eq(got->rate_count, 0);
    write_run(true, "{\"rate\":{\"count\":9,\"per\":1000000000},"
                    "\"schedule\":{\"kind\":\"constant\",\"words\":\"9/1s\"}}");
    ck_assert(read_bytes(length));
    ck_assert_str_eq(got->schedule, "up and 9/1s");
    ck_assert_uint_eq(got->rate_count, 9);
}
END_TEST

START_TEST(without_an_end_it_was_cut_short)
{
    write_run(false, PLAN);
    ck_assert(read_bytes(length));
    ck_assert(got->is_cut_short);
    ck_assert_uint_eq(got->tally->counters.ended, 300);
    ck_assert_uint_eq(got->damaged, 0);
}
END_TEST

START_TEST(wherever_it_is_cut_what_is_whole_is_read)
{
    write_run(true, PLAN);
    size_t header = find_block('T', 0);
    for (size_t n = 0; n < length; n += n < 300 ? 1 : 13) {
        struct summary *found = round_trip_summary(); /* making one takes longer than all else */
        memset(&err, 0, sizeof err);
        ck_assert_int_eq(read_back(bytes, n, "file.bin", found, &err), n >= header);
        if (n >= header) {
            uint64_t whole = 0;
            for (size_t i = 0; i < 3; i++) {
                size_t at = find_block('R', i);
                size_t end = at + BLOCK_PREFIX + (bytes[at + 8] | (size_t)bytes[at + 9] << 8);
                whole += end <= n;
            }
            ck_assert(found->is_cut_short);
            ck_assert_uint_eq(found->tally->counters.ended, 100 * whole);
        }
    }
}
END_TEST

START_TEST(a_damaged_block_is_counted_and_those_behind_it_are_read)
{
    write_run(true, PLAN);
    bytes[find_block('R', 1) + BLOCK_PREFIX + 20] ^= 4;
    ck_assert(read_bytes(length));
    ck_assert_uint_eq(got->damaged, 1);
    ck_assert_uint_eq(got->tally->counters.ended, 200);
    ck_assert(!got->is_cut_short);
}
END_TEST

START_TEST(a_block_that_is_missing_is_noticed)
{
    write_run(true, PLAN);
    size_t at = find_block('R', 1);
    size_t next = find_block('R', 2);
    memmove(bytes + at, bytes + next, length - next);
    ck_assert(read_bytes(length - (next - at)));
    ck_assert_uint_eq(got->damaged, 1);
    ck_assert_uint_eq(got->tally->counters.ended, 200);
}
END_TEST

START_TEST(a_type_that_is_not_known_is_passed_over)
{
    write_run(true, PLAN);
    struct block *block = calloc(1, sizeof *block);
    block->length = find_block('R', 0) - find_block('T', 0) - BLOCK_PREFIX;
    memcpy(block_payload(block), bytes + find_block('T', 0) + BLOCK_PREFIX, block->length);
    block->type = (enum block_type)'X';
    block_seal(block);
    memcpy(bytes + find_block('T', 0), block->bytes, BLOCK_PREFIX + block->length);
    free(block);
    ck_assert(read_bytes(length));
    ck_assert_uint_eq(got->tally->counters.ended, 300);
    ck_assert_uint_eq(got->damaged, 0);
}
END_TEST

START_TEST(two_files_add_up)
{
    write_run(true, PLAN);
    ck_assert(read_bytes(length));
    wall_ns = WALL + NS_PER_S; /* on another machine, a second later */
    tally_clear(written->tally);
    write_run(true, PLAN);
    ck_assert(read_bytes(length));
    const struct tally *tally = got->tally;
    ck_assert_uint_eq(tally->counters.ended, 600);
    ck_assert_uint_eq(tally->latency.count, 600);
    ck_assert_uint_eq(tally->error_count, 1);
    ck_assert_uint_eq(tally->errors[0].count, 60);
    ck_assert_uint_eq(got->intended, 620);
    ck_assert_uint_eq(got->not_started, 20);
    ck_assert_uint_eq(got->rate_count, 2000);
    ck_assert_uint_eq(got->damaged, 0);
    ck_assert(!got->is_cut_short);
    ck_assert_uint_eq(tally->last_intended_ns - tally->first_intended_ns,
                      NS_PER_S + 299 * NS_PER_MS);
}
END_TEST

START_TEST(what_one_generator_suffered_is_not_forgotten_with_the_next_file)
{
    write_run(true, PLAN);
    ck_assert(read_bytes(length));
    written->generator = (struct generator){0};
    size_t end = find_block('E', 0);
    char *throttled = memmem(bytes + end, length - end, "0.125", 5);
    ck_assert_ptr_nonnull(throttled);
    struct block *block = calloc(1, sizeof *block);
    memset(throttled + 2, '0', 3);
    block->type = BLOCK_END;
    block->length = length - end - BLOCK_PREFIX;
    memcpy(block_payload(block), bytes + end + BLOCK_PREFIX, block->length);
    block_seal(block);
    memcpy(bytes + end, block->bytes, BLOCK_PREFIX + block->length);
    free(block);
    ck_assert(read_bytes(length));
    ck_assert_uint_eq(got->damaged, 0);
    ck_assert_double_eq(got->generator.throttled_seconds, 0.125);
    ck_assert_uint_eq(got->generator.held_back_ns, 10 * NS_PER_MS);
}
END_TEST

/* Many targets go into several blocks, none of them cut, and each name where it belongs. */
START_TEST(all_targets_are_written)
{
    enum { MANY = 3000 };
    struct target *list = calloc(MANY, sizeof *list);
    char urls[][64] = {"http://a/\"quoted\"\\", "http://a/\u00e9t\u00e9"};
    for (size_t i = 0; i < MANY; i++) {
        list[i] = (struct target){.name = urls[_i], .method = urls[0], .url = urls[_i]};
    }
    struct targets targets = {.list = list, .count = MANY};
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "it", 8, &err);
    journal_write_targets(writer, &targets, 0);
    ck_assert(result_writer_close(writer, &err));
    rewind(file);
    struct block *block = malloc(sizeof *block);
    size_t seen = 0;
    size_t blocks = 0;
    while (read_back_block(block, file)) {
        json_t *json = json_loadb((char *)block_payload(block), block->length, 0, NULL);
        ck_assert_ptr_nonnull(json);
        ck_assert_uint_eq(json_integer_value(json_object_get(json, "first")), seen);
        seen += json_array_size(json_object_get(json, "targets"));
        json_decref(json);
        blocks++;
    }
    ck_assert_uint_eq(seen, MANY);
    ck_assert_uint_gt(blocks, 1);
    free(block);
    free(list);
    fclose(file);
}
END_TEST

static void put_result_of(struct result_writer *writer, uint32_t address)
{
    struct result_encoder encoder;
    struct result result = {.code = 200, .address = address};
    uint64_t blocked_ns = 0;
    result_encoder_begin(&encoder, result_writer_take(writer, &blocked_ns));
    result_encoder_add(&encoder, &result);
    result_writer_put(writer, encoder.block);
}

static uint32_t add_address(struct address_list *list, uint16_t port)
{
    struct address address;
    ck_assert(address_parse("127.0.0.1", port, &address));
    return address_list_add(list, &address);
}

/* Reads blocks to the end; what a result names stands before it. Returns how many addresses. */
static size_t read_addresses(FILE *in)
{
    struct block *block = malloc(sizeof *block);
    struct result_decoder *decoder = malloc(sizeof *decoder);
    struct result result;
    size_t count = 0;
    while (read_back_block(block, in)) {
        if (block->type == BLOCK_ADDRESSES) {
            json_t *json = json_loadb((char *)block_payload(block), block->length, 0, NULL);
            ck_assert_int_eq(json_integer_value(json_object_get(json, "first")), (json_int_t)count);
            count += json_array_size(json_object_get(json, "addresses"));
            json_decref(json);
        }
        result_decoder_begin(decoder, block, &written->texts);
        while (block->type == BLOCK_RESULTS &&
               result_decoder_next(decoder, &result) == RESULT_DECODE_OK) {
            ck_assert_uint_lt(result.address, count);
        }
    }
    free(decoder);
    free(block);
    return count;
}

struct paused {
    FILE *in;
    size_t count;
};

static void *read_later(void *context)
{
    struct paused *paused = context;
    const struct timespec pause = {.tv_sec = 2};
    nanosleep(&pause, NULL);
    paused->count = read_addresses(paused->in);
    return NULL;
}

/* No block is free for two seconds, and more addresses come up than one block has room for. */
START_TEST(a_reader_that_pauses_holds_up_no_names)
{
    enum { NAMES = 600 };
    int ends[2];
    pthread_t reader;
    struct address_list *list = malloc(sizeof *list);
    struct journal_names *names = malloc(sizeof *names);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    struct paused paused = {.in = fdopen(ends[0], "r")};
    struct result_writer *writer = result_writer_create(ends[1], "it", 2, &err);
    address_list_init(list);
    add_address(list, 1);
    journal_begin_names(names, writer, NULL, list);
    uint64_t begin_ns = clock_now_ns();
    ck_assert_int_eq(pthread_create(&reader, NULL, read_later, &paused), 0);
    struct block *block = NULL;
    for (int i = 0; i < 2; i++) { /* both fill the pipe, and are held */
        uint64_t blocked_ns = 0;
        block = result_writer_take(writer, &blocked_ns);
        block->type = BLOCK_SECOND;
        block->length = BLOCK_PAYLOAD_MAX;
        memset(block_payload(block), ' ', block->length);
        result_writer_put(writer, block);
    }
    for (int port = 2; port <= NAMES; port++) {
        add_address(list, (uint16_t)port);
    }
    ck_assert_ptr_null(result_writer_try_take(writer));
    ck_assert_uint_lt(clock_now_ns() - begin_ns, NS_PER_S);
    for (uint32_t number = 0; number < NAMES; number += 100) {
        put_result_of(writer, number);
    }
    add_address(list, NAMES + 1); /* which no result names */
    journal_write_end(writer, written, &(struct targets){0});
    address_list_fini(list);
    free(list);
    ck_assert(result_writer_close(writer, &err));
    close(ends[1]);
    pthread_join(reader, NULL);
    ck_assert_uint_ge(clock_now_ns() - begin_ns, 2 * NS_PER_S);
    ck_assert_uint_eq(paused.count, NAMES + 1);
    fclose(paused.in);
    free(names);
}
END_TEST

/* The wait for a block in which targets are written is told, as a live source waits for it. */
START_TEST(the_time_that_new_targets_wait_is_counted)
{
    char url[] = "http://a/";
    struct target target = {.name = url, .method = url, .url = url};
    struct targets targets = {.list = &target, .count = 1};
    int ends[2];
    pthread_t reader;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    struct paused paused = {.in = fdopen(ends[0], "r")};
    struct result_writer *writer = result_writer_create(ends[1], "it", 1, &err);
    ck_assert_uint_eq(journal_write_targets(writer, &targets, 0), 0);
    uint64_t blocked_ns = 0;
    struct block *block = result_writer_take(writer, &blocked_ns);
    block->type = BLOCK_SECOND;
    block->length = BLOCK_PAYLOAD_MAX;
    memset(block_payload(block), ' ', block->length);
    result_writer_put(writer, block);
    ck_assert_int_eq(pthread_create(&reader, NULL, read_later, &paused), 0);
    ck_assert_uint_ge(journal_write_targets(writer, &targets, 0), 1500 * NS_PER_MS);
    ck_assert(result_writer_close(writer, &err));
    close(ends[1]);
    pthread_join(reader, NULL);
    fclose(paused.in);
}
END_TEST

Suite *journal_suite(void);
Suite *journal_suite(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, what_was_written_is_read_back);
    tcase_add_loop_test(tests, an_interrupted_run_says_so, 0, 2);
    tcase_add_test(tests, a_schedule_in_words_is_read_back);
    tcase_add_test(tests, without_an_end_it_was_cut_short);
    tcase_add_test(tests, wherever_it_is_cut_what_is_whole_is_read);
    tcase_add_test(tests, a_damaged_block_is_counted_and_those_behind_it_are_read);
    tcase_add_test(tests, a_block_that_is_missing_is_noticed);
    tcase_add_test(tests, a_type_that_is_not_known_is_passed_over);
    tcase_add_test(tests, two_files_add_up);
    tcase_add_test(tests, what_one_generator_suffered_is_not_forgotten_with_the_next_file);
    tcase_add_loop_test(tests, all_targets_are_written, 0, 2);
    tcase_add_test(tests, a_reader_that_pauses_holds_up_no_names);
    tcase_add_test(tests, the_time_that_new_targets_wait_is_counted);
    suite_add_tcase(suite, tests);
    return suite;
}
