/* The host and the arguments of each run, and a rate that replaces a schedule. Not under tsan: one
   thread. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/web/board/board.h"

static struct board board;
static char opened[64]; /* the host of the last run */

static void *open_it(void *context, const struct run_order *order, struct err *err)
{
    (void)err;
    snprintf(opened, sizeof opened, "%s", order->host ? order->host : "-");
    return context;
}

static bool change_it(void *run, const struct run_order *order, struct err *err)
{
    (void)run, (void)order, (void)err;
    return true;
}

static void close_nothing(void *run)
{
    (void)run;
}

static struct runner runner_of(enum run_kind kind, const char *host)
{
    return (struct runner){
        .kind = kind,
        .context = &board,
        .host = host,
        .defaults = {.rate_per_s = 50},
        .open = open_it,
        .change = change_it,
        .close = close_nothing,
    };
}

static void setup(void)
{
    static struct runner users, rate, search;
    users = runner_of(RUN_USERS, "http://cli");
    rate = runner_of(RUN_RATE, NULL);
    search = runner_of(RUN_CAPACITY, "http://cli");
    const struct runner *const runners[RUN_KINDS] = {&users, &rate, &search};
    ck_assert(board_init(&board, runners, -1, NULL));
}

static void teardown(void)
{
    board_fini(&board);
}

static void start(struct run_order order)
{
    const struct runner *taken = NULL;
    ck_assert(board_start(&board, &order, NULL));
    ck_assert_ptr_nonnull(board_take(&board, &taken));
}

/* Runs it to its end. The host of its order is that with which it was opened. */
static void check_host(enum run_kind kind, const char *host, const char *expected)
{
    start((struct run_order){.kind = kind, .host = host, .users = 1, .spawn_per_s = 1});
    ck_assert_str_eq(opened, expected);
    ck_assert_str_eq(board.order.host ? board.order.host : "-", expected);
    board_end(&board, NULL);
}

START_TEST(a_search_takes_no_host_of_an_earlier_run)
{
    check_host(RUN_CAPACITY, NULL, "http://cli");
    check_host(RUN_USERS, NULL, "http://cli");
    check_host(RUN_USERS, "http://a", "http://a");
    check_host(RUN_USERS, NULL, "http://a");
    check_host(RUN_CAPACITY, NULL, "http://cli");
    check_host(RUN_CAPACITY, "http://b", "http://b");
    check_host(RUN_USERS, NULL, "http://a"); /* nor the other way round */
    ck_assert_str_eq(board_host(&board), "http://a");
}
END_TEST

START_TEST(arguments_cannot_be_changed)
{
    struct err err = {.code = ERR_NONE};
    struct run_order order = {.users = 1, .spawn_per_s = 1, .arguments = {4, "a=b"}};
    start(order);
    order.users = 2;
    ck_assert(board_swarm(&board, &order, &err)); /* the same again is no change */
    order.arguments.length = 0;
    ck_assert(board_swarm(&board, &order, &err));
    order.arguments = (struct run_arguments){4, "a=c"};
    ck_assert(!board_swarm(&board, &order, &err));
    ck_assert_str_eq(err.text, "arguments: cannot be changed while a test is running");
    ck_assert_uint_eq(board.order.users, 2);
}
END_TEST

START_TEST(a_rate_replaces_a_schedule)
{
    const struct run_order order = {
        .kind = RUN_RATE, .course = COURSE_RAMP, .course_text = "1:9", .run_time_ns = 9};
    const struct run_order change = {.kind = RUN_RATE, .rate_per_s = 7};
    start(order);
    ck_assert_double_eq(board.order.rate_per_s, 0);
    ck_assert_double_eq(board_asked(&board), 0); /* not constant */
    ck_assert_str_eq(lines_after(&board.lines, 0)->text,
                     "somebody started a test: ramp 1:9, for 9ns");
    ck_assert(board_change(&board, &change, NULL));
    ck_assert_double_eq(board_asked(&board), 7);
    ck_assert_int_eq(board.order.course, COURSE_CONSTANT);
    ck_assert_uint_eq(board.order.run_time_ns, 9);
}
END_TEST

Suite *board_host_suite(void);
Suite *board_host_suite(void)
{
    Suite *suite = suite_create("board_host");
    TCase *tests = tcase_create("board_host");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_search_takes_no_host_of_an_earlier_run);
    tcase_add_test(tests, arguments_cannot_be_changed);
    tcase_add_test(tests, a_rate_replaces_a_schedule);
    suite_add_tcase(suite, tests);
    return suite;
}
