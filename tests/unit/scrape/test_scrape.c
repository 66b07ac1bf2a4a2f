/*
 * Readings of real servers: several addresses, and pages that are late, large, or something else.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/scrape/scrape.h"
#include "tests/support/measurement.h"
#include "tests/support/script_server.h"

enum { SERVERS = 3 };

/* Not in a constant, so that each server can have its own count. */
#define PAGE(count) "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\nhttp_requests_total " count "\n"

static const struct script_step hundred = {.raw = PAGE("100")};
static const struct script_step two_hundred = {.raw = PAGE("200")};
static const struct script_step missing = {.status = 404, .body_bytes = 10};
static const struct script_step silent = {.end = SCRIPT_SILENCE};
static const struct script_step slow = {.body_bytes = 1000, .pause_ms = 500};
static const struct script_step large = {.body_bytes = FETCH_BYTES_MAX + 1};
static const struct script_step letters = {.body_bytes = 100};
static const struct script_step cut = {.body_bytes = 100, .end = SCRIPT_RESET, .cut_at = 50};

static struct script scripts[SERVERS];
static struct script_server *servers[SERVERS];
static struct connect_to rules[SERVERS];
static struct scrape_urls urls;
static struct scrape scrape;
static struct err err;

static void setup(void)
{
    memset(servers, 0, sizeof servers);
    urls = (struct scrape_urls){0};
    scrape = (struct scrape){0};
    err = (struct err){.code = ERR_NONE};
}

static void teardown(void)
{
    for (int i = 0; i < SERVERS; i++) {
        if (servers[i]) {
            script_server_stop(servers[i]);
        }
    }
    scrape_free(&scrape);
}

/* Server i is one of the addresses of http://pods:5001/. */
static void serve(int i, const struct script_step *step)
{
    scripts[i] = (struct script){.steps = step, .step_count = 1};
    servers[i] = script_server_start(&scripts[i], &err);
    ck_assert_msg(servers[i] != NULL, "%s", err.text);
    rules[i] = (struct connect_to){.from_host = "pods",
                                   .to_host = "127.0.0.1",
                                   .from_port = 5001,
                                   .to_port = script_server_port(servers[i])};
}

static uint64_t take(size_t rule_count, int stop_fd)
{
    struct plan plan = measurement_open_loop;
    uint64_t begin_ns = clock_now_ns();
    plan.connect_to = rules;
    plan.connect_to_count = rule_count;
    if (urls.count == 0) {
        ck_assert(scrape_add_url(&urls, "http://pods:5001/metrics", &err));
    }
    ck_assert_msg(scrape_take(&scrape, &urls, &plan, stop_fd, &err), "%s", err.text);
    return clock_now_ns() - begin_ns;
}

static const struct scrape_pod *pod_of(int server)
{
    char address[ADDRESS_TEXT];
    snprintf(address, sizeof address, "127.0.0.1:%u",
             (unsigned)script_server_port(servers[server]));
    for (size_t i = 0; i < scrape.count; i++) {
        if (strcmp(scrape.pods[i].address, address) == 0) {
            return &scrape.pods[i];
        }
    }
    ck_abort_msg("no pod at %s", address);
}

static void expect_served(int server, double served)
{
    const struct scrape_pod *pod = pod_of(server);
    ck_assert_str_eq(pod->problem, "");
    ck_assert(pod->reading.has[READING_SERVED]);
    ck_assert_double_eq(pod->reading.values[READING_SERVED], served);
}

START_TEST(every_address_is_read)
{
    serve(0, &hundred);
    serve(1, &two_hundred);
    take(2, -1);
    ck_assert_uint_eq(scrape.count, 2);
    ck_assert_uint_eq(scrape.read, 2);
    expect_served(0, 100);
    expect_served(1, 200);
    ck_assert_ptr_null(scrape_find_unread(&scrape));
}
END_TEST

START_TEST(urls_add_up)
{
    char url[64];
    serve(0, &hundred);
    serve(1, &two_hundred);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)script_server_port(servers[1]));
    ck_assert(scrape_add_url(&urls, "http://pods:5001/metrics", &err));
    ck_assert(scrape_add_url(&urls, url, &err));
    take(1, -1);
    ck_assert_uint_eq(scrape.count, 2);
    expect_served(0, 100);
    expect_served(1, 200);
}
END_TEST

static const struct {
    const struct script_step *step;
    const char *problem;
} bad[] = {
    {&missing, "answered with status 404"},
    {&silent, "no complete response in time"},
    {&slow, "no complete response in time"},
    {&large, "the metrics page is larger than 4 MiB"},
    {&letters, "line 1 is not in Prometheus' text format"},
    {&cut, "Failure when receiving data from the peer"},
};

/* The others are read all the same, and in time. */
START_TEST(a_bad_page_spoils_only_itself)
{
    serve(0, &hundred);
    serve(1, bad[_i].step);
    serve(2, &two_hundred);
    uint64_t took_ns = take(3, -1);
    ck_assert_uint_eq(scrape.count, 3);
    ck_assert_uint_eq(scrape.read, 2);
    expect_served(0, 100);
    expect_served(2, 200);
    ck_assert_str_eq(pod_of(1)->problem, bad[_i].problem);
    ck_assert_ptr_eq(scrape_find_unread(&scrape), pod_of(1));
    ck_assert_uint_lt(took_ns, SCRAPE_NAMES_NS + SCRAPE_PAGES_NS + 5 * NS_PER_S);
}
END_TEST

START_TEST(nobody_listens)
{
    serve(0, &hundred);
    script_server_stop(servers[0]);
    servers[0] = NULL;
    take(1, -1);
    ck_assert_uint_eq(scrape.count, 1);
    ck_assert_uint_eq(scrape.read, 0);
    ck_assert_str_eq(scrape.pods[0].problem, "Couldn't connect to server");
}
END_TEST

START_TEST(a_stop_ends_it)
{
    int ends[2];
    serve(0, &silent);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    take(1, ends[0]);
    ck_assert_str_eq(scrape.pods[0].problem, "interrupted");
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(urls_that_are_none)
{
    ck_assert(!scrape_add_url(&urls, "ftp://pods/metrics", &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    err = (struct err){.code = ERR_NONE};
    urls.count = SCRAPE_URLS_MAX;
    ck_assert(!scrape_add_url(&urls, "http://pods/metrics", &err));
    ck_assert_str_eq(err.text, "at most 64 URLs");
}
END_TEST

Suite *scrape_suite(void);
Suite *scrape_suite(void)
{
    Suite *suite = suite_create("scrape");
    TCase *tcase = tcase_create("scrape");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_address_is_read);
    tcase_add_test(tcase, urls_add_up);
    tcase_add_loop_test(tcase, a_bad_page_spoils_only_itself, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tcase, nobody_listens);
    tcase_add_test(tcase, a_stop_ends_it);
    tcase_add_test(tcase, urls_that_are_none);
    suite_add_tcase(suite, tcase);
    return suite;
}
