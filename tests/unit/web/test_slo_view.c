/* What the page shows of the SLO while a run goes on. Not under tsan: one thread. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/verdict/slo.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/page/slo_view.h"

static struct board board;
static struct slo *slo;
static struct tally *window;
static struct rows rows;
static struct generator generator;
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
static const struct runner search = {
    .kind = RUN_CAPACITY,
    .context = &board,
    .open = open_nothing,
    .close = close_nothing,
};
static const struct runner *const runners[RUN_KINDS] = {
    [RUN_USERS] = &runner,
    [RUN_CAPACITY] = &search,
};

static void setup(void)
{
    ck_assert(board_init(&board, runners, -1, NULL));
    slo = slo_parse("p99<100ms,errors<20%,max<=15ms,rate>=99%,home:p50<1s,throughput>1", NULL);
    board.slo = slo;
    window = tally_create(true, false);
    rows_add(&rows, "home");
    generator = (struct generator){.threads = 2, .cpu_limit = 2, .wall_seconds = 1};
}

static void teardown(void)
{
    board_fini(&board);
    slo_destroy(slo);
    tally_destroy(window);
    rows_free(&rows);
}

static void start(enum run_kind kind)
{
    const struct run_order order = {.kind = kind, .users = 10, .spawn_per_s = 1};
    const struct runner *taken = NULL;
    ck_assert(board_start(&board, &order, NULL));
    ck_assert_ptr_eq(board_take(&board, &taken), &board);
    seconds = 0;
}

/* A second with n answers of so many ms each, half a second apart from each other. */
static void pass(unsigned n, unsigned ms, unsigned code)
{
    for (unsigned i = 0; i < n; i++) {
        const struct result result = {
            .intended_ns = (i + 1) * NS_PER_S / 2,
            .service_ns = ms * NS_PER_MS,
            .code = (uint16_t)code,
            .outcome = OUTCOME_ANSWERED,
            .error = code < 400 ? NULL : "500 Internal Server Error",
        };
        tally_add(window, &result);
    }
    const struct second second = {
        .index = seconds,
        .elapsed_ns = (seconds + 1) * NS_PER_S,
        .intended = 2 * (uint64_t)n, /* the others are in flight */
        .started = 2 * (uint64_t)n,
        .tally = window,
        .total = window,
        .rows = &rows,
        .generator = &generator,
    };
    ck_assert(board_second(&board, &second));
    seconds++;
}

/* The values of this key of all criteria, such as "true false null". */
static void check_all(const json_t *list, const char *key, const char *expected)
{
    char text[256] = "";
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(list, i, one)
    {
        char *value = json_dumps(json_object_get(one, key), JSON_ENCODE_ANY);
        strncat(text, i > 0 ? " " : "", sizeof text - strlen(text) - 1);
        strncat(text, value, sizeof text - strlen(text) - 1);
        free(value);
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(criteria_are_judged_by_what_has_ended)
{
    start(RUN_USERS);
    pass(9, 10, 200);
    json_t *list = slo_view(&board);
    check_all(list, "held", "true true true null null true");
    check_all(list, "why", "null null null \"judged at the end\" \"judged at the end\" null");
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 0), "criterion")),
                     "p99<100ms");
    json_decref(list);

    tally_clear(window);
    pass(9, 200, 500);
    list = slo_view(&board);
    check_all(list, "held", "false false false null null true");
    json_decref(list);
}
END_TEST

static void check_none(void)
{
    json_t *none = slo_view(&board);
    ck_assert(json_is_null(none));
    json_decref(none);
}

START_TEST(nothing_is_said_without_a_run_to_judge)
{
    check_none();
    start(RUN_USERS);
    check_none(); /* nothing has ended */
    pass(4, 10, 200);
    board.slo = NULL;
    check_none();
    board.slo = slo;
    json_t *list = slo_view(&board);
    ck_assert(json_is_array(list));
    json_decref(list);
    board_end(&board, NULL);
    check_none();
    start(RUN_CAPACITY);
    pass(4, 10, 200);
    check_none();
}
END_TEST

Suite *slo_view_suite(void);
Suite *slo_view_suite(void)
{
    Suite *suite = suite_create("slo_view");
    TCase *tests = tcase_create("slo_view");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, criteria_are_judged_by_what_has_ended);
    tcase_add_test(tests, nothing_is_said_without_a_run_to_judge);
    suite_add_tcase(suite, tests);
    return suite;
}
