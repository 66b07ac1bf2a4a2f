/* What scripts write to stderr: lines, what is dropped, and readers that do not read. */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/bytes.h"
#include "loadgen/users/library/log.h"

enum { THREADS = 4, ROOM = 8 * 1024 * 1024 };

static struct log log_of_test;
static int ends[2];
static char *text;        /* what was written */
static struct bytes seen; /* by the log's reader */

static void see(void *context, struct slice lines)
{
    bytes_add(context, lines.at, lines.length);
}

static void setup(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    log_open(&log_of_test, ends[1], (struct log_reader){see, &seen});
}

static void teardown(void)
{
    free(text);
    text = NULL;
    bytes_free(&seen);
    seen = (struct bytes){0};
    close(ends[0]);
}

/* Reads what has been written, until the other end is closed. */
static void *read_all(void *ignored)
{
    size_t length = 0;
    (void)ignored;
    text = malloc(ROOM);
    for (ssize_t n = 1; n > 0; length += n > 0 ? (size_t)n : 0) {
        n = read(ends[0], text + length, ROOM - 1 - length);
    }
    text[length] = '\0';
    return NULL;
}

/* Closes the log while its lines are read. */
static void close_and_read(void)
{
    pthread_t reader;
    ck_assert_int_eq(pthread_create(&reader, NULL, read_all, NULL), 0);
    log_close(&log_of_test);
    close(ends[1]);
    pthread_join(reader, NULL);
    bytes_add(&seen, "", 1);
    ck_assert_str_eq(seen.at, text);
}

/* The numbers of lines, and of those that were dropped, as the notes say. */
static void count(uint64_t *lines, uint64_t *dropped)
{
    *lines = *dropped = 0;
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end); /* only whole lines */
        if (line[0] == '(') {
            *dropped += strtoull(line + 1, NULL, 10);
        } else {
            ck_assert_int_eq(line[10], 'T');
            ++*lines;
        }
        line = end + 1;
    }
}

/* The line behind its time. */
static void expect_line(const char *expected)
{
    enum { TIME = sizeof "2026-11-30T22:41:07.123Z" - 1 };
    ck_assert_uint_gt(strlen(text), TIME + 1);
    ck_assert_int_eq(text[TIME - 1], 'Z');
    ck_assert_str_eq(text + TIME + 1, expected);
}

START_TEST(a_line_has_the_time_and_the_user)
{
    time_t now = time(NULL);
    char day[16];
    struct tm tm;
    log_add(&log_of_test, "Shopper", 17, slice_of("sold out"));
    close_and_read();
    expect_line("Shopper 17: sold out\n");
    strftime(day, sizeof day, "%Y-%m-", gmtime_r(&now, &tm));
    ck_assert(strncmp(text, day, strlen(day)) == 0);
}
END_TEST

START_TEST(a_line_may_be_nobodys)
{
    log_add(&log_of_test, NULL, 0, slice_of(""));
    close_and_read();
    expect_line("\n");
}
END_TEST

START_TEST(texts_are_cleaned)
{
    static const char bytes[] = "one\ntwo \x1b[31m \xff \xc3\xbc\0three";
    log_add(&log_of_test, "A", 1, (struct slice){bytes, sizeof bytes - 1});
    close_and_read();
    expect_line("A 1: one?two ?[31m ? \xc3\xbc?three\n");
}
END_TEST

START_TEST(a_long_text_is_cut_before_a_character)
{
    char long_text[LOG_TEXT_MAX + 100];
    memset(long_text, 'x', sizeof long_text);
    memcpy(long_text + LOG_TEXT_MAX - 1, "\xe2\x82\xac", 3);
    long_text[sizeof long_text - 1] = '\0';
    log_add(&log_of_test, "A", 1, slice_of(long_text));
    close_and_read();
    const char *at = strstr(text, "A 1: ") + strlen("A 1: ");
    ck_assert_uint_eq(strlen(at), LOG_TEXT_MAX - 1 + 1);
    ck_assert_ptr_null(strchr(at, '?'));
}
END_TEST

START_TEST(a_log_without_lines_writes_nothing)
{
    close_and_read();
    ck_assert_str_eq(text, "");
}
END_TEST

static void *add_lines(void *number)
{
    for (int i = 0; i < 5000; i++) {
        log_add(&log_of_test, "User", *(uint64_t *)number,
                slice_of("a line of one of several threads"));
    }
    return NULL;
}

/* Far more than may be written in a second; every one of them is written or counted. */
START_TEST(lines_of_threads_are_written_or_counted)
{
    pthread_t threads[THREADS];
    uint64_t numbers[THREADS];
    uint64_t lines = 0;
    uint64_t dropped = 0;
    uint64_t begin_ns = clock_now_ns();
    for (uint64_t i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, add_lines, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    uint64_t seconds = clock_now_ns() / NS_PER_S - begin_ns / NS_PER_S + 1;
    close_and_read();
    count(&lines, &dropped);
    ck_assert_uint_eq(lines + dropped, (uint64_t)THREADS * 5000);
    ck_assert_uint_gt(lines, 0);
    ck_assert_uint_le(lines, seconds * LOG_LINES_PER_S);
}
END_TEST

/* The pipe, what is being written and what waits are full; then the reader comes back. */
START_TEST(a_slow_reader_delays_nobody)
{
    char line[LOG_TEXT_MAX];
    uint64_t lines = 0;
    uint64_t dropped = 0;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    ck_assert_int_gt(fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
    uint64_t begin_ns = clock_now_ns();
    for (int i = 0; i < 500; i++) {
        log_add(&log_of_test, "A", 1, slice_of(line));
    }
    ck_assert_uint_lt(clock_now_ns() - begin_ns, NS_PER_S); /* it would wait for ever */
    close_and_read();
    count(&lines, &dropped);
    ck_assert_uint_eq(lines + dropped, 500);
    ck_assert_uint_gt(dropped, 300);
}
END_TEST

START_TEST(a_reader_that_never_reads_does_not_hold_up_the_end)
{
    ck_assert_int_gt(fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
    for (int i = 0; i < 200; i++) {
        log_add(&log_of_test, "A", 1,
                slice_of("a line that nobody reads, although it has some length"));
    }
    uint64_t begin_ns = clock_now_ns();
    log_close(&log_of_test);
    ck_assert_uint_lt(clock_now_ns() - begin_ns, 10 * LOG_CLOSE_NS);
    close(ends[1]);
}
END_TEST

Suite *log_suite(void);
Suite *log_suite(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, a_line_has_the_time_and_the_user);
    tcase_add_test(tests, a_line_may_be_nobodys);
    tcase_add_test(tests, texts_are_cleaned);
    tcase_add_test(tests, a_long_text_is_cut_before_a_character);
    tcase_add_test(tests, a_log_without_lines_writes_nothing);
    tcase_add_test(tests, lines_of_threads_are_written_or_counted);
    tcase_add_test(tests, a_slow_reader_delays_nobody);
    tcase_add_test(tests, a_reader_that_never_reads_does_not_hold_up_the_end);
    suite_add_tcase(suite, tests);
    return suite;
}
