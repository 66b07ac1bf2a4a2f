#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/base/buffer.h"

static struct buffer b;

static void teardown(void)
{
    buffer_fini(&b);
}

START_TEST(it_grows_to_its_limit_and_not_beyond)
{
    buffer_init(&b, 1000);
    for (int i = 0; i < 100; i++) {
        ck_assert(buffer_add(&b, "0123456789", 10));
    }
    ck_assert_uint_eq(b.len, 1000);
    ck_assert_uint_le(b.size, 1000);
    ck_assert(!buffer_add(&b, "x", 1));
    ck_assert_uint_eq(b.len, 1000);
}
END_TEST

START_TEST(failure_sticks_to_the_end)
{
    size_t len = 0;
    buffer_init(&b, 3);
    ck_assert(!buffer_add_string(&b, "four"));
    ck_assert(!buffer_add_string(&b, "1"));
    ck_assert_ptr_null(buffer_take(&b, &len));
}
END_TEST

START_TEST(what_is_taken_leaves_it_empty)
{
    size_t len = 0;
    buffer_init(&b, 100);
    buffer_add_format(&b, "%d-%s", 7, "a");
    char *bytes = buffer_take(&b, &len);
    ck_assert_uint_eq(len, 3);
    ck_assert_mem_eq(bytes, "7-a", 3);
    free(bytes);
    ck_assert_ptr_null(b.bytes);
    ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(an_empty_text_is_no_failure)
{
    size_t len = 1;
    buffer_init(&b, 100);
    char *bytes = buffer_take(&b, &len);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(len, 0);
    free(bytes);
}
END_TEST

START_TEST(a_format_that_is_too_long_fails_and_is_not_cut)
{
    char text[400];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    buffer_init(&b, 1000);
    ck_assert(!buffer_add_format(&b, "%s", text));
    ck_assert_uint_eq(b.len, 0);
}
END_TEST

Suite *buffer_suite(void);
Suite *buffer_suite(void)
{
    Suite *suite = suite_create("buffer");
    TCase *tests = tcase_create("buffer");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, it_grows_to_its_limit_and_not_beyond);
    tcase_add_test(tests, failure_sticks_to_the_end);
    tcase_add_test(tests, what_is_taken_leaves_it_empty);
    tcase_add_test(tests, an_empty_text_is_no_failure);
    tcase_add_test(tests, a_format_that_is_too_long_fails_and_is_not_cut);
    suite_add_tcase(suite, tests);
    return suite;
}
