#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/users/store.h"
#include "tests/support/random.h"

#define SAMPLES                                                                                    \
    "{\"name\":{\"0\":\"user1\",\"1\":\"user2\",\"2\":\"user3\"},"                                 \
    "\"age\":{\"0\":\"24\",\"1\":\"30\",\"2\":\"18\"}}"

static const struct store_options options = {.users_max = 100000, .bytes_max = 1 << 24};
static struct store *store;

static void setup(void)
{
    store = store_create(&options, NULL);
    ck_assert_ptr_nonnull(store);
}

static void teardown(void)
{
    store_destroy(store);
}

/* Compares and gives the reference back. */
static void expect_text(struct text *text, const char *expected)
{
    ck_assert_ptr_nonnull(text);
    ck_assert_msg(text->len == strlen(expected) && memcmp(text->bytes, expected, text->len) == 0,
                  "got: %.*s", (int)text->len, text->bytes);
    text_unref(text);
}

/* The whole document as one text. */
static struct text *flat(struct document *document)
{
    ck_assert_ptr_nonnull(document);
    struct text *text = text_create(document_len(document));
    size_t len = 0;
    for (size_t i = 0; i < document_parts(document); i++) {
        struct slice part = document_part(document, i);
        ck_assert_uint_le(len + part.length, text->len);
        memcpy(text->bytes + len, part.at, part.length);
        len += part.length;
    }
    ck_assert_uint_eq(len, text->len);
    document_unref(document);
    return text;
}

static struct text *metadata_text(void)
{
    return flat(store_get_metadata(store));
}

static struct text *put(int64_t id, const char *name, const char *age)
{
    struct document *metadata = NULL;
    ck_assert_int_eq(store_put(store, id, slice_of(name), slice_of(age), &metadata), STORE_OK);
    return flat(metadata);
}

START_TEST(it_starts_with_the_sample_users)
{
    expect_text(metadata_text(), SAMPLES);
    expect_text(store_get(store, 0, STORE_NAME), "\"user1\"");
    expect_text(store_get(store, 2, STORE_AGE), "\"18\"");
}
END_TEST

START_TEST(an_unknown_id_is_not_found)
{
    ck_assert_ptr_null(store_get(store, 3, STORE_NAME));
    ck_assert_ptr_null(store_get(store, -1, STORE_NAME));
    ck_assert_ptr_null(store_get(store, INT64_MIN, STORE_AGE));
}
END_TEST

START_TEST(a_new_user_comes_last_whatever_the_id)
{
    expect_text(put(-7, "a", "b"),
                "{\"name\":{\"0\":\"user1\",\"1\":\"user2\",\"2\":\"user3\",\"-7\":\"a\"},"
                "\"age\":{\"0\":\"24\",\"1\":\"30\",\"2\":\"18\",\"-7\":\"b\"}}");
}
END_TEST

START_TEST(a_user_who_is_replaced_keeps_the_place)
{
    const char *expected = "{\"name\":{\"0\":\"user1\",\"1\":\"b\",\"2\":\"user3\"},"
                           "\"age\":{\"0\":\"24\",\"1\":\"c\",\"2\":\"18\"}}";
    expect_text(put(1, "b", "c"), expected);
    expect_text(metadata_text(), expected);
    expect_text(store_get(store, 1, STORE_NAME), "\"b\"");
}
END_TEST

START_TEST(the_extremes_of_64_bits_are_ids)
{
    text_unref(put(INT64_MIN, "least", "1"));
    text_unref(put(INT64_MAX, "most", "2"));
    expect_text(store_get(store, INT64_MIN, STORE_NAME), "\"least\"");
    expect_text(store_get(store, INT64_MAX, STORE_AGE), "\"2\"");
    struct text *metadata = metadata_text();
    ck_assert_ptr_nonnull(
        memmem(metadata->bytes, metadata->len, "\"-9223372036854775808\":\"least\"", 30));
    text_unref(metadata);
}
END_TEST

START_TEST(text_is_escaped_as_python_does_it)
{
    text_unref(put(5, "\"\\/\b\f\n\r\t\x01\x1f\x7f", "日本é"));
    expect_text(store_get(store, 5, STORE_NAME), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    expect_text(store_get(store, 5, STORE_AGE), "\"日本é\"");
    ck_assert_int_eq(store_put(store, 6, (struct slice){"a\0b", 3}, (struct slice){NULL, 0}, NULL),
                     STORE_OK);
    expect_text(store_get(store, 6, STORE_NAME), "\"a\\u0000b\"");
    expect_text(store_get(store, 6, STORE_AGE), "\"\"");
}
END_TEST

START_TEST(a_reference_outlives_what_is_written_later)
{
    struct document *metadata = store_get_metadata(store);
    struct text *name = store_get(store, 0, STORE_NAME);
    text_unref(put(0, "other", "1"));
    expect_text(flat(metadata), SAMPLES);
    expect_text(name, "\"user1\"");
}
END_TEST

START_TEST(thousands_of_users_are_all_found_and_in_order)
{
    enum { USERS = 2000 };
    const int64_t stride = INT64_C(1) << 40; /* ids that differ only far up */
    char name[32];
    for (int64_t i = 3; i < USERS; i++) {
        snprintf(name, sizeof name, "n%" PRId64, i);
        text_unref(put(i % 2 ? i : -i * stride, name, "1"));
    }
    char expected[40];
    for (int64_t i = 3; i < USERS; i++) {
        snprintf(expected, sizeof expected, "\"n%" PRId64 "\"", i);
        expect_text(store_get(store, i % 2 ? i : -i * stride, STORE_NAME), expected);
    }
    struct text *metadata = metadata_text();
    const char *at = metadata->bytes;
    const char *end = at + metadata->len;
    for (int64_t i = 3; i < USERS; i++) {
        snprintf(expected, sizeof expected, ":\"n%" PRId64 "\"", i);
        at = memmem(at, (size_t)(end - at), expected, strlen(expected));
        ck_assert_ptr_nonnull(at);
    }
    text_unref(metadata);
}
END_TEST

static void *read_until_the_end(void *unused)
{
    (void)unused;
    for (;;) {
        struct text *value = store_get(store, 1000, STORE_AGE);
        bool is_last = value != NULL;
        text_unref(value);
        struct text *metadata = metadata_text();
        ck_assert(metadata->len >= 40);
        ck_assert(memcmp(metadata->bytes, "{\"name\":{\"0\":\"", 14) == 0);
        ck_assert(memcmp(metadata->bytes + metadata->len - 3, "\"}}", 3) == 0);
        text_unref(metadata);
        if (is_last) {
            return NULL;
        }
    }
}

START_TEST(readers_see_whole_documents_while_others_write)
{
    pthread_t readers[2];
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_until_the_end, NULL), 0);
    }
    for (int64_t i = 0; i <= 1000; i++) {
        text_unref(put(i, "name", "age"));
        text_unref(put(0, i % 2 ? "a" : "longer", "1"));
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(readers[i], NULL);
    }
}
END_TEST

static void *write_own_ids(void *first)
{
    for (int64_t i = 0; i < 200; i++) {
        text_unref(put(*(int64_t *)first + i, "w", "1"));
    }
    return NULL;
}

START_TEST(nothing_is_lost_between_writers)
{
    int64_t first[2] = {1000, 2000};
    pthread_t writers[2];
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&writers[i], NULL, write_own_ids, &first[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(writers[i], NULL);
    }
    for (int64_t i = 0; i < 200; i++) {
        expect_text(store_get(store, 1000 + i, STORE_NAME), "\"w\"");
        expect_text(store_get(store, 2000 + i, STORE_NAME), "\"w\"");
    }
}
END_TEST

/* What the document must be, written the simple way. */
static void expect_document(int64_t count, const char *const *names)
{
    char *expected = malloc((size_t)count * 2 * 9000 + 100);
    char *end = expected + sprintf(expected, "{\"name\":{");
    for (int64_t i = 0; i < count; i++) {
        end += sprintf(end, "%s\"%" PRId64 "\":\"%s\"", i ? "," : "", i, names[i]);
    }
    end += sprintf(end, "},\"age\":{");
    for (int64_t i = 0; i < count; i++) {
        end += sprintf(end, "%s\"%" PRId64 "\":\"1\"", i ? "," : "", i);
    }
    sprintf(end, "}}");
    struct text *text = metadata_text();
    ck_assert(text->len == strlen(expected) && memcmp(text->bytes, expected, text->len) == 0);
    text_unref(text);
    free(expected);
}

/* Through blocks that fill up, grow and shrink, up to a document that has only parts. */
START_TEST(the_document_is_right_after_each_of_many_writes)
{
    enum { USERS = 1500 };
    static const char *names[USERS];
    static char large[8300];
    memset(large, 'x', sizeof large - 1);
    struct random chance = random_seeded(7);
    for (int64_t i = 0; i < USERS; i++) {
        names[i] = i % 500 == 250 ? large : "somebody with a name of some length, 50 bytes or so";
        text_unref(put(i, names[i], "1"));
        size_t other = random_below(&chance, (uint64_t)i + 1);
        uint64_t any = random_below(&chance, 64);
        names[other] = any % 3 == 0 ? "" : any == 1 ? large : "other";
        text_unref(put((int64_t)other, names[other], "1"));
        if (i > 2 && i % 50 == 0) {
            expect_document(i + 1, names);
        }
    }
    expect_document(USERS, names);
    struct document *document = store_get_metadata(store);
    ck_assert_ptr_null(document_flat(document));
    document_unref(document);
}
END_TEST

START_TEST(beyond_a_limit_nothing_changes)
{
    store_destroy(store);
    store = store_create(&(struct store_options){.users_max = 4, .bytes_max = 60}, NULL);
    text_unref(put(7, "a", "1"));
    struct text *before = metadata_text();
    struct slice a = slice_of("a");
    ck_assert_int_eq(store_put(store, 8, a, a, NULL), STORE_FULL);
    ck_assert_uint_eq(store_count(store).users, 4);
    ck_assert_uint_eq(store_count(store).bytes, 3 * 15 + 10);
    ck_assert_ptr_null(store_get(store, 8, STORE_NAME));
    struct slice large = slice_of("0123456789012345678901234567890");
    ck_assert_int_eq(store_put(store, 7, large, a, NULL), STORE_FULL);
    struct text *after = metadata_text();
    ck_assert(before->len == after->len && memcmp(before->bytes, after->bytes, after->len) == 0);
    text_unref(before);
    text_unref(after);
    ck_assert_int_eq(store_put(store, 7, slice_of(""), a, NULL), STORE_OK);
    expect_text(store_get(store, 7, STORE_NAME), "\"\"");
}
END_TEST

START_TEST(a_file_brings_the_users_back)
{
    char path[] = "/tmp/headroom-store-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(path));
    char file[64];
    snprintf(file, sizeof file, "%s/users", path);
    struct store_options with_file = options;
    with_file.path = file;
    store_destroy(store);
    store = store_create(&with_file, NULL);
    expect_text(metadata_text(), SAMPLES);
    text_unref(put(-5, "\xE6\x97\xA5", "1"));
    text_unref(put(INT64_MIN, "least", "1"));
    ck_assert_int_eq(store_put(store, 1, (struct slice){"a\0b", 3}, (struct slice){NULL, 0}, NULL),
                     STORE_OK);
    struct text *before = metadata_text();
    struct err err = {0};
    ck_assert_ptr_null(store_create(&with_file, &err)); /* while it is open */
    ck_assert_ptr_nonnull(strstr(err.text, "another process"));
    store_destroy(store);
    store = store_create(&with_file, NULL);
    ck_assert_ptr_nonnull(store);
    struct text *after = metadata_text();
    ck_assert(before->len == after->len && memcmp(before->bytes, after->bytes, after->len) == 0);
    text_unref(before);
    text_unref(after);
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", path);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): a path of ours */
}
END_TEST

START_TEST(attributes_are_known_by_name)
{
    enum store_attribute attribute = STORE_NAME;
    ck_assert(store_find_attribute(slice_of("age"), &attribute));
    ck_assert_int_eq(attribute, STORE_AGE);
    ck_assert(store_find_attribute(slice_of("name"), &attribute));
    ck_assert_int_eq(attribute, STORE_NAME);
    ck_assert(!store_find_attribute(slice_of("nam"), &attribute));
    ck_assert(!store_find_attribute(slice_of("Name"), &attribute));
    ck_assert(!store_find_attribute((struct slice){"name\0", 5}, &attribute));
}
END_TEST

Suite *store_suite(void);
Suite *store_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, it_starts_with_the_sample_users);
    tcase_add_test(tests, an_unknown_id_is_not_found);
    tcase_add_test(tests, a_new_user_comes_last_whatever_the_id);
    tcase_add_test(tests, a_user_who_is_replaced_keeps_the_place);
    tcase_add_test(tests, the_extremes_of_64_bits_are_ids);
    tcase_add_test(tests, text_is_escaped_as_python_does_it);
    tcase_add_test(tests, a_reference_outlives_what_is_written_later);
    tcase_add_test(tests, thousands_of_users_are_all_found_and_in_order);
    tcase_add_test(tests, readers_see_whole_documents_while_others_write);
    tcase_add_test(tests, nothing_is_lost_between_writers);
    tcase_add_test(tests, the_document_is_right_after_each_of_many_writes);
    tcase_add_test(tests, beyond_a_limit_nothing_changes);
    tcase_add_test(tests, a_file_brings_the_users_back);
    tcase_add_test(tests, attributes_are_known_by_name);
    suite_add_tcase(suite, tests);
    return suite;
}
