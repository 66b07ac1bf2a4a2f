#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/measure/text_pool.h"

static struct text_pool pool;

static void setup(void)
{
    text_pool_init(&pool);
}

static void teardown(void)
{
    text_pool_fini(&pool);
}

static const char *intern_number(size_t i)
{
    char text[32];
    snprintf(text, sizeof text, "text %zu", i);
    return text_pool_intern(&pool, text);
}

START_TEST(equal_texts_are_equal_pointers_and_others_are_not)
{
    char text[] = "404 Not Found";
    const char *kept = text_pool_intern(&pool, text);
    ck_assert_ptr_ne(kept, text);
    text[0] = '5';
    ck_assert_str_eq(kept, "404 Not Found");
    ck_assert_ptr_eq(text_pool_intern(&pool, "404 Not Found"), kept);
    ck_assert_ptr_ne(text_pool_intern(&pool, text), kept);
    ck_assert_ptr_ne(text_pool_intern(&pool, "404 Not"), kept);
    ck_assert_str_eq(text_pool_intern(&pool, ""), "");
    ck_assert_uint_eq(pool.count, 4);
}
END_TEST

START_TEST(what_does_not_fit_becomes_one_text_that_says_so)
{
    const char *first = intern_number(0);
    for (size_t i = 1; i < TEXT_POOL_MAX; i++) {
        intern_number(i);
    }
    const char *other = intern_number(TEXT_POOL_MAX);
    ck_assert_str_eq(other, "other errors: too many kinds to list");
    ck_assert_ptr_eq(intern_number(TEXT_POOL_MAX + 1), other);
    ck_assert_ptr_eq(intern_number(0), first);
    ck_assert_str_eq(intern_number(TEXT_POOL_MAX - 1), "text 255");
    ck_assert_uint_eq(pool.count, TEXT_POOL_MAX);
}
END_TEST

/* The text comes back from a result file before the pool of the reader is full. */
START_TEST(the_text_for_what_does_not_fit_is_one_however_it_came)
{
    const char *early = text_pool_intern(&pool, "other errors: too many kinds to list");
    for (size_t i = 0; i < TEXT_POOL_MAX; i++) {
        intern_number(i);
    }
    ck_assert_ptr_eq(intern_number(TEXT_POOL_MAX), early);
}
END_TEST

enum { TEXTS = 100 };

static void *intern_all(void *kept)
{
    for (size_t i = 0; i < TEXTS; i++) {
        ((const char **)kept)[i] = intern_number(i);
    }
    return NULL;
}

START_TEST(threads_that_intern_at_once_get_the_same)
{
    pthread_t threads[4];
    static const char *kept[4][TEXTS];
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, intern_all, kept[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < TEXTS; i++) {
        ck_assert_ptr_eq(kept[0][i], kept[1][i]);
        ck_assert_ptr_eq(kept[0][i], kept[2][i]);
        ck_assert_ptr_eq(kept[0][i], kept[3][i]);
    }
    ck_assert_uint_eq(pool.count, TEXTS);
}
END_TEST

Suite *text_pool_suite(void);
Suite *text_pool_suite(void)
{
    Suite *suite = suite_create("text_pool");
    TCase *tests = tcase_create("text_pool");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, equal_texts_are_equal_pointers_and_others_are_not);
    tcase_add_test(tests, what_does_not_fit_becomes_one_text_that_says_so);
    tcase_add_test(tests, the_text_for_what_does_not_fit_is_one_however_it_came);
    tcase_add_test(tests, threads_that_intern_at_once_get_the_same);
    suite_add_tcase(suite, tests);
    return suite;
}
