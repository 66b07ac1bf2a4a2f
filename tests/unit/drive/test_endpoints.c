#include <check.h>
#include <stdio.h>

#include "loadgen/drive/endpoints.h"

static char first[] = "a.example";
static char second[] = "b.example";
static struct endpoint known[] = {{first, 80, false}, {second, 443, true}};
static const struct targets targets = {.endpoints = known, .endpoint_count = 2};
static struct endpoints endpoints;

static void setup(void)
{
    ck_assert(endpoints_init(&endpoints, &targets));
}

static void teardown(void)
{
    endpoints_fini(&endpoints);
}

START_TEST(the_targets_endpoints_keep_their_indices)
{
    ck_assert_uint_eq(endpoints_find(&endpoints, false, "a.example", 80), 0);
    ck_assert_uint_eq(endpoints_find(&endpoints, true, "b.example", 443), 1);
}
END_TEST

START_TEST(scheme_host_and_port_make_another)
{
    ck_assert_uint_eq(endpoints_find(&endpoints, true, "a.example", 80), 2);
    ck_assert_uint_eq(endpoints_find(&endpoints, false, "a.example", 81), 3);
    ck_assert_uint_eq(endpoints_find(&endpoints, false, "c.example", 80), 4);
    ck_assert_uint_eq(endpoints_find(&endpoints, true, "a.example", 80), 2);
}
END_TEST

/* Those that there are go on. */
START_TEST(there_is_room_for_so_many)
{
    char host[32];
    for (uint32_t i = 0; i < ENDPOINTS_ADDED_MAX; i++) {
        snprintf(host, sizeof host, "%u.example", i);
        ck_assert_uint_eq(endpoints_find(&endpoints, false, host, 80), 2 + i);
    }
    ck_assert_uint_eq(endpoints_find(&endpoints, false, "one.more", 80), ENDPOINT_NONE);
    ck_assert_uint_eq(endpoints_find(&endpoints, false, host, 80), 1 + ENDPOINTS_ADDED_MAX);
}
END_TEST

Suite *endpoints_suite(void);
Suite *endpoints_suite(void)
{
    Suite *suite = suite_create("endpoints");
    TCase *tc = tcase_create("find");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_targets_endpoints_keep_their_indices);
    tcase_add_test(tc, scheme_host_and_port_make_another);
    tcase_add_test(tc, there_is_room_for_so_many);
    suite_add_tcase(suite, tc);
    return suite;
}
