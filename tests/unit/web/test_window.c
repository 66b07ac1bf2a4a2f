/* What limited the last ten seconds of a run. Not under tsan: one thread. */
#include <check.h>

#include "common/clock.h"
#include "loadgen/verdict/generator.h"
#include "loadgen/web/board/window.h"

static struct window window;
static struct tally *second_tally;
static struct generator generator; /* since the start */
static struct load_sums target;

static void setup(void)
{
    ck_assert(window_init(&window));
    window_clear(&window, &target);
    second_tally = tally_create(false, false);
    generator = (struct generator){.threads = 2, .cpu_limit = 2, .has_throttled = true};
}

static void teardown(void)
{
    window_fini(&window);
    tally_destroy(second_tally);
}

/* Seconds in which the generator used so much CPU time and was throttled for so long, and 100
 * requests were sent so late. */
static void pass(unsigned seconds, double cpu_s, double throttled_s, uint64_t lag_ns)
{
    for (unsigned i = 0; i < seconds; i++) {
        generator.wall_seconds += 1;
        generator.cpu_seconds += cpu_s;
        generator.throttled_seconds += throttled_s;
        tally_clear(second_tally);
        for (unsigned n = 0; n < 100; n++) {
            const struct result result = {
                .lag_ns = lag_ns, .service_ns = 300 * NS_PER_US, .code = 200};
            tally_add(second_tally, &result);
            histogram_record(&second_tally->loop, 5000 + lag_ns);
        }
        const struct second second = {.tally = second_tally, .generator = &generator};
        window_add(&window, &second, &target);
    }
}

static struct generator_verdict judge(void)
{
    return generator_judge(window_show(&window), NULL);
}

START_TEST(nothing_is_known_at_first)
{
    const struct summary *shown = window_show(&window);
    ck_assert_uint_eq(shown->tally->counters.ended, 0);
    ck_assert_int_eq(generator_judge(shown, NULL).class, GENERATOR_UNKNOWN);
}
END_TEST

/* The whole run was throttled for over 1% of the time until the end; the last ten seconds not. */
START_TEST(a_bad_start_is_forgotten)
{
    pass(1, 1.9, 0.5, 40 * NS_PER_MS);
    ck_assert_int_eq(judge().class, GENERATOR_LIMIT);
    pass(9, 0.1, 0, 40 * NS_PER_US);
    struct generator_verdict verdict = judge();
    ck_assert_uint_eq(verdict.signs, GENERATOR_THROTTLED | GENERATOR_LOOP);
    ck_assert_uint_gt(verdict.move_count, 0);
    pass(1, 0.1, 0, 40 * NS_PER_US);
    verdict = judge();
    ck_assert_int_eq(verdict.class, GENERATOR_CLEAN);
    ck_assert_double_eq_tol(verdict.cpu_share, 0.05, 1e-9);
    ck_assert_uint_eq(window_show(&window)->tally->counters.ended, 1000);
}
END_TEST

/* The whole run used 10% of its CPU. */
START_TEST(a_late_limit_is_seen)
{
    pass(200, 0.1, 0, 40 * NS_PER_US);
    ck_assert_int_eq(judge().class, GENERATOR_CLEAN);
    pass(9, 2, 0, 40 * NS_PER_US);
    struct generator_verdict verdict = judge();
    ck_assert_int_eq(verdict.class, GENERATOR_LIMIT);
    ck_assert_uint_eq(verdict.signs, GENERATOR_CPU);
    ck_assert_double_eq_tol(verdict.cpu_share, 0.905, 1e-9);
}
END_TEST

START_TEST(the_target_is_compared_with_ten_seconds_ago)
{
    for (unsigned i = 0; i < 15; i++) {
        target.cpu_known_ns += i < 7 ? NS_PER_S : 2 * NS_PER_S;
        target.cpu_ns += i < 7 ? 1000 : 3000;
        target.throttled_ns += i;
        pass(1, 0.1, 0, 0);
    }
    struct load_sums sums = window_target(&window);
    ck_assert_uint_eq(sums.cpu_known_ns, 18 * NS_PER_S);
    ck_assert_uint_eq(sums.cpu_ns, 2 * 1000 + 8 * 3000);
    ck_assert_uint_eq(sums.throttled_ns, 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14);
}
END_TEST

/* The next trial of a search counts from zero, but the target goes on. */
START_TEST(another_run_begins_anew)
{
    pass(20, 2, 1, NS_PER_MS);
    target = (struct load_sums){.cpu_known_ns = 5 * NS_PER_S, .cpu_ns = 1000};
    window_clear(&window, &target);
    generator = (struct generator){.threads = 2, .cpu_limit = 2};
    target.cpu_known_ns += NS_PER_S;
    target.cpu_ns += 7;
    pass(1, 0.1, 0, 0);
    ck_assert_int_eq(judge().class, GENERATOR_CLEAN);
    ck_assert_uint_eq(window_show(&window)->tally->counters.ended, 100);
    ck_assert_uint_eq(window_target(&window).cpu_known_ns, NS_PER_S);
    ck_assert_uint_eq(window_target(&window).cpu_ns, 7);
}
END_TEST

Suite *window_suite(void);
Suite *window_suite(void)
{
    Suite *suite = suite_create("window");
    TCase *tests = tcase_create("window");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_is_known_at_first);
    tcase_add_test(tests, a_bad_start_is_forgotten);
    tcase_add_test(tests, a_late_limit_is_seen);
    tcase_add_test(tests, the_target_is_compared_with_ten_seconds_ago);
    tcase_add_test(tests, another_run_begins_anew);
    suite_add_tcase(suite, tests);
    return suite;
}
