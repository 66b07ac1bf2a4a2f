/* What a handle of libcurl's is set up for. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/http/curl/setup.h"

static const struct engine_limits limits = {.max_connections = UINT64_MAX, .max_idle = 1};
static const struct tls_options secure;
static const struct terms terms;
static const struct engine_config config = {
    .limits = &limits, .secure = &secure, .keepalive = true};
static struct curl_origin origin = {.url = "http://127.0.0.1:1"};
static struct curl_sockets sockets;
static struct curl_transfer *transfer;
static char bytes[64];
static struct request request;

static void set_up(void)
{
    struct err err = {0};
    request = (struct request){.bytes = bytes};
    transfer = curl_setup_create(&config, &sockets, NULL, &err);
    ck_assert_msg(transfer != NULL, "%s", err.text);
    transfer->exchange.terms = &terms;
    transfer->origin = &origin;
    transfer->request = &request;
}

static void tear_down(void)
{
    curl_setup_destroy(transfer);
}

/* Sets up the handle for a GET of this path, in the memory of the last one. */
static const char *url_for(const char *path)
{
    request.length =
        (size_t)snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    ck_assert(curl_setup_request(transfer));
    return transfer->message.text;
}

START_TEST(memory_with_another_request_is_read_again)
{
    ck_assert_str_eq(url_for("/a"), "http://127.0.0.1:1/a");
    ck_assert_str_eq(url_for("/b"), "http://127.0.0.1:1/b");
}
END_TEST

START_TEST(a_request_of_a_table_is_set_up_once)
{
    request.is_constant = true;
    ck_assert_str_eq(url_for("/a"), "http://127.0.0.1:1/a");
    ck_assert_str_eq(url_for("/b"), "http://127.0.0.1:1/a");
}
END_TEST

/* libcurl has some of its own, to look up names. */
START_TEST(only_our_sockets_are_found)
{
    struct curl_sockets none = {0};
    ck_assert_ptr_null(curl_sockets_at(&none, 16));
    struct curl_socket closed = {.watch.fd = -1};
    struct curl_socket open = {.watch.fd = 1};
    struct curl_socket *by_fd[] = {&closed, &open, NULL};
    struct curl_sockets some = {.by_fd = by_fd, .room = 3};
    ck_assert_ptr_null(curl_sockets_at(&some, 0));
    ck_assert_ptr_eq(curl_sockets_at(&some, 1), &open);
    ck_assert_ptr_null(curl_sockets_at(&some, 2));
    ck_assert_ptr_null(curl_sockets_at(&some, 3));
}
END_TEST

Suite *curl_setup_suite(void);
Suite *curl_setup_suite(void)
{
    Suite *suite = suite_create("curl_setup");
    TCase *tests = tcase_create("curl_setup");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, memory_with_another_request_is_read_again);
    tcase_add_test(tests, a_request_of_a_table_is_set_up_once);
    tcase_add_test(tests, only_our_sockets_are_found);
    suite_add_tcase(suite, tests);
    return suite;
}
