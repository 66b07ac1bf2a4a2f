/* The known word that is most similar to an unknown one. */
#include <check.h>
#include <string.h>

#include "common/nearest.h"

static const char *at(const void *list, size_t i)
{
    return ((const char *const *)list)[i];
}

#define LONG "https://an-api.example/with/a/path/of/more/than/63/bytes/and/a/query?a=b"

START_TEST(a_prefix_comes_first_then_the_least_distance)
{
    static const char *const words[] = {"rate", "duration", "redirects", NULL};
    ck_assert_str_eq(nearest_find("dur", at, words), "duration");
    ck_assert_str_eq(nearest_find("re", at, words), "redirects");
    ck_assert_str_eq(nearest_find("rat", at, words), "rate");
    ck_assert_str_eq(nearest_find("durations", at, words), "duration");
    ck_assert_str_eq(nearest_find("", at, words), "rate");
    ck_assert_ptr_null(nearest_find("rate", at, words + 3));
}
END_TEST

START_TEST(long_words_are_known_too)
{
    static const char *const words[] = {LONG, "duration", NULL};
    static const char *const only[] = {LONG, NULL};
    ck_assert_str_eq(nearest_find("dur", at, words), "duration");
    ck_assert_str_eq(nearest_find("durations", at, words), "duration");
    ck_assert_str_eq(nearest_find("https://an-api", at, words), LONG);
    ck_assert_str_eq(nearest_find("x", at, only), LONG);
}
END_TEST

START_TEST(a_slip_is_told_from_another_word)
{
    static const char *const slips[][2] = {
        {"wiat", "wait"},         {"hots", "host"},
        {"nme", "name"},          {"waitt", "wait"},
        {"on_strat", "on_start"}, {"wieght", "weight"},
        {"heaers", "headers"},    {"fixedcount", "fixed_count"},
        {"bastract", "abstract"},
    };
    static const char *const others[][2] = {
        {"cart", "wait"},       {"page", "name"},      {"cost", "host"},
        {"hosts", "host"},      {"", "name"},          {"na", "name"},
        {"on_end", "on_start"}, {"start", "on_start"}, {"a" LONG, "on_start"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        ck_assert_msg(nearest_is_slip(slips[i][0], slips[i][1]), "%s", slips[i][0]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ck_assert_msg(!nearest_is_slip(others[i][0], others[i][1]), "%s", others[i][0]);
    }
}
END_TEST

Suite *nearest_suite(void);
Suite *nearest_suite(void)
{
    Suite *suite = suite_create("nearest");
    TCase *tests = tcase_create("nearest");
    tcase_add_test(tests, a_prefix_comes_first_then_the_least_distance);
    tcase_add_test(tests, long_words_are_known_too);
    tcase_add_test(tests, a_slip_is_told_from_another_word);
    suite_add_tcase(suite, tests);
    return suite;
}
