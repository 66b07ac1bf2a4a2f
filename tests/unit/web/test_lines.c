/* The log of a server: what it keeps, and in which order. Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/bytes.h"
#include "loadgen/web/board/lines.h"

static struct lines lines;
static struct bytes shown;

static void setup(void)
{
    lines = (struct lines){0};
}

static void teardown(void)
{
    lines_fini(&lines);
    bytes_free(&shown);
    shown = (struct bytes){0};
}

/* The texts after a line, with commas between. */
static const char *texts_after(uint64_t number)
{
    bytes_clear(&shown);
    for (const struct line *line = NULL; (line = lines_after(&lines, number)) != NULL;) {
        bytes_add_text(&shown, line->text);
        bytes_add_text(&shown, ",");
        number = line->number;
    }
    bytes_add(&shown, "", 1);
    return shown.at;
}

static void add_scripts(const char *text)
{
    lines_add_scripts(&lines, NS_PER_S, slice_of(text));
}

START_TEST(lines_stay_in_order)
{
    ck_assert_str_eq(texts_after(0), "");
    lines_add(&lines, 1, "a");
    add_scripts("b\nc\n");
    lines_add(&lines, 2, "d");
    ck_assert_str_eq(texts_after(0), "a,b,c,d,");
    ck_assert_str_eq(texts_after(2), "c,d,");
    ck_assert_str_eq(texts_after(4), "");
    ck_assert_uint_eq(lines.total, 4);
}
END_TEST

START_TEST(scripts_do_not_push_out_the_server)
{
    struct bytes many = {0};
    lines_add(&lines, 1, "begin");
    for (int i = 0; i < 1000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d\n", i);
        bytes_add_text(&many, text);
    }
    bytes_add(&many, "", 1);
    add_scripts(many.at);
    lines_add(&lines, 2, "end");
    add_scripts(many.at);
    bytes_free(&many);
    const char *texts = texts_after(0);
    ck_assert(strncmp(texts, "begin,end,900,", 14) == 0);
    ck_assert_str_eq(texts + strlen(texts) - 8, "998,999,");
    ck_assert_uint_eq(lines.total, 2 + 2 * (uint64_t)LINES_EACH);
    for (int i = 0; i < LINES_EACH; i++) {
        lines_add(&lines, 3, "x");
    }
    ck_assert(strncmp(texts_after(0), "900,", 4) == 0);
}
END_TEST

START_TEST(times_are_those_of_the_lines)
{
    char text[LINE_TEXT];
    add_scripts("2026-11-30T22:41:07.123Z Shopper 17: sold out\n(7 lines dropped)\n");
    const struct line *line = lines_after(&lines, 0);
    ck_assert_str_eq(line->text, "Shopper 17: sold out");
    line_print(line, text);
    ck_assert_str_eq(text, "2026-11-30T22:41:07.123Z Shopper 17: sold out");
    line = lines_after(&lines, 1);
    line_print(line, text);
    ck_assert_str_eq(text, "1970-01-01T00:00:01.000Z (7 lines dropped)");
}
END_TEST

START_TEST(texts_are_bounded_and_clean)
{
    char text[LINE_TEXT];
    char big[2 * LINE_BYTES];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = '\0';
    lines_add(&lines, 1, big);
    ck_assert_uint_eq(strlen(lines_after(&lines, 0)->text), LINE_BYTES);
    line_print(lines_after(&lines, 0), text);
    ck_assert_str_eq(text + strlen("1970-01-01T00:00:00.000Z ") + LINE_BYTES - 1, "x");
    lines_add(&lines, 1, "a\x1b[31m\n\xff");
    ck_assert_str_eq(texts_after(1), "a?[31m??,");
}
END_TEST

Suite *lines_suite(void);
Suite *lines_suite(void)
{
    Suite *suite = suite_create("lines");
    TCase *tests = tcase_create("lines");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_stay_in_order);
    tcase_add_test(tests, scripts_do_not_push_out_the_server);
    tcase_add_test(tests, times_are_those_of_the_lines);
    tcase_add_test(tests, texts_are_bounded_and_clean);
    suite_add_tcase(suite, tests);
    return suite;
}
