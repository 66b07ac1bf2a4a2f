/*
 * Texts of errors in the measured window. While the test itself holds the lock of the pool nobody
 * can write or keep a new text: whoever tries hangs, and the test with it.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/measure/error_cache.h"

enum { TARGETS = 10000, ROUNDS = 3 };

static char get[] = "GET";
static struct target list[TARGETS];
static char urls[TARGETS][32];
static const struct targets targets = {.list = list, .count = TARGETS};
static struct request request;
static struct address_list addresses;
static struct text_pool pool;
static struct error_cache *cache;

static void setup(void)
{
    for (size_t i = 0; i < TARGETS; i++) {
        snprintf(urls[i], sizeof urls[i], "http://a/%zu", i);
        list[i] = (struct target){.method = get, .url = urls[i]};
    }
    address_list_init(&addresses);
    text_pool_init(&pool);
    cache = calloc(1, sizeof *cache);
}

static void teardown(void)
{
    free(cache);
    text_pool_fini(&pool);
    address_list_fini(&addresses);
}

static const char *find(struct exchange exchange, size_t target)
{
    request.target = (uint32_t)target;
    exchange.request = &request;
    return error_cache_find(cache, &exchange, &targets.list[target], &addresses, &pool);
}

static const struct exchange not_found = {.code = 404, .reason = "Not Found"};
static const struct exchange refused = {
    .outcome = OUTCOME_CONNECT, .system_error = ECONNREFUSED, .address = ADDRESS_NONE};

START_TEST(targets_that_are_not_found_are_one_kind)
{
    const char *first = find(not_found, 0);
    ck_assert_str_eq(first, "404 Not Found");
    pthread_mutex_lock(&pool.lock);
    for (size_t i = 0; i < TARGETS; i++) {
        struct exchange x = not_found;
        x.address = (uint32_t)i; /* nor do addresses make a difference */
        ck_assert_ptr_eq(find(x, i), first);
    }
    pthread_mutex_unlock(&pool.lock);
    ck_assert_uint_eq(cache->count, 1);
}
END_TEST

/* Each has a text of its own; what the cache knows it knows for good, the rest is one text. */
START_TEST(beyond_the_kinds_that_are_remembered_the_pool_is_left_alone)
{
    static const char *texts[TARGETS];
    for (size_t i = 0; i < ERROR_CACHE_KINDS; i++) {
        texts[i] = find(refused, i);
    }
    ck_assert_str_eq(texts[255], "Get \"http://a/255\": dial tcp ?: connect: connection refused");
    ck_assert_ptr_eq(texts[256], text_pool_overflow);
    pthread_mutex_lock(&pool.lock);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < TARGETS; i++) {
            const char *expected = i < ERROR_CACHE_KINDS ? texts[i] : text_pool_overflow;
            ck_assert_ptr_eq(find(refused, i), expected);
        }
    }
    pthread_mutex_unlock(&pool.lock);
    ck_assert_uint_eq(cache->count, ERROR_CACHE_KINDS);
    ck_assert_uint_eq(pool.count, TEXT_POOL_MAX);
}
END_TEST

/* What servers say is no more bounded than what they are. */
START_TEST(a_thousand_reasons_are_looked_up_once_each)
{
    struct exchange x = {.code = 500};
    static const char *texts[1000];
    for (size_t i = 0; i < 1000; i++) {
        snprintf(x.reason, sizeof x.reason, "Reason %zu", i);
        texts[i] = find(x, i);
    }
    pthread_mutex_lock(&pool.lock);
    for (size_t i = 0; i < 1000; i++) {
        snprintf(x.reason, sizeof x.reason, "Reason %zu", i);
        ck_assert_ptr_eq(find(x, 0), texts[i]);
    }
    pthread_mutex_unlock(&pool.lock);
    ck_assert_str_eq(texts[9], "500 Reason 9");
}
END_TEST

/* Threads that meet the same kinds in another order give them the same texts. */
START_TEST(two_threads_agree)
{
    struct error_cache *first = cache;
    struct error_cache *second = calloc(1, sizeof *second);
    for (size_t i = 0; i < (size_t)2 * TEXT_POOL_MAX; i++) {
        find(refused, i);
    }
    find(not_found, 0); /* too late for the pool */
    cache = second;
    ck_assert_ptr_eq(find(not_found, 1), text_pool_overflow);
    for (size_t i = TEXT_POOL_MAX; i > 0; i--) {
        const char *text = find(refused, i - 1);
        cache = first;
        ck_assert_ptr_eq(find(refused, i - 1), text);
        cache = second;
    }
    cache = first;
    free(second);
}
END_TEST

/* Whatever the text depends on makes another kind. */
START_TEST(what_makes_another_text_makes_another_kind)
{
    static const struct exchange kinds[] = {
        {.code = 404, .reason = "Not Found"},
        {.code = 404, .reason = "Gone Away"},
        {.code = 410, .reason = "Gone Away"},
        {.outcome = OUTCOME_TIMED_OUT},
        {.outcome = OUTCOME_TIMED_OUT, .sent_ns = 1},
        {.outcome = OUTCOME_TIMED_OUT, .sent_ns = 1, .first_byte_ns = 1},
        {.outcome = OUTCOME_CLOSED, .sent_ns = 1},
        {.outcome = OUTCOME_CLOSED, .sent_ns = 1, .first_byte_ns = 1},
        {.outcome = OUTCOME_CONNECT, .system_error = ECONNREFUSED},
        {.outcome = OUTCOME_CONNECT, .system_error = ETIMEDOUT},
        {.outcome = OUTCOME_RESET, .system_error = ECONNRESET},
        {.outcome = OUTCOME_PROTOCOL, .reason = "a"},
        {.outcome = OUTCOME_PROTOCOL, .reason = "b"},
        {.outcome = OUTCOME_TLS, .reason = "c"},
    };
    enum { KINDS = sizeof kinds / sizeof kinds[0] };
    const char *texts[KINDS];
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < KINDS; i++) {
            texts[i] = find(kinds[i], 0);
            for (size_t j = 0; j < i; j++) {
                ck_assert_ptr_ne(texts[i], texts[j]);
            }
        }
    }
    ck_assert_uint_eq(cache->count, KINDS);
    ck_assert_ptr_ne(find(kinds[3], 1), texts[3]);
}
END_TEST

Suite *error_cache_suite(void);
Suite *error_cache_suite(void)
{
    Suite *suite = suite_create("error_cache");
    TCase *tests = tcase_create("error_cache");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, targets_that_are_not_found_are_one_kind);
    tcase_add_test(tests, beyond_the_kinds_that_are_remembered_the_pool_is_left_alone);
    tcase_add_test(tests, a_thousand_reasons_are_looked_up_once_each);
    tcase_add_test(tests, two_threads_agree);
    tcase_add_test(tests, what_makes_another_text_makes_another_kind);
    suite_add_tcase(suite, tests);
    return suite;
}
