/* Which address of a proxy gets the next request, as requests and connections come and go. */
#include <check.h>

#include "loadgen/http/curl/multi/lane.h"

enum { LANES = 3 };

static struct destination destination;
static struct peer peers[LANES];
static struct curl_route *routes;
static struct curl_lane *lanes[LANES];

static void open_connections(struct curl_lane *lane, int count)
{
    while (count-- > 0) {
        curl_lane_begin(lane);
        curl_lane_opened(lane);
        curl_lane_end(lane, 0, 0);
    }
}

/* The second address has most connections. */
static void setup(void)
{
    struct curl_route *route = curl_routes_find(&routes, &destination);
    ck_assert_ptr_nonnull(route);
    ck_assert_ptr_eq(curl_routes_find(&routes, &destination), route);
    for (int i = 0; i < LANES; i++) {
        lanes[i] = curl_lane_find(route, &peers[i]);
        ck_assert_ptr_nonnull(lanes[i]);
        open_connections(lanes[i], i == 1 ? 7 : 1);
    }
}

static void teardown(void)
{
    curl_routes_fini(&routes);
}

/* So many requests, one after the other; returns how many went to this lane. */
static int send_to(const struct curl_lane *lane, int count)
{
    int sent = 0;
    while (count-- > 0) {
        struct curl_lane *due = curl_lane_due(routes);
        ck_assert_ptr_nonnull(due);
        curl_lane_begin(due);
        curl_lane_end(due, 0, 0);
        sent += due == lane;
    }
    return sent;
}

START_TEST(addresses_share_requests_however_many_connections_they_have)
{
    send_to(NULL, 100); /* makes up for the connections of the second one */
    for (int i = 0; i < LANES; i++) {
        ck_assert_int_eq(send_to(lanes[i], 3000), 1000);
    }
}
END_TEST

START_TEST(a_lane_without_an_idle_connection_is_passed_over)
{
    curl_lane_begin(lanes[0]);
    ck_assert_int_eq(send_to(lanes[0], 100), 0);
    curl_lane_end(lanes[0], 0, 0);
    send_to(NULL, 100);
    ck_assert_int_eq(send_to(lanes[0], 3000), 1000);
}
END_TEST

/* The server closes idle connections: nobody sends a request, and the lane is ready all the same.
 */
START_TEST(a_lane_whose_connections_have_died_is_passed_over)
{
    curl_lane_closed(lanes[0]);
    ck_assert_int_eq(send_to(lanes[0], 100), 0);
    curl_lane_closed(lanes[2]);
    ck_assert_int_eq(send_to(lanes[1], 100), 100);
    for (int i = 0; i < 7; i++) {
        curl_lane_closed(lanes[1]);
    }
    ck_assert_ptr_null(curl_lane_due(routes));
    ck_assert_uint_eq(routes->open, 0);
    open_connections(lanes[2], 1);
    ck_assert_ptr_eq(curl_lane_due(routes), lanes[2]);
}
END_TEST

Suite *lane_suite(void);
Suite *lane_suite(void)
{
    Suite *suite = suite_create("lane");
    TCase *tests = tcase_create("lane");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, addresses_share_requests_however_many_connections_they_have);
    tcase_add_test(tests, a_lane_without_an_idle_connection_is_passed_over);
    tcase_add_test(tests, a_lane_whose_connections_have_died_is_passed_over);
    suite_add_tcase(suite, tests);
    return suite;
}
