/* Kinds of runs, and a search of several trials. Not under tsan: one thread. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/page/target_view.h"
#include "loadgen/web/page/view.h"

static struct board board;
static struct tally *window;
static struct rows rows;
static struct generator generator;
static const struct runner *taken;

static bool change_rate(void *run, const struct run_order *order, struct err *err)
{
    (void)run;
    return order->rate_per_s < 1000 || err_set(err, ERR_USAGE, "rate: too high");
}

static void *open_rate(void *context, const struct run_order *order, struct err *err)
{
    return change_rate(NULL, order, err) ? context : NULL;
}

static void *open_search(void *context, const struct run_order *order, struct err *err)
{
    (void)order, (void)err;
    return context;
}

static void close_nothing(void *run)
{
    (void)run;
}

static const struct runner rate = {
    .kind = RUN_RATE,
    .context = &board,
    .defaults = {.kind = RUN_RATE, .rate_per_s = 50},
    .open = open_rate,
    .change = change_rate,
    .close = close_nothing,
};

static const struct runner search = {
    .kind = RUN_CAPACITY,
    .context = &board,
    .defaults = {.kind = RUN_CAPACITY, .max_rate_per_s = 900},
    .open = open_search,
    .close = close_nothing,
};

static void setup(void)
{
    const struct runner *const runners[RUN_KINDS] = {[RUN_RATE] = &rate, [RUN_CAPACITY] = &search};
    ck_assert(board_init(&board, runners, -1, NULL));
    window = tally_create(true, false);
    rows_add(&rows, "GET /");
    generator = (struct generator){.threads = 2, .cpu_limit = 2, .wall_seconds = 1};
}

static void teardown(void)
{
    board_fini(&board);
    tally_destroy(window);
    rows_free(&rows);
}

static void start(struct run_order order, const struct runner *runner)
{
    ck_assert(board_start(&board, &order, NULL));
    ck_assert_ptr_eq(board_take(&board, &taken), &board);
    ck_assert_ptr_eq(taken, runner);
}

/* A second of a trial, with n requests; `intended` and `started` count from its start. */
static void pass(uint64_t index, uint64_t n, uint64_t intended)
{
    const struct result result = {
        .intended_ns = index * NS_PER_S,
        .service_ns = 20 * NS_PER_MS,
        .code = 200,
        .outcome = OUTCOME_ANSWERED,
    };
    for (uint64_t i = 0; i < n; i++) {
        tally_add(window, &result);
    }
    const struct second second = {
        .index = index,
        .elapsed_ns = (index + 1) * NS_PER_S,
        .intended = intended,
        .started = intended,
        .tally = window,
        .total = window,
        .rows = &rows,
        .generator = &generator,
    };
    ck_assert(board_second(&board, &second));
    tally_clear(window);
}

static void expect_refusal(bool (*ask)(struct board *, const struct run_order *, struct err *),
                           struct run_order order, const char *text)
{
    struct err err = {.code = ERR_NONE};
    ck_assert(!ask(&board, &order, &err));
    ck_assert_str_eq(err.text, text);
    ck_assert_int_eq(err.code, ERR_USAGE);
}

static json_t *view(void)
{
    const struct view_known known = {0};
    return view_state(&board, &known);
}

static void expect_view(const char *key, const char *expected)
{
    json_t *json = view();
    char *actual = json_dumps(json_object_get(json, key), JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    ck_assert_str_eq(actual, expected);
    free(actual);
    json_decref(json);
}

START_TEST(kinds_and_defaults_are_shown)
{
    expect_view("kinds", "[\"rate\", \"capacity\"]");
    expect_view("kind", "null");
    expect_view("asked", "null");
    expect_view("slo", "null");
    expect_view("slo_limits", "[]");
    expect_view("search", "null");
    expect_view("verdict", "null");
    expect_view("order", "{\"kind\": null, \"users\": null, \"spawn_rate\": null, \"host\": null, "
                         "\"arguments\": {}, \"run_time_s\": null, \"rate\": 50.0, \"ramp\": null, "
                         "\"sine\": null, \"stages\": null, \"arrival\": null, \"min_rate\": null, "
                         "\"max_rate\": 900.0, \"quick\": false}");
}
END_TEST

START_TEST(what_is_not_offered_is_refused)
{
    expect_refusal(board_start, (struct run_order){.kind = RUN_USERS, .users = 1},
                   "this server offers no tests of kind \"users\"");
    expect_refusal(board_start, (struct run_order){.kind = RUN_RATE, .rate_per_s = 2000},
                   "rate: too high");
    expect_refusal(board_change, (struct run_order){.kind = RUN_RATE}, "no test is running");
    ck_assert(!board_has_run(&board));
}
END_TEST

START_TEST(a_rate_is_changed)
{
    struct run_order order = {.kind = RUN_RATE, .rate_per_s = 20, .run_time_ns = NS_PER_S};
    start(order, &rate);
    ck_assert_str_eq(board_state(&board), "running");
    expect_view("asked", "20.0");
    expect_refusal(board_start, order, "a test is running; stop it first");
    order.rate_per_s = 1000;
    expect_refusal(board_change, order, "rate: too high");
    expect_refusal(board_change, (struct run_order){.kind = RUN_CAPACITY},
                   "a test of kind \"rate\" is running; stop it first");
    order.rate_per_s = 40;
    ck_assert(board_change(&board, &order, NULL));
    expect_view("asked", "40.0");
    board_judge(&board, json_pack("{s:b, s:s}", "met", 1, "text", "yes"));
    board_end(&board, NULL);
    expect_view("kind", "\"rate\"");
    expect_view("asked", "null");
    expect_view("verdict", "{\"met\": true, \"text\": \"yes\"}");
    start((struct run_order){.kind = RUN_CAPACITY}, &search);
    expect_view("verdict", "null");
    ck_assert_double_eq(board.order.max_rate_per_s, 900); /* of the command line */
}
END_TEST

START_TEST(a_search_goes_on_from_trial_to_trial)
{
    start((struct run_order){.kind = RUN_CAPACITY, .min_rate_per_s = 5}, &search);
    board_search(&board, json_pack("{s:s, s:f}", "phase", "searching", "rate", 7.5));
    expect_view("asked", "7.5");
    expect_view("search", "{\"phase\": \"searching\", \"rate\": 7.5}");
    pass(0, 3, 3);
    pass(1, 4, 7);
    uint64_t wall_start_ns = board.wall_start_ns;
    board.begin_ns -= 5 * NS_PER_S; /* as if the next trial began so much later */
    pass(0, 2, 2);
    ck_assert_uint_eq(board.wall_start_ns, wall_start_ns);
    ck_assert_uint_eq(board.stats.total->counters.ended, 2);
    const struct history *history = &board.history;
    ck_assert_uint_ge(history->count, 6);
    ck_assert_uint_eq(history->points[1].intended, 4);
    ck_assert_uint_eq(history->points[2].ended, 0);
    ck_assert_uint_eq(history->points[history->count - 1].intended, 2);
    ck_assert_uint_eq(history_seconds(history), history->count);

    board_result(&board, json_pack("{s:s}", "verdict", "found"));
    board_end(&board, NULL);
    expect_view("asked", "null");
    ck_assert_ptr_nonnull(board.result);
    start((struct run_order){.kind = RUN_RATE, .rate_per_s = 1}, &rate);
    expect_view("search", "null");
    ck_assert_ptr_null(board.result);
}
END_TEST

static void expect_target(const char *text)
{
    json_t *json = target_view(&board);
    ck_assert_str_eq(json_string_value(json_object_get(json, "text")), text);
    json_decref(json);
}

static void use(struct target_load *load, uint64_t seconds, uint64_t cpu_ms, bool is_after)
{
    load->sums.cpu_known_ns += seconds * NS_PER_S;
    load->sums.throttled_known_ns += seconds * NS_PER_S;
    load->sums.cpu_ns += cpu_ms * NS_PER_MS;
    board_trial_target(&board, load, is_after);
}

/* Nobody reads its metrics in a trial, and what it does between two trials does not count. */
START_TEST(a_trial_shows_at_its_end_what_the_target_used)
{
    static const char first[] = "In the last trial, the target used 0.3 of 0.5 CPUs.";
    const struct history *history = &board.history;
    struct target_load load = {.pods = 1, .read = 1, .has_cpu = true, .cpu_limit = 0.5};
    start((struct run_order){.kind = RUN_CAPACITY}, &search);
    use(&load, 3, 2000, false);
    pass(0, 3, 3);
    pass(1, 4, 7);
    expect_target("The target's CPU is not known yet.");
    use(&load, 2, 600, true);
    ck_assert_uint_eq(history->points[0].target_cpu_known_ns, 0);
    ck_assert_uint_eq(history->points[1].target_cpu_known_ns, 2 * NS_PER_S);
    ck_assert_uint_eq(history->points[1].target_cpu_ns, 600 * NS_PER_MS);
    expect_target(first);
    use(&load, 5, 5000, false);
    pass(0, 2, 2);
    pass(1, 2, 2);
    ck_assert_uint_eq(history->points[history->count - 1].target_cpu_known_ns, 0);
    expect_target(first);
    use(&load, 2, 980, true);
    expect_target("The target reached its CPU limit: in the last trial it used 0.49 of 0.5 CPUs.");
    board_end(&board, NULL);
    expect_target("The target reached its CPU limit: in the last trial it used 0.49 of 0.5 CPUs.");
    start((struct run_order){.kind = RUN_CAPACITY}, &search);
    use(&load, 1, 1, false);
    expect_target("The target's CPU is not known yet.");
}
END_TEST

START_TEST(errors_begin_with_a_field)
{
    const char *rest = NULL;
    ck_assert_str_eq(run_field_of("max_rate: too low: x", &rest), "max_rate");
    ck_assert_str_eq(rest, "too low: x");
    ck_assert_ptr_null(run_field_of("a test is running: stop it", &rest));
    ck_assert_str_eq(rest, "a test is running: stop it");
    ck_assert_ptr_null(run_field_of("user: x", &rest));
    ck_assert_ptr_null(run_field_of("users", &rest));
}
END_TEST

/* What ran so far, and the new rate: to start it again means the same. */
START_TEST(a_changed_course_is_a_constant_rate)
{
    struct run_order order = {
        .kind = RUN_RATE, .course = COURSE_RAMP, .course_text = "1:2", .run_time_ns = NS_PER_S};
    const struct run_order other = {.kind = RUN_RATE, .rate_per_s = 40};
    start(order, &rate);
    ck_assert(board_change(&board, &other, NULL));
    ck_assert_int_eq(board.order.course, COURSE_CONSTANT);
    ck_assert_int_eq(board.order.arrival, ARRIVAL_CONSTANT);
    ck_assert_uint_eq(board.order.run_time_ns, NS_PER_S);
    board_end(&board, NULL);
    start((struct run_order){.kind = RUN_RATE, .rate_per_s = 20}, &rate);
    ck_assert(board_change(&board, &other, NULL));
    ck_assert_int_eq(board.order.arrival, ARRIVAL_DEFAULT);
    board_end(&board, NULL);
}
END_TEST

static uint64_t take_stops(void)
{
    uint64_t count = 0;
    return read(board.stop_fd, &count, sizeof count) > 0 ? count : 0;
}

/* For run (run/run.h): one stops, and more than one abandons. */
START_TEST(only_one_stop_is_passed_on)
{
    const struct run_order order = {.kind = RUN_RATE, .rate_per_s = 20};
    board.stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    board_stop(&board, "a");
    board_abandon(&board);
    ck_assert_uint_eq(take_stops(), 0);
    start(order, &rate);
    board_stop(&board, "a");
    board_stop(&board, "b");
    ck_assert_uint_eq(take_stops(), 1);
    ck_assert_str_eq(board_state(&board), "stopping");
    board_abandon(&board);
    ck_assert_uint_gt(take_stops(), 1);
    board_end(&board, NULL);

    start(order, &rate);
    board_ending(&board);
    ck_assert_str_eq(board_state(&board), "stopping");
    board_stop(&board, "a");
    ck_assert_uint_eq(take_stops(), 0);
    expect_refusal(board_change, order, "a test is stopping; try again when it has ended");
    board_abandon(&board);
    ck_assert_uint_gt(take_stops(), 1);
    board_end(&board, NULL);
    close(board.stop_fd);
}
END_TEST

/* It was for a run that had just ended by itself. */
START_TEST(a_stop_that_was_not_read_is_dropped)
{
    const struct run_order order = {.kind = RUN_RATE, .rate_per_s = 20};
    board.stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    start(order, &rate);
    board_stop(&board, "a");
    board_ending(&board);
    ck_assert_uint_eq(take_stops(), 0);
    board_end(&board, NULL);

    start(order, &rate);
    board_stop(&board, "a");
    board_abandon(&board);
    board_ending(&board);
    ck_assert_uint_gt(take_stops(), 1);
    board_end(&board, NULL);
    close(board.stop_fd);
}
END_TEST

Suite *board_suite(void);
Suite *board_suite(void)
{
    Suite *suite = suite_create("board");
    TCase *tests = tcase_create("board");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, kinds_and_defaults_are_shown);
    tcase_add_test(tests, what_is_not_offered_is_refused);
    tcase_add_test(tests, a_rate_is_changed);
    tcase_add_test(tests, a_search_goes_on_from_trial_to_trial);
    tcase_add_test(tests, a_trial_shows_at_its_end_what_the_target_used);
    tcase_add_test(tests, errors_begin_with_a_field);
    tcase_add_test(tests, a_changed_course_is_a_constant_rate);
    tcase_add_test(tests, only_one_stop_is_passed_on);
    tcase_add_test(tests, a_stop_that_was_not_read_is_dropped);
    suite_add_tcase(suite, tests);
    return suite;
}
