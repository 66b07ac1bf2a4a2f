#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/http/request.h"

static struct request *request;

static void teardown(void)
{
    request_destroy(request);
    request = NULL;
}

static const struct {
    const char *uri;
    const char *path;
    size_t len;
    const char *query;
} uris[] = {
    {"/a", "/a", 2, ""},
    {"/a?", "/a", 2, ""},
    {"/a?b?c", "/a", 2, "b?c"},
    {"", "", 0, ""},
    {"?", "", 0, ""},
    {"/a+b", "/a+b", 4, ""}, /* a plus is a plus in a path */
    {"/%41%6a%6A", "/Ajj", 4, ""},
    {"/%2f%3F", "//?", 3, ""},
    {"/%00x", "/\0x", 3, ""},
    {"/%", "/%", 2, ""},
    {"/%4", "/%4", 3, ""},
    {"/%4?1", "/%4", 3, "1"}, /* an escape does not reach into the query */
    {"/%zz%41", "/%zzA", 5, ""},
    {"/%%41", "/%A", 3, ""},
    {"/%25%34%31", "/%41", 4, ""}, /* decoded once */
};

START_TEST(the_path_is_decoded)
{
    request = request_create(uris[_i].uri);
    ck_assert_uint_eq(request->path.length, uris[_i].len);
    ck_assert_mem_eq(request->path.at, uris[_i].path, uris[_i].len);
    ck_assert(slice_equals(request->query, uris[_i].query));
}
END_TEST

static const struct {
    const char *query;
    const char *value; /* NULL: there is no field of this name */
} queries[] = {
    {"", NULL},
    {"id=1", "1"},
    {"id", ""},
    {"id=", ""},
    {"id=1&id=2", "2"},
    {"id=1&id", ""},
    {"a=1&id=2&b=3", "2"},
    {"&&id=1&&", "1"},
    {"%69d=1", "1"},
    {"id%3D1", NULL},
    {"ID=1", NULL},
    {"idx=1", NULL},
    {"+id=1", NULL},
    {"id=+1", " 1"},
    {"id=%2B1", "+1"},
    {"id=a=b", "a=b"},
    {"id=%26", "&"},
    {"id=%4", "%4"},
    {"id=1;id=2", "1;id=2"},
    {"=1", NULL},
    {"&", NULL},
};

START_TEST(a_query_field_is_found_and_decoded)
{
    char uri[64];
    snprintf(uri, sizeof uri, "/?%s", queries[_i].query);
    request = request_create(uri);
    for (int again = 0; again < 2; again++) { /* looking does not change what is there */
        struct slice value;
        bool is_there = request_query(request, "id", &value);
        ck_assert_int_eq(is_there, queries[_i].value != NULL);
        ck_assert(!is_there || slice_equals(value, queries[_i].value));
    }
}
END_TEST

static const struct {
    const char *type;
    bool is_json;
} types[] = {
    {NULL, true},
    {"", true},
    {"application/json", true},
    {"Application/JSON", true},
    {"application/json; charset=utf-8", true},
    {"application/json ;a", true},
    {"application/vnd.api+json", true},
    {"application/+json", true},
    {"application/jsonx", false},
    {"application/xjson", false},
    {"application/", false},
    {"application", false},
    {"text/json", false},
    {"application/json/x", false},
    {"application/x/json", false},
    {"application/x-www-form-urlencoded", false},
    {"; application/json", false},
};

START_TEST(json_is_known_by_its_type)
{
    request = request_create("/");
    request->content_type = types[_i].type;
    ck_assert_int_eq(request_has_json_type(request), types[_i].is_json);
}
END_TEST

START_TEST(the_body_is_gathered_up_to_its_limit)
{
    char *piece = calloc(1, REQUEST_BODY_MAX);
    request = request_create("/");
    ck_assert(request_add_body(request, "ab", 2));
    ck_assert(request_add_body(request, piece, REQUEST_BODY_MAX - 2));
    ck_assert(!request_body_is_too_large(request));
    ck_assert_uint_eq(request->body.len, REQUEST_BODY_MAX);
    ck_assert(request_add_body(request, "c", 1));
    ck_assert(request_body_is_too_large(request));
    free(piece);
}
END_TEST

START_TEST(what_is_dropped_has_an_end)
{
    char *piece = calloc(1, REQUEST_BODY_MAX);
    request = request_create("/");
    int pieces = 0;
    while (request_add_body(request, piece, REQUEST_BODY_MAX)) {
        pieces++;
    }
    ck_assert_int_eq(pieces, 1 + REQUEST_DROPPED_MAX / REQUEST_BODY_MAX);
    ck_assert_uint_le(request->body.len, REQUEST_BODY_MAX);
    free(piece);
}
END_TEST

START_TEST(all_bodies_together_have_a_limit)
{
    struct request_budget budget = {.limit_bytes = 10};
    struct request *other = request_create("/");
    request = request_create("/");
    request_limit(other, 100, &budget);
    request_limit(request, 100, &budget);
    ck_assert(request_add_body(other, "12345678", 8));
    ck_assert(request_add_body(request, "123", 3));
    ck_assert(request->is_crowded_out);
    ck_assert(!other->is_crowded_out);
    request_destroy(other);
    other = request_create("/");
    request_limit(other, 100, &budget);
    ck_assert(request_add_body(other, "1234567890", 10));
    ck_assert(!other->is_crowded_out);
    request_destroy(other);
    ck_assert_uint_eq(budget.used_bytes, 0);
}
END_TEST

Suite *request_suite(void);
Suite *request_suite(void)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, the_path_is_decoded, 0, sizeof uris / sizeof uris[0]);
    tcase_add_loop_test(tests, a_query_field_is_found_and_decoded, 0,
                        sizeof queries / sizeof queries[0]);
    tcase_add_loop_test(tests, json_is_known_by_its_type, 0, sizeof types / sizeof types[0]);
    tcase_add_test(tests, the_body_is_gathered_up_to_its_limit);
    tcase_add_test(tests, what_is_dropped_has_an_end);
    tcase_add_test(tests, all_bodies_together_have_a_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
