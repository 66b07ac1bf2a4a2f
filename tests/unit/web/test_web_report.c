/* The report is one file: what it has inside, and what its policy allows. Not under tsan: one
 * thread. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/sha256.h"
#include "loadgen/base/text/base64.h"
#include "loadgen/web/http/exchange.h"
#include "loadgen/web/page/report.h"

static struct bytes html;
static struct bytes policy;

static void setup(void)
{
    json_t *data = json_pack("{s:s}", "name", "</script><b>\xc3\xbc");
    report_write(data, &html, &policy);
    json_decref(data);
    bytes_add(&html, "", 1);
    bytes_add(&policy, "", 1);
}

static void teardown(void)
{
    bytes_free(&html);
    bytes_free(&policy);
    html = policy = (struct bytes){0};
}

START_TEST(nothing_is_elsewhere)
{
    static const char *const parts[] = {"src=\"", "<link", " style=\"", " onclick=\""};
    ck_assert_ptr_nonnull(strstr(html.at, "new Dygraph("));
    ck_assert_ptr_nonnull(strstr(html.at, "\n</html>"));
    ck_assert_ptr_null(strstr(html.at, "sourceMappingURL"));
    *strstr(html.at, "<script>") = '\0'; /* scripts follow the elements */
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ck_assert_msg(!strstr(html.at, parts[i]), "%s", parts[i]);
    }
}
END_TEST

START_TEST(names_cannot_end_the_data)
{
    ck_assert_ptr_nonnull(
        strstr(html.at,
               " id=\"data\">{\"name\":\"\\u003c/script>\\u003cb>\xc3\xbc\"}</script>\n<script>"));
}
END_TEST

/* Each element of this kind is allowed by its hash. Returns how many there are. */
static size_t count_allowed(const char *begin, const char *end)
{
    size_t count = 0;
    for (const char *at = html.at; (at = strstr(at, begin)) != NULL; count++) {
        unsigned char hash[SHA256_BYTES];
        struct bytes source = {0};
        at += strlen(begin);
        sha256_digest(at, (size_t)(strstr(at, end) - at), hash);
        bytes_add_text(&source, "'sha256-");
        base64_encode(hash, sizeof hash, &source);
        bytes_add(&source, "'", 2);
        ck_assert_msg(strstr(policy.at, source.at) != NULL, "%s: %s", source.at, policy.at);
        bytes_free(&source);
    }
    return count;
}

START_TEST(the_policy_allows_what_is_inside)
{
    const struct http_reply *reply = NULL; /* for sizeof */
    size_t scripts = count_allowed("<script>", "</script>");
    size_t styles = count_allowed("<style>", "</style>");
    size_t hashes = 0;
    for (const char *at = policy.at; (at = strstr(at, "sha256-")) != NULL; at++) {
        hashes++;
    }
    ck_assert_uint_ge(scripts, 3);
    ck_assert_uint_eq(styles, 1);
    ck_assert_uint_eq(hashes, scripts + styles);
    ck_assert_ptr_null(strstr(policy.at, "unsafe"));
    ck_assert_ptr_nonnull(strstr(html.at, policy.at));
    ck_assert_uint_lt(policy.length + 32, sizeof reply->policy);
}
END_TEST

Suite *web_report_suite(void);
Suite *web_report_suite(void)
{
    Suite *suite = suite_create("web_report");
    TCase *tests = tcase_create("web_report");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_is_elsewhere);
    tcase_add_test(tests, names_cannot_end_the_data);
    tcase_add_test(tests, the_policy_allows_what_is_inside);
    suite_add_tcase(suite, tests);
    return suite;
}
