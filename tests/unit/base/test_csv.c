/* Not under tsan: one thread. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/bytes.h"
#include "loadgen/base/text/csv.h"

/* Values are shown in <>, records in lines; then what is wrong. */
static const struct {
    const char *text;
    const char *records;
} texts[] = {
    {"", ""},
    {"\n\r\n\r", ""},
    {"a", "<a>\n"},
    {"a,b\nc,d", "<a><b>\n<c><d>\n"},
    {"a,b\r\nc,d\r\n", "<a><b>\n<c><d>\n"},
    {"a,b\rc,d\r", "<a><b>\n<c><d>\n"},
    {"a\n\n\r\nb\n", "<a>\n<b>\n"},
    {",", "<><>\n"},
    {"a,\n,b\n", "<a><>\n<><b>\n"},
    {" a , b\t", "< a >< b\t>\n"},
    {"\"\"", "<>\n"},
    {"\"a,b\",\"c\r\nd\"\ne", "<a,b><c\r\nd>\n<e>\n"},
    {"\"a \"\"b\"\" c\",\"\"\"\"", "<a \"b\" c><\">\n"},
    {"\"a\"\r\"b\"\r\n", "<a>\n<b>\n"},
    {"\"a", "1: a quoted value does not end"},
    {"a\n\"b\n\nc", "<a>\n2: a quoted value does not end"},
    {"a\n\"b\"c",
     "<a>\n2: characters after a closing quote; quotes inside a quoted value are doubled"},
    {"\"a\r\nb\" ,c",
     "2: characters after a closing quote; quotes inside a quoted value are doubled"},
    {"a\r\n\r\nb\"c",
     "<a>\n3: a quote inside a value without quotes around it; put the value in quotes, and double "
     "those inside"},
};

static void show(struct csv *csv, struct bytes *out)
{
    char *value = NULL;
    size_t count = 0;
    while ((count = csv_next(csv, &value)) > 0) {
        for (; count > 0; count--, value += strlen(value) + 1) {
            bytes_add_text(out, "<");
            bytes_add_text(out, value);
            bytes_add_text(out, ">");
        }
        ck_assert_ptr_eq(value, csv->to);
        bytes_add_text(out, "\n");
    }
    if (csv->problem) {
        bytes_add_number(out, csv->problem_line);
        bytes_add_text(out, ": ");
        bytes_add_text(out, csv->problem);
    }
    bytes_add(out, "", 1);
}

START_TEST(records_are_read)
{
    char *text = strdup(texts[_i].text);
    struct bytes out = {0};
    struct csv csv = csv_of(text, strlen(text));
    show(&csv, &out);
    ck_assert_str_eq(out.at, texts[_i].records);
    bytes_free(&out);
    free(text);
}
END_TEST

START_TEST(a_nul_is_refused)
{
    for (int is_quoted = 0; is_quoted < 2; is_quoted++) {
        char text[] = "x\n.b\0c\"";
        char *record = NULL;
        text[2] = is_quoted ? '"' : 'a';
        struct csv csv = csv_of(text, sizeof text - 1);
        ck_assert_uint_eq(csv_next(&csv, &record), 1);
        ck_assert_uint_eq(csv_next(&csv, &record), 0);
        ck_assert_str_eq(csv.problem, "a NUL byte");
        ck_assert_uint_eq(csv.problem_line, 2);
        ck_assert_uint_eq(csv_next(&csv, &record), 0);
    }
}
END_TEST

Suite *csv_suite(void);
Suite *csv_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("csv");
    tcase_add_loop_test(tests, records_are_read, 0, sizeof texts / sizeof *texts);
    tcase_add_test(tests, a_nul_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
