#include <check.h>
#include <stdlib.h>

#include "loadgen/users/queue.h"
#include "tests/support/random.h"

enum { COUNT = 1000 };

START_TEST(the_first_due_comes_first)
{
    static struct due due[COUNT];
    struct queue queue;
    struct random chance = random_seeded((uint64_t)_i);
    size_t removed = 0;
    uint64_t last_ns = 0;
    ck_assert(queue_open(&queue, COUNT));
    ck_assert_ptr_null(queue_first(&queue));
    for (int i = 0; i < COUNT; i++) {
        due[i] = (struct due){.at_ns = random_below(&chance, 500)};
        queue_add(&queue, &due[i]);
    }
    for (int i = 0; i < COUNT; i += 3) {
        queue_remove(&queue, &due[i]);
        queue_remove(&queue, &due[i]);
        removed++;
    }
    for (struct due *first = queue_first(&queue); first; first = queue_first(&queue)) {
        ck_assert_uint_ge(first->at_ns, last_ns);
        ck_assert_uint_ne((size_t)(first - due) % 3, 0);
        last_ns = first->at_ns;
        queue_remove(&queue, first);
        removed++;
    }
    ck_assert_uint_eq(removed, COUNT);
    queue_close(&queue);
}
END_TEST

Suite *queue_suite(void);
Suite *queue_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *tc = tcase_create("queue");
    tcase_add_loop_test(tc, the_first_due_comes_first, 0, 20);
    suite_add_tcase(suite, tc);
    return suite;
}
