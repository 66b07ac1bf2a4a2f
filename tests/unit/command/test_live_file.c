/* Files that are kept up to date: what is in them at any time, and when the disk is full. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loadgen/command/files/live_file.h"

static char folder[] = "/tmp/live_file.XXXXXX";
static char prefix[64];
static struct live_file file;
static struct err err;

/* A file has at most so many bytes: a disk that is full. Check writes to a file of its own. */
static void set_room(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

enum { ROOM = 8 };

static void append(const char *text)
{
    set_room(ROOM);
    live_file_append(&file, text, strlen(text));
    set_room(RLIM_INFINITY);
}

static void replace(const char *text)
{
    set_room(ROOM);
    live_file_replace(&file, text, strlen(text));
    set_room(RLIM_INFINITY);
}

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(prefix, sizeof prefix, "%s/new/folder/run", folder);
    ck_assert_msg(live_file_open(&file, "-csv", prefix, ".csv", &err), "%s", err.text);
    signal(SIGXFSZ, SIG_IGN);
}

static void teardown(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s.csv", prefix);
    unlink(path);
    for (int i = 0; i < 3; i++) {
        *strrchr(path, '/') = '\0';
        rmdir(path);
    }
}

static void expect(const char *expected)
{
    char path[128];
    char text[64] = "";
    snprintf(path, sizeof path, "%s.csv", prefix);
    FILE *in = fopen(path, "re");
    ck_assert_ptr_nonnull(in);
    size_t length = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    ck_assert_uint_eq(length, strlen(text));
    ck_assert_str_eq(text, expected);
}

static void expect_full(void)
{
    char expected[256];
    snprintf(expected, sizeof expected, "-csv: cannot write %s.csv: %s", prefix, strerror(EFBIG));
    ck_assert(!live_file_close(&file, "-csv", &err));
    ck_assert_str_eq(err.text, expected);
}

START_TEST(a_file_is_appended_to_or_replaced_as_a_whole)
{
    append("1\n");
    append("2\n");
    expect("1\n2\n");
    replace("3\n");
    expect("3\n");
    replace("4\n5\n");
    expect("4\n5\n");
    ck_assert_msg(live_file_close(&file, "-csv", &err), "%s", err.text);
}
END_TEST

START_TEST(what_does_not_fit_ends_with_a_whole_line)
{
    append("1\n");
    append("22\n3333\n");
    expect("1\n22\n");
    append("4\n"); /* it would fit, but after a gap */
    expect("1\n22\n");
    expect_full();
}
END_TEST

START_TEST(a_new_text_that_does_not_fit_replaces_what_it_can)
{
    replace("1\n2\n3\n4\n");
    replace("55\n6666666\n");
    expect("55\n");
    replace("7\n");
    expect("55\n");
    expect_full();
}
END_TEST

Suite *live_file_suite(void);
Suite *live_file_suite(void)
{
    Suite *suite = suite_create("live_file");
    TCase *tcase = tcase_create("live_file");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_file_is_appended_to_or_replaced_as_a_whole);
    tcase_add_test(tcase, what_does_not_fit_ends_with_a_whole_line);
    tcase_add_test(tcase, a_new_text_that_does_not_fit_replaces_what_it_can);
    suite_add_tcase(suite, tcase);
    return suite;
}
