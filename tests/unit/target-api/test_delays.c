#include <check.h>
#include <stdatomic.h>

#include "common/clock.h"
#include "target-api/http/delays.h"

enum { ITEMS = 500 };

struct item {
    uint64_t due_ns;
    _Atomic uint64_t called_ns;
    atomic_int calls;
};

static struct item items[ITEMS];
static atomic_int called;

static void call(void *what)
{
    struct item *item = what;
    atomic_store(&item->called_ns, clock_now_ns());
    atomic_fetch_add(&item->calls, 1);
    atomic_fetch_add(&called, 1);
}

static struct delays *begin(void)
{
    for (size_t i = 0; i < ITEMS; i++) {
        items[i].due_ns = 0;
        atomic_store(&items[i].called_ns, 0);
        atomic_store(&items[i].calls, 0);
    }
    atomic_store(&called, 0);
    struct delays *delays = delays_create(call, NULL);
    ck_assert_ptr_nonnull(delays);
    return delays;
}

START_TEST(each_is_called_once_and_never_early)
{
    struct delays *delays = begin();
    uint64_t start = clock_now_ns();
    for (size_t i = 0; i < ITEMS; i++) {
        items[i].due_ns = start + i * 7919 % ITEMS * 200 * NS_PER_US; /* in no order */
        ck_assert(delays_add(delays, items[i].due_ns, &items[i]));
    }
    uint64_t give_up = start + 10 * NS_PER_S;
    while (atomic_load(&called) < ITEMS && clock_now_ns() < give_up) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    delays_destroy(delays);
    for (size_t i = 0; i < ITEMS; i++) {
        ck_assert_int_eq(atomic_load(&items[i].calls), 1);
        ck_assert(atomic_load(&items[i].called_ns) >= items[i].due_ns);
    }
}
END_TEST

START_TEST(the_end_calls_what_is_pending_and_takes_no_more)
{
    struct delays *delays = begin();
    uint64_t far = clock_now_ns() + 3600 * NS_PER_S;
    for (size_t i = 1; i < ITEMS; i++) {
        ck_assert(delays_add(delays, far + i, &items[i]));
    }
    delays_end(delays);
    ck_assert_int_eq(atomic_load(&called), ITEMS - 1);
    ck_assert(!delays_add(delays, 0, &items[0]));
    delays_destroy(delays);
    ck_assert_int_eq(atomic_load(&items[0].calls), 0);
}
END_TEST

Suite *delays_suite(void);
Suite *delays_suite(void)
{
    Suite *suite = suite_create("delays");
    TCase *tests = tcase_create("delays");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, each_is_called_once_and_never_early);
    tcase_add_test(tests, the_end_calls_what_is_pending_and_takes_no_more);
    suite_add_tcase(suite, tests);
    return suite;
}
