/* Not under tsan: one thread. */
#include <check.h>

#include "common/clock.h"
#include "loadgen/verdict/hopeless.h"
#include "loadgen/verdict/judge.h"
#include "tests/support/judged.h"
#include "tests/support/random.h"

static struct summary *summary;
static struct slo *slo;

static void setup(void)
{
    summary = judged_create();
    slo = NULL;
}

static void teardown(void)
{
    slo_destroy(slo);
    summary_destroy(summary);
}

/* How it stands when this much of a run of `intended` is over. */
static bool is_hopeless(const char *text, uint64_t intended)
{
    static const uint64_t shares[ROWS_ALL] = {100, 900};
    slo_destroy(slo);
    slo = slo_parse(text, NULL);
    const struct slo_progress progress = {summary->tally, &summary->rows, intended,
                                          intended ? shares : NULL};
    return slo_find_hopeless(slo, &progress) != NULL;
}

START_TEST(a_percentile_is_lost_when_too_many_of_all_are_over)
{
    judged_add(summary, 10, 0, 200, NS_PER_S);
    ck_assert(!is_hopeless("p99<20ms", 1000));
    judged_add(summary, 1, 0, 0, NS_PER_MS);
    ck_assert(is_hopeless("p99<20ms", 1000));
    ck_assert(is_hopeless("errors<1%,p99<20ms", 1000));
    ck_assert(!is_hopeless("p99<20ms", 1100));
    ck_assert(!is_hopeless("p98.9<20ms", 1000));
    ck_assert(!is_hopeless("p99<2s", 1000));
    ck_assert(!is_hopeless("p99<20ms", 0)); /* without an end there is always hope */
    ck_assert(is_hopeless("a:p90<20ms", 1000));
    ck_assert(!is_hopeless("a:p89<20ms", 1000));
    ck_assert(!is_hopeless("b:p99.9<1ns", 1000));
    ck_assert(!is_hopeless("c:p99<1ns", 1000));
}
END_TEST

START_TEST(the_others_are_lost_when_they_are)
{
    judged_add(summary, 2, 0, 500, NS_PER_S);
    ck_assert(!is_hopeless("errors<0.3%", 1000));
    ck_assert(is_hopeless("errors<0.2%", 1000));
    ck_assert(!is_hopeless("errors<=0.2%", 1000));
    ck_assert(!is_hopeless("errors<0.2%", 0));
    ck_assert(!is_hopeless("mean<=2ms", 1000));
    ck_assert(is_hopeless("mean<2ms", 1000));
    ck_assert(!is_hopeless("mean<2ms", 0));
    ck_assert(!is_hopeless("max<=1s", 0));
    ck_assert(is_hopeless("max<1s", 0));
    ck_assert(!is_hopeless("rate>=100%,throughput>=1000000", 1000));
    judged_add(summary, 1, 0, 0, NS_PER_MS);
    ck_assert(is_hopeless("mean<1h", 0));
    ck_assert(is_hopeless("max<1h", 0));
}
END_TEST

/* Whatever comes after it was given up, it is missed at the end. */
START_TEST(what_is_hopeless_is_missed_at_the_end)
{
    enum { RUNS = 300, INTENDED = 400 };
    static const char *const texts[] = {"p99<20ms",  "p50<=10ms",  "mean<10ms",   "max<=20ms",
                                        "errors<3%", "a:p90<15ms", "b:errors<=2%"};
    struct random chance = random_seeded(5);
    unsigned given_up = 0;
    for (unsigned i = 0; i < RUNS; i++) {
        const char *text = texts[i % (sizeof texts / sizeof texts[0])];
        bool is_lost = false;
        judged_clear(summary);
        slo_destroy(slo);
        slo = slo_parse(text, NULL);
        uint64_t shares[ROWS_ALL] = {INTENDED / 2, INTENDED / 2};
        const struct slo_progress progress = {summary->tally, &summary->rows, INTENDED, shares};
        unsigned bad = i % 9;
        for (unsigned k = 0; k < INTENDED; k++) {
            uint16_t code = random_below(&chance, 100) < bad ? 0 : 200;
            judged_add(summary, 1, k % 2, code, random_below(&chance, 26 * NS_PER_MS));
            is_lost = is_lost || slo_find_hopeless(slo, &progress) != NULL;
            if (k % 40 == 39 && is_lost) {
                ck_assert_msg(!slo_judge(slo, summary).is_met, "%s, run %u, k %u", text, i, k);
            }
        }
        given_up += is_lost;
    }
    ck_assert_uint_gt(given_up, RUNS / 10);
    ck_assert_uint_lt(given_up, RUNS);
}
END_TEST

Suite *slo_hopeless_suite(void);
Suite *slo_hopeless_suite(void)
{
    Suite *suite = suite_create("slo_hopeless");
    TCase *tests = tcase_create("slo_hopeless");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_percentile_is_lost_when_too_many_of_all_are_over);
    tcase_add_test(tests, the_others_are_lost_when_they_are);
    tcase_add_test(tests, what_is_hopeless_is_missed_at_the_end);
    suite_add_tcase(suite, tests);
    return suite;
}
