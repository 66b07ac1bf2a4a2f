#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/users/document.h"
#include "target-api/users/store.h"

enum { NAME = 1000, LARGE = 200 }; /* users: more than the 64 KiB that are sent as one text */

static struct store *store;

static void set_up(void)
{
    static const struct store_options options = {.users_max = 100000, .bytes_max = 1 << 26};
    store = store_create(&options, NULL);
    ck_assert_ptr_nonnull(store);
}

static void tear_down(void)
{
    store_destroy(store);
}

/* With a name of `len` letters. */
static void put(int id, char letter, size_t len)
{
    char name[4 * NAME];
    memset(name, letter, len);
    ck_assert_int_eq(store_put(store, id, (struct slice){name, len}, slice_of("30"), NULL),
                     STORE_OK);
}

static void fill(void)
{
    for (int id = 0; id < LARGE; id++) {
        put(id, 'a', NAME);
    }
}

static char *gather(const struct slice *parts, size_t count, size_t len)
{
    char *text = malloc(len + 1);
    ck_assert_ptr_nonnull(text);
    char *end = text;
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_le((size_t)(end - text) + parts[i].length, len);
        memcpy(end, parts[i].at, parts[i].length);
        end += parts[i].length;
    }
    ck_assert_uint_eq((size_t)(end - text), len);
    *end = '\0';
    return text;
}

/* The flat copy says what the blocks say. */
static void expect_same(const struct document *document, const struct slice *flat)
{
    size_t count = document_parts(document);
    struct slice *parts = calloc(count, sizeof *parts);
    ck_assert_ptr_nonnull(parts);
    for (size_t i = 0; i < count; i++) {
        parts[i] = document_part(document, i);
    }
    char *expected = gather(parts, count, document_len(document));
    char *text = gather(flat, DOCUMENT_FLAT_PARTS, document_len(document));
    ck_assert(strcmp(text, expected) == 0);
    free(parts);
    free(expected);
    free(text);
}

/* Whether the version has a copy; checks that it is right. */
static bool has_copy(const struct document *document)
{
    struct slice flat[DOCUMENT_FLAT_PARTS];
    if (!document_flat_parts(document, flat)) {
        return false;
    }
    expect_same(document, flat);
    return true;
}

START_TEST(a_small_document_needs_no_copy)
{
    struct document *document = store_get_metadata(store);
    document_flatten(document);
    ck_assert_ptr_nonnull(document_flat(document));
    ck_assert(!has_copy(document));
    document_unref(document);
}
END_TEST

START_TEST(a_copy_grows_with_the_users_that_are_added)
{
    fill();
    struct document *first = store_get_metadata(store);
    ck_assert(!has_copy(first));
    document_flatten(first);
    ck_assert(has_copy(first));
    put(LARGE, 'b', NAME);
    put(LARGE + 1, 'c', 1);
    struct document *next = store_get_metadata(store);
    ck_assert(has_copy(next) && has_copy(first));
    ck_assert_uint_gt(document_len(next), document_len(first));
    document_unref(first);
    document_unref(next);
    /* Beyond its room there is none, until it is asked for again. */
    for (int id = LARGE + 2; id < 2 * LARGE; id++) {
        put(id, 'd', NAME);
    }
    next = store_get_metadata(store);
    ck_assert(!has_copy(next));
    document_flatten(next);
    ck_assert(has_copy(next));
    document_unref(next);
}
END_TEST

START_TEST(there_is_one_copy_whatever_readers_hold)
{
    fill();
    struct document *slow = store_get_metadata(store);
    document_flatten(slow);
    put(3, 'r', (size_t)2 * NAME);
    struct document *replaced = store_get_metadata(store);
    document_flatten(replaced);
    ck_assert(has_copy(slow) && !has_copy(replaced));
    document_unref(slow);
    document_flatten(replaced);
    ck_assert(has_copy(replaced));
    document_unref(replaced);
}
END_TEST

struct race {
    atomic_bool is_over;
    atomic_size_t copies;
};

static void *read_copies(void *cls)
{
    struct race *race = cls;
    while (!atomic_load(&race->is_over)) {
        struct document *document = store_get_metadata(store);
        document_flatten(document);
        atomic_fetch_add(&race->copies, has_copy(document));
        document_unref(document);
    }
    return NULL;
}

START_TEST(copies_are_right_while_others_write)
{
    enum { READERS = 3, WRITES = 600 };
    fill();
    struct race race = {0};
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_copies, &race), 0);
    }
    for (int i = 0; i < WRITES || atomic_load(&race.copies) < 100; i++) {
        bool is_new = i % 20 != 0 && i < WRITES;
        put(is_new ? LARGE + i : i % LARGE, (char)('a' + i % 26), (size_t)(i % NAME) + 1);
    }
    atomic_store(&race.is_over, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
}
END_TEST

Suite *document_suite(void);
Suite *document_suite(void)
{
    Suite *suite = suite_create("document");
    TCase *tests = tcase_create("document");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_small_document_needs_no_copy);
    tcase_add_test(tests, a_copy_grows_with_the_users_that_are_added);
    tcase_add_test(tests, there_is_one_copy_whatever_readers_hold);
    tcase_add_test(tests, copies_are_right_while_others_write);
    suite_add_tcase(suite, tests);
    return suite;
}
