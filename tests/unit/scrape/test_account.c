/* What two readings say about the load between them. */
#include <check.h>
#include <string.h>

#include "loadgen/scrape/account.h"
#include "tests/support/printed.h"

enum { PODS = 3 };

static struct scrape before, after;
static struct scrape_pod pods[2][PODS];
static json_t *account;

static void fill(struct scrape *scrape, struct scrape_pod *list, uint64_t at_ns)
{
    memset(list, 0, PODS * sizeof *list);
    *scrape = (struct scrape){.pods = list, .count = PODS, .read = PODS, .at_ns = at_ns};
    for (int i = 0; i < PODS; i++) {
        snprintf(list[i].address, sizeof list[i].address, "10.0.0.%d:5001", i + 1);
    }
}

static void setup(void)
{
    fill(&before, pods[0], NS_PER_S);
    fill(&after, pods[1], 6 * NS_PER_S);
    account = NULL;
}

static void teardown(void)
{
    json_decref(account);
}

static void set(struct scrape *scrape, int pod, enum reading_value value, double number)
{
    scrape->pods[pod].reading.has[value] = true;
    scrape->pods[pod].reading.values[value] = number;
}

/* Each pod had served 100 before, with 1 s of CPU time; now so many more, at 2 ms each. */
static void serve(int a, int b, int c)
{
    const int served[PODS] = {a, b, c};
    for (int i = 0; i < PODS; i++) {
        set(&before, i, READING_SERVED, 100);
        set(&after, i, READING_SERVED, 100 + served[i]);
        set(&before, i, READING_CPU_SECONDS, 1);
        set(&after, i, READING_CPU_SECONDS, 1 + 0.002 * served[i]);
    }
}

static void make(uint64_t answered, uint64_t tried)
{
    account = account_make(&before, &after, &(struct account_sent){answered, tried});
    ck_assert_ptr_nonnull(account);
}

static void expect_remark(const char *text)
{
    const json_t *remarks = json_object_get(account, "remarks");
    ck_assert_uint_eq(json_array_size(remarks), text ? 1 : 0);
    if (text) {
        ck_assert_str_eq(json_string_value(json_array_get(remarks, 0)), text);
    }
}

static json_t *pod_at(size_t i)
{
    return json_array_get(json_object_get(account, "pods"), i);
}

START_TEST(an_even_load)
{
    serve(100, 100, 100);
    make(300, 300);
    expect_remark(NULL);
    ck_assert_int_eq(json_integer_value(json_object_get(account, "served")), 300);
    ck_assert_double_eq_tol(json_number_value(json_object_get(account, "cpu_seconds_per_request")),
                            0.002, 1e-9);
    ck_assert_double_eq_tol(json_number_value(json_object_get(account, "seconds")), 5, 1e-9);
    ck_assert_double_eq_tol(json_number_value(json_object_get(pod_at(1), "share")), 1.0 / 3, 1e-9);
    ck_assert(json_is_null(json_object_get(account, "throttled_seconds")));
    ck_assert_uint_eq(account_count_servers(account), 3);
}
END_TEST

START_TEST(one_pod_did_the_work_of_three)
{
    serve(300, 0, 0);
    make(300, 300);
    expect_remark("The load was uneven: of 3 pods, 10.0.0.1:5001 served 100% of the requests. With "
                  "an even load, the 3 pods may sustain more.");
    ck_assert_uint_eq(account_count_servers(account), 1);
}
END_TEST

START_TEST(a_small_difference_is_no_remark)
{
    serve(140, 80, 80);
    make(300, 300);
    expect_remark(NULL);
}
END_TEST

START_TEST(served_is_between_answered_and_tried)
{
    serve(100, 100, 100);
    make(290, 310);
    expect_remark(NULL);
}
END_TEST

START_TEST(more_was_answered_than_served)
{
    serve(100, 100, 100);
    make(301, 310);
    expect_remark("301 requests were answered, but the pods served only 300: the metrics of a pod "
                  "are missing, or an intermediary answered.");
}
END_TEST

START_TEST(more_was_served_than_sent)
{
    serve(100, 100, 100);
    make(290, 299);
    expect_remark(
        "The pods served 300 requests, but only 299 were sent: other clients also sent requests.");
}
END_TEST

START_TEST(a_restart_counts_from_its_start)
{
    serve(100, 100, 100);
    set(&before, 0, READING_START_SECONDS, 1000);
    set(&after, 0, READING_START_SECONDS, 1010);
    set(&after, 0, READING_SERVED, 90);
    make(300, 300);
    expect_remark("1 of 3 pods restarted.");
    ck_assert_int_eq(json_integer_value(json_object_get(pod_at(0), "served")), 90);
    ck_assert(json_is_true(json_object_get(pod_at(0), "restarted")));
    ck_assert_int_eq(json_integer_value(json_object_get(account, "restarts")), 1);
}
END_TEST

START_TEST(a_pod_that_cannot_be_read)
{
    serve(100, 100, 100);
    strcpy(after.pods[2].problem, "no complete response in time");
    make(300, 300);
    expect_remark(
        "The metrics of 1 of 3 pods could not be read (10.0.0.3:5001: no complete response "
        "in time).");
    ck_assert_int_eq(json_integer_value(json_object_get(account, "served")), 200);
    ck_assert(json_is_null(json_object_get(pod_at(2), "served")));
}
END_TEST

START_TEST(a_pod_that_could_not_be_read_before)
{
    serve(100, 100, 100);
    strcpy(before.pods[2].problem, "refused");
    make(300, 300);
    expect_remark("The metrics of 1 of 3 pods could not be read (10.0.0.3:5001: refused).");
    ck_assert(json_is_null(json_object_get(pod_at(2), "served")));
}
END_TEST

START_TEST(pods_come_and_go)
{
    serve(100, 100, 100);
    strcpy(after.pods[2].address, "10.0.0.9:5001");
    set(&after, 2, READING_SERVED, 50);
    make(250, 300);
    expect_remark("1 pod has disappeared since the trial began.");
    ck_assert_int_eq(json_integer_value(json_object_get(pod_at(2), "served")), 50);
}
END_TEST

START_TEST(memory_ran_out)
{
    serve(100, 100, 100);
    set(&before, 1, READING_OOM_KILLS, 1);
    set(&after, 1, READING_OOM_KILLS, 3);
    set(&before, 1, READING_MEMORY_BYTES, 200);
    set(&after, 1, READING_MEMORY_BYTES, 100);
    make(300, 300);
    expect_remark("2 processes of the target were killed because the memory limit was reached.");
    ck_assert_int_eq(json_integer_value(json_object_get(account, "memory_bytes")), 200);
}
END_TEST

START_TEST(pages_without_counts)
{
    make(300, 300);
    expect_remark("The pods do not report how many requests they served; docs/capacity.md lists "
                  "the counters that loadgen reads.");
    ck_assert(json_is_null(json_object_get(account, "served")));
    ck_assert(json_is_null(json_object_get(pod_at(0), "share")));
    ck_assert_uint_eq(account_count_servers(account), 0);
}
END_TEST

static void expect_printed(const char *text)
{
    struct printed printed = {0};
    account_print(account, printed_open(&printed));
    ck_assert_msg(strstr(printed_close(&printed), text) != NULL, "\"%s\" is missing: %s", text,
                  printed.text);
    printed_free(&printed);
}

/* Only the container's own throttling can be seen. */
START_TEST(throttled_is_a_lower_bound)
{
    serve(100, 100, 100);
    for (int i = 0; i < PODS; i++) {
        set(&before, i, READING_THROTTLED_SECONDS, 1);
        set(&after, i, READING_THROTTLED_SECONDS, 1.5);
    }
    make(300, 300);
    expect_printed("[CPU per request, throttled, memory] 2ms, at least 1.5s, ");
    expect_printed("[share, served, CPU, throttled (lower bound), memory]");
}
END_TEST

START_TEST(not_throttled_needs_no_bound)
{
    serve(100, 100, 100);
    for (int i = 0; i < PODS; i++) {
        set(&before, i, READING_THROTTLED_SECONDS, 1);
        set(&after, i, READING_THROTTLED_SECONDS, 1);
    }
    make(300, 300);
    expect_printed("[CPU per request, throttled, memory] 2ms, 0s, ");
}
END_TEST

Suite *account_suite(void);
Suite *account_suite(void)
{
    Suite *suite = suite_create("account");
    TCase *tcase = tcase_create("account");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_even_load);
    tcase_add_test(tcase, one_pod_did_the_work_of_three);
    tcase_add_test(tcase, a_small_difference_is_no_remark);
    tcase_add_test(tcase, served_is_between_answered_and_tried);
    tcase_add_test(tcase, more_was_answered_than_served);
    tcase_add_test(tcase, more_was_served_than_sent);
    tcase_add_test(tcase, a_restart_counts_from_its_start);
    tcase_add_test(tcase, a_pod_that_cannot_be_read);
    tcase_add_test(tcase, a_pod_that_could_not_be_read_before);
    tcase_add_test(tcase, pods_come_and_go);
    tcase_add_test(tcase, memory_ran_out);
    tcase_add_test(tcase, pages_without_counts);
    tcase_add_test(tcase, throttled_is_a_lower_bound);
    tcase_add_test(tcase, not_throttled_needs_no_bound);
    suite_add_tcase(suite, tcase);
    return suite;
}
