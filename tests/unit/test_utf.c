#include <check.h>

#include "target-api/utf.h"

static const char *const not_utf8[] = {
    "\xFF",
    "{\"a\" \xC0\x80",
    "\"\xC1\xBF\"",
    "\"\xE0\x9F\xBF\"",
    "\"\xF0\x8F\xBF\xBF\"",
    "\"\xF4\x90\x80\x80\"",
    "\"\xF5\x80\x80\x80\"",
    "\"\xFC\x80\x80\x80\"",
    "\"\x80\"",
    "\"\xE6\x97\"",
    "\xE6",
};

START_TEST(what_is_not_utf8_is_refused_wherever_it_stands)
{
    ck_assert(!utf8_is_valid(slice_of(not_utf8[_i])));
}
END_TEST

START_TEST(every_character_is_read_as_it_was_written)
{
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[UTF8_MAX];
        size_t len = utf8_encode(c, bytes);
        uint32_t read = 0;
        ck_assert(utf8_decode((struct slice){bytes, len}, 0, &read) == len && read == c);
        ck_assert(utf_has_surrogate((struct slice){bytes, len}) == utf_is_surrogate(c));
    }
}
END_TEST

/* In bytes, since some are NUL; all hold the two characters 1 and U+1F600 or end too early. */
static const struct {
    const char *bytes;
    size_t len;
    const char *text; /* NULL: refused */
} encoded[] = {
    {"1\xF0\x9F\x98\x80", 5, "1\xF0\x9F\x98\x80"},
    {"\xEF\xBB\xBF"
     "1\xF0\x9F\x98\x80",
     8, "1\xF0\x9F\x98\x80"},
    {"\xFE\xFF\0"
     "1\xD8\x3D\xDE\x00",
     8, "1\xF0\x9F\x98\x80"},
    {"\xFF\xFE"
     "1\0\x3D\xD8\x00\xDE",
     8, "1\xF0\x9F\x98\x80"},
    {"\0"
     "1\xD8\x3D\xDE\x00",
     6, "1\xF0\x9F\x98\x80"},
    {"1\0\x3D\xD8\x00\xDE", 6, "1\xF0\x9F\x98\x80"},
    {"\0\0\0"
     "1\0\x01\xF6\x00",
     8, "1\xF0\x9F\x98\x80"},
    {"1\0\0\0\x00\xF6\x01\0", 8, "1\xF0\x9F\x98\x80"},
    {"\xFF\xFE\0\0"
     "1\0\0\0",
     8, "1"},
    {"\0\0\xFE\xFF\0\0\0"
     "1",
     8, "1"},
    {"1\0", 2, "1"},
    {"\0"
     "1",
     2, "1"},
    {"1\0\x3D\xD8", 4, "1\xED\xA0\xBD"},
    {"1\0\0", 3, "1"},
    {"1\0\0\0\x00\x00\x11\0", 8, NULL},
    {"1\0\x3D\xD8\x00", 5, NULL},
    {"\xFF", 1, NULL},
};

START_TEST(the_encoding_of_json_is_found_as_python_finds_it)
{
    struct buffer storage;
    buffer_init(&storage, 64);
    struct slice text = {NULL, 0};
    bool ok = utf_read_json((struct slice){encoded[_i].bytes, encoded[_i].len}, &storage, &text);
    if (encoded[_i].len == 3) { /* three bytes are never UTF-16: the NULs stay */
        ck_assert(ok && text.len == 3);
    } else {
        ck_assert_int_eq(ok, encoded[_i].text != NULL);
        ck_assert(!ok || slice_equals(text, encoded[_i].text));
    }
    buffer_fini(&storage);
}
END_TEST

Suite *utf_suite(void);
Suite *utf_suite(void)
{
    Suite *suite = suite_create("utf");
    TCase *tests = tcase_create("utf");
    tcase_add_loop_test(tests, what_is_not_utf8_is_refused_wherever_it_stands, 0,
                        sizeof not_utf8 / sizeof not_utf8[0]);
    tcase_add_test(tests, every_character_is_read_as_it_was_written);
    tcase_add_loop_test(tests, the_encoding_of_json_is_found_as_python_finds_it, 0,
                        sizeof encoded / sizeof encoded[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
