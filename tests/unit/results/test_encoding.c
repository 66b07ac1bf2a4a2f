/* Not under tsan: one thread. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/binary/result_codec.h"
#include "loadgen/results/formats.h"
#include "loadgen/results/results.h"
#include "loadgen/results/vegeta/memo.h"
#include "tests/support/printed.h"
#include "tests/support/read_back.h"

static struct summary *summary;
static struct err err;
static struct printed written;
static uint64_t cut;

static void setup(void)
{
    summary = summary_create();
}

static void teardown(void)
{
    summary_destroy(summary);
    printed_free(&written);
}

static struct record record_of(uint64_t number, const char *url)
{
    return (struct record){
        .result = {.number = number,
                   .intended_ns = UINT64_C(1700000000000000000) + number,
                   .service_ns = 1000,
                   .first_byte_ns = 1000,
                   .address = ADDRESS_NONE,
                   .is_bare = true,
                   .code = 200},
        .attack = slice_of("a"),
        .method = slice_of("GET"),
        .url = slice_of(url),
        .error = slice_of(""),
    };
}

static void write_all(const struct encoding *encoding, const struct record *records, size_t count)
{
    void *encoder = encoding->create(printed_open(&written));
    for (size_t i = 0; i < count; i++) {
        ck_assert(encoding->write(encoder, &records[i]));
    }
    encoding->end(encoder);
    cut = encoding->destroy(encoder);
    printed_close(&written);
}

static const struct {
    const char *text;
    const char *json;
    const char *csv;
} texts[] = {
    {"plain", "\"plain\"", "plain"},
    {"a,b", "\"a,b\"", "\"a,b\""},
    {"say \"x\"", "\"say \\\"x\\\"\"", "\"say \"\"x\"\"\""},
    {" front", "\" front\"", "\" front\""},
    {"two\nlines\r", "\"two\\nlines\\r\"", "\"two\nlines\r\""},
    {"\ttab \\ \x01", "\"\\ttab \\\\ \\u0001\"", "\"\ttab \\ \x01\""},
    {"<a> & b", "\"\\u003ca\\u003e \\u0026 b\"", "<a> & b"},
    {"\\.", "\"\\\\.\"", "\"\\.\""},
    {"caf\xc3\xa9 \xe2\x80\xa8", "\"caf\xc3\xa9 \\u2028\"", "caf\xc3\xa9 \xe2\x80\xa8"},
    {"\xc2\xa0nbsp", "\"\xc2\xa0nbsp\"", "\"\xc2\xa0nbsp\""},
    {"no utf8: \xff\xc3", "\"no utf8: \\ufffd\\ufffd\"", "no utf8: \xff\xc3"},
};

START_TEST(texts_are_quoted_as_go_does_it)
{
    struct record record = record_of(7, "http://a/");
    char expected[256];
    record.error = slice_of(texts[_i].text);
    write_all(&encoding_json, &record, 1);
    snprintf(expected, sizeof expected, ",\"error\":%s,\"body\":null,", texts[_i].json);
    ck_assert_msg(strstr(written.text, expected) != NULL, "got: %s", written.text);
    write_all(&encoding_csv, &record, 1);
    snprintf(expected, sizeof expected, "1700000000000000007,200,1000,0,0,%s,,a,7,GET,http://a/,\n",
             texts[_i].csv);
    ck_assert_str_eq(written.text, expected);
}
END_TEST

START_TEST(headers_with_one_name_are_brought_together)
{
    struct record record = record_of(0, "http://a/");
    record.headers = slice_of("Set-Cookie: a\r\nDate: x: y\r\nSet-Cookie: b\r\nEmpty: \r\n");
    record.body = (struct slice){"", 0};
    write_all(&encoding_json, &record, 1);
    ck_assert_msg(strstr(written.text, ",\"body\":\"\",") &&
                      strstr(written.text,
                             ",\"headers\":{\"Set-Cookie\":[\"a\",\"b\"],\"Date\":[\"x: y\"],"
                             "\"Empty\":[\"\"]}}\n"),
                  "got: %s", written.text);
}
END_TEST

/* Counts what was written, read again with its texts. */
static size_t read_written(void (*each)(const struct record *record, size_t i))
{
    int fd = read_back_open(written.text, written.length);
    struct results *results = results_open_fd(fd, "file", true, summary, &err);
    struct record record;
    size_t count = 0;
    enum results_state state = RESULTS_RECORD;
    while ((state = results_next(results, UINT64_MAX, &record, &err)) == RESULTS_RECORD) {
        each(&record, count++);
    }
    ck_assert_msg(state == RESULTS_END, "%s", err.text);
    ck_assert_msg(!results_print_losses(results, stderr), "%s", summary->loss);
    results_close(results);
    close(fd);
    return count;
}

static void check_nothing(const struct record *record, size_t i)
{
    (void)record;
    (void)i;
}

/* Such a key would be refused when the line is read again. */
START_TEST(a_zero_in_a_header_name_is_changed_in_json_and_counted)
{
    static const char lines[] = "A\0B\0: a\0b\r\nC: d\r\n";
    struct record record = record_of(0, "http://caf\xc3\xa9/");
    record.headers = (struct slice){lines, sizeof lines - 1};
    write_all(&encoding_json, &record, 1);
    ck_assert_uint_eq(cut, 1);
    ck_assert_msg(strstr(written.text, "{\"A\\ufffdB\\ufffd\":[\"a\\u0000b\"],\"C\":[\"d\"]}") !=
                      NULL,
                  "got: %s", written.text);
    ck_assert_uint_eq(read_written(check_nothing), 1);
}
END_TEST

enum { TARGETS = 2 * MEMO_MAX + 100 };
static char (*urls)[32];

static void check_url(const struct record *record, size_t i)
{
    ck_assert_uint_eq(record->result.number, i);
    ck_assert_uint_eq(record->url.length, strlen(urls[i]));
    ck_assert_mem_eq(record->url.at, urls[i], record->url.length);
}

/* More targets than a run can name: another run begins, and none is lost. */
START_TEST(any_number_of_targets_is_kept)
{
    struct record *records = calloc(TARGETS, sizeof *records);
    urls = calloc(TARGETS, sizeof *urls);
    for (size_t i = 0; i < TARGETS; i++) {
        snprintf(urls[i], sizeof urls[i], "http://a/users/%zu", i);
        records[i] = record_of(i, urls[i]);
    }
    write_all(&encoding_bin, records, TARGETS);
    ck_assert_uint_eq(cut, 0);
    ck_assert_uint_eq(read_written(check_url), TARGETS);
    ck_assert_uint_eq(summary->unplanned, TARGETS);
    ck_assert_uint_eq(summary->rows.count, ROWS_MAX);
    free(records);
    free(urls);
}
END_TEST

enum { BODIES = 40, BODY = 150000 };
static char *bodies[BODIES];

static void check_body(const struct record *record, size_t i)
{
    ck_assert_uint_eq(record->body.length, BODY);
    ck_assert_mem_eq(record->body.at, bodies[i], BODY);
    ck_assert_uint_eq(record->headers.length, 9);
    ck_assert_int_eq(record->headers.at[6], 'a' + (int)(i % 26));
}

/* Bodies of several blocks, of two attacks whose numbers are the same. */
START_TEST(bodies_belong_to_their_results_whatever_the_numbers)
{
    struct record records[BODIES];
    char headers[BODIES][16];
    for (size_t i = 0; i < BODIES; i++) {
        bodies[i] = malloc(BODY);
        for (size_t j = 0; j < BODY; j++) {
            bodies[i][j] = (char)(i * 7 + j);
        }
        snprintf(headers[i], sizeof headers[i], "Name: %c\r\n", 'a' + (int)(i % 26));
        records[i] = record_of(i / 2, "http://a/");
        records[i].body = (struct slice){bodies[i], BODY};
        records[i].headers = slice_of(headers[i]);
    }
    write_all(&encoding_bin, records, BODIES);
    ck_assert_uint_eq(read_written(check_body), BODIES);
    for (size_t i = 0; i < BODIES; i++) {
        free(bodies[i]);
    }
}
END_TEST

/* What JSON tells apart: null, nothing, something. */
static const struct slice parts[] = {{NULL, 0}, {"", 0}, {"A: b\r\n", 6}};
enum { PARTS = sizeof parts / sizeof parts[0], PAIRS = PARTS * PARTS };

static void expect_same(struct slice got, struct slice expected)
{
    ck_assert_int_eq(got.at != NULL, expected.at != NULL);
    ck_assert_uint_eq(got.length, expected.length);
    ck_assert(got.length == 0 || memcmp(got.at, expected.at, got.length) == 0);
}

static void check_parts(const struct record *record, size_t i)
{
    expect_same(record->headers, parts[i / PARTS]);
    expect_same(record->body, parts[i % PARTS]);
}

START_TEST(what_is_empty_is_not_what_is_not_there)
{
    struct record records[PAIRS];
    for (size_t i = 0; i < PAIRS; i++) {
        records[i] = record_of(i, "http://a/");
        records[i].headers = parts[i / PARTS];
        records[i].body = parts[i % PARTS];
    }
    write_all(&encoding_json, records, PAIRS);
    ck_assert_uint_eq(read_written(check_parts), PAIRS);
    write_all(&encoding_bin, records, PAIRS);
    ck_assert_uint_eq(read_written(check_parts), PAIRS);
}
END_TEST

enum { ERRORS = 3000 };
static char (*errors)[800];

static void check_error(const struct record *record, size_t i)
{
    size_t expected = strlen(errors[i]) < CODEC_TEXT_MAX ? strlen(errors[i]) : CODEC_TEXT_MAX;
    ck_assert_uint_eq(record->error.length, expected);
    ck_assert_mem_eq(record->error.at, errors[i], expected);
}

/* Many more errors than a pool of texts keeps; a text that is cut is counted. */
START_TEST(errors_are_kept_as_they_were)
{
    struct record *records = calloc(ERRORS, sizeof *records);
    errors = calloc(ERRORS, sizeof *errors);
    for (size_t i = 0; i < ERRORS; i++) {
        int used = snprintf(errors[i], sizeof errors[i], "read tcp a:%zu->b:80: EOF", i);
        if (i % 1000 == 0) {
            memset(errors[i] + used, '!', sizeof errors[i] - (size_t)used - 1);
        }
        records[i] = record_of(i, "http://a/");
        records[i].result.code = 0;
        records[i].result.outcome = OUTCOME_CLOSED;
        records[i].error = slice_of(errors[i]);
    }
    write_all(&encoding_bin, records, ERRORS);
    ck_assert_uint_eq(cut, 3);
    ck_assert_uint_eq(read_written(check_error), ERRORS);
    free(records);
    free(errors);
}
END_TEST

START_TEST(what_is_no_encoding_is_refused)
{
    ck_assert_ptr_null(formats_encoding("gob", &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_ptr_eq(formats_encoding("csv", &err), &encoding_csv);
}
END_TEST

Suite *encoding_suite(void);
Suite *encoding_suite(void)
{
    Suite *suite = suite_create("encoding");
    TCase *tests = tcase_create("encoding");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, texts_are_quoted_as_go_does_it, 0,
                        (int)(sizeof texts / sizeof texts[0]));
    tcase_add_test(tests, headers_with_one_name_are_brought_together);
    tcase_add_test(tests, a_zero_in_a_header_name_is_changed_in_json_and_counted);
    tcase_add_test(tests, any_number_of_targets_is_kept);
    tcase_add_test(tests, bodies_belong_to_their_results_whatever_the_numbers);
    tcase_add_test(tests, what_is_empty_is_not_what_is_not_there);
    tcase_add_test(tests, errors_are_kept_as_they_were);
    tcase_add_test(tests, what_is_no_encoding_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
