#include <check.h>
#include <string.h>

#include "loadgen/run/backlog.h"

static struct backlog backlog;
static struct capture captured;

static void setup(void)
{
    backlog = (struct backlog){0};
}

static void teardown(void)
{
    backlog_fini(&backlog);
    capture_fini(&captured);
}

/* As an engine does: the same capture is used for each answer. */
static void end(uint64_t number, const char *body)
{
    struct exchange exchange = {.number = number, .capture = body ? &captured : NULL};
    if (body) {
        capture_begin(&captured, UINT64_MAX);
        capture_body(&captured, body, strlen(body));
    }
    backlog_add(&backlog, &exchange);
}

static struct backlog_entry *expect(struct backlog_entry *entry, uint64_t number, const char *body)
{
    ck_assert_ptr_nonnull(entry);
    const struct capture *kept = entry->exchange.capture;
    struct backlog_entry *next = entry->next;
    ck_assert_uint_eq(entry->exchange.number, number);
    if (body) {
        ck_assert_uint_eq(kept->body.length, strlen(body));
        ck_assert_mem_eq(kept->body.bytes, body, strlen(body));
    } else {
        ck_assert_ptr_null(kept);
    }
    backlog_recycle(&backlog, entry);
    return next;
}

START_TEST(answers_wait_in_order_with_their_bytes)
{
    end(1, "one");
    end(2, NULL);
    end(3, "three");
    struct backlog_entry *list = backlog_take(&backlog);
    ck_assert_ptr_null(backlog.first);
    list = expect(list, 1, "one");
    list = expect(list, 2, NULL);
    ck_assert_ptr_null(expect(list, 3, "three"));
}
END_TEST

START_TEST(what_comes_meanwhile_waits_for_the_next_time)
{
    end(1, "one");
    struct backlog_entry *list = backlog_take(&backlog);
    end(2, "two");
    ck_assert_ptr_null(expect(list, 1, "one"));
    end(3, "three"); /* in the first one's entry */
    list = backlog_take(&backlog);
    list = expect(list, 2, "two");
    ck_assert_ptr_null(expect(list, 3, "three"));
    ck_assert_ptr_null(backlog_take(&backlog));
}
END_TEST

Suite *backlog_suite(void);
Suite *backlog_suite(void)
{
    Suite *suite = suite_create("backlog");
    TCase *tc = tcase_create("order");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, answers_wait_in_order_with_their_bytes);
    tcase_add_test(tc, what_comes_meanwhile_waits_for_the_next_time);
    suite_add_tcase(suite, tc);
    return suite;
}
