#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "target-api/body/new_user.h"

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
    ck_assert(body.length == 0 || request_add_body(request, body.at, body.length));
    return new_user_init(&user, request, &refusal);
}

static bool read_json(const char *body)
{
    return read_body("application/json", slice_of(body));
}

static const struct {
    const char *body;
    int64_t id;
    const char *name, *age;
} accepted[] = {
    {"{\"id\":4,\"name\":\"user4\",\"age\":\"100\"}", 4, "user4", "100"},
    {"{\"id\":\" -5 \",\"name\":\"\",\"age\":7}", -5, "", "7"},
    {"{\"id\":6.9,\"name\":1.5,\"age\":1e16}", 6, "1.5", "1e+16"},
    {"{\"id\":true,\"name\":true,\"age\":false}", 1, "True", "False"},
    {"{\"id\":-999999999999999,\"name\":-1,\"age\":9223372036854775807}", -999999999999999, "-1",
     "9223372036854775807"},
    {"{\"id\":7,\"name\":\"\\u65e5本\",\"age\":\"\\ud83d\\ude00\",\"extra\":[{}]}", 7, "日本", "😀"},
    {"{\"id\":1,\"id\":2,\"name\":\"a\",\"name\":\"b\",\"age\":\"c\"}", 2, "b", "c"},
    {"{\"id\":3,\"name\":1e300,\"age\":-0}", 3, "1e+300", "0"},
    {"\xEF\xBB\xBF {\"id\":8,\"name\":\"a\",\"age\":\"b\"}\r\n", 8, "a", "b"},
    {"{\"id\":-9223372036854775808,\"name\":\"\",\"age\":1}", INT64_MIN, "", "1"},
};

START_TEST(a_body_is_read_as_pydantic_reads_it)
{
    ck_assert(read_json(accepted[_i].body));
    ck_assert_int_eq(user.id, accepted[_i].id);
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
    {"\"\"", OBJECT},
    {"[]", OBJECT},
    {"[[\"id\",1]]", OBJECT},
    {"{}", MISSING("id") "," MISSING("name") "," MISSING("age")},
    {"{\"id\":null,\"name\":null,\"age\":null}", NONE("id") "," NONE("name") "," NONE("age")},
    {"{\"id\":\"x\",\"name\":[],\"age\":{}}", INTEGER("id") "," STRING("name") "," STRING("age")},
    {"{\"id\":[],\"name\":\"\"}", INTEGER("id") "," MISSING("age")},
    {"{\"id\":{},\"name\":\"\",\"age\":1}", INTEGER("id")},
    {"{\"id\":\"9223372036854775808\",\"name\":\"\",\"age\":1}", INTEGER("id")},
    {"{\"id\":1e19,\"name\":\"\",\"age\":1}", INTEGER("id")},
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
        "{\"detail\":[{\"loc\":[\"body\",6],\"msg\":\"invalid token: line 2 column 5 (char 6)\","
        "\"type\":\"value_error.jsondecode\",\"ctx\":{\"msg\":\"invalid token\","
        "\"doc\":\"{\\n\\\"é\\\":'\\t\",\"pos\":6,\"lineno\":2,\"colno\":5}}]}"));
}
END_TEST

/* jansson cuts its token in the middle of a character. */
START_TEST(an_error_inside_a_character_is_utf8)
{
    ck_assert(!read_json("{\"name\":\"\\ud8\xD7\x98\"}"));
    ck_assert_uint_eq(refusal.status, 422);
    json_t *answer = json_loadb(refusal.bytes, refusal.len, 0, NULL);
    ck_assert_ptr_nonnull(answer);
    json_decref(answer);
}
END_TEST

START_TEST(what_python_alone_takes_is_refused)
{
    static const char *const values[] = {"NaN", "-Infinity", "1e400", "9223372036854775808",
                                         "\"\\ud800\""};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char body[100];
        snprintf(body, sizeof body, "{\"id\":1,\"name\":%s,\"age\":\"1\"}", values[i]);
        ck_assert(!read_json(body));
        ck_assert_uint_eq(refusal.status, 422);
        ck_assert_ptr_nonnull(
            memmem(refusal.bytes, refusal.len, "\"type\":\"value_error.jsondecode\"", 31));
    }
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
    ck_assert_uint_eq(user.name.length, 3);
    ck_assert_mem_eq(user.name.at, "a\0b", 3);
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
    tcase_add_test(tests, an_error_inside_a_character_is_utf8);
    tcase_add_test(tests, what_python_alone_takes_is_refused);
    tcase_add_test(tests, what_cannot_be_read_at_all_is_a_400);
    tcase_add_test(tests, a_nul_in_a_name_is_kept);
    suite_add_tcase(suite, tests);
    return suite;
}
