/* Not under tsan: one thread. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/bytes.h"
#include "loadgen/web/form/form.h"

#define URL "application/x-www-form-urlencoded"
#define PARTS "multipart/form-data; boundary=B"
#define PART(name, value)                                                                          \
    "--B\r\nContent-Disposition: form-data; name=" name "\r\n\r\n" value "\r\n"
#define END "--B--\r\n"

/* What the fields are, as <name=value>; or what is wrong. */
static const struct {
    const char *type;
    const char *body;
    const char *fields;
} forms[] = {
    {URL, "", ""},
    {NULL, "", ""},
    {"text/plain", "", ""},
    {URL, "user_count=4&spawn_rate=0.5", "<user_count=4><spawn_rate=0.5>"},
    {URL "; charset=utf-8", "a=1", "<a=1>"},
    {"APPLICATION/X-WWW-FORM-URLENCODED;x", "a=1", "<a=1>"},
    {URL, "a=1&a=2&b=", "<a=1><a=2><b=>"},
    {URL, "a&=b&&c=d=e&", "<a=><=b><c=d=e>"},
    {URL, "h=http%3A%2F%2fx%3a1&t=1m+30s&%2b+=%2B", "<h=http://x:1><t=1m 30s><+ =+>"},
    {URL, "a=%&b=%4&c=%4g&d=%%41&e=%", "<a=%><b=%4><c=%4g><d=%A><e=%>"},
    {URL, "a=b%00c", "a field of the form contains a NUL byte"},
    {URL, "a%00=b", "a field of the form contains a NUL byte"},
    {NULL, "a=1", "the body is not a form"},
    {"application/json", "{}", "the body is not a form"},
    {"application/x-www-form-urlencodedx", "a=1", "the body is not a form"},

    {PARTS, PART("\"a\"", "1") PART("b", "") END, "<a=1><b=>"},
    {"Multipart/Form-Data; x=\"a;boundary=Z\";  BOUNDARY=\"B\" ; y", PART("\"a\"", "1") END,
     "<a=1>"},
    {PARTS, "preamble\r\n--Bits\r\n" PART("\"a\"", "1") END,
     "multipart/form-data: a boundary is not followed by the end of its line"},
    {PARTS, "preamble\r\n" PART("\"a\"", "1\r\n2\r\n-B") END "epilogue", "<a=1\r\n2\r\n-B>"},
    {PARTS, "--B \t\r\nX: y\r\ncontent-disposition:form-data;name=\"a\"\r\nZ:\r\n\r\n1\r\n" END,
     "<a=1>"},
    {PARTS, PART("\"q\\\"b\\\\n\\x\"", "1") END, "<q\"b\\n\\x=1>"},
    {PARTS, PART("\"a\"; filename=\"f\"", "1") PART("b; filename*=utf-8''x", "") PART("c", "2") END,
     "<c=2>"},
    {PARTS, "--B--", ""},
    {PARTS, PART("\"a", "1") END, "<a=1>"},
    {PARTS, PART("\"a\\", "1") END, "<a\\=1>"},
    {PARTS, PART("", "1") END, "<=1>"},
    {PARTS, "--B\r\n\r\n1\r\n" END, "multipart/form-data: a part has no name"},
    {PARTS, "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n" END,
     "multipart/form-data: a part has no name"},
    {PARTS, "--B\r\nContent-Disposition: form-data; name=a\r\n" END,
     "multipart/form-data: a part has no empty line after its headers"},
    {PARTS, PART("a", "1"),
     "multipart/form-data: the last boundary is missing; the body may be incomplete"},
    {PARTS, PART("a", "1") "--B\r\nContent-Disposition: form-data; name=b\r\n\r\n1",
     "multipart/form-data: the last boundary is missing; the body may be incomplete"},
    {PARTS, "a=1", "multipart/form-data: the boundary of Content-Type does not occur in the body"},
    {"multipart/form-data", "a=1",
     "multipart/form-data: expected a boundary of 1 to 70 characters in Content-Type"},
    {"multipart/form-data; boundary=", "a=1",
     "multipart/form-data: expected a boundary of 1 to 70 characters in Content-Type"},
    {"multipart/form-data; boundary", "a=1",
     "multipart/form-data: expected a boundary of 1 to 70 characters in Content-Type"},
};

static void show(const struct form *form, struct bytes *out)
{
    for (size_t i = 0; i < form->count; i++) {
        bytes_add_text(out, "<");
        bytes_add_text(out, form->fields[i].name);
        bytes_add_text(out, "=");
        bytes_add_text(out, form->fields[i].value);
        bytes_add_text(out, ">");
    }
    bytes_add(out, "", 1);
}

/* As the body comes from the network: not a string, and with room for one more byte. */
static bool read_body(struct form *form, const char *type, const char *bytes, size_t length,
                      char **body, struct err *err)
{
    *body = malloc(length + 1);
    memcpy(*body, bytes, length);
    (*body)[length] = 'x';
    return form_read(form, type, *body, length, err);
}

START_TEST(forms_are_read)
{
    struct form form;
    struct err err = {0};
    struct bytes shown = {0};
    char *body = NULL;
    bool ok = read_body(&form, forms[_i].type, forms[_i].body, strlen(forms[_i].body), &body, &err);
    if (ok) {
        show(&form, &shown);
        ck_assert_str_eq(shown.at, forms[_i].fields);
    } else {
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(strncmp(err.text, forms[_i].fields, strlen(forms[_i].fields)) == 0, "%s",
                      err.text);
    }
    bytes_free(&shown);
    free(body);
}
END_TEST

START_TEST(bytes_of_files_are_skipped_and_a_nul_is_refused)
{
    static const char file[] = PART("a; filename=f", "\0x") PART("b", "1") END;
    static const char value[] = PART("a", "\0x") END;
    static const char name[] = PART("\"a\0b\"", "x") END;
    struct form form;
    struct err err = {0};
    char *body = NULL;
    ck_assert(read_body(&form, PARTS, file, sizeof file - 1, &body, &err));
    ck_assert_uint_eq(form.count, 1);
    ck_assert_str_eq(form.fields[0].name, "b");
    free(body);
    ck_assert(!read_body(&form, PARTS, value, sizeof value - 1, &body, &err));
    ck_assert_str_eq(err.text, "multipart/form-data: a value contains a NUL byte");
    free(body);
    ck_assert(!read_body(&form, PARTS, name, sizeof name - 1, &body, NULL));
    free(body);
}
END_TEST

START_TEST(fields_are_limited)
{
    char text[2 * FORM_FIELDS_MAX + 2];
    struct form form;
    struct err err = {0};
    char *body = NULL;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = i % 2 ? '&' : 'a';
    }
    ck_assert(read_body(&form, URL, text, sizeof text - 2, &body, &err));
    ck_assert_uint_eq(form.count, FORM_FIELDS_MAX);
    free(body);
    ck_assert(!read_body(&form, URL, text, sizeof text, &body, &err));
    ck_assert_str_eq(err.text, "the form has more than 64 fields");
    free(body);
}
END_TEST

Suite *form_suite(void);
Suite *form_suite(void)
{
    Suite *suite = suite_create("form");
    TCase *tcase = tcase_create("form");
    tcase_add_loop_test(tcase, forms_are_read, 0, (int)(sizeof forms / sizeof forms[0]));
    tcase_add_test(tcase, bytes_of_files_are_skipped_and_a_nul_is_refused);
    tcase_add_test(tcase, fields_are_limited);
    suite_add_tcase(suite, tcase);
    return suite;
}
