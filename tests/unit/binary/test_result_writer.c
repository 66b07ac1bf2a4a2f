#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/binary/result_writer.h"
#include "tests/support/read_back.h"

enum { BLOCKS = 4, FULL = 60000 };

static struct err err;

static void sleep_ms(long ms)
{
    const struct timespec span = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&span, NULL);
}

/* One block with its number, and who wrote it, at the beginning of its payload. */
static void put_numbered(struct result_writer *writer, uint32_t producer, uint32_t number,
                         size_t length, uint64_t *blocked_ns)
{
    struct block *block = result_writer_take(writer, blocked_ns);
    block->type = BLOCK_RESULTS;
    block->length = length;
    memset(block_payload(block), (int)number, length);
    memcpy(block_payload(block), &producer, 4);
    memcpy(block_payload(block) + 4, &number, 4);
    result_writer_put(writer, block);
}

/* Reads to the end; each producer's numbers must be 0, 1, 2 and so on. Returns how many blocks. */
static size_t read_numbered(FILE *in)
{
    struct block *block = malloc(sizeof *block);
    uint32_t next[4] = {0};
    size_t count = 0;
    while (read_back_block(block, in)) {
        uint32_t producer = 0;
        uint32_t number = 0;
        memcpy(&producer, block_payload(block), 4);
        memcpy(&number, block_payload(block) + 4, 4);
        ck_assert_uint_lt(producer, 4);
        ck_assert_uint_eq(number, next[producer]++);
        count++;
    }
    ck_assert(feof(in));
    free(block);
    return count;
}

static void put_text(struct result_writer *writer, enum block_type type, const char *text)
{
    uint64_t blocked_ns = 0;
    struct block *block = result_writer_take(writer, &blocked_ns);
    block->type = type;
    block->length = strlen(text);
    memcpy(block_payload(block), text, block->length);
    result_writer_put(writer, block);
}

START_TEST(nothing_is_lost_or_reordered)
{
    enum { MANY = 2000 };
    uint64_t blocked_ns = 0;
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "it", BLOCKS, &err);
    ck_assert_ptr_nonnull(writer);
    for (uint32_t i = 0; i < MANY; i++) {
        put_numbered(writer, 0, i, 8 + i, &blocked_ns);
    }
    ck_assert(!result_writer_failed(writer));
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    rewind(file);
    ck_assert_uint_eq(read_numbered(file), MANY);
    fclose(file);
}
END_TEST

struct producer {
    struct result_writer *writer;
    uint32_t index;
};

static void *produce(void *context)
{
    struct producer *producer = context;
    uint64_t blocked_ns = 0;
    for (uint32_t i = 0; i < 300; i++) {
        put_numbered(producer->writer, producer->index, i, 100, &blocked_ns);
    }
    return NULL;
}

START_TEST(each_of_several_producers_keeps_its_order)
{
    pthread_t threads[4];
    struct producer producers[4];
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "it", BLOCKS, &err);
    for (uint32_t i = 0; i < 4; i++) {
        producers[i] = (struct producer){writer, i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert(result_writer_close(writer, &err));
    rewind(file);
    ck_assert_uint_eq(read_numbered(file), 1200);
    fclose(file);
}
END_TEST

START_TEST(without_a_slow_reader_nobody_is_held_back)
{
    uint64_t blocked_ns = 0;
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "it", BLOCKS, &err);
    struct block *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = result_writer_take(writer, &blocked_ns);
        blocks[i]->length = 0;
    }
    ck_assert_uint_eq(blocked_ns, 0);
    for (size_t i = 0; i < BLOCKS; i++) {
        result_writer_put(writer, blocks[i]); /* empty: only given back */
    }
    result_writer_put(writer, result_writer_take(writer, &blocked_ns));
    ck_assert_uint_eq(blocked_ns, 0);
    ck_assert(result_writer_close(writer, &err));
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_END), 0);
    fclose(file);
}
END_TEST

struct slow_reader {
    int fd;
    size_t blocks;
};

static void *read_slowly(void *context)
{
    struct slow_reader *reader = context;
    sleep_ms(150);
    FILE *in = fdopen(reader->fd, "r");
    reader->blocks = read_numbered(in);
    fclose(in);
    return NULL;
}

/* The second time the descriptor does not block, as a pipe from another program may be set. */
START_TEST(a_slow_reader_holds_the_attack_back_and_the_time_is_known)
{
    int ends[2];
    pthread_t thread;
    uint64_t blocked_ns = 0;
    ck_assert_int_eq(pipe(ends), 0);
    if (_i == 1) {
        ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    }
    struct slow_reader reader = {ends[0], 0};
    struct result_writer *writer = result_writer_create(ends[1], "it", BLOCKS, &err);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_slowly, &reader), 0);
    uint64_t before = clock_now_ns();
    for (uint32_t i = 0; i < 40; i++) { /* far more than the pipe and the blocks can hold */
        put_numbered(writer, 0, i, FULL, &blocked_ns);
    }
    uint64_t took = clock_now_ns() - before;
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    close(ends[1]);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(reader.blocks, 40);
    ck_assert_uint_ge(blocked_ns, 75 * NS_PER_MS);
    ck_assert_uint_le(blocked_ns, took);
}
END_TEST

/* Puts blocks until the failure is seen; take must not wait for ever then. */
static void put_until_failed(struct result_writer *writer)
{
    uint64_t blocked_ns = 0;
    uint64_t end_ns = clock_now_ns() + 5 * NS_PER_S;
    while (!result_writer_failed(writer)) {
        put_numbered(writer, 0, 0, FULL, &blocked_ns);
        ck_assert_uint_lt(clock_now_ns(), end_ns);
    }
    for (int i = 0; i < 10 * BLOCKS; i++) {
        put_numbered(writer, 0, 0, FULL, &blocked_ns);
    }
    put_text(writer, BLOCK_END, "{}");
}

START_TEST(a_disk_that_is_full_fails_and_is_told_at_the_end)
{
    int fd = open("/dev/full", O_WRONLY);
    struct result_writer *writer = result_writer_create(fd, "results.bin", BLOCKS, &err);
    put_until_failed(writer);
    ck_assert(!result_writer_close(writer, &err));
    ck_assert_int_eq(err.code, ERR_FAILED);
    ck_assert_str_eq(err.text, "cannot write results to results.bin: No space left on device; the "
                               "file is incomplete");
    close(fd);
}
END_TEST

START_TEST(a_pipe_that_is_closed_fails_and_is_told_at_the_end)
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN); /* as main does */
    ck_assert_int_eq(pipe(ends), 0);
    struct result_writer *writer = result_writer_create(ends[1], "stdout", BLOCKS, &err);
    close(ends[0]);
    put_until_failed(writer);
    ck_assert(!result_writer_close(writer, &err));
    ck_assert_str_eq(err.text,
                     "cannot write results to stdout: Broken pipe; the file is incomplete");
    close(ends[1]);
}
END_TEST

START_TEST(a_failure_of_the_last_block_is_told_as_well)
{
    int fd = open("/dev/full", O_WRONLY);
    struct result_writer *writer = result_writer_create(fd, "it", BLOCKS, &err);
    put_text(writer, BLOCK_END, "{}");
    ck_assert(!result_writer_close(writer, &err));
    close(fd);
}
END_TEST

START_TEST(a_text_is_a_block_of_its_own)
{
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "it", BLOCKS, &err);
    put_text(writer, BLOCK_HEADER, "{\"a\":1}");
    ck_assert(result_writer_close(writer, &err));
    rewind(file);
    struct block *block = malloc(sizeof *block);
    ck_assert(read_back_block(block, file));
    ck_assert_int_eq(block->type, BLOCK_HEADER);
    ck_assert_uint_eq(block->length, 7);
    ck_assert_mem_eq(block_payload(block), "{\"a\":1}", 7);
    ck_assert(!read_back_block(block, file) && feof(file));
    free(block);
    fclose(file);
}
END_TEST

START_TEST(without_a_writer_there_is_nothing_to_close)
{
    ck_assert(result_writer_close(NULL, &err));
}
END_TEST

Suite *result_writer_suite(void);
Suite *result_writer_suite(void)
{
    Suite *suite = suite_create("result_writer");
    TCase *tests = tcase_create("result_writer");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, nothing_is_lost_or_reordered);
    tcase_add_test(tests, each_of_several_producers_keeps_its_order);
    tcase_add_test(tests, without_a_slow_reader_nobody_is_held_back);
    tcase_add_loop_test(tests, a_slow_reader_holds_the_attack_back_and_the_time_is_known, 0, 2);
    tcase_add_test(tests, a_disk_that_is_full_fails_and_is_told_at_the_end);
    tcase_add_test(tests, a_pipe_that_is_closed_fails_and_is_told_at_the_end);
    tcase_add_test(tests, a_failure_of_the_last_block_is_told_as_well);
    tcase_add_test(tests, a_text_is_a_block_of_its_own);
    tcase_add_test(tests, without_a_writer_there_is_nothing_to_close);
    suite_add_tcase(suite, tests);
    return suite;
}
