/* What a series of scrapes says about the CPU of a target. Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/scrape/meter.h"

enum { PODS = 3 };

static struct meter meter;
static struct scrape next; /* the scrape being made */

static void begin(double at_s)
{
    next = (struct scrape){.at_ns = (uint64_t)(at_s * (double)NS_PER_S)};
    next.pods = calloc(PODS, sizeof *next.pods);
    ck_assert_ptr_nonnull(next.pods);
}

static struct scrape_pod *add_pod(int number)
{
    struct scrape_pod *pod = &next.pods[next.count++];
    snprintf(pod->address, sizeof pod->address, "10.0.0.%d:5001", number);
    return pod;
}

static void set(struct scrape_pod *pod, enum reading_value value, double number)
{
    pod->reading.has[value] = true;
    pod->reading.values[value] = number;
}

static void read_pod(int number, double cpu_s, double throttled_s)
{
    struct scrape_pod *pod = add_pod(number);
    set(pod, READING_CPU_SECONDS, cpu_s);
    set(pod, READING_THROTTLED_SECONDS, throttled_s);
    set(pod, READING_CPU_LIMIT, 0.5);
    next.read++;
}

static void miss_pod(int number)
{
    strcpy(add_pod(number)->problem, "no answer");
}

static void end(void)
{
    meter_add(&meter, &next);
    ck_assert_ptr_null(next.pods); /* it was taken over */
}

static void expect(double known_s, double cpu_s, double throttled_s)
{
    const struct load_sums *sums = &meter.load.sums;
    ck_assert_double_eq_tol((double)sums->cpu_known_ns, known_s * 1e9, 1000);
    ck_assert_uint_eq(sums->throttled_known_ns, sums->cpu_known_ns);
    ck_assert_double_eq_tol((double)sums->cpu_ns, cpu_s * 1e9, 1000);
    ck_assert_double_eq_tol((double)sums->throttled_ns, throttled_s * 1e9, 1000);
}

static void setup(void)
{
    meter = (struct meter){0};
    begin(100);
    read_pod(1, 10, 1);
    read_pod(2, 20, 2);
    end();
}

static void teardown(void)
{
    meter_fini(&meter);
}

START_TEST(pods_add_up)
{
    expect(0, 0, 0);
    begin(101);
    read_pod(2, 20.3, 2.5);
    read_pod(1, 10.2, 1);
    end();
    expect(1, 0.5, 0.5);
    ck_assert(meter.load.has_cpu);
    ck_assert_double_eq_tol(meter.load.cpu_limit, 1, 1e-9);
    ck_assert_uint_eq(meter.load.pods, 2);
    ck_assert_uint_eq(meter.load.read, 2);
    ck_assert_str_eq(meter.load.problem, "");
}
END_TEST

START_TEST(a_restart_counts_from_its_start)
{
    begin(101);
    read_pod(1, 0.1, 1.25); /* its cgroup is the same one */
    read_pod(2, 20.3, 2);
    end();
    expect(1, 0.4, 0.25);
    ck_assert_uint_eq(meter.load.restarts, 1);
}
END_TEST

/* As of a search, which reads before each trial and after it. */
START_TEST(rare_scrapes_count_all_time)
{
    meter.is_rare = true;
    begin(160);
    read_pod(1, 30, 1);
    read_pod(2, 40, 2.5);
    end();
    expect(60, 40, 0.5);
    begin(220);
    read_pod(1, 31, 1);
    miss_pod(2);
    end();
    expect(60, 40, 0.5);
    begin(280);
    read_pod(1, 32, 1);
    read_pod(2, 44, 2.5);
    end();
    expect(180, 46, 0.5);
}
END_TEST

START_TEST(a_pod_that_is_late_delays_the_sums)
{
    begin(101);
    read_pod(1, 10.2, 1);
    miss_pod(2);
    end();
    expect(0, 0, 0);
    ck_assert_uint_eq(meter.load.read, 1);
    ck_assert_str_eq(meter.load.problem, "10.0.0.2:5001: no answer");
    ck_assert_double_eq_tol(meter.load.cpu_limit, 1, 1e-9); /* still that of both */
    begin(102);
    read_pod(1, 10.4, 1);
    read_pod(2, 20.6, 2);
    end();
    expect(2, 1, 0);
    ck_assert_str_eq(meter.load.problem, "");
}
END_TEST

/* The others go on, and the time until then is left out. */
START_TEST(a_pod_that_stays_away_is_given_up)
{
    for (int s = 1; s <= 12; s++) {
        begin(100 + s);
        read_pod(1, 10 + s, 1);
        miss_pod(2);
        end();
        expect(s > 11 ? s - 11 : 0, s > 11 ? s - 11 : 0, 0);
    }
    begin(113);
    read_pod(1, 23, 1);
    read_pod(2, 21, 2);
    end();
    expect(2, 2, 0);
    begin(114);
    read_pod(1, 24, 1);
    read_pod(2, 21.5, 2);
    end();
    expect(3, 3.5, 0);
}
END_TEST

START_TEST(pods_come_and_go)
{
    begin(101);
    read_pod(1, 10.2, 1);
    read_pod(3, 7, 1);
    end();
    expect(1, 0.2, 0);
    begin(102);
    read_pod(3, 7.5, 1.5);
    end();
    expect(2, 0.7, 0.5);
    ck_assert_uint_eq(meter.load.restarts, 0);
}
END_TEST

START_TEST(what_is_not_reported_is_not_known)
{
    begin(101);
    set(add_pod(1), READING_SERVED, 7);
    next.read++;
    end();
    expect(0, 0, 0);
    ck_assert(!meter.load.has_cpu);
    ck_assert_double_eq(meter.load.cpu_limit, 0);
    ck_assert_uint_eq(meter.load.read, 1);
    begin(102);
    miss_pod(1);
    end();
    ck_assert_double_eq(meter.load.cpu_limit, 0);
    ck_assert_uint_eq(meter.load.read, 0);
}
END_TEST

START_TEST(throttled_time_may_be_all_that_is_known)
{
    meter_fini(&meter);
    meter = (struct meter){0};
    for (int i = 0; i < 2; i++) {
        begin(100 + i);
        set(add_pod(1), READING_THROTTLED_SECONDS, 5 + i);
        next.read++;
        end();
    }
    ck_assert_uint_eq(meter.load.sums.cpu_known_ns, 0);
    ck_assert_uint_eq(meter.load.sums.throttled_known_ns, NS_PER_S);
    ck_assert_uint_eq(meter.load.sums.throttled_ns, NS_PER_S);
}
END_TEST

/* The target died and came back: the pause is not known, but the restart is. */
START_TEST(a_long_pause_is_left_out)
{
    begin(105);
    miss_pod(1);
    miss_pod(2);
    end();
    begin(120);
    read_pod(1, 0.5, 0);
    read_pod(2, 0.5, 0);
    end();
    expect(0, 0, 0);
    ck_assert_uint_eq(meter.load.restarts, 2);
    begin(121);
    read_pod(1, 0.6, 0);
    read_pod(2, 0.8, 0);
    end();
    expect(1, 0.4, 0);
}
END_TEST

Suite *meter_suite(void);
Suite *meter_suite(void)
{
    Suite *suite = suite_create("meter");
    TCase *tests = tcase_create("meter");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, pods_add_up);
    tcase_add_test(tests, a_restart_counts_from_its_start);
    tcase_add_test(tests, rare_scrapes_count_all_time);
    tcase_add_test(tests, a_pod_that_is_late_delays_the_sums);
    tcase_add_test(tests, a_pod_that_stays_away_is_given_up);
    tcase_add_test(tests, pods_come_and_go);
    tcase_add_test(tests, what_is_not_reported_is_not_known);
    tcase_add_test(tests, throttled_time_may_be_all_that_is_known);
    tcase_add_test(tests, a_long_pause_is_left_out);
    suite_add_tcase(suite, tests);
    return suite;
}
