#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/net/address_list.h"

static struct address_list list;
static struct err err;

static void setup(void)
{
    address_list_init(&list);
}

static void teardown(void)
{
    address_list_fini(&list);
}

static uint32_t add(const char *host, uint16_t port)
{
    struct address address;
    memset(&address, 0xff, sizeof address); /* what lies behind the address counts for nothing */
    ck_assert(address_parse(host, port, &address));
    return address_list_add(&list, &address);
}

START_TEST(an_address_has_one_number)
{
    ck_assert_uint_eq(add("127.0.0.1", 80), 0);
    ck_assert_uint_eq(add("127.0.0.2", 80), 1);
    ck_assert_uint_eq(add("127.0.0.1", 81), 2);
    ck_assert_uint_eq(add("::1", 80), 3);
    ck_assert_uint_eq(add("127.0.0.1", 80), 0);
    ck_assert_uint_eq(list.items[3].number, 3);
}
END_TEST

START_TEST(what_has_no_number_has_no_name)
{
    char text[ADDRESS_TEXT];
    add("::1", 80);
    ck_assert_str_eq(address_list_name(&list, 0, text), "[::1]:80");
    ck_assert_str_eq(address_list_name(&list, 1, text), "?");
    ck_assert_str_eq(address_list_name(&list, ADDRESS_NONE, text), "?");
}
END_TEST

START_TEST(the_last_number_is_shared)
{
    char text[ADDRESS_TEXT];
    for (unsigned port = 1; port < ADDRESS_LIST_MAX; port++) {
        ck_assert_uint_eq(add("127.0.0.1", (uint16_t)port), port - 1);
    }
    ck_assert_uint_eq(add("127.0.0.2", 1), ADDRESS_LIST_MAX - 1);
    ck_assert_uint_eq(add("127.0.0.2", 2), ADDRESS_LIST_MAX - 1);
    ck_assert_str_eq(address_list_name(&list, ADDRESS_LIST_MAX - 1, text), "other addresses");
    ck_assert_uint_eq(add("127.0.0.1", 5), 4);
}
END_TEST

START_TEST(unix_sockets_are_told_apart_by_their_path)
{
    struct address a;
    struct address b;
    ck_assert(address_unix("/tmp/a", &a, &err));
    ck_assert(address_unix("/tmp/b", &b, &err));
    ck_assert_uint_eq(address_list_add(&list, &a), 0);
    ck_assert_uint_eq(address_list_add(&list, &b), 1);
    ck_assert_uint_eq(address_list_add(&list, &a), 0);
}
END_TEST

Suite *address_list_suite(void);
Suite *address_list_suite(void)
{
    Suite *suite = suite_create("address_list");
    TCase *tests = tcase_create("address_list");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_address_has_one_number);
    tcase_add_test(tests, what_has_no_number_has_no_name);
    tcase_add_test(tests, the_last_number_is_shared);
    tcase_add_test(tests, unix_sockets_are_told_apart_by_their_path);
    suite_add_tcase(suite, tests);
    return suite;
}
