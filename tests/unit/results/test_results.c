/* Not under tsan: one thread. */
#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/measure/error_text.h"
#include "loadgen/results/results.h"
#include "loadgen/results/vegeta/vegeta.h"
#include "tests/support/read_back.h"
#include "tests/support/round_trip.h"

/* Recorded with vegeta 12.13: the same 120 results twice. */
static char json_file[] = "tests/contract/vegeta/results.json";
static char csv_file[] = "tests/contract/vegeta/results.csv";

static struct summary *summary;
static struct err err;

static void setup(void)
{
    summary = summary_create();
}

static void teardown(void)
{
    summary_destroy(summary);
}

static void read_names(char *const *names, int count)
{
    struct results *results = results_open(names, count, false, summary, &err);
    struct record record;
    enum results_state state = RESULTS_FAIL;
    while (results &&
           (state = results_next(results, UINT64_MAX, &record, &err)) == RESULTS_RECORD) {
        tally_add(summary->tally, &record.result);
    }
    ck_assert_msg(state == RESULTS_END, "%s", err.text);
    ck_assert(!results_print_losses(results, stderr));
    results_close(results);
}

static bool read_text(const char *text)
{
    return read_back(text, strlen(text), "file", summary, &err);
}

static void check_sums(const struct tally *tally, uint64_t times)
{
    ck_assert_uint_eq(tally->counters.ended, 120 * times);
    ck_assert_uint_eq(tally->bare, 120 * times);
    ck_assert_uint_eq(tally->latency.sum_ns, 3988118324 * times);
    ck_assert_uint_eq(tally->latency.min_ns, 212166);
    ck_assert_uint_eq(tally->latency.max_ns, 74185454);
    ck_assert_uint_eq(tally->service.count, 0);
    ck_assert_uint_eq(tally->bytes_in, 2040 * times);
    ck_assert_uint_eq(tally->bytes_out, 700 * times);
    ck_assert_uint_eq(tally->first_intended_ns, UINT64_C(1795193268790308594));
    ck_assert_uint_eq(tally->last_intended_ns, UINT64_C(1795193270773287151));
    ck_assert_uint_eq(tally->end_ns, UINT64_C(1795193270785136227));
}

static void check_errors(const struct tally *tally, uint64_t times)
{
    ck_assert_uint_eq(tally->codes[0], 20 * times);
    ck_assert_uint_eq(tally->codes[200], 60 * times);
    ck_assert_uint_eq(tally->error_count, 3);
    ck_assert_str_eq(tally->errors[0].text, "500 Internal Server Error");
    ck_assert_str_eq(tally->errors[2].text,
                     "Get \"http://127.0.0.1:18096/refused\": dial tcp "
                     "0.0.0.0->127.0.0.1:18096: connect: connection refused");
    ck_assert_uint_eq(tally->kinds[OUTCOME_CONNECT].count, 20 * times);
    ck_assert_uint_eq(tally->errors[2].count, 20 * times);
}

/* The figures of tests/contract/vegeta/report.json. */
static void check_recording(uint64_t times)
{
    const struct tally *tally = summary->tally;
    check_sums(tally, times);
    check_errors(tally, times);
    ck_assert_uint_eq(summary->rows.count, 6);
    ck_assert_str_eq(rows_name(&summary->rows, 0), "GET /health");
    ck_assert_uint_eq(tally->rows[0].ended, 20 * times);
    ck_assert_uint_eq(summary->damaged, 0);
    ck_assert_uint_eq(summary->intended, 120 * times);
    ck_assert_uint_eq(summary->unplanned, 120 * times);
    ck_assert(!summary->has_plan && !summary->is_cut_short);
}

START_TEST(the_recording_is_read_in_both_formats)
{
    char *const names[] = {_i ? csv_file : json_file};
    read_names(names, 1);
    check_recording(1);
    ck_assert_double_eq_tol(summary_rate(summary), 60.0107, 0.00005);
    ck_assert_double_eq_tol(summary_throughput(summary), 30.077786675617002, 1e-9);
}
END_TEST

START_TEST(several_files_add_up_whatever_their_formats)
{
    char *const names[] = {json_file, csv_file, json_file};
    read_names(names, 3);
    check_recording(3);
}
END_TEST

/* Each result in both formats, text by text. */
START_TEST(both_formats_say_the_same)
{
    char *const json_names[] = {json_file};
    char *const csv_names[] = {csv_file};
    struct results *json = results_open(json_names, 1, true, summary, &err);
    struct results *csv = results_open(csv_names, 1, true, summary, &err);
    struct record a;
    struct record b;
    for (size_t i = 0; i < 120; i++) {
        ck_assert_int_eq(results_next(json, UINT64_MAX, &a, &err), RESULTS_RECORD);
        ck_assert_int_eq(results_next(csv, UINT64_MAX, &b, &err), RESULTS_RECORD);
        ck_assert_mem_eq(&a.result, &b.result, sizeof a.result);
        const struct slice texts[][2] = {
            {a.attack, b.attack}, {a.method, b.method}, {a.url, b.url}, {a.error, b.error}};
        for (size_t j = 0; j < 4; j++) {
            ck_assert_uint_eq(texts[j][0].length, texts[j][1].length);
            ck_assert_mem_eq(texts[j][0].at, texts[j][1].at, texts[j][0].length);
        }
        ck_assert_uint_eq(a.body.length, b.body.length);
        ck_assert(a.body.length == 0 || memcmp(a.body.at, b.body.at, a.body.length) == 0);
        ck_assert_int_eq(a.headers.at == NULL, b.headers.at == NULL);
        ck_assert_uint_eq(a.headers.length, b.headers.length); /* CSV has them sorted */
    }
    ck_assert_int_eq(results_next(json, UINT64_MAX, &a, &err), RESULTS_END);
    results_close(json);
    results_close(csv);
}
END_TEST

#define AT "\"timestamp\":\"2026-11-20T16:47:48Z\""
#define GOOD "{" AT ",\"latency\":5,\"code\":200}\n"
#define CSV "1795193268000000000,200,5,0,0,,,,1,GET,http://a/,\n"

static const struct {
    const char *text;
    uint64_t results;
    uint64_t damaged;
    const char *loss;
} odd[] = {
    {GOOD, 1, 0, ""},
    {"\n \r\n" GOOD, 1, 0, ""},
    {"{\"code\":200, \"latency\" : 5,\"more\":[{}]," AT "}", 1, 0, ""}, /* no newline */
    {"{\"attack\":null,\"seq\":null,\"error\":null,\"headers\":null," AT "}\r\n", 1, 0, ""},
    {GOOD "oops\n" GOOD, 2, 1, "file: line 2, byte 60: column 4: '[' or '{' expected near 'oops'"},
    {GOOD "{\"latency\":-5," AT "}\n", 1, 1, "\"latency\" is not a non-negative integer"},
    {GOOD "{\"latency\":5}\n", 1, 1, "\"timestamp\" is not a time such as 2026-11-20T16:47:48.79Z"},
    {GOOD "{\"code\":1000," AT "}\n", 1, 1, "\"code\" is over 999"},
    {GOOD "{\"code\":\"200\"," AT "}\n", 1, 1, "\"code\" is not a non-negative integer"},
    {GOOD "{\"body\":\"?\"," AT "}\n", 1, 1, "the body is not base64"},
    {GOOD "[]\n", 1, 1, "not a JSON object"},
    {GOOD "{" AT ",\"lat", 1, 1, "file: line 2, byte 60: the file ends within this line"},
    {CSV, 1, 0, ""},
    {"\n" CSV "\r\n", 1, 0, ""},
    {"1795193268000000000,200,5,0,0,\"a \"\"b\"\",\nc\",,, 1,GET,http://a/,\n" CSV, 2, 0, ""},
    {CSV "oops\n" CSV, 2, 1, "file: line 2, byte 50: 1 column instead of 12"},
    {CSV "1,2,3,4,5,\"x\"y,,,,,,\n" CSV, 2, 1, "no comma after a quoted column"},
    {CSV "1,2,3,4,5,x\"\"y,,,,,,\n" CSV, 2, 1, "quote within an unquoted column"},
    {CSV "-1,200,5,0,0,,,,1,GET,http://a/,\n", 1, 1, "column 1 is not a number from 0 to"},
    {CSV "1,65536,5,0,0,,,,1,GET,http://a/,\n", 1, 1, "column 2 is not a number from 0 to 65535"},
    {CSV "1,2,5,0,9223372036854775808,,,,1,,,\n", 1, 1, "column 5 is not a number from 0 to"},
    {CSV "1,2,5,0,9223372036854775807,,,,1,,,\n", 2, 0, ""},
    {CSV "1,200,5,0,0,,?,,1,GET,http://a/,\n", 1, 1, "the body is not base64"},
    {CSV "1,200,5,0,0,,,,1,GET,http://a/,?\n", 1, 1, "the headers, is not base64"},
    /* A quote that is not closed takes nothing along but its own line. */
    {CSV "1,2,3,4,5,\"x,,,,,,\n" CSV CSV, 3, 1,
     "line 2, byte 50: the file ends within the record: unclosed"},
    {"1,0,5,0,0,,,,1,GET,http://a/,", 1, 0, ""},
    {CSV "1,200,5,0,0,,,,1,GET,http://a/,", 1, 1,
     "the file ends within the record: incomplete headers"},
    {CSV "1,2,3", 1, 1,
     "line 2, byte 50: the file ends within the record: 3 columns instead of 12"},
};

#define SEQ "18446744073709551615"

/* As vegeta writes it, with another order and spacing, outside ASCII, and in CSV. */
static const char *const last_seq[] = {
    "{\"attack\":\"\",\"seq\":" SEQ ",\"code\":200," AT ",\"latency\":5,\"bytes_out\":0,"
    "\"bytes_in\":0,\"error\":\"\",\"body\":null,\"method\":\"GET\",\"url\":\"http://a/\","
    "\"headers\":null}\n",
    "{\"url\":\"\\\"seq\\\":1\", \"seq\": " SEQ "," AT "}\n",
    "{\"url\":\"http://a/é\",\"seq\":" SEQ "," AT "}\n",
    "1795193268000000000,200,5,0,0,,,," SEQ ",GET,http://a/,\n",
};
static const char *const beyond_seq[] = {
    "{\"seq\":18446744073709551616," AT "}\n",
    "{\"seq\":" SEQ ".5," AT "}\n",
    "{\"code\":" SEQ "," AT "}\n",
    "1795193268000000000,200,5,0,0,,,,18446744073709551616,GET,http://a/,\n",
};

START_TEST(numbers_of_requests_go_as_far_as_vegetas)
{
    struct record record;
    size_t length = strlen(last_seq[_i]);
    int fd = read_back_open(last_seq[_i], length);
    struct results *results = results_open_fd(fd, "file", false, summary, &err);
    ck_assert_int_eq(results_next(results, UINT64_MAX, &record, &err), RESULTS_RECORD);
    ck_assert_uint_eq(record.result.number, UINT64_MAX);
    ck_assert_int_eq(results_next(results, UINT64_MAX, &record, &err), RESULTS_END);
    ck_assert_uint_eq(summary->damaged, 0);
    results_close(results);
    close(fd);
    ck_assert(!read_text(beyond_seq[_i]));
}
END_TEST

START_TEST(what_can_be_read_is_and_the_rest_is_told)
{
    ck_assert_msg(read_text(odd[_i].text), "%s", err.text);
    ck_assert_uint_eq(summary->tally->counters.ended, odd[_i].results);
    ck_assert_uint_eq(summary->damaged, odd[_i].damaged);
    ck_assert_msg(strstr(summary->loss, odd[_i].loss) != NULL, "got: %s", summary->loss);
    ck_assert_int_eq(summary->loss[0] == '\0', odd[_i].damaged == 0);
}
END_TEST

START_TEST(what_holds_no_result_at_all_is_an_error)
{
    static const char *const texts[] = {
        "{\"method\":\"GET\",\"url\":\"http://a/\"}\n{\"method\":\"GET\",\"url\":\"http://a/\"}\n",
        "1,2,3\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        err = (struct err){0};
        ck_assert(!read_text(texts[i]));
        ck_assert_int_eq(err.code, ERR_FAILED);
        ck_assert_msg(strncmp(err.text, "file: no readable results; line 1, byte 0: ", 43) == 0,
                      "got: %s", err.text);
    }
}
END_TEST

/* Every cut of the recording: whole lines are read, and what is not whole is told. */
START_TEST(wherever_a_file_is_cut_what_is_whole_is_read)
{
    char bytes[5000];
    int fd = open(_i ? csv_file : json_file, O_RDONLY);
    ck_assert_int_eq(read(fd, bytes, sizeof bytes), sizeof bytes);
    close(fd);
    uint64_t whole = 0;
    for (size_t n = 1; n < sizeof bytes; n++) {
        struct summary *found = round_trip_summary(); /* making one takes longer than all else */
        err = (struct err){0};
        bool ok = read_back(bytes, n, "file", found, &err);
        bool is_line = bytes[n - 1] == '\n';
        whole += is_line;
        uint64_t results = found->tally->counters.ended;
        ck_assert(ok || whole == 0);
        ck_assert_uint_ge(results, whole);
        /* Without its newline the last line may be whole as well. */
        ck_assert_uint_le(results, whole + (bytes[n] == '\n'));
        ck_assert_uint_eq(found->damaged, results == whole && !is_line);
    }
}
END_TEST

static const struct {
    const char *error;
    enum outcome outcome;
} endings[] = {
    {"Get \"http://a/\": dial tcp: lookup a on 10.0.0.10:53: no such host", OUTCOME_DNS},
    {"Get \"http://lookup /\": EOF", OUTCOME_CLOSED},
    {"Get \"http://a/\": unexpected EOF", OUTCOME_CLOSED},
    {"Get \"http://a/\": read tcp 127.0.0.1:5->127.0.0.1:80: read: connection reset by peer",
     OUTCOME_RESET},
    {"Get \"http://a/\": dial tcp 127.0.0.1:80: connect: connection refused", OUTCOME_CONNECT},
    {"Get \"http://a/\": dial tcp 127.0.0.1:80: i/o timeout", OUTCOME_TIMED_OUT},
    {"Get \"http://a/\": context deadline exceeded (Client.Timeout exceeded while awaiting "
     "headers)",
     OUTCOME_TIMED_OUT},
    {"Get \"https://a/\": x509: certificate signed by unknown authority", OUTCOME_TLS},
    {"Get \"https://a/\": remote error: tls: handshake failure", OUTCOME_TLS},
    {"Get \"http://a/\": net/http: HTTP/1.x transport connection broken", OUTCOME_PROTOCOL},
    {"Get \"/b\": stopped after 10 redirects", OUTCOME_PROTOCOL},
    {"", OUTCOME_PROTOCOL},
};

START_TEST(how_a_request_ended_follows_from_the_error)
{
    ck_assert_int_eq(vegeta_outcome(0, endings[_i].error), endings[_i].outcome);
    ck_assert_int_eq(vegeta_outcome(500, endings[_i].error), OUTCOME_ANSWERED);
}
END_TEST

START_TEST(local_ports_do_not_make_errors_different)
{
    static const char *const pairs[][2] = {
        {"read tcp 127.0.0.1:54321->127.0.0.1:80: EOF", "read tcp 127.0.0.1->127.0.0.1:80: EOF"},
        {"read tcp [::1]:5->[::1]:80: EOF", "read tcp [::1]->[::1]:80: EOF"},
        {"read tcp ->127.0.0.1:80: EOF", "read tcp ->127.0.0.1:80: EOF"},
        {"a:1->b:2->c:3", "a->b->c:3"},
        {"->", "->"},
        {"5->:6->", "5->->"},
        {"a:1:2:3->b", "a->b"},
        {"1:5:->b", "1:5:->b"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", pairs[i][0]);
        error_text_strip_ports(text);
        ck_assert_str_eq(text, pairs[i][1]);
        error_text_strip_ports(text); /* as when a report writes what it has read */
        ck_assert_str_eq(text, pairs[i][1]);
    }
}
END_TEST

/* Two pipes: the first is silent, and the second must not wait for it. */
START_TEST(no_pipe_waits_for_another_and_a_pause_comes_in_time)
{
    int pipes[2][2];
    char names[2][32];
    char *const list[] = {names[0], names[1]};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pipe(pipes[i]), 0);
        snprintf(names[i], sizeof names[i], "/dev/fd/%d", pipes[i][0]);
    }
    struct results *results = results_open(list, 2, false, summary, &err);
    ck_assert_msg(results != NULL, "%s", err.text);
    struct record record;
    ck_assert_int_eq(write(pipes[1][1], GOOD GOOD, 2 * strlen(GOOD)), 2 * strlen(GOOD));
    uint64_t start = clock_now_ns();
    uint64_t until = start + 200 * NS_PER_MS;
    ck_assert_int_eq(results_next(results, until, &record, &err), RESULTS_RECORD);
    ck_assert_int_eq(results_next(results, until, &record, &err), RESULTS_RECORD);
    ck_assert_int_eq(results_next(results, until, &record, &err), RESULTS_PAUSE);
    ck_assert_uint_ge(clock_now_ns(), until);
    ck_assert_int_eq(write(pipes[0][1], CSV CSV, 2 * strlen(CSV)), 2 * strlen(CSV));
    ck_assert_int_eq(results_next(results, UINT64_MAX, &record, &err), RESULTS_RECORD);
    close(pipes[0][1]);
    close(pipes[1][1]);
    ck_assert_int_eq(results_next(results, UINT64_MAX, &record, &err), RESULTS_RECORD);
    ck_assert_int_eq(results_next(results, UINT64_MAX, &record, &err), RESULTS_END);
    results_close(results);
    close(pipes[0][0]);
    close(pipes[1][0]);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    char name[] = "/nowhere/results";
    char *const names[] = {name};
    ck_assert_ptr_null(results_open(names, 1, false, summary, &err));
    ck_assert_str_eq(err.text, "cannot open /nowhere/results: No such file or directory");
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))

Suite *results_suite(void);
Suite *results_suite(void)
{
    Suite *suite = suite_create("results");
    TCase *tests = tcase_create("results");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, the_recording_is_read_in_both_formats, 0, 2);
    tcase_add_test(tests, several_files_add_up_whatever_their_formats);
    tcase_add_test(tests, both_formats_say_the_same);
    tcase_add_loop_test(tests, what_can_be_read_is_and_the_rest_is_told, 0, COUNT(odd));
    tcase_add_loop_test(tests, numbers_of_requests_go_as_far_as_vegetas, 0, COUNT(last_seq));
    tcase_add_test(tests, what_holds_no_result_at_all_is_an_error);
    tcase_add_loop_test(tests, wherever_a_file_is_cut_what_is_whole_is_read, 0, 2);
    tcase_add_loop_test(tests, how_a_request_ended_follows_from_the_error, 0, COUNT(endings));
    tcase_add_test(tests, local_ports_do_not_make_errors_different);
    tcase_add_test(tests, no_pipe_waits_for_another_and_a_pause_comes_in_time);
    tcase_add_test(tests, a_file_that_is_not_there_is_named);
    suite_add_tcase(suite, tests);
    return suite;
}
