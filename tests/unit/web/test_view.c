/* What the page shows of a board. Not under tsan: one thread. */
#include <check.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/page/view.h"

static struct board board;
static struct tally *window;
static struct rows rows;
static struct generator generator;
static uint64_t seconds;
static uint64_t sent;

static void *open_nothing(void *context, const struct run_order *order, struct err *err)
{
    (void)order, (void)err;
    return context;
}

static void close_nothing(void *run)
{
    (void)run;
}

static const struct runner runner = {
    .context = &board,
    .host = "http://b",
    .open = open_nothing,
    .close = close_nothing,
};
static const struct runner *const runners[RUN_KINDS] = {[RUN_USERS] = &runner};

static void start(void)
{
    const struct run_order order = {.users = 10, .spawn_per_s = 1, .run_time_ns = 90 * NS_PER_S};
    const struct runner *taken = NULL;
    ck_assert(board_start(&board, &order, NULL));
    ck_assert_ptr_eq(board_take(&board, &taken), &board);
    seconds = sent = 0;
}

static void setup(void)
{
    ck_assert(board_init(&board, runners, -1, NULL));
    window = tally_create(true, false);
    rows_add(&rows, "Shopper GET /a<b>");
    generator = (struct generator){.threads = 2, .cpu_limit = 2, .wall_seconds = 1};
}

static void teardown(void)
{
    board_fini(&board);
    tally_destroy(window);
    rows_free(&rows);
}

/* A second with n requests of so many ms each. */
static void pass(unsigned n, unsigned ms, unsigned code)
{
    const struct result result = {
        .intended_ns = (seconds + 1) * NS_PER_S - ms * NS_PER_MS,
        .service_ns = ms * NS_PER_MS,
        .code = (uint16_t)code,
        .outcome = OUTCOME_ANSWERED,
        .error = code < 400 ? NULL : "500 Internal \x01",
    };
    for (unsigned i = 0; i < n; i++) {
        tally_add(window, &result);
    }
    seconds++;
    sent += n;
    const struct second second = {
        .index = seconds - 1,
        .elapsed_ns = seconds * NS_PER_S,
        .users = 7,
        .intended = sent + 1,
        .started = sent,
        .tally = window,
        .total = window,
        .rows = &rows,
        .generator = &generator,
    };
    ck_assert(board_second(&board, &second));
    tally_clear(window);
}

static json_t *view(uint64_t generation, uint64_t width, uint64_t from)
{
    const struct view_known known = {generation, width, from};
    return view_state(&board, &known);
}

/* The value at a path such as "order", "host". */
static const json_t *at(const json_t *json, const char *key, const char *inner)
{
    const json_t *value = json_object_get(json_object_get(json, key), inner);
    ck_assert_msg(value != NULL, "%s.%s", key, inner);
    return value;
}

static size_t points_of(const json_t *json)
{
    return json_array_size(at(json, "history", "points"));
}

START_TEST(nothing_is_known_at_first)
{
    json_t *json = view(0, 0, 0);
    ck_assert_str_eq(json_string_value(json_object_get(json, "state")), "ready");
    ck_assert_str_eq(json_string_value(at(json, "order", "host")), "http://b");
    ck_assert(json_is_null(at(json, "order", "users")));
    ck_assert(json_is_null(at(json, "total", "p50")));
    ck_assert(json_is_null(json_object_get(json, "recent")));
    ck_assert(json_is_null(json_object_get(json, "generator")));
    ck_assert(json_is_null(json_object_get(json, "problem")));
    ck_assert_uint_eq(points_of(json), 0);
    json_decref(json);
}
END_TEST

START_TEST(a_run_is_shown)
{
    const struct err problem = {.code = ERR_FAILED, .text = "odd \xff"};
    start();
    pass(3, 20, 200);
    pass(1, 10, 500);
    json_t *json = view(0, 0, 0);
    ck_assert_int_eq(json_integer_value(at(json, "order", "run_time_s")), 90);
    ck_assert_int_eq(json_integer_value(at(json, "total", "failures")), 1);
    ck_assert_double_eq_tol(json_number_value(at(json, "total", "max")), 20, 0.001);
    ck_assert_double_eq_tol(json_number_value(at(json, "recent", "rate")), 2, 0.001);
    ck_assert_double_eq_tol(json_number_value(at(json, "recent", "failure_rate")), 0.5, 0.001);
    ck_assert_str_eq(json_string_value(at(json, "generator", "class")), "clean");
    const json_t *row = json_array_get(json_object_get(json, "requests"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(row, "name")), "/a<b>");
    const json_t *failure = json_array_get(json_object_get(json, "failures"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(failure, "text")), "500 Internal ?");
    json_decref(json);

    board_reset(&board);
    json = view(0, 0, 0);
    ck_assert(json_is_null(json_object_get(json, "generator")));
    ck_assert_uint_eq(points_of(json), 2);
    json_decref(json);
    board_end(&board, &problem);
    json = view(0, 0, 0);
    ck_assert(json_is_null(json_object_get(json, "recent")));
    ck_assert_str_eq(json_string_value(json_object_get(json, "problem")), "odd ?");
    json_decref(json);
}
END_TEST

START_TEST(only_new_points_are_sent)
{
    start();
    for (unsigned i = 0; i < HISTORY_POINTS; i++) {
        pass(1, 10, 200);
    }
    uint64_t generation = board.generation;
    static const struct {
        int generation;
        uint64_t width;
        uint64_t from;
        size_t points;
    } cases[] = {
        {0, 1, HISTORY_POINTS - 1, 1},
        {0, 1, HISTORY_POINTS, 0},
        {0, 1, HISTORY_POINTS + 1, HISTORY_POINTS},
        {0, 2, 5, HISTORY_POINTS},
        {1, 1, 5, HISTORY_POINTS},
        {0, 1, 0, HISTORY_POINTS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *json = view(generation + cases[i].generation, cases[i].width, cases[i].from);
        ck_assert_uint_eq(points_of(json), cases[i].points);
        size_t columns = json_array_size(at(json, "history", "columns"));
        if (cases[i].points > 0) {
            const json_t *point = json_array_get(at(json, "history", "points"), 0);
            ck_assert_uint_eq(json_array_size(point), columns);
        }
        json_decref(json);
    }
    pass(1, 10, 200); /* the width doubles */
    json_t *json = view(generation, 1, HISTORY_POINTS - 1);
    ck_assert_int_eq(json_integer_value(at(json, "history", "width")), 2);
    ck_assert_int_eq(json_integer_value(at(json, "history", "from")), 0);
    ck_assert_uint_eq(points_of(json), HISTORY_POINTS / 2 + 1);
    json_decref(json);

    board_end(&board, NULL);
    start();
    ck_assert_uint_gt(board.generation, generation);
    json = view(generation, 1, 0);
    ck_assert_uint_eq(points_of(json), 0);
    json_decref(json);
}
END_TEST

/* The text of a line of the log. */
static const char *said(const json_t *json, size_t i)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(json, "log"), i), "text"));
}

START_TEST(the_log_says_who_did_what)
{
    const struct run_order more = {.users = 1, .spawn_per_s = 2.5, .host = "http://c"};
    const struct err problem = {.code = ERR_FAILED, .text = "odd \xff"};
    board.client = "192.0.2.1";
    start();
    board_log(&board, slice_of("2026-11-30T22:41:07.123Z Shopper 17: sold out\n"));
    pass(1, 10, 200);
    board_reset(&board);
    board_stop(&board, "a signal"); /* not the client of the server's thread */
    board_stop(&board, NULL);       /* once is enough */
    board_end(&board, NULL);
    board.client = NULL;
    ck_assert(board_start(&board, &more, NULL));
    board_end(&board, &problem);
    json_t *json = view(0, 0, 0);
    static const char *const expected[] = {
        "192.0.2.1 started a test: 10 users, 1 per second, for 1m30s, at http://b",
        "Shopper 17: sold out",
        "192.0.2.1 reset the numbers",
        "a signal stopped the test",
        "the test has ended after 1s",
        "somebody started a test: 1 user, 2.5 per second, at http://c",
        "the test has failed: odd ?",
    };
    size_t count = sizeof expected / sizeof expected[0];
    ck_assert_uint_eq(json_array_size(json_object_get(json, "log")), count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(said(json, i), expected[i]);
    }
    ck_assert_uint_eq(json_array_size(json_object_get(json, "workers")), 0);
    json_decref(json);
}
END_TEST

Suite *view_suite(void);
Suite *view_suite(void)
{
    Suite *suite = suite_create("view");
    TCase *tests = tcase_create("view");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_is_known_at_first);
    tcase_add_test(tests, a_run_is_shown);
    tcase_add_test(tests, only_new_points_are_sent);
    tcase_add_test(tests, the_log_says_who_did_what);
    suite_add_tcase(suite, tests);
    return suite;
}
