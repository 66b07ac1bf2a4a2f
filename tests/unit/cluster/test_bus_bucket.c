/* Keys and values of a real broker. */
#include <check.h>
#include <string.h>

#include "loadgen/cluster/bus/bucket.h"
#include "tests/support/brokered.h"

static struct brokered brokered;
static struct bucket *bucket;
static struct err err;

static const struct bus_stream_limits limits = {.bytes_max = 100000};

static void setup(void)
{
    brokered_start(&brokered);
    bucket = bucket_make(brokered.bus, "b", &limits, &err);
    ck_assert_msg(bucket != NULL, "%s", err.text);
}

static void teardown(void)
{
    bucket_close(bucket);
    brokered_stop(&brokered);
}

/* NULL: there is no value. */
static void expect(const char *key, const char *text, uint64_t revision)
{
    struct bus_message value;
    ck_assert_int_eq(bucket_get(bucket, key, &value), text ? BUS_OK : BUS_MISSING);
    if (text) {
        ck_assert_str_eq(value.subject, key);
        ck_assert_uint_eq(value.length, strlen(text));
        ck_assert_mem_eq(value.data, text, value.length);
        ck_assert_uint_eq(value.sequence, revision);
        ck_assert_uint_gt(value.stored_ns, 0);
    }
    bus_message_free(&value);
}

START_TEST(a_value_is_put_and_got)
{
    uint64_t revision = 0;
    expect("a.b", NULL, 0);
    ck_assert_int_eq(bucket_put(bucket, "a.b", "one", 3, &revision), BUS_OK);
    expect("a.b", "one", revision);
    uint64_t first = revision;
    ck_assert_int_eq(bucket_put(bucket, "a.b", "", 0, &revision), BUS_OK);
    ck_assert_uint_gt(revision, first);
    expect("a.b", "", revision);
    expect("a", NULL, 0);
}
END_TEST

START_TEST(only_one_adds_a_key)
{
    uint64_t revision = 0;
    ck_assert_int_eq(bucket_add(bucket, "k", "one", 3, &revision), BUS_OK);
    ck_assert_int_eq(bucket_add(bucket, "k", "two", 3, NULL), BUS_CONFLICT);
    expect("k", "one", revision);
    ck_assert_int_eq(bucket_delete(bucket, "k"), BUS_OK);
    expect("k", NULL, 0);
    ck_assert_int_eq(bucket_add(bucket, "k", "three", 5, &revision), BUS_OK);
    expect("k", "three", revision);
    ck_assert_int_eq(bucket_add(bucket, "k", "four", 4, NULL), BUS_CONFLICT);
}
END_TEST

START_TEST(a_change_expects_a_revision)
{
    uint64_t first = 0;
    uint64_t second = 0;
    ck_assert_int_eq(bucket_put(bucket, "k", "one", 3, &first), BUS_OK);
    ck_assert_int_eq(bucket_put(bucket, "other", "x", 1, NULL), BUS_OK);
    ck_assert_int_eq(bucket_change(bucket, "k", "two", 3, first, &second), BUS_OK);
    ck_assert_uint_eq(second, first + 2);
    ck_assert_int_eq(bucket_change(bucket, "k", "three", 5, first, NULL), BUS_CONFLICT);
    ck_assert_int_eq(bucket_change(bucket, "k", "three", 5, second + 1, NULL), BUS_CONFLICT);
    ck_assert_int_eq(bucket_change(bucket, "new", "x", 1, 5, NULL), BUS_CONFLICT);
    expect("k", "two", second);
    expect("new", NULL, 0);
}
END_TEST

START_TEST(it_is_one_bucket)
{
    uint64_t revision = 0;
    struct bucket *again = bucket_make(brokered.bus, "b", &limits, &err);
    ck_assert_msg(again != NULL, "%s", err.text);
    ck_assert_int_eq(bucket_put(again, "k", "v", 1, &revision), BUS_OK);
    bucket_close(again);
    expect("k", "v", revision);
    again = bucket_open(brokered.bus, "b", &err);
    ck_assert_msg(again != NULL, "%s", err.text);
    bucket_close(again);
    ck_assert_ptr_null(bucket_open(brokered.bus, "none", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot open the bucket \"none\": "));
    err = (struct err){.code = ERR_NONE};
    ck_assert_ptr_null(bucket_make(brokered.bus, "not.good", &limits, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

static const char *const bad_keys[] = {"", ".", ".a", "a.", "a..b", "a b", "*", "a.>", "$x", "a/b"};

START_TEST(a_bad_key_is_refused)
{
    struct bus_message value;
    ck_assert_int_eq(bucket_get(bucket, bad_keys[_i], &value), BUS_REFUSED);
    ck_assert_int_eq(bucket_put(bucket, bad_keys[_i], "", 0, NULL), BUS_REFUSED);
    ck_assert_int_eq(bucket_add(bucket, bad_keys[_i], "", 0, NULL), BUS_REFUSED);
    ck_assert_int_eq(bucket_change(bucket, bad_keys[_i], "", 0, 1, NULL), BUS_REFUSED);
    ck_assert_int_eq(bucket_delete(bucket, bad_keys[_i]), BUS_REFUSED);
}
END_TEST

START_TEST(values_survive_the_broker)
{
    struct bus_message value;
    uint64_t revision = 0;
    ck_assert_int_eq(bucket_put(bucket, "k", "v", 1, &revision), BUS_OK);
    nats_server_kill(&brokered.nats);
    brokered_pause_ms(300);
    ck_assert_int_eq(bucket_get(bucket, "k", &value), BUS_UNREACHABLE);
    ck_assert_int_eq(bucket_put(bucket, "k", "late", 4, NULL), BUS_UNREACHABLE);
    brokered_restart(&brokered);
    expect("k", "v", revision);
}
END_TEST

START_TEST(a_bucket_can_be_full)
{
    static const char data[30000];
    ck_assert_int_eq(bucket_put(bucket, "a", data, sizeof data, NULL), BUS_OK);
    ck_assert_int_eq(bucket_put(bucket, "b", data, sizeof data, NULL), BUS_OK);
    ck_assert_int_eq(bucket_put(bucket, "c", data, sizeof data, NULL), BUS_OK);
    ck_assert_int_eq(bucket_put(bucket, "d", data, sizeof data, NULL), BUS_FULL);
}
END_TEST

Suite *bus_bucket_suite(void);
Suite *bus_bucket_suite(void)
{
    Suite *suite = suite_create("bus_bucket");
    TCase *tcase = tcase_create("bus_bucket");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_value_is_put_and_got);
    tcase_add_test(tcase, only_one_adds_a_key);
    tcase_add_test(tcase, a_change_expects_a_revision);
    tcase_add_test(tcase, it_is_one_bucket);
    tcase_add_loop_test(tcase, a_bad_key_is_refused, 0, sizeof bad_keys / sizeof bad_keys[0]);
    tcase_add_test(tcase, values_survive_the_broker);
    tcase_add_test(tcase, a_bucket_can_be_full);
    suite_add_tcase(suite, tcase);
    return suite;
}
