/* A watch of a real server. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loadgen/scrape/scrape.h"
#include "loadgen/scrape/watch.h"
#include "tests/support/measurement.h"
#include "tests/support/script_server.h"

/* cpu_s has four characters. */
#define PAGE(cpu_s)                                                                                \
    "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\nprocess_cpu_seconds_total " cpu_s "\n"

/* 250 ms of CPU time until the second scrape, then none. */
static const struct script_step growing[] = {
    {.raw = PAGE("1.00")}, {.raw = PAGE("1.25")}, {.raw = PAGE("1.25")}};
static const struct script_step silent = {.end = SCRIPT_SILENCE};

static struct script script;
static struct script_server *server;
static struct scrape_urls urls;
static char url[64];
static struct watch *watch;
static struct target_load load;
static struct err err;

static void setup(void)
{
    urls = (struct scrape_urls){0};
    err = (struct err){.code = ERR_NONE};
}

static void start(const struct script_step *steps, size_t count)
{
    script = (struct script){.steps = steps, .step_count = count, .loop_from = count - 1};
    server = script_server_start(&script, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/metrics", (unsigned)script_server_port(server));
    ck_assert(scrape_add_url(&urls, url, &err));
    watch = watch_start(&urls, &measurement_open_loop, &err);
    ck_assert_msg(watch != NULL, "%s", err.text);
}

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * (long)NS_PER_MS};
    nanosleep(&time, NULL);
}

START_TEST(sums_grow_while_it_watches)
{
    start(growing, 3);
    for (int i = 0; i < 300 && load.sums.cpu_known_ns == 0; i++) {
        pause_ms(50);
        watch_read(watch, &load);
    }
    watch_stop(watch);
    ck_assert_uint_eq(load.sums.cpu_ns, 250 * NS_PER_MS);
    ck_assert_uint_gt(load.sums.cpu_known_ns, 400 * NS_PER_MS);
    ck_assert_uint_eq(load.pods, 1);
    ck_assert_str_eq(load.problem, "");
    struct script_counts counts = script_server_stop(server);
    ck_assert_uint_ge(counts.requests, 2);
}
END_TEST

/* Neither a reading nor the end waits for a pod that does not answer. */
START_TEST(nobody_waits_for_a_silent_pod)
{
    start(&silent, 1);
    pause_ms(100);
    uint64_t begin_ns = clock_now_ns();
    watch_read(watch, &load);
    ck_assert_uint_eq(load.pods, 0);
    watch_stop(watch);
    ck_assert_uint_lt(clock_now_ns() - begin_ns, NS_PER_S);
    script_server_stop(server);
}
END_TEST

START_TEST(a_silent_pod_is_named)
{
    start(&silent, 1);
    for (int i = 0; i < 300 && load.pods == 0; i++) {
        pause_ms(50);
        watch_read(watch, &load);
    }
    watch_stop(watch);
    ck_assert_uint_eq(load.read, 0);
    ck_assert_msg(strstr(load.problem, "127.0.0.1:") &&
                      strstr(load.problem, "no complete response"),
                  "%s", load.problem);
    script_server_stop(server);
}
END_TEST

START_TEST(nothing_to_stop)
{
    watch_stop(NULL);
}
END_TEST

/* In ms: the last reading, the end of the last scrape, the begin of the next one. */
static const struct {
    uint64_t read, now, due;
} cases[] = {
    {1000, 1100, 1700}, {1000, 1500, 1700},  {1000, 1501, 2700},
    {1000, 1720, 2700}, {2000, 1720, 2700},  {1000, 9000, 9700},
    {1000, 9500, 9700}, {1000, 9501, 10700}, {1000, 2500, 2700},
};

START_TEST(a_scrape_precedes_the_next_reading)
{
    uint64_t due_ns = watch_due_ns(cases[_i].read * NS_PER_MS, cases[_i].now * NS_PER_MS);
    ck_assert_uint_eq(due_ns, cases[_i].due * NS_PER_MS);
}
END_TEST

Suite *watch_suite(void);
Suite *watch_suite(void)
{
    Suite *suite = suite_create("watch");
    TCase *tests = tcase_create("watch");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, sums_grow_while_it_watches);
    tcase_add_test(tests, nobody_waits_for_a_silent_pod);
    tcase_add_test(tests, a_silent_pod_is_named);
    tcase_add_test(tests, nothing_to_stop);
    tcase_add_loop_test(tests, a_scrape_precedes_the_next_reading, 0,
                        sizeof cases / sizeof cases[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
