#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/base/bytes.h"
#include "loadgen/capacity/trial/trial_journal.h"

static char path[] = "/tmp/headroom_journal_XXXXXX";
static struct trial_journal journal;
static json_t *settings;
static struct err err;

static void setup(void)
{
    strcpy(path, "/tmp/headroom_journal_XXXXXX");
    close(mkstemp(path));
    unlink(path);
    settings = json_pack("{s:s, s:f}", "slo", "p99<100ms", "width", 0.02);
    journal = (struct trial_journal){.fd = -1};
    err = (struct err){.code = ERR_NONE};
}

static void teardown(void)
{
    trial_journal_close(&journal);
    json_decref(settings);
    unlink(path);
}

static bool reopen(bool resumes)
{
    trial_journal_close(&journal);
    err = (struct err){.code = ERR_NONE};
    return trial_journal_open(&journal, path, resumes, settings, &err);
}

static void add(int number)
{
    json_t *line = json_pack("{s:i, s:f}", "search", number, "rate", 33.333);
    ck_assert_msg(trial_journal_add(&journal, line, &err), "%s", err.text);
    json_decref(line);
}

static void append_text(const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

START_TEST(lines_come_back_in_order)
{
    ck_assert_msg(reopen(false), "%s", err.text);
    add(1);
    add(2);
    ck_assert_msg(reopen(true), "%s", err.text);
    ck_assert_uint_eq(json_array_size(journal.lines), 2);
    json_t *last = json_array_get(journal.lines, 1);
    ck_assert_int_eq(json_integer_value(json_object_get(last, "search")), 2);
    ck_assert_double_eq(json_real_value(json_object_get(last, "rate")), 33.333);
    ck_assert_uint_eq(journal.torn_bytes, 0);
}
END_TEST

START_TEST(a_torn_last_line_is_dropped_and_counted)
{
    ck_assert(reopen(false));
    add(1);
    append_text("{\"search\":2,\"ra");
    ck_assert_msg(reopen(true), "%s", err.text);
    ck_assert_uint_eq(journal.torn_bytes, 15);
    ck_assert_uint_eq(json_array_size(journal.lines), 1);
    add(2);
    ck_assert_msg(reopen(true), "%s", err.text);
    ck_assert_uint_eq(json_array_size(journal.lines), 2);
    ck_assert_uint_eq(journal.torn_bytes, 0);
}
END_TEST

START_TEST(a_torn_header_starts_anew)
{
    append_text("{\"journal\":1,\"sett");
    ck_assert_msg(reopen(true), "%s", err.text);
    ck_assert_uint_eq(journal.torn_bytes, 18);
    add(1);
    ck_assert_msg(reopen(true), "%s", err.text);
    ck_assert_uint_eq(json_array_size(journal.lines), 1);
}
END_TEST

START_TEST(damage_elsewhere_is_an_error)
{
    ck_assert(reopen(false));
    add(1);
    append_text("{\"search\":2,\n");
    add(3);
    ck_assert(!reopen(true));
    ck_assert_int_eq(err.code, ERR_FAILED);
    ck_assert_ptr_nonnull(strstr(err.text, "line 3"));
}
END_TEST

START_TEST(other_settings_are_refused_by_name)
{
    ck_assert(reopen(false));
    json_object_set_new(settings, "width", json_real(0.05));
    ck_assert(!reopen(true));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "width: 0.02"));
    ck_assert_ptr_nonnull(strstr(err.text, "now 0.05"));
}
END_TEST

START_TEST(a_file_that_exists_is_not_overwritten)
{
    append_text("precious\n");
    ck_assert(!reopen(false));
    ck_assert_ptr_nonnull(strstr(err.text, "search.resume"));
    ck_assert(!reopen(true));
    struct bytes text = {0};
    ck_assert(bytes_add_file(&text, path, &err));
    ck_assert_uint_eq(text.length, 9);
    bytes_free(&text);
}
END_TEST

START_TEST(without_a_path_nothing_is_kept)
{
    ck_assert(trial_journal_open(&journal, NULL, false, settings, &err));
    add(1);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

Suite *trial_journal_suite(void);
Suite *trial_journal_suite(void)
{
    Suite *suite = suite_create("trial_journal");
    TCase *tests = tcase_create("trial_journal");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_come_back_in_order);
    tcase_add_test(tests, a_torn_last_line_is_dropped_and_counted);
    tcase_add_test(tests, a_torn_header_starts_anew);
    tcase_add_test(tests, damage_elsewhere_is_an_error);
    tcase_add_test(tests, other_settings_are_refused_by_name);
    tcase_add_test(tests, a_file_that_exists_is_not_overwritten);
    tcase_add_test(tests, without_a_path_nothing_is_kept);
    suite_add_tcase(suite, tests);
    return suite;
}
