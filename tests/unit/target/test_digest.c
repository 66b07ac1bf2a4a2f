#include <check.h>
#include <string.h>

#include "loadgen/target/digest.h"
#include "tests/support/read_targets.h"

static const char base[] = "POST http://a:1/x\nAccept: y\n\nGET http://a:1/\n";

/* The digest of these targets: where they go too, or only of the work. */
static void digest_with(const char *text, const char *body, bool has_hosts,
                        char digest[SHA256_TEXT])
{
    const struct message_defaults defaults = {
        .keepalive = true, .is_numbered = true, .body = body, .body_length = strlen(body)};
    struct targets targets;
    struct err err = {.code = ERR_NONE};
    ck_assert_msg(read_targets(&targets, text, strlen(text), &defaults, &err), "%s", err.text);
    ck_assert(has_hosts ? digest_with_hosts(&targets, digest) : digest_of_work(&targets, digest));
    ck_assert_uint_eq(strlen(digest), SHA256_TEXT - 1);
    targets_free(&targets);
}

static bool is_same(const char *a, const char *b, bool has_hosts)
{
    char of_a[SHA256_TEXT], of_b[SHA256_TEXT];
    digest_with(a, "", has_hosts, of_a);
    digest_with(b, "", has_hosts, of_b);
    return strcmp(of_a, of_b) == 0;
}

START_TEST(it_is_the_same_work_wherever_it_is_done)
{
    const char *elsewhere = "POST http://b:2/x\nAccept: y\n\nGET http://b:2/\n";
    ck_assert(is_same(base, elsewhere, false));
    ck_assert(!is_same(base, elsewhere, true));
    ck_assert(is_same(base, base, true));
    ck_assert(is_same("GET http://a/\nHost: x\n", "GET http://a/\n", false));
}
END_TEST

START_TEST(a_new_token_is_not_other_work)
{
    const char *old = "GET http://a/\nAuthorization: Bearer 1\n";
    const char *new = "GET http://a/\nAuthorization: Bearer 2\n";
    ck_assert(is_same(old, new, false));
    ck_assert(!is_same(old, new, true));
    ck_assert(!is_same(old, "GET http://a/\n", false));
}
END_TEST

static const char *const other_work[] = {
    "PUT http://a:1/x\nAccept: y\n\nGET http://a:1/\n",
    "POST http://a:1/z\nAccept: y\n\nGET http://a:1/\n",
    "POST http://a:1/x\nAccept: z\n\nGET http://a:1/\n",
    "POST https://a:1/x\nAccept: y\n\nGET http://a:1/\n",
    "GET http://a:1/\n\nPOST http://a:1/x\nAccept: y\n",
    "POST http://a:1/x\nAccept: y\n",
};

START_TEST(another_method_path_header_or_order_is_other_work)
{
    ck_assert_msg(!is_same(base, other_work[_i], false), "%s", other_work[_i]);
}
END_TEST

START_TEST(another_body_is_other_work)
{
    char of_a[SHA256_TEXT], of_b[SHA256_TEXT];
    digest_with(base, "a", false, of_a);
    digest_with(base, "b", false, of_b);
    ck_assert_str_ne(of_a, of_b);
}
END_TEST

Suite *digest_suite(void);
Suite *digest_suite(void)
{
    Suite *suite = suite_create("digest");
    TCase *tests = tcase_create("digest");
    tcase_add_test(tests, it_is_the_same_work_wherever_it_is_done);
    tcase_add_test(tests, a_new_token_is_not_other_work);
    tcase_add_loop_test(tests, another_method_path_header_or_order_is_other_work, 0,
                        sizeof other_work / sizeof other_work[0]);
    tcase_add_test(tests, another_body_is_other_work);
    suite_add_tcase(suite, tests);
    return suite;
}
