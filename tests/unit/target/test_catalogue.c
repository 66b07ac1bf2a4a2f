/* Names that come up while a run goes on, from several threads. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/read_targets.h"

#include "loadgen/target/catalogue.h"

enum { NAME = 32, THREADS = 4, NAMES = ROWS_MAX + 200 };

static struct targets targets;
static struct catalogue catalogue;
static struct catalogue_table tables[THREADS];
static const struct message_defaults defaults = {.attack_name = "", .keepalive = true};

static void setup(void)
{
    static const char text[] = "GET http://a/1\nGET http://a/2\n# @name GET /1\nGET http://b/\n";
    struct err err = {0};
    ck_assert(read_targets(&targets, text, strlen(text), &defaults, &err));
    catalogue_init(&catalogue, &targets, true);
    for (size_t i = 0; i < THREADS; i++) {
        catalogue_table_init(&tables[i], &catalogue);
    }
}

static void teardown(void)
{
    catalogue_fini(&catalogue);
    targets_free(&targets);
}

static struct request find(size_t thread, const char *name)
{
    struct request request = {0};
    char url[2 * NAME];
    snprintf(url, sizeof url, "http://a/%s", name);
    catalogue_find(&tables[thread], name, "PUT", url, &request);
    return request;
}

START_TEST(a_name_of_the_order_is_its_first_target)
{
    struct request request = find(0, "GET /1");
    ck_assert_uint_eq(request.target, 0);
    ck_assert_uint_eq(request.row, 0);
    ck_assert_uint_eq(find(0, "GET /2").target, 1);
    ck_assert_uint_eq(catalogue_added(&catalogue), 0);
    ck_assert_str_eq(catalogue_target(&catalogue, 2)->url, "http://b/");
}
END_TEST

START_TEST(a_new_name_is_the_same_target_in_every_thread)
{
    struct request first = find(0, "login");
    ck_assert_uint_eq(first.target, 3);
    ck_assert_uint_eq(first.row, 2);
    ck_assert_uint_eq(find(1, "logout").target, 4);
    for (size_t thread = 0; thread < THREADS; thread++) {
        ck_assert_uint_eq(find(thread, "login").target, first.target);
        ck_assert_uint_eq(find(thread, "login").row, first.row);
    }
    const struct target *target = catalogue_target(&catalogue, first.target);
    ck_assert_str_eq(target->name, "login");
    ck_assert_str_eq(target->method, "PUT");
    ck_assert_str_eq(target->url, "http://a/login");
    ck_assert_str_eq(rows_name(catalogue.rows, first.row), "login");
    ck_assert_uint_eq(targets.rows.count, 2); /* the order stays as it is */
}
END_TEST

static struct request seen[THREADS][NAMES];

/* Each thread begins at another name, and comes back to all of them. */
static void *find_all(void *context)
{
    size_t thread = (size_t)((struct request(*)[NAMES])context - seen);
    char name[NAME];
    for (size_t i = 0; i < (size_t)3 * NAMES; i++) {
        size_t n = (i + thread * NAMES / THREADS) % NAMES;
        snprintf(name, sizeof name, "name %zu", n);
        struct request request = find(thread, name);
        ck_assert(i < NAMES ||
                  (request.target == seen[thread][n].target && request.row == seen[thread][n].row));
        seen[thread][n] = request;
    }
    return NULL;
}

/* Which names get a row is a matter of chance; that all threads agree is not. */
START_TEST(threads_agree_about_more_names_than_there_are_rows)
{
    pthread_t threads[THREADS];
    size_t others = 0;
    for (size_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, find_all, &seen[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t n = 0; n < NAMES; n++) {
        char name[NAME];
        snprintf(name, sizeof name, "name %zu", n);
        const struct request *request = &seen[0][n];
        const struct target *target = catalogue_target(&catalogue, request->target);
        bool is_other = request->row == ROWS_OTHER;
        others += is_other;
        ck_assert_str_eq(target->name, is_other ? "other targets" : name);
        ck_assert_uint_eq(target->row, request->row);
        for (size_t i = 1; i < THREADS; i++) {
            ck_assert_uint_eq(seen[i][n].target, request->target);
            ck_assert_uint_eq(seen[i][n].row, request->row);
        }
    }
    ck_assert_uint_eq(catalogue.rows->count, ROWS_MAX);
    ck_assert_uint_eq(others, NAMES - (ROWS_MAX - 2));
    ck_assert_uint_eq(catalogue.rows->others, others);
    ck_assert_uint_eq(catalogue_added(&catalogue), ROWS_MAX - 2 + 1);
}
END_TEST

/* A thread that has met hundreds of names without a row still finds those that have one. */
START_TEST(any_number_of_names_can_come_up)
{
    char name[NAME];
    for (size_t n = 0; n < ROWS_MAX; n++) {
        snprintf(name, sizeof name, "early %zu", n);
        find(0, name);
    }
    for (size_t n = 0; n < (size_t)5 * ROWS_MAX; n++) {
        snprintf(name, sizeof name, "late %zu", n);
        ck_assert_uint_eq(find(1, name).row, ROWS_OTHER);
    }
    for (size_t n = 0; n < ROWS_MAX - 2; n++) {
        snprintf(name, sizeof name, "early %zu", n);
        ck_assert_uint_eq(find(1, name).row, n + 2);
        ck_assert_uint_eq(find(1, name).target, find(0, name).target);
    }
    ck_assert_uint_eq(find(2, "last").row, ROWS_OTHER);
    ck_assert_uint_eq(find(2, "GET /1").row, 0);
}
END_TEST

Suite *catalogue_suite(void);
Suite *catalogue_suite(void)
{
    Suite *suite = suite_create("catalogue");
    TCase *tests = tcase_create("catalogue");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_name_of_the_order_is_its_first_target);
    tcase_add_test(tests, a_new_name_is_the_same_target_in_every_thread);
    tcase_add_test(tests, threads_agree_about_more_names_than_there_are_rows);
    tcase_add_test(tests, any_number_of_names_can_come_up);
    suite_add_tcase(suite, tests);
    return suite;
}
