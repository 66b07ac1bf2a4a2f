/*
 * What the page shows of the target's metrics, and of what limits a run now. Not under tsan: one
 * thread.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/page/target_view.h"
#include "loadgen/web/page/view.h"

static struct board board;
static struct tally *tally;
static struct rows rows;
static struct generator generator;
static struct target_load load;
static uint64_t seconds;

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
    .open = open_nothing,
    .close = close_nothing,
};

static void setup(void)
{
    static const struct runner *const runners[RUN_KINDS] = {[RUN_USERS] = &runner};
    const struct run_order order = {.users = 10, .spawn_per_s = 1};
    const struct runner *taken = NULL;
    ck_assert(board_init(&board, runners, -1, NULL));
    ck_assert(board_start(&board, &order, NULL));
    ck_assert_ptr_eq(board_take(&board, &taken), &board);
    tally = tally_create(true, false);
    rows_add(&rows, "Shopper GET /");
    generator = (struct generator){.threads = 2, .cpu_limit = 2};
    load = (struct target_load){.pods = 1, .read = 1, .has_cpu = true, .cpu_limit = 0.5};
}

static void teardown(void)
{
    board_fini(&board);
    tally_destroy(tally);
    rows_free(&rows);
}

/* A second of the run with the target as it is noted now. */
static void pass(void)
{
    const struct result result = {.service_ns = NS_PER_MS, .code = 200};
    tally_clear(tally);
    tally_add(tally, &result);
    seconds++;
    generator.wall_seconds += 1;
    generator.cpu_seconds += 0.1;
    const struct second second = {
        .index = seconds - 1,
        .elapsed_ns = seconds * NS_PER_S,
        .tally = tally,
        .total = tally,
        .rows = &rows,
        .generator = &generator,
    };
    ck_assert(board_second(&board, &second));
}

/* A second that a scrape found the target to have used like this. */
static void use(double cpu_s, double throttled_s)
{
    load.sums.cpu_known_ns += NS_PER_S;
    load.sums.throttled_known_ns += NS_PER_S;
    load.sums.cpu_ns += (uint64_t)(cpu_s * 1e9);
    load.sums.throttled_ns += (uint64_t)(throttled_s * 1e9);
    board_note_target(&board, &load);
    pass();
}

static void expect_text(const char *class, const char *text)
{
    json_t *json = target_view(&board);
    ck_assert_str_eq(json_string_value(json_object_get(json, "class")), class);
    ck_assert_str_eq(json_string_value(json_object_get(json, "text")), text);
    json_decref(json);
}

static void expect_number(const char *key, double number)
{
    json_t *json = target_view(&board);
    ck_assert_double_eq_tol(json_number_value(json_object_get(json, key)), number, 1e-6);
    json_decref(json);
}

/* The value in a column of the last point; NULL: null. */
static void expect_last(const char *name, const double *number)
{
    const struct view_known nothing = {0};
    json_t *json = view_state(&board, &nothing);
    const json_t *history = json_object_get(json, "history");
    const json_t *columns = json_object_get(history, "columns");
    const json_t *points = json_object_get(history, "points");
    const json_t *last = json_array_get(points, json_array_size(points) - 1);
    size_t i = 0;
    while (strcmp(json_string_value(json_array_get(columns, i)), name) != 0) {
        i++;
    }
    const json_t *value = json_array_get(last, i);
    ck_assert_int_eq(json_is_null(value), number == NULL);
    if (number) {
        ck_assert_double_eq_tol(json_number_value(value), *number, 1e-6);
    }
    json_decref(json);
}

/* The first second, after a warm-up at the limit, which is not of the test. */
static void begin(void)
{
    load.sums = (struct load_sums){
        .cpu_known_ns = 30 * NS_PER_S,
        .cpu_ns = 15 * NS_PER_S,
        .throttled_known_ns = 30 * NS_PER_S,
        .throttled_ns = 6 * NS_PER_S,
    };
    board_note_target(&board, &load);
    pass();
    expect_text("unknown", "The target's CPU is not known yet.");
    expect_last("target_cpu_ms", NULL);
}

START_TEST(metrics_that_are_not_read)
{
    pass();
    json_t *json = target_view(&board);
    ck_assert(json_is_null(json));
    json_decref(json);
    expect_last("target_cpu_ms", NULL);
    expect_last("target_throttled_ms", NULL);
}
END_TEST

START_TEST(a_target_with_cpu_left)
{
    for (int i = 0; i < 20; i++) {
        use(0.1, 0);
    }
    expect_text("free", "In the last 10 s, the target used 0.1 of 0.5 CPUs.");
    expect_number("cpu", 0.1);
    expect_number("cpu_limit", 0.5);
    expect_number("throttled", 0);
    expect_last("target_cpu_ms", &(double){100});
    expect_last("target_throttled_ms", &(double){0});
}
END_TEST

/* What was before the last ten seconds no longer counts, until the test has ended. */
START_TEST(a_target_at_its_limit)
{
    begin();
    for (int i = 0; i < 10; i++) {
        use(0.1, 0);
    }
    for (int i = 0; i < 10; i++) {
        use(0.49, 0.25);
    }
    expect_text("limit", "The target reached its CPU limit: in the last 10 s it used 0.49 of 0.5 "
                         "CPUs and was throttled for at least 2.5s.");
    expect_number("throttled", 0.25);
    board_end(&board, NULL);
    expect_text("limit", "The target reached its CPU limit: during the test it used 0.295 of 0.5 "
                         "CPUs and was throttled for at least 2.5s.");
}
END_TEST

START_TEST(a_limit_that_is_not_known)
{
    load.cpu_limit = 0;
    pass(); /* the first second counts nowhere */
    use(1.25, 0);
    expect_text("unknown", "In the last 1 s, the target used 1.25 CPUs; its limit is not known.");
    use(1.25, 0.5);
    expect_text("limit", "The target reached its CPU limit: in the last 2 s it used 1.25 CPUs and "
                         "was throttled for at least 500ms.");
}
END_TEST

/* A gap is not 0, and the scrape after it counts for its own second at the mean rate. */
START_TEST(a_second_without_a_scrape)
{
    pass(); /* the first second counts nowhere */
    use(0.1, 0);
    pass();
    expect_last("target_cpu_ms", NULL);
    load.sums.cpu_known_ns += NS_PER_S;
    load.sums.cpu_ns += 300 * NS_PER_MS;
    use(0.1, 0);
    expect_last("target_cpu_ms", &(double){200});
    expect_number("cpu", 0.5 / 3);
}
END_TEST

START_TEST(pods_that_cannot_be_read)
{
    load = (struct target_load){.pods = 1, .problem = "10.0.0.1:5001: Couldn't connect to server"};
    board_note_target(&board, &load);
    pass();
    expect_text("unknown", "The target's metrics cannot be read (10.0.0.1:5001: Couldn't connect "
                           "to server).");
    load =
        (struct target_load){.pods = 3, .read = 2, .has_cpu = true, .cpu_limit = 2, .restarts = 1};
    strcpy(load.problem, "10.0.0.1:5001: no answer");
    use(0.4, 0);
    expect_text("free", "In the last 1 s, the target used 0.4 of 2 CPUs. The metrics of 1 of 3 "
                        "pods cannot be read (10.0.0.1:5001: no answer). Pods of the target "
                        "restarted 1 time.");
}
END_TEST

/* A target that is overloaded may be slow to report that. */
START_TEST(a_pod_that_is_late_now)
{
    pass(); /* the first second counts nowhere */
    use(0.49, 0.25);
    load.read = 0;
    strcpy(load.problem, "10.0.0.1:5001: no answer");
    board_note_target(&board, &load);
    pass();
    expect_text("limit", "The target reached its CPU limit: in the last 1 s it used 0.49 of 0.5 "
                         "CPUs and was throttled for at least 250ms. The target's metrics cannot "
                         "be read (10.0.0.1:5001: no answer).");
}
END_TEST

START_TEST(what_is_not_known_yet)
{
    load = (struct target_load){.pods = 0};
    board_note_target(&board, &load);
    pass();
    expect_text("unknown", "The target's CPU is not known yet.");
    load = (struct target_load){.pods = 1, .read = 1};
    board_note_target(&board, &load);
    pass();
    expect_text("unknown", "The target's metrics do not report its CPU time.");
}
END_TEST

static const char *class_of(const char *key)
{
    static char class[32];
    const struct view_known nothing = {0};
    json_t *json = view_state(&board, &nothing);
    const json_t *verdict = json_object_get(json, "generator");
    verdict = key ? json_object_get(verdict, key) : verdict;
    const char *name = json_string_value(json_object_get(verdict, "class"));
    snprintf(class, sizeof class, "%s", name ? name : "null");
    json_decref(json);
    return class;
}

/* The whole run is still judged by its first second. */
START_TEST(the_generator_now)
{
    generator.has_throttled = true;
    generator.throttled_seconds = 5;
    pass();
    ck_assert_str_eq(class_of("recent"), "limit");
    for (int i = 0; i < 10; i++) {
        pass();
    }
    ck_assert_str_eq(class_of(NULL), "limit");
    ck_assert_str_eq(class_of("recent"), "clean");
    board_end(&board, NULL);
    ck_assert_str_eq(class_of("recent"), "null");
}
END_TEST

/* A search goes on with its next trial: the pause between them belongs to no second. */
START_TEST(the_next_trial)
{
    use(0.1, 0);
    seconds = 0;
    generator = (struct generator){.threads = 2, .cpu_limit = 2};
    load.sums.cpu_known_ns += 5 * NS_PER_S;
    use(0.4, 0);
    expect_last("target_cpu_ms", NULL);
    use(0.4, 0);
    expect_last("target_cpu_ms", &(double){400});
    expect_number("cpu", 0.4);
}
END_TEST

Suite *target_view_suite(void);
Suite *target_view_suite(void)
{
    Suite *suite = suite_create("target_view");
    TCase *tests = tcase_create("target_view");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, metrics_that_are_not_read);
    tcase_add_test(tests, a_target_with_cpu_left);
    tcase_add_test(tests, a_target_at_its_limit);
    tcase_add_test(tests, a_limit_that_is_not_known);
    tcase_add_test(tests, a_second_without_a_scrape);
    tcase_add_test(tests, pods_that_cannot_be_read);
    tcase_add_test(tests, a_pod_that_is_late_now);
    tcase_add_test(tests, what_is_not_known_yet);
    tcase_add_test(tests, the_generator_now);
    tcase_add_test(tests, the_next_trial);
    suite_add_tcase(suite, tests);
    return suite;
}
