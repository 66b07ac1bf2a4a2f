#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loadgen/run/recorder.h"
#include "tests/support/read_back.h"

enum { START = 1000000 };

static char word[] = "GET";
static struct target list[] = {{.name = word, .method = word, .url = word},
                               {.name = word, .method = word, .url = word}};
static const struct targets targets = {.list = list, .count = 2};
static const struct request requests[] = {{.target = 0}, {.target = 1}};
static struct catalogue catalogue;
static struct address_list addresses;
static struct text_pool texts;
static struct recorder *recorder;
static struct tally *into;
static struct result_writer *writer;
static FILE *file;
static struct err err;

static void setup(void)
{
    struct address address;
    address_list_init(&addresses);
    catalogue_init(&catalogue, &targets, false);
    ck_assert(address_resolve("127.0.0.1", 80, &address, &err));
    ck_assert_uint_eq(address_list_add(&addresses, &address), 0);
    file = tmpfile();
    writer = result_writer_create(fileno(file), "it", 4, &err);
    text_pool_init(&texts);
    recorder = calloc(1, sizeof *recorder);
    into = tally_create(true, false);
    struct recorder_config config = {
        .catalogue = &catalogue,
        .addresses = &addresses,
        .texts = &texts,
        .writer = writer,
        .keeps_answers = true,
        .max_body = UINT64_MAX,
        .by_target = true,
    };
    ck_assert(recorder_init(recorder, &config, &err));
    recorder->origin_ns = START;
}

static void teardown(void)
{
    result_writer_close(writer, NULL);
    fclose(file);
    recorder_fini(recorder);
    free(recorder);
    tally_destroy(into);
    text_pool_fini(&texts);
    catalogue_fini(&catalogue);
}

/* Everything that went into the file, in its order; closes the writer. */
static size_t read_results(struct result *results, size_t room)
{
    struct block *block = malloc(sizeof *block);
    struct result_decoder *decoder = malloc(sizeof *decoder);
    size_t n = 0;
    recorder_flush(recorder);
    ck_assert(result_writer_close(writer, &err));
    writer = NULL;
    rewind(file);
    while (read_back_block(block, file)) {
        result_decoder_begin(decoder, block, &texts);
        struct result result;
        enum result_decode state = RESULT_DECODE_OK;
        while ((state = result_decoder_next(decoder, &result)) == RESULT_DECODE_OK) {
            ck_assert_uint_lt(n, room);
            results[n++] = result;
        }
        ck_assert_int_eq(state, RESULT_DECODE_END);
    }
    free(block);
    free(decoder);
    return n;
}

/* Moments count from START here. */
static const struct {
    const char *name;
    struct exchange x;
    uint64_t lag_ns, wait_ns, connect_ns, service_ns, first_byte_ns;
} cases[] = {
    {"on time, on a connection that is there",
     {.intended_ns = 500,
      .started_ns = 500,
      .sent_ns = 500,
      .first_byte_ns = 700,
      .done_ns = 700,
      .code = 200},
     0,
     0,
     0,
     200,
     200},
    {"late, after a wait, on a new connection, in two pieces",
     {.intended_ns = 500,
      .wait_ns = 30,
      .started_ns = 540,
      .sent_ns = 640,
      .first_byte_ns = 1640,
      .done_ns = 11640,
      .code = 200},
     10,
     30,
     100,
     11000,
     1000},
    {"never sent: refused",
     {.intended_ns = 500,
      .wait_ns = 5,
      .started_ns = 510,
      .done_ns = 610,
      .outcome = OUTCOME_CONNECT,
      .system_error = ECONNREFUSED},
     5,
     5,
     100,
     0,
     0},
    {"never sent: out of time",
     {.intended_ns = 0, .started_ns = 1, .done_ns = 30000001, .outcome = OUTCOME_TIMED_OUT},
     1,
     0,
     30000000,
     0,
     0},
    {"sent, and no byte came",
     {.intended_ns = 500,
      .started_ns = 510,
      .sent_ns = 520,
      .done_ns = 5520,
      .outcome = OUTCOME_TIMED_OUT},
     10,
     0,
     10,
     5000,
     0},
    {"sent, and cut off within the answer",
     {.intended_ns = 500,
      .started_ns = 510,
      .sent_ns = 520,
      .first_byte_ns = 600,
      .done_ns = 620,
      .outcome = OUTCOME_RESET,
      .system_error = ECONNRESET},
     10,
     0,
     10,
     100,
     80},
    {"tried again: the first try counts as connect",
     {.intended_ns = 500,
      .started_ns = 510,
      .sent_ns = 2510,
      .first_byte_ns = 2600,
      .done_ns = 2610,
      .code = 200,
      .retries = 1,
      .redirects = 2},
     10,
     0,
     2000,
     100,
     90},
};

START_TEST(an_exchange_becomes_spans_that_add_up_to_the_latency)
{
    struct exchange x = cases[_i].x;
    uint64_t latency = x.done_ns - x.intended_ns;
    x.request = &requests[1];
    x.number = 77;
    x.bytes_in = 5;
    x.bytes_out = 6;
    x.intended_ns += START;
    x.started_ns += START;
    x.sent_ns += x.sent_ns ? START : 0;
    x.first_byte_ns += x.first_byte_ns ? START : 0;
    x.done_ns += START;
    recorder_add(recorder, &x);
    struct result result;
    ck_assert_uint_eq(read_results(&result, 1), 1);
    ck_assert_uint_eq(result_latency_ns(&result), latency);
    ck_assert_uint_eq(result.lag_ns, cases[_i].lag_ns);
    ck_assert_uint_eq(result.wait_ns, cases[_i].wait_ns);
    ck_assert_uint_eq(result.connect_ns, cases[_i].connect_ns);
    ck_assert_uint_eq(result.service_ns, cases[_i].service_ns);
    ck_assert_uint_eq(result.first_byte_ns, cases[_i].first_byte_ns);
    ck_assert_uint_eq(result.intended_ns, cases[_i].x.intended_ns);
    ck_assert_uint_eq(result.number, 77);
    ck_assert_uint_eq(result.target, 1);
    ck_assert_uint_eq(result.bytes_in, 5);
    ck_assert_uint_eq(result.bytes_out, 6);
    ck_assert_uint_eq(result.retries, x.retries);
    ck_assert_uint_eq(result.redirects, x.redirects);
    ck_assert_uint_eq(result.code, x.code);
    ck_assert_int_eq(result.outcome, x.outcome);
    ck_assert_int_eq(result.error != NULL, x.code != 200);
    recorder_collect(recorder, into, true);
    ck_assert_uint_eq(into->counters.ended, 1);
    ck_assert_uint_eq(into->latency.max_ns, latency);
    ck_assert_uint_eq(into->latency.sum_ns, into->lag.sum_ns + into->wait.sum_ns +
                                                into->connect.sum_ns + into->service.sum_ns);
}
END_TEST

static struct exchange at(uint64_t k)
{
    uint64_t ns = START + k * 1000;
    return (struct exchange){.request = &requests[0],
                             .number = k,
                             .intended_ns = ns,
                             .started_ns = ns + 1,
                             .sent_ns = ns + 2,
                             .first_byte_ns = ns + 100,
                             .done_ns = ns + 100,
                             .code = 200};
}

START_TEST(every_result_is_kept_once_and_in_its_order)
{
    enum { MANY = 30000 };
    struct result *results = calloc(MANY, sizeof *results);
    for (uint64_t k = 0; k < MANY; k++) {
        struct exchange x = at(k);
        recorder_add(recorder, &x);
        if (k % 10007 == 0) {
            recorder_flush(recorder);
        }
    }
    ck_assert_uint_eq(read_results(results, MANY), MANY);
    for (uint64_t k = 0; k < MANY; k++) {
        ck_assert_uint_eq(results[k].number, k);
        ck_assert_uint_eq(results[k].intended_ns, k * 1000);
    }
    free(results);
}
END_TEST

/* The reader comes as often as it likes: what it collects adds up to what was taken. */
START_TEST(nothing_is_lost_between_worker_and_reader)
{
    uint64_t taken = 0;
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < round; i++) {
            struct exchange x = at(taken++);
            recorder_add(recorder, &x);
        }
        if (round % 2) {
            recorder_flush(recorder);
        }
        if (round % 7 == 0) {
            recorder_collect(recorder, into, false);
            ck_assert_uint_le(into->counters.ended, taken);
        }
    }
    recorder_collect(recorder, into, true);
    ck_assert_uint_eq(into->counters.ended, taken);
    ck_assert_uint_eq(into->latency.count, taken);
    recorder_collect(recorder, into, true); /* and only once */
    ck_assert_uint_eq(into->counters.ended, taken);
}
END_TEST

static void *work(void *done)
{
    for (uint64_t k = 0; k < 50000; k++) {
        struct exchange x = at(k);
        recorder_add(recorder, &x);
        if (k % 100 == 0) {
            recorder_flush(recorder);
        }
    }
    atomic_store((atomic_bool *)done, true);
    return NULL;
}

START_TEST(nothing_is_lost_while_both_are_at_work)
{
    pthread_t thread;
    atomic_bool done = false;
    ck_assert_int_eq(pthread_create(&thread, NULL, work, &done), 0);
    while (!atomic_load(&done)) {
        recorder_collect(recorder, into, false);
    }
    pthread_join(thread, NULL);
    recorder_collect(recorder, into, true);
    ck_assert_uint_eq(into->counters.ended, 50000);
    ck_assert_uint_eq(into->latency.count, 50000);
}
END_TEST

START_TEST(a_flush_publishes_what_was_taken_before_it)
{
    struct exchange x = at(0);
    recorder_add(recorder, &x);
    recorder_collect(recorder, into, false);
    ck_assert_uint_eq(into->counters.ended, 0);
    recorder_flush(recorder);
    recorder_add(recorder, &x);
    recorder_collect(recorder, into, false);
    ck_assert_uint_eq(into->counters.ended, 1);
}
END_TEST

START_TEST(without_a_writer_it_only_counts)
{
    recorder->writer = NULL;
    struct exchange x = at(0);
    recorder_add(recorder, &x);
    recorder_flush(recorder);
    recorder_collect(recorder, into, true);
    ck_assert_uint_eq(into->counters.ended, 1);
    ck_assert_uint_eq(recorder->blocked_ns, 0);
}
END_TEST

static uint64_t count_of(const char *text)
{
    for (size_t i = 0; i < into->error_count; i++) {
        if (strcmp(into->errors[i].text, text) == 0) {
            return into->errors[i].count;
        }
    }
    return 0;
}

/* Far more kinds than the cache has slots, in turn. */
START_TEST(errors_of_many_kinds_are_told_apart)
{
    for (uint64_t i = 0; i < 600; i++) {
        struct exchange x = at(i);
        x.code = (uint16_t)(400 + i % 200);
        recorder_add(recorder, &x);
    }
    recorder_collect(recorder, into, true);
    ck_assert_uint_eq(into->error_count, 200);
    ck_assert_uint_eq(count_of("400"), 3);
    ck_assert_uint_eq(count_of("599"), 3);
}
END_TEST

START_TEST(errors_of_one_kind_are_told_apart_by_what_the_server_said)
{
    static const char *const reasons[] = {"Not Found", "No Such User"};
    static const char *const problems[] = {"no HTTP", "stopped after 10 redirects"};
    for (uint64_t i = 0; i < 10; i++) {
        struct exchange x = at(i);
        x.code = 404;
        snprintf(x.reason, sizeof x.reason, "%s", reasons[i % 2]);
        recorder_add(recorder, &x);
        x.code = 0;
        x.outcome = OUTCOME_PROTOCOL;
        snprintf(x.reason, sizeof x.reason, "%s", problems[i % 2]);
        recorder_add(recorder, &x);
    }
    recorder_collect(recorder, into, true);
    ck_assert_uint_eq(count_of("404 Not Found"), 5);
    ck_assert_uint_eq(count_of("404 No Such User"), 5);
    ck_assert_uint_eq(count_of("Get \"GET\": no HTTP"), 5);
    ck_assert_uint_eq(count_of("Get \"GET\": stopped after 10 redirects"), 5);
}
END_TEST

/* Results that are on the disk. */
static size_t written_bytes(void)
{
    struct stat about;
    ck_assert_int_eq(fstat(fileno(file), &about), 0);
    return (size_t)about.st_size;
}

START_TEST(a_result_is_held_for_a_tenth_of_a_second_at_most)
{
    ck_assert_uint_eq(recorder->flush_at_ns, UINT64_MAX);
    struct exchange x = at(0);
    recorder_add(recorder, &x);
    uint64_t due_ns = recorder->flush_at_ns;
    ck_assert_uint_le(due_ns, x.done_ns + 90 * NS_PER_MS);
    x = at(1);
    x.done_ns = due_ns - 2;
    recorder_add(recorder, &x); /* the first one counts */
    ck_assert_uint_eq(recorder->flush_at_ns, due_ns);
    recorder_flush_due(recorder, due_ns - 1);
    poll(NULL, 0, 20);
    ck_assert_uint_eq(written_bytes(), 0);
    recorder_flush_due(recorder, due_ns);
    ck_assert_uint_eq(recorder->flush_at_ns, UINT64_MAX);
    for (int i = 0; i < 500 && written_bytes() == 0; i++) {
        poll(NULL, 0, 10);
    }
    ck_assert_uint_gt(written_bytes(), 0);
    struct result results[2];
    ck_assert_uint_eq(read_results(results, 2), 2);
}
END_TEST

/* A pipe that nobody reads; the supply of blocks must last as long as if there was no hurry. */
START_TEST(blocks_are_filled_while_the_writer_is_behind)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    struct result_writer *slow = result_writer_create(ends[1], "pipe", 4, &err);
    recorder->writer = slow;
    signal(SIGPIPE, SIG_IGN);
    uint64_t blocked_ns = 0;
    for (int i = 0; i < 2; i++) { /* the first fills the pipe, the second waits */
        struct block *block = result_writer_take(slow, &blocked_ns);
        block->type = BLOCK_RESULTS;
        block->length = BLOCK_PAYLOAD_MAX;
        result_writer_put(slow, block);
    }
    poll(NULL, 0, 100);
    for (uint64_t i = 0; i < 100; i++) {
        struct exchange x = at(i);
        x.done_ns = START + i * NS_PER_S;
        recorder_add(recorder, &x);
        ck_assert_uint_le(recorder->flush_at_ns, x.done_ns + NS_PER_S);
        recorder_flush_due(recorder, x.done_ns + NS_PER_S);
    }
    ck_assert_uint_eq(recorder->blocked_ns, 0);
    close(ends[0]);
    recorder_flush(recorder);
    ck_assert(!result_writer_close(slow, &err));
    close(ends[1]);
}
END_TEST

Suite *recorder_suite(void);
Suite *recorder_suite(void)
{
    Suite *suite = suite_create("recorder");
    TCase *tests = tcase_create("recorder");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, an_exchange_becomes_spans_that_add_up_to_the_latency, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, every_result_is_kept_once_and_in_its_order);
    tcase_add_test(tests, nothing_is_lost_between_worker_and_reader);
    tcase_add_test(tests, nothing_is_lost_while_both_are_at_work);
    tcase_add_test(tests, a_flush_publishes_what_was_taken_before_it);
    tcase_add_test(tests, a_result_is_held_for_a_tenth_of_a_second_at_most);
    tcase_add_test(tests, blocks_are_filled_while_the_writer_is_behind);
    tcase_add_test(tests, without_a_writer_it_only_counts);
    tcase_add_test(tests, errors_of_many_kinds_are_told_apart);
    tcase_add_test(tests, errors_of_one_kind_are_told_apart_by_what_the_server_said);
    suite_add_tcase(suite, tests);
    return suite;
}
