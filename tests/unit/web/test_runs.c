/* Runs of the API. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/web/api/runs.h"
#include "loadgen/web/archive/archive.h"
#include "loadgen/web/board/board.h"

static struct board board;

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
    .kind = RUN_RATE,
    .context = &board,
    .open = open_nothing,
    .close = close_nothing,
};
static const struct archive_limits limits = {.runs = 3, .bytes = 1000};

static void setup(void)
{
    const struct runner *const runners[RUN_KINDS] = {[RUN_RATE] = &runner};
    ck_assert(board_init(&board, runners, -1, NULL));
    board.archive = archive_open(NULL, &limits, NULL);
    ck_assert_ptr_nonnull(board.archive);
}

static void teardown(void)
{
    archive_close(board.archive);
    board_fini(&board);
}

/* The body of the reply is dropped. */
static struct http_reply start(void)
{
    char body[] = "{\"kind\": \"rate\", \"rate\": 5}";
    struct http_reply reply = {0};
    struct http_request request = {
        .method = "POST",
        .query = "",
        .type = "application/json",
        .body = body,
        .length = strlen(body),
    };
    runs_routes[0].answer(&board, &request, &reply);
    bytes_free(&reply.body);
    return reply;
}

START_TEST(a_started_run_has_a_location)
{
    struct http_reply reply = start();
    ck_assert_uint_eq(reply.status, HTTP_CREATED);
    ck_assert_int_eq(strncmp(reply.location, "runs/", strlen("runs/")), 0);
}
END_TEST

static void *end_run(void *context)
{
    uint64_t count = 0;
    bool is_on = false;
    (void)context;
    while (!is_on) {
        sched_yield();
        pthread_mutex_lock(&board.lock);
        is_on = board_is_on(&board);
        pthread_mutex_unlock(&board.lock);
    }
    board_end(&board, NULL);
    (void)!read(board.wake_fd, &count, sizeof count);
    return NULL;
}

/* The eventfd is full, so that board_start waits until the run has ended. */
START_TEST(a_run_that_cannot_be_shown_has_no_location)
{
    pthread_t thread;
    const uint64_t full = UINT64_MAX - 1;
    ck_assert_int_eq(fcntl(board.wake_fd, F_SETFL, 0), 0);
    ck_assert_int_eq(write(board.wake_fd, &full, sizeof full), sizeof full);
    ck_assert_int_eq(pthread_create(&thread, NULL, end_run, NULL), 0);
    struct http_reply reply = start();
    pthread_join(thread, NULL);
    ck_assert_uint_eq(reply.status, HTTP_NOT_FOUND);
    ck_assert_str_eq(reply.location, "");
}
END_TEST

Suite *runs_suite(void);
Suite *runs_suite(void)
{
    Suite *suite = suite_create("runs");
    TCase *tests = tcase_create("runs");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_started_run_has_a_location);
    tcase_add_test(tests, a_run_that_cannot_be_shown_has_no_location);
    suite_add_tcase(suite, tests);
    return suite;
}
