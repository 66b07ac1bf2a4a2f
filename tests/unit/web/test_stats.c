/*
 * What the board counts, and how Locust's interface shows it. Not under tsan: one thread; tests/e2e
 * has a server and a run.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/locust/download.h"
#include "loadgen/web/locust/requests.h"

static struct board board;
static struct tally *window;
static struct tally *total;
static struct rows rows;
static struct generator generator;
static struct exceptions exceptions;
static uint64_t seconds;

static void *open_nothing(void *context, const struct run_order *order, struct err *err)
{
    (void)order, (void)err;
    return context;
}

static bool change_nothing(void *run, const struct run_order *order, struct err *err)
{
    (void)run;
    return order->users < 100 || err_set(err, ERR_USAGE, "too many");
}

static void close_nothing(void *run)
{
    (void)run;
}

static const struct runner runner = {
    .context = &board,
    .open = open_nothing,
    .change = change_nothing,
    .close = close_nothing,
};
static const struct runner *const runners[RUN_KINDS] = {[RUN_USERS] = &runner};

static void setup(void)
{
    const struct run_order order = {.users = 10, .spawn_per_s = 1, .host = "http://a"};
    ck_assert(board_init(&board, runners, -1, NULL));
    window = tally_create(true, false);
    total = tally_create(true, false);
    exceptions_init(&exceptions);
    rows_add(&rows, "Watcher GET /b c");
    rows_add(&rows, "Shopper POST /a");
    rows_add(&rows, "Shopper GET /b c");
    rows_add(&rows, "Odd PUT <odd>");
    const struct runner *taken = NULL;
    ck_assert(board_start(&board, &order, NULL));
    ck_assert_ptr_eq(board_take(&board, &taken), &board);
}

static void teardown(void)
{
    board_fini(&board);
    tally_destroy(window);
    tally_destroy(total);
    rows_free(&rows);
    exceptions_fini(&exceptions);
}

static void answer(uint16_t row, unsigned ms, unsigned code, unsigned n)
{
    const struct result result = {
        .intended_ns = (seconds + 1) * NS_PER_S - ms * NS_PER_MS, /* it ends with the second */
        .service_ns = ms * NS_PER_MS,
        .bytes_in = 100,
        .row = row,
        .code = (uint16_t)code,
        .outcome = OUTCOME_ANSWERED,
        .error = code < 400 ? NULL : "500 \"odd\", error",
    };
    for (unsigned i = 0; i < n; i++) {
        tally_add(window, &result);
    }
}

/* The results since the last call, as a second. */
static void end_second(void)
{
    tally_merge(total, window);
    seconds++;
    const struct second second = {
        .index = seconds - 1,
        .elapsed_ns = seconds * NS_PER_S,
        .users = seconds + 1,
        .intended = total->counters.ended,
        .started = total->counters.ended,
        .tally = window,
        .total = total,
        .rows = &rows,
        .generator = &generator,
        .exceptions = &exceptions,
    };
    ck_assert(board_second(&board, &second));
    tally_clear(window);
}

/* Its keys are in order, and it is printed as Locust prints JSON. */
static json_t *requests_of(enum locust_age age)
{
    struct bytes text = {0};
    locust_requests(&board, age, &text);
    json_t *json = json_loadb(text.at, text.length, 0, NULL);
    ck_assert_msg(json != NULL, "%.*s", (int)text.length, text.at);
    char *printed = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII |
                                         JSON_REAL_PRECISION(12));
    bytes_add(&text, "", 1);
    text.at[strlen(text.at) - 1] = '\0'; /* the newline at the end */
    ck_assert_str_eq(text.at, printed);
    free(printed);
    bytes_free(&text);
    return json;
}

static const json_t *row_at(const json_t *requests, size_t i)
{
    return json_array_get(json_object_get(requests, "stats"), i);
}

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static double number_at(const json_t *object, const char *key)
{
    ck_assert_msg(json_is_number(json_object_get(object, key)), "%s", key);
    return json_number_value(json_object_get(object, key));
}

static void expect(const json_t *object, const char *key, double value)
{
    double actual = number_at(object, key);
    ck_assert_msg(actual > value - 1e-6 && actual < value + 1e-6, "%s: %g, expected %g", key,
                  actual, value);
}

START_TEST(rows_of_classes_are_added_up)
{
    answer(0, 10, 200, 6);
    answer(2, 30, 500, 4);
    answer(1, 20, 302, 5);
    answer(3, 1, 200, 1);
    end_second();
    json_t *requests = requests_of(LOCUST_NEWEST);
    ck_assert_uint_eq(json_array_size(json_object_get(requests, "stats")), 4);

    const json_t *row = row_at(requests, 1);
    ck_assert_str_eq(text_at(row, "name"), "/b c");
    ck_assert_str_eq(text_at(row, "method"), "GET");
    expect(row, "num_requests", 10);
    expect(row, "num_failures", 4);
    expect(row, "avg_response_time", 18);
    expect(row, "min_response_time", 10);
    expect(row, "max_response_time", 30);
    expect(row, "median_response_time", 10);
    expect(row, "response_time_percentile_0.95", 30);
    expect(row, "current_rps", 10);
    expect(row, "current_fail_per_sec", 4);
    expect(row, "total_rps", 10);
    expect(row, "avg_content_length", 100);

    ck_assert_str_eq(text_at(row_at(requests, 0), "name"), "/a");
    expect(row_at(requests, 0), "num_failures", 0);
    ck_assert_str_eq(text_at(row_at(requests, 2), "name"), "<odd>");
    ck_assert_str_eq(text_at(row_at(requests, 2), "safe_name"), "&lt;odd&gt;");
    ck_assert_str_eq(text_at(row_at(requests, 2), "method"), "PUT");
    ck_assert_str_eq(text_at(row_at(requests, 3), "name"), "Aggregated");
    ck_assert_str_eq(text_at(row_at(requests, 3), "method"), "");
    expect(row_at(requests, 3), "num_requests", 16);
    expect(requests, "fail_ratio", 0.25);
    expect(requests, "total_rps", 16);
    expect(requests, "current_response_time_percentile_95", 30);
    expect(requests, "current_response_time_percentile_2", 30);
    expect(requests, "user_count", 2);
    ck_assert_str_eq(text_at(requests, "state"), "spawning");

    const json_t *error = json_array_get(json_object_get(requests, "errors"), 0);
    ck_assert_str_eq(text_at(error, "method"), "GET");
    ck_assert_str_eq(text_at(error, "name"), "/b c");
    ck_assert_str_eq(text_at(error, "error"), "500 \"odd\", error");
    expect(error, "occurrences", 4);
    expect(error, "occurences", 4);
    expect(error, "last_seen", number_at(error, "first_seen"));
    json_decref(requests);
}
END_TEST

START_TEST(old_clients_read_what_they_know)
{
    answer(1, 20, 200, 6);
    answer(1, 20, 500, 4);
    end_second();
    json_t *requests = requests_of(LOCUST_0_8);
    ck_assert_str_eq(text_at(requests, "state"), "hatching");
    expect(row_at(requests, 0), "num_requests", 6);
    expect(row_at(requests, 0), "num_failures", 4);
    ck_assert_str_eq(text_at(row_at(requests, 1), "name"), "Total");
    ck_assert_str_eq(text_at(row_at(requests, 1), "safe_name"), "Total");
    ck_assert(json_is_null(json_object_get(row_at(requests, 1), "method")));
    expect(row_at(requests, 1), "num_requests", 6);
    expect(requests, "fail_ratio", 0.4);
    json_decref(requests);
    board_stop(&board, NULL);
    requests = requests_of(LOCUST_0_8);
    ck_assert_str_eq(text_at(requests, "state"), "running");
    expect(requests, "total_rps", 10);
    json_decref(requests);
    board_end(&board, NULL);
    requests = requests_of(LOCUST_0_8);
    ck_assert_str_eq(text_at(requests, "state"), "stopped");
    expect(requests, "total_rps", 0); /* what is now current_rps */
    json_decref(requests);
}
END_TEST

START_TEST(times_have_three_digits)
{
    static const struct {
        unsigned us;
        double ms;
    } times[] = {{0, 0}, {1, 0.001}, {999, 0.999}, {1234, 1.23}, {99950, 100}, {123456, 123}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        const struct result result = {
            .intended_ns = NS_PER_S,
            .service_ns = times[i].us * NS_PER_US,
            .row = 1,
            .code = 200,
            .outcome = OUTCOME_ANSWERED,
        };
        board_reset(&board);
        tally_add(window, &result);
        end_second();
        json_t *requests = requests_of(LOCUST_NEWEST);
        expect(row_at(requests, 0), "max_response_time", times[i].ms);
        json_decref(requests);
    }
}
END_TEST

START_TEST(current_rates_are_those_of_ten_seconds)
{
    answer(1, 20, 200, 100);
    end_second();
    for (int i = 0; i < 9; i++) {
        answer(1, 20, 200, 10);
        end_second();
    }
    json_t *requests = requests_of(LOCUST_NEWEST);
    expect(row_at(requests, 0), "current_rps", 19);
    ck_assert_str_eq(text_at(requests, "state"), "running");
    json_decref(requests);
    end_second();
    requests = requests_of(LOCUST_NEWEST);
    expect(row_at(requests, 0), "current_rps", 9);
    expect(row_at(requests, 0), "total_rps", 19); /* until the last request has ended */
    json_decref(requests);

    board_stop(&board, NULL);
    ck_assert_str_eq(board_state(&board), "stopping");
    board_end(&board, NULL);
    requests = requests_of(LOCUST_NEWEST);
    ck_assert_str_eq(text_at(requests, "state"), "stopped");
    expect(requests, "user_count", 0);
    expect(requests, "current_rps", 0);
    ck_assert(json_is_null(json_object_get(requests, "current_response_time_percentile_50")));
    ck_assert(json_is_null(json_object_get(requests, "current_response_time_percentile_1")));
    expect(row_at(requests, 0), "num_requests", 190);
    json_decref(requests);
}
END_TEST

START_TEST(a_reset_counts_from_zero)
{
    answer(1, 20, 500, 7);
    exceptions_add(&exceptions, "a.lua:1: x");
    exceptions_add(&exceptions, "a.lua:1: x");
    end_second();
    board_reset(&board);
    json_t *requests = requests_of(LOCUST_NEWEST);
    ck_assert_uint_eq(json_array_size(json_object_get(requests, "stats")), 1);
    expect(row_at(requests, 0), "num_requests", 0);
    expect(row_at(requests, 0), "max_response_time", 0);
    expect(row_at(requests, 0), "total_rps", 0);
    ck_assert_uint_eq(json_array_size(json_object_get(requests, "errors")), 0);
    json_decref(requests);
    json_t *list = board_exceptions(&board);
    ck_assert_uint_eq(json_array_size(list), 0);
    json_decref(list);

    answer(1, 20, 200, 3);
    exceptions_add(&exceptions, "a.lua:1: x");
    end_second();
    requests = requests_of(LOCUST_NEWEST);
    expect(row_at(requests, 0), "num_requests", 3);
    expect(row_at(requests, 0), "total_rps", 3);
    expect(requests, "fail_ratio", 0);
    json_decref(requests);
    list = board_exceptions(&board);
    expect(json_array_get(list, 0), "count", 1);
    json_decref(list);
    ck_assert_uint_eq(board.history.count, 2);
    ck_assert_uint_eq(board.history.points[0].failures, 7);
    ck_assert_uint_eq(board.history.points[1].ended, 3);
}
END_TEST

START_TEST(another_run_begins_anew)
{
    const struct run_order order = {.users = 3, .spawn_per_s = 1};
    struct err err = {.code = ERR_NONE};
    answer(1, 20, 500, 7);
    end_second();
    board_stop(&board, NULL);
    ck_assert(!board_start(&board, &order, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    board_end(&board, NULL);
    ck_assert(board_start(&board, &order, NULL));
    ck_assert_str_eq(board.order.host, "http://a"); /* of the run before */
    json_t *requests = requests_of(LOCUST_NEWEST);
    ck_assert_uint_eq(json_array_size(json_object_get(requests, "stats")), 1);
    expect(row_at(requests, 0), "num_requests", 0);
    ck_assert_str_eq(text_at(requests, "state"), "spawning");
    json_decref(requests);
    ck_assert_uint_eq(board.history.count, 0);
}
END_TEST

static void expect_refusal(struct run_order order, const char *text)
{
    struct err err = {.code = ERR_NONE};
    ck_assert(!board_change(&board, &order, &err));
    ck_assert_str_eq(err.text, text);
}

START_TEST(only_the_number_of_users_can_be_changed)
{
    struct run_order order = {.users = 500, .spawn_per_s = 50, .host = "http://a"};
    answer(1, 20, 200, 7);
    end_second();
    expect_refusal(order, "too many");
    order.users = 5;
    order.host = "http://b";
    expect_refusal(order, "host: cannot be changed while a test is running");
    order.host = NULL;
    order.run_time_ns = 1;
    expect_refusal(order, "run_time: cannot be changed while a test is running");
    ck_assert_uint_eq(board.order.users, 10);
    ck_assert_str_eq(board_state(&board), "spawning");

    order.run_time_ns = 0;
    order.host = "http://a";
    ck_assert(!board_start(&board, &order, NULL));
    ck_assert(board_swarm(&board, &order, NULL)); /* from 2 to 5 */
    const struct runner *taken = NULL;
    ck_assert_ptr_null(board_take(&board, &taken));
    ck_assert_str_eq(board_state(&board), "spawning");
    board.change_ns -= NS_PER_S / 20; /* two of three have started after 40 ms */
    ck_assert_str_eq(board_state(&board), "running");
    json_t *requests = requests_of(LOCUST_NEWEST);
    expect(row_at(requests, 0), "num_requests", 7);
    json_decref(requests);
}
END_TEST

START_TEST(downloads_are_csv)
{
    struct bytes out = {0};
    answer(1, 20, 200, 3);
    answer(3, 10, 500, 1);
    end_second();
    download_requests(&board, &out);
    bytes_add(&out, "", 1);
    const char *lines = strchr(out.at, '\n') + 1;
    ck_assert_str_eq(
        lines,
        "POST,/a,3,0,20,20.0,20.0,20.0,100.0,3.0,0.0,20,20,20,20,20,20,20,20,20,20,20\r\n"
        "PUT,<odd>,1,1,10,10.0,10.0,10.0,100.0,1.0,1.0,10,10,10,10,10,10,10,10,10,10,10\r\n"
        ",Aggregated,4,1,20,17.5,10.0,20.0,100.0,4.0,1.0,20,20,20,20,20,20,20,20,20,20,20\r\n");
    bytes_clear(&out);
    download_distribution(&board, &out);
    bytes_add(&out, "", 1);
    ck_assert_str_eq(out.at,
                     "\"Name\",\"# requests\",\"50%\",\"66%\",\"75%\",\"80%\",\"90%\",\"95%\","
                     "\"98%\",\"99%\",\"100%\"\n"
                     "\"POST /a\",3,20,20,20,20,20,20,20,20,20\n"
                     "\"PUT <odd>\",1,10,10,10,10,10,10,10,10,10\n"
                     "\"None Total\",4,20,20,20,20,20,20,20,20,20");
    bytes_clear(&out);
    download_failures(&board, &out);
    bytes_add(&out, "", 1);
    lines = strchr(out.at, '\n') + 1;
    ck_assert_msg(strncmp(lines, "PUT,<odd>,\"500 \"\"odd\"\", error\",1,20", 34) == 0, "%s",
                  lines);
    bytes_clear(&out);
    end_second();
    download_history(&board, &out);
    bytes_add(&out, "", 1);
    lines = strchr(out.at, '\n') + 1;
    ck_assert_msg(strstr(lines, ",2,,Aggregated,4.000000,1.000000,20,20,20,20,20,20,20,20,20,20,20,"
                                "4,1,20,17.5,10.0,20.0,100.0\r\n") != NULL,
                  "%s", lines);
    ck_assert_msg(strstr(lines, ",3,,Aggregated,0.000000,0.000000,0,0,0,0,0,0,0,0,0,0,0,"
                                "4,1,20,17.5,10.0,20.0,100.0\r\n") != NULL,
                  "%s", lines);
    bytes_clear(&out);
    board_reset(&board);
    download_distribution(&board, &out);
    bytes_add(&out, "", 1);
    lines = strchr(out.at, '\n') + 1;
    ck_assert_str_eq(lines,
                     "\"None Total\",0,\"N/A\",\"N/A\",\"N/A\",\"N/A\",\"N/A\",\"N/A\",\"N/A\","
                     "\"N/A\",\"N/A\"");
    bytes_free(&out);
}
END_TEST

Suite *stats_suite(void);
Suite *stats_suite(void)
{
    Suite *suite = suite_create("stats");
    TCase *tests = tcase_create("stats");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, rows_of_classes_are_added_up);
    tcase_add_test(tests, old_clients_read_what_they_know);
    tcase_add_test(tests, times_have_three_digits);
    tcase_add_test(tests, current_rates_are_those_of_ten_seconds);
    tcase_add_test(tests, a_reset_counts_from_zero);
    tcase_add_test(tests, another_run_begins_anew);
    tcase_add_test(tests, only_the_number_of_users_can_be_changed);
    tcase_add_test(tests, downloads_are_csv);
    suite_add_tcase(suite, tests);
    return suite;
}
