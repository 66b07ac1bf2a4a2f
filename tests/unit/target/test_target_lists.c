/* Not under tsan: one thread. */
/* Long lines, and many of them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/printed.h"
#include "tests/support/read_targets.h"

static struct targets targets;
static const struct message_defaults defaults = {.keepalive = true};
static struct err err;

static void teardown(void)
{
    targets_free(&targets);
}

static bool read_bytes(const char *text, size_t length)
{
    return read_targets(&targets, text, length, &defaults, &err);
}

static void expect_count(size_t count)
{
    expect_targets(&targets, count, &err);
}

START_TEST(a_long_line_is_taken_whole)
{
    enum { LONG = 200000 };
    char *text = calloc(1, LONG + 100);
    size_t at = (size_t)sprintf(text, "GET http://a/\nX-A: ");
    memset(text + at, 'b', LONG);
    ck_assert(read_bytes(text, at + LONG));
    expect_count(1);
    ck_assert_uint_gt(targets.requests[0].length, LONG);
    free(text);
}
END_TEST

START_TEST(a_hundred_thousand_targets_are_read_in_their_order)
{
    enum { MANY = 100000 };
    struct printed list = {0};
    char name[32];
    FILE *out = printed_open(&list);
    for (int i = 0; i < MANY; i++) {
        fprintf(out, "GET http://127.0.0.%d/%d\n%s", i % 7, i, i % 3 ? "" : "X-A: b\n\n");
    }
    printed_close(&list);
    ck_assert(read_bytes(list.text, list.length));
    printed_free(&list);
    expect_count(MANY);
    ck_assert_uint_eq(targets.endpoint_count, 7);
    struct source source = source_of(targets.requests, targets.count);
    for (uint64_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "GET /%d", (int)i);
        ck_assert_str_eq(targets.list[i].name, name);
        ck_assert_uint_eq(targets.requests[i].endpoint, i % 7);
        ck_assert_ptr_eq(source.next(&source, 5 * UINT64_C(100000) + i), &targets.requests[i]);
    }
}
END_TEST

static size_t resident_bytes(void)
{
    char line[128];
    FILE *in = fopen("/proc/self/statm", "re");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
    fclose(in);
    return strtoul(strchr(line, ' '), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

START_TEST(a_hundred_thousand_targets_need_little_memory)
{
    enum { MANY = 100000 };
    FILE *in = tmpfile();
    for (int i = 0; i < MANY; i++) {
        fprintf(in, "GET http://127.0.0.1:5000/users_name/%d\n", i);
    }
    rewind(in);
    size_t before = resident_bytes();
    ck_assert(targets_read(&targets, in, "list.txt", &format_http, &defaults, &err));
    size_t grown = resident_bytes() - before;
    fclose(in);
    expect_count(MANY);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_msg(grown < 40 << 20, "%zu bytes", grown);
#else
    (void)grown;
#endif
}
END_TEST

Suite *target_lists_suite(void);
Suite *target_lists_suite(void)
{
    Suite *suite = suite_create("target_lists");
    TCase *tests = tcase_create("target_lists");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, a_long_line_is_taken_whole);
    tcase_add_test(tests, a_hundred_thousand_targets_are_read_in_their_order);
    tcase_add_test(tests, a_hundred_thousand_targets_need_little_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
