#include <check.h>
#include <stdio.h>
#include <string.h>

#include "target-api/new_user.h"

static struct request *request;
static struct new_user user;
static struct reply refusal;

static void teardown(void)
{
    new_user_fini(&user);
    reply_release(&refusal);
    request_destroy(request);
    request = NULL;
}

static bool read_body(const char *type, struct slice body)
{
    teardown();
    request = request_create("/add_users/");
    request->content_type = type;
    ck_assert(body.len == 0 || request_add_body(request, body.bytes, body.len));
    return new_user_init(&user, request, &refusal);
}

static bool read_json(const char *body)
{
    return read_body("application/json", slice_of(body));
}

static const struct {
    const char *body;
    const char *id;
    const char *name, *age;
} accepted[] = {
    {"{\"id\":4,\"name\":\"user4\",\"age\":\"100\"}", "4", "user4", "100"},
    {"{\"id\":\" -5 \",\"name\":\"\",\"age\":7}", "-5", "", "7"},
    {"{\"id\":6.9,\"name\":1.5,\"age\":1e16}", "6", "1.5", "1e+16"},
    {"{\"id\":true,\"name\":true,\"age\":false}", "1", "True", "False"},
    {"{\"id\":-999999999999999,\"name\":-1,\"age\":9223372036854775807}", "-999999999999999", "-1",
     "9223372036854775807"},
    {"{\"id\":7,\"name\":\"\\u65e5本\",\"age\":\"\\ud83d\\ude00\",\"extra\":[{}]}", "7", "日本",
     "😀"},
    {"{\"id\":1,\"id\":2,\"name\":\"a\",\"name\":\"b\",\"age\":\"c\"}", "2", "b", "c"},
    {"{\"id\":3,\"name\":123456789012345678901234567890,\"age\":-0}", "3",
     "123456789012345678901234567890", "0"},
    {"{\"id\":3,\"name\":1e400,\"age\":-Infinity}", "3", "inf", "-inf"},
    {"{\"id\":3,\"name\":\"a\\tb\",\"age\":1,\"\\u0000\":\"\\ud800\"}", "3", "a\tb", "1"},
    {"{\"id\":\"\\u0663 \",\"name\":\"\",\"age\":\"1\"}", "3", "", "1"},
    {"[[\"id\",1],[\"name\",\"a\"],[\"age\",\"b\"],\"xy\",[\"id\",2]]", "2", "a", "b"},
    {"[{\"name\":1,\"na\\u006de\":2,\"v\":3},[\"age\",7],[\"id\",2.5]]", "2", "v", "7"},
    {"\xEF\xBB\xBF {\"id\":8,\"name\":\"a\",\"age\":\"b\"}\r\n", "8", "a", "b"},
    {"{\"id\":9223372036854775808,\"name\":\"\",\"age\":1}", "9223372036854775808", "", "1"},
    {"{\"id\":1e19,\"name\":\"\",\"age\":1}", "10000000000000000000", "", "1"},
    {"{\"id\":\" -0018446744073709551616\",\"name\":\"\",\"age\":1}", "-18446744073709551616", "",
     "1"},
};

START_TEST(a_body_is_read_as_pydantic_reads_it)
{
    ck_assert(read_json(accepted[_i].body));
    ck_assert(slice_equals(pyint_slice(&user.id), accepted[_i].id));
    ck_assert(slice_equals(user.name, accepted[_i].name));
    ck_assert(slice_equals(user.age, accepted[_i].age));
}
END_TEST

#define ENTRY(field, msg, type)                                                                    \
    "{\"loc\":[\"body\",\"" field "\"],\"msg\":\"" msg "\",\"type\":\"" type "\"}"
#define BODY(msg, type) "{\"loc\":[\"body\"],\"msg\":\"" msg "\",\"type\":\"" type "\"}"
#define MISSING(field) ENTRY(field, "field required", "value_error.missing")
#define NONE(field) ENTRY(field, "none is not an allowed value", "type_error.none.not_allowed")
#define INTEGER(field) ENTRY(field, "value is not a valid integer", "type_error.integer")
#define STRING(field) ENTRY(field, "str type expected", "type_error.str")
#define OBJECT BODY("value is not a valid dict", "type_error.dict")

static const struct {
    const char *body;
    const char *detail;
} refused[] = {
    {"", BODY("field required", "value_error.missing")},
    {"null", BODY("field required", "value_error.missing")},
    {"[1]", OBJECT},
    {"1", OBJECT},
    {"\"x\"", OBJECT},
    {"\"xy\"", OBJECT},
    {"[\"x\"]", OBJECT},
    {"[[1]]", OBJECT},
    {"[[[],1]]", OBJECT},
    {"[null]", OBJECT},
    {"[{\"a\":1,\"a\":2}]", OBJECT},
    {"[{\"a\":1,\"b\":2,\"c\":3}]", OBJECT},
    {"[[1,2]]", BODY("keywords must be strings", "type_error")},
    {"\"\"", MISSING("id") "," MISSING("name") "," MISSING("age")},
    {"[]", MISSING("id") "," MISSING("name") "," MISSING("age")},
    {"[\"xy\"]", MISSING("id") "," MISSING("name") "," MISSING("age")},
    {"{\"__pydantic_self__\":1}",
     BODY("BaseModel.__init__() got multiple values for argument '__pydantic_self__'",
          "type_error")},
    {"{\"id\":1e400,\"name\":\"\\ud800\",\"age\":1}", INTEGER("id")},
    {"{\"id\":1,\"name\":\"\\ud800\",\"age\":\"\xED\xA0\x80\"}",
     ENTRY("name", "half a surrogate pair is no text", "value_error.unicode") "," ENTRY(
         "age", "half a surrogate pair is no text", "value_error.unicode")},
    {"{}", MISSING("id") "," MISSING("name") "," MISSING("age")},
    {"{\"id\":null,\"name\":null,\"age\":null}", NONE("id") "," NONE("name") "," NONE("age")},
    {"{\"id\":\"x\",\"name\":[],\"age\":{}}", INTEGER("id") "," STRING("name") "," STRING("age")},
    {"{\"id\":[],\"name\":\"\"}", INTEGER("id") "," MISSING("age")},
    {"{\"id\":{},\"name\":\"\",\"age\":1}", INTEGER("id")},
};

START_TEST(a_refusal_names_all_that_is_wrong)
{
    ck_assert(!read_json(refused[_i].body));
    ck_assert_uint_eq(refusal.status, 422);
    char expected[512];
    snprintf(expected, sizeof expected, "{\"detail\":[%s]}", refused[_i].detail);
    ck_assert_msg(slice_equals((struct slice){refusal.bytes, refusal.len}, expected), "got: %.*s",
                  (int)refusal.len, refusal.bytes);
}
END_TEST

START_TEST(a_body_of_another_type_is_no_object)
{
    ck_assert(!read_body("text/plain", slice_of("{\"id\":4,\"name\":\"user4\",\"age\":\"100\"}")));
    ck_assert(
        slice_equals((struct slice){refusal.bytes, refusal.len}, "{\"detail\":[" OBJECT "]}"));
}
END_TEST

START_TEST(malformed_json_is_answered_as_fastapi_does_it)
{
    ck_assert(!read_json("{\n\"\xC3\xA9\":'\t"));
    ck_assert_uint_eq(refusal.status, 422);
    ck_assert(slice_equals(
        (struct slice){refusal.bytes, refusal.len},
        "{\"detail\":[{\"loc\":[\"body\",6],\"msg\":\"Expecting value: line 2 column 5 (char 6)\","
        "\"type\":\"value_error.jsondecode\",\"ctx\":{\"msg\":\"Expecting value\","
        "\"doc\":\"{\\n\\\"é\\\":'\\t\",\"pos\":6,\"lineno\":2,\"colno\":5}}]}"));
}
END_TEST

START_TEST(nan_is_refused)
{
    ck_assert(!read_json("{\"id\":1,\"name\":NaN,\"age\":\"1\"}"));
    ck_assert_uint_eq(refusal.status, 422);
    ck_assert_ptr_nonnull(
        memmem(refusal.bytes, refusal.len, "\"type\":\"value_error.jsondecode\"", 31));
}
END_TEST

START_TEST(utf16_and_utf32_are_read)
{
    static const char be16[] =
        "{\0\"\0i\0d\0\"\0:\0001\0,\0\"\0n\0a\0m\0e\0\"\0:\0\"\0\x3d\xd8\x00\xde\"\0,"
        "\0\"\0a\0g\0e\0\"\0:\0002\0}";
    ck_assert(read_body(NULL, (struct slice){be16, sizeof be16}));
    ck_assert(slice_equals(pyint_slice(&user.id), "1"));
    ck_assert(slice_equals(user.name, "😀"));
    ck_assert(slice_equals(user.age, "2"));
    ck_assert(!read_body(NULL, (struct slice){be16, sizeof be16 - 1})); /* half a unit */
    ck_assert_uint_eq(refusal.status, 400);
    ck_assert(!read_body(NULL, (struct slice){"\0\0\xFE\xFF\0\0\0n\0\0\0u\0\0\0l\0\0\0l", 20}));
    ck_assert_uint_eq(refusal.status, 422);
    ck_assert_ptr_nonnull(memmem(refusal.bytes, refusal.len, "field required", 14));
}
END_TEST

START_TEST(what_cannot_be_read_at_all_is_a_400)
{
    static char deep[5000];
    memset(deep, '[', sizeof deep - 1);
    const char *const bodies[] = {"\xFF", "{\"id\":1,\"name\":\"\xC0\x80\",\"age\":\"1\"}", deep};
    for (size_t i = 0; i < 3; i++) {
        ck_assert(!read_json(bodies[i]));
        ck_assert_uint_eq(refusal.status, 400);
        ck_assert(slice_equals((struct slice){refusal.bytes, refusal.len},
                               "{\"detail\":\"There was an error parsing the body\"}"));
    }
}
END_TEST

START_TEST(a_nul_in_a_name_is_kept)
{
    ck_assert(read_json("{\"id\":1,\"name\":\"a\\u0000b\",\"age\":\"1\"}"));
    ck_assert_uint_eq(user.name.len, 3);
    ck_assert_mem_eq(user.name.bytes, "a\0b", 3);
}
END_TEST

Suite *new_user_suite(void);
Suite *new_user_suite(void)
{
    Suite *suite = suite_create("new_user");
    TCase *tests = tcase_create("new_user");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, a_body_is_read_as_pydantic_reads_it, 0,
                        sizeof accepted / sizeof accepted[0]);
    tcase_add_loop_test(tests, a_refusal_names_all_that_is_wrong, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tests, a_body_of_another_type_is_no_object);
    tcase_add_test(tests, malformed_json_is_answered_as_fastapi_does_it);
    tcase_add_test(tests, nan_is_refused);
    tcase_add_test(tests, utf16_and_utf32_are_read);
    tcase_add_test(tests, what_cannot_be_read_at_all_is_a_400);
    tcase_add_test(tests, a_nul_in_a_name_is_kept);
    suite_add_tcase(suite, tests);
    return suite;
}
