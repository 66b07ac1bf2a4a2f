#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "target-api/http/metrics.h"
#include "target-api/router.h"
#include "target-api/users/store.h"
#include "tests/support/printed.h"

static struct store *store;
static struct service service;
static struct request *request;
static struct reply reply;
static size_t route;

static void setup(void)
{
    static const struct store_options options = {.users_max = 5, .bytes_max = 1 << 20};
    store = store_create(&options, NULL);
    service = (struct service){.store = store};
}

static void forget(void)
{
    reply_release(&reply);
    request_destroy(request);
    request = NULL;
}

static void teardown(void)
{
    forget();
    store_destroy(store);
}

/* Leaves the answer in `reply` and the route's label as the result. */
static const char *ask(const char *method, const char *uri, const char *body)
{
    forget();
    request = request_create(uri);
    request->method = method;
    if (body) {
        request_add_body(request, body, strlen(body));
    }
    reply = router_answer(&service, request, &route);
    return router_label(route);
}

static void expect_body(const char *expected)
{
    ck_assert_msg(reply.len == strlen(expected) && memcmp(reply.bytes, expected, reply.len) == 0,
                  "got: %.*s", (int)reply.len, reply.bytes);
}

static const struct {
    const char *uri;
    const char *label;
    unsigned status;
} paths[] = {
    {"/", "/", 200},
    {"//", ROUTER_NO_ROUTE, 404},
    {"", ROUTER_NO_ROUTE, 404},
    {"*", ROUTER_NO_ROUTE, 404},
    {"/health", "/health", 200},
    {"/health/", "/health", 200},
    {"/health//", "/health", 200},
    {"/healthy", ROUTER_NO_ROUTE, 404},
    {"/health/x", ROUTER_NO_ROUTE, 404},
    {"/healt", ROUTER_NO_ROUTE, 404},
    {"//health", ROUTER_NO_ROUTE, 404},
    {"/Health", ROUTER_NO_ROUTE, 404},
    {"/%68ealth", "/health", 200},
    {"/health%2f", "/health", 200},
    {"/health%00", ROUTER_NO_ROUTE, 404},
    {"/health?x", "/health", 200},
    {"/metadata/?a=b", "/metadata", 200},
    {"/users_name", "/users_name/", 422},
    {"/users_name/", "/users_name/", 422},
    {"/users_name//", ROUTER_NO_ROUTE, 404},
    {"/users_name/?users_id=1", "/users_name/", 200},
    {"/users_name/1", "/users_name/{users_id}", 200},
    {"/users_name/1/", "/users_name/{users_id}", 200},
    {"/users_name/1/2", ROUTER_NO_ROUTE, 404},
    {"/users_name/%31", "/users_name/{users_id}", 200},
    {"/users_name/1%2f2", ROUTER_NO_ROUTE, 404},
    {"/users_name/1%00", "/users_name/{users_id}", 422},
    {"/users_name/9", "/users_name/{users_id}", 404},
    {"/users", ROUTER_NO_ROUTE, 404},
    {"/users/", ROUTER_NO_ROUTE, 404},
    {"/users/name?users_id=0", "/users/{attribute}", 200},
    {"/users/age/?users_id=0", "/users/{attribute}", 200},
    {"/users/bogus?users_id=0", "/users/{attribute}", 404},
    {"/users/bogus", "/users/{attribute}", 422},
    {"/users/name%00?users_id=0", "/users/{attribute}", 404},
    {"/add_users", "/add_users/", 405},
    {"/add_users//", ROUTER_NO_ROUTE, 404},
};

START_TEST(a_path_finds_its_route)
{
    ck_assert_str_eq(ask("GET", paths[_i].uri, NULL), paths[_i].label);
    ck_assert_uint_eq(reply.status, paths[_i].status);
}
END_TEST

START_TEST(another_method_is_refused_and_told_which)
{
    ck_assert_str_eq(ask("POST", "/health", "{}"), "/health");
    ck_assert_uint_eq(reply.status, 405);
    ck_assert_str_eq(reply.allow, "GET");
    expect_body("{\"detail\":\"Method Not Allowed\"}");
    ask("HEAD", "/health", NULL);
    ck_assert_uint_eq(reply.status, 405);
    ask("get", "/health", NULL);
    ck_assert_uint_eq(reply.status, 405);
    ask("GET", "/add_users/", NULL);
    ck_assert_str_eq(reply.allow, "POST");
}
END_TEST

START_TEST(no_other_answer_has_an_allow_header)
{
    ask("GET", "/health", NULL);
    ck_assert_ptr_null(reply.allow);
    ask("GET", "/nope", NULL);
    ck_assert_ptr_null(reply.allow);
}
END_TEST

START_TEST(a_body_beyond_the_limit_is_413_and_stores_nothing)
{
    const char *head = "{\"id\":9,\"name\":\"a\",\"age\":\"1\"}";
    size_t len = REQUEST_BODY_MAX + 1;
    char *body = malloc(len + 1);
    memset(body, ' ', len);
    memcpy(body, head, strlen(head));
    body[len] = '\0';
    ask("POST", "/add_users/", body);
    ck_assert_uint_eq(reply.status, 413);
    expect_body("{\"detail\":\"Request Entity Too Large\"}");
    ck_assert_ptr_null(store_get(store, 9, STORE_NAME));
    body[len - 1] = '\0';
    ask("POST", "/add_users/", body);
    ck_assert_uint_eq(reply.status, 200);
    free(body);
}
END_TEST

START_TEST(the_body_of_another_method_does_not_matter)
{
    ask("GET", "/health", "not JSON");
    ck_assert_uint_eq(reply.status, 200);
}
END_TEST

START_TEST(the_answer_to_a_write_is_the_metadata_after_it)
{
    ask("POST", "/add_users", "{\"id\":1,\"name\":\"b\",\"age\":2}");
    ck_assert_uint_eq(reply.status, 200);
    ck_assert_str_eq(reply.content_type, "application/json");
    expect_body("{\"name\":{\"0\":\"user1\",\"1\":\"b\",\"2\":\"user3\"},"
                "\"age\":{\"0\":\"24\",\"1\":\"2\",\"2\":\"18\"}}");
}
END_TEST

START_TEST(a_full_store_is_507_and_keeps_what_it_has)
{
    for (int i = 3; i < 5; i++) {
        char body[64];
        snprintf(body, sizeof body, "{\"id\":%d,\"name\":\"a\",\"age\":1}", i);
        ask("POST", "/add_users", body);
        ck_assert_uint_eq(reply.status, 200);
    }
    ask("POST", "/add_users", "{\"id\":5,\"name\":\"a\",\"age\":1}");
    ck_assert_uint_eq(reply.status, 507);
    expect_body("{\"detail\":\"Insufficient Storage\"}");
    ask("POST", "/add_users", "{\"id\":4,\"name\":\"b\",\"age\":1}");
    ck_assert_uint_eq(reply.status, 200);
    ask("GET", "/users_name/0", NULL);
    expect_body("\"user1\"");
}
END_TEST

START_TEST(test_endpoints_are_there_only_when_asked_for)
{
    ck_assert_str_eq(ask("GET", "/delay/5", NULL), ROUTER_NO_ROUTE);
    service.has_test_endpoints = true;
    ck_assert_str_eq(ask("GET", "/delay/5", NULL), "/delay/{ms}");
    ck_assert_uint_eq(reply.delay_ns, 5000000);
    ask("GET", "/delay/x", NULL);
    ck_assert_uint_eq(reply.status, 422);
    ask("GET", "/status/503", NULL);
    ck_assert_uint_eq(reply.status, 503);
    ask("GET", "/status/199", NULL);
    ck_assert_uint_eq(reply.status, 422);
    ask("GET", "/bytes/7", NULL);
    expect_body("xxxxxxx");
    ask("GET", "/bytes/0", NULL);
    expect_body("");
}
END_TEST

static const struct {
    const char *body;
    const char *answer;
} forms[] = {
    {"deviceid=d-1&timestamp=2018-05-01+10%3A20", "device: d-1, timestamp: 2018-05-01 10:20\n"},
    {"timestamp=%&x&=&deviceid=a=b&deviceid", "device: , timestamp: %\n"},
    {"timestamp=1&device%69d=%41+", "device: A , timestamp: 1\n"},
    {"{\"deviceid\":1}", "device: , timestamp: \n"},
    {"", "device: , timestamp: \n"},
};

START_TEST(the_sample_webapp_reads_forms)
{
    char expected[128];
    service.is_sample_webapp = true;
    ck_assert_str_eq(ask("POST", "/metrics", forms[_i].body), "/metrics");
    ck_assert_uint_eq(reply.status, 200);
    ck_assert_str_eq(reply.content_type, "text/plain");
    snprintf(expected, sizeof expected, "/metrics - %s", forms[_i].answer);
    expect_body(expected);
}
END_TEST

START_TEST(the_sample_webapp_replaces_the_users)
{
    ck_assert_str_eq(ask("POST", "/login", "deviceid=1"), ROUTER_NO_ROUTE);
    service.is_sample_webapp = true;
    ck_assert_str_eq(ask("POST", "/login", "deviceid=1"), "/login");
    expect_body("/login - device: 1\n");
    ck_assert_str_eq(ask("GET", "/", NULL), "/");
    ck_assert_str_eq(reply.content_type, "text/plain");
    expect_body("Welcome to the \"Distributed Load Testing Using Kubernetes\" sample web app\n");
    ask("GET", "/login", NULL);
    ck_assert_uint_eq(reply.status, 405);
    ck_assert_str_eq(reply.allow, "POST");
    ck_assert_str_eq(ask("GET", "/health", NULL), ROUTER_NO_ROUTE);
    ck_assert_uint_eq(reply.status, 404);
}
END_TEST

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

START_TEST(work_burns_what_was_asked_for)
{
    service.has_test_endpoints = true;
    uint64_t start = cpu_ns();
    ask("GET", "/work/20000", NULL);
    uint64_t used = cpu_ns() - start;
    ck_assert_uint_eq(reply.status, 200);
    ck_assert_uint_ge(used, 20000000);
    ck_assert_uint_le(used, 30000000);
}
END_TEST

static void expect_line(const struct metrics *metrics, const char *line)
{
    struct printed printed = {0};
    metrics_write(metrics, router_label, printed_open(&printed));
    ck_assert_msg(strstr(printed_close(&printed), line) != NULL, "no line %s in:\n%s", line,
                  printed.text);
    printed_free(&printed);
}

START_TEST(metrics_count_by_template_method_and_code)
{
    struct metrics *metrics = metrics_create(1, router_count(), NULL);
    struct metrics_shard *shard = metrics_own_shard(metrics);
    static const struct {
        const char *method, *uri;
    } asked[] = {
        {"GET", "/users_name/1"}, {"GET", "/users_name/2/"}, {"GET", "/users_name/77"},
        {"GET", "/nope"},         {"GET", "/nope/either"},   {"POST", "/health"},
        {"BREW", "/health"},      {"get", "/health"},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        ask(asked[i].method, asked[i].uri, NULL);
        metrics_begin(shard);
        metrics_count(shard, route, asked[i].method, reply.status, i * 60000);
        if (i > 0) {
            metrics_end(shard);
        }
    }
    expect_line(metrics, "# HELP http_requests_total ");
    expect_line(metrics, "\n# TYPE http_requests_total counter\n");
    expect_line(metrics, "\nhttp_requests_total{route=\"/users_name/{users_id}\",method=\"GET\","
                         "code=\"200\"} 2\n");
    expect_line(metrics, "{route=\"/users_name/{users_id}\",method=\"GET\",code=\"404\"} 1\n");
    expect_line(metrics, "{route=\"unmatched\",method=\"GET\",code=\"404\"} 2\n");
    expect_line(metrics, "{route=\"/health\",method=\"POST\",code=\"405\"} 1\n");
    expect_line(metrics, "{route=\"/health\",method=\"other\",code=\"405\"} 2\n");
    metrics_count_rejected(shard, 431);
    expect_line(metrics, "{route=\"unmatched\",method=\"other\",code=\"431\"} 1\n");
    expect_line(metrics, "\n# TYPE http_request_duration_seconds histogram\n");
    static const char *const latencies[] = {
        "_bucket{route=\"/health\",le=\"0.00025\"} 0", "_bucket{route=\"/health\",le=\"0.0005\"} 3",
        "_bucket{route=\"/health\",le=\"+Inf\"} 3", "_sum{route=\"/health\"} 0.001080000",
        "_count{route=\"/health\"} 3"};
    for (size_t i = 0; i < sizeof latencies / sizeof latencies[0]; i++) {
        expect_line(metrics, latencies[i]);
    }
    expect_line(metrics, "\nhttp_requests_in_flight 1\n");
    metrics_destroy(metrics);
}
END_TEST

Suite *router_suite(void);
Suite *router_suite(void)
{
    Suite *suite = suite_create("router");
    TCase *tests = tcase_create("router");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_path_finds_its_route, 0, sizeof paths / sizeof paths[0]);
    tcase_add_test(tests, another_method_is_refused_and_told_which);
    tcase_add_test(tests, no_other_answer_has_an_allow_header);
    tcase_add_test(tests, a_body_beyond_the_limit_is_413_and_stores_nothing);
    tcase_add_test(tests, a_full_store_is_507_and_keeps_what_it_has);
    tcase_add_test(tests, test_endpoints_are_there_only_when_asked_for);
    tcase_add_loop_test(tests, the_sample_webapp_reads_forms, 0, sizeof forms / sizeof forms[0]);
    tcase_add_test(tests, the_sample_webapp_replaces_the_users);
    tcase_add_test(tests, work_burns_what_was_asked_for);
    tcase_add_test(tests, the_body_of_another_method_does_not_matter);
    tcase_add_test(tests, the_answer_to_a_write_is_the_metadata_after_it);
    tcase_add_test(tests, metrics_count_by_template_method_and_code);
    suite_add_tcase(suite, tests);
    return suite;
}
