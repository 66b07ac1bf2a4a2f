/* What a client of the events gets first, by what it has. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/web/api/events.h"
#include "loadgen/web/board/board.h"

enum { LONG_S = 1301 }; /* more than the history has points */

static struct board board;
static struct stream *stream;
static struct events *events;
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
    .kind = RUN_USERS,
    .context = &board,
    .open = open_nothing,
    .close = close_nothing,
};

static void setup(void)
{
    const struct runner *const runners[RUN_KINDS] = {[RUN_USERS] = &runner};
    ck_assert(board_init(&board, runners, -1, NULL));
    window = tally_create(true, false);
    stream = stream_create();
    events = events_start(&board, stream, NULL);
    ck_assert_ptr_nonnull(events);
}

static void teardown(void)
{
    events_stop(events);
    stream_destroy(stream);
    board_fini(&board);
    tally_destroy(window);
    rows_free(&rows);
}

static void start(void)
{
    const struct run_order order = {.kind = RUN_USERS, .users = 10, .spawn_per_s = 1};
    const struct runner *taken = NULL;
    ck_assert(board_start(&board, &order, NULL));
    ck_assert_ptr_eq(board_take(&board, &taken), &board);
    seconds = 0;
}

static void pass(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        seconds++;
        const struct second second = {
            .index = seconds - 1,
            .elapsed_ns = seconds * NS_PER_S,
            .users = 7,
            .tally = window,
            .total = window,
            .rows = &rows,
            .generator = &generator,
        };
        ck_assert(board_second(&board, &second));
    }
}

static void stop(void)
{
    board_end(&board, NULL);
}

/* What a client with this Last-Event-ID gets. */
static struct http_reply ask(const char *id)
{
    const struct http_request request = {.method = "GET", .event = id};
    struct http_reply reply;
    events_answer(events, &request, &reply);
    bytes_add(&reply.body, "", 1);
    ck_assert(reply.is_stream && !reply.body.has_failed);
    return reply;
}

/* The points of its only `second`; the caller owns them. */
static json_t *points_of(const struct http_reply *reply)
{
    static const char head[] = "event: second\ndata: ";
    const char *data = strstr(reply->body.at, head);
    ck_assert_ptr_nonnull(data);
    json_t *json = json_loads(data + sizeof head - 1, JSON_DISABLE_EOF_CHECK, NULL);
    json_t *points = json_incref(json_object_get(json, "points"));
    ck_assert(json_is_array(points));
    json_decref(json);
    return points;
}

/* The column of a point; a negative index counts from the end. */
static json_int_t at(const json_t *points, int index, size_t column)
{
    size_t i = index < 0 ? json_array_size(points) - (size_t)-index : (size_t)index;
    return json_integer_value(json_array_get(json_array_get(points, i), column));
}

static void print_id(char text[64], uint64_t second)
{
    snprintf(text, 64, "%llu.%llu", (unsigned long long)board.generation,
             (unsigned long long)second);
}

/* The client gets `count` points from `first` on, and everything else only if it has another run.
 */
static void check(const char *id, bool is_reset, size_t count, json_int_t first)
{
    char last[80] = "\nid: ";
    struct http_reply reply = ask(id);
    json_t *points = points_of(&reply);
    ck_assert_msg((strstr(reply.body.at, "event: reset") != NULL) == is_reset, "%s: %s", id,
                  reply.body.at);
    ck_assert_ptr_nonnull(strstr(reply.body.at, "event: state\ndata: {\"state\":"));
    ck_assert_ptr_nonnull(strstr(reply.body.at, "event: change\ndata: {\"order\":"));
    ck_assert_ptr_nonnull(strstr(reply.body.at, "event: search\ndata: {\"search\":null}"));
    print_id(last + strlen(last), seconds);
    ck_assert_ptr_nonnull(strstr(reply.body.at, last));
    ck_assert_uint_eq(json_array_size(points), count);
    if (count > 0) {
        ck_assert_int_eq(at(points, 0, 0), first);
        ck_assert_int_eq(at(points, -1, 0) + at(points, -1, 1), (json_int_t)seconds);
    }
    json_decref(points);
    bytes_free(&reply.body);
}

START_TEST(who_comes_back_gets_what_was_missed)
{
    char id[64];
    check(NULL, true, 0, 0);
    start();
    pass(5);
    check(NULL, true, 5, 0);
    print_id(id, 3);
    check(id, false, 2, 3);
    print_id(id, 5);
    check(id, false, 0, 0);
    stop();
    check(id, false, 0, 0);
    start();
    pass(7);
    check(id, true, 7, 0);
    stop();
}
END_TEST

START_TEST(other_ids_are_those_of_strangers)
{
    char id[64];
    start();
    pass(2);
    print_id(id, 3);
    check(id, true, 2, 0);
    print_id(id, 1);
    check(id, false, 1, 1);
    memcpy(id + strlen(id), "x", 2);
    check(id, true, 2, 0);
    *strchr(id, '.') = ',';
    check(id, true, 2, 0);
    check("", true, 2, 0);
    check(".", true, 2, 0);
    check("0.0", true, 2, 0);
    check("99999999999999999999.1", true, 2, 0);
    stop();
}
END_TEST

START_TEST(a_thinned_history_goes_on)
{
    char id[64];
    start();
    pass(LONG_S);
    ck_assert_uint_eq(board.history.width, 2);
    print_id(id, 1000);
    check(id, false, (LONG_S - 1000 + 1) / 2, 1000);
    print_id(id, 1001); /* in the middle of a point */
    check(id, false, (LONG_S - 1000 + 1) / 2, 1000);
    print_id(id, LONG_S - 1);
    check(id, false, 1, LONG_S - 1);
    check(NULL, true, (LONG_S + 1) / 2, 0);
    stop();
}
END_TEST

Suite *events_suite(void);
Suite *events_suite(void)
{
    Suite *suite = suite_create("events");
    TCase *tests = tcase_create("events");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, who_comes_back_gets_what_was_missed);
    tcase_add_test(tests, other_ids_are_those_of_strangers);
    tcase_add_test(tests, a_thinned_history_goes_on);
    suite_add_tcase(suite, tests);
    return suite;
}
