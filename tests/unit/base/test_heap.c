#include <check.h>
#include <stdlib.h>

#include "loadgen/base/heap.h"
#include "tests/support/random.h"

enum { COUNT = 1000 };

START_TEST(the_lowest_key_comes_first)
{
    static struct heap_entry entries[COUNT];
    struct heap heap = {0};
    struct random chance = random_seeded((uint64_t)_i);
    size_t removed = 0;
    uint64_t last = 0;
    ck_assert(heap_reserve(&heap, COUNT));
    ck_assert_ptr_null(heap_first(&heap));
    for (int i = 0; i < COUNT; i++) {
        entries[i] = (struct heap_entry){.key = random_below(&chance, 500)};
        heap_add(&heap, &entries[i]);
    }
    for (int i = 1; i < COUNT; i += 5) {
        entries[i].key += random_below(&chance, 500);
        heap_raised(&heap, &entries[i]);
    }
    for (int i = 0; i < COUNT; i += 3) {
        heap_remove(&heap, &entries[i]);
        heap_remove(&heap, &entries[i]);
        removed++;
    }
    for (struct heap_entry *first = heap_first(&heap); first; first = heap_first(&heap)) {
        ck_assert_uint_ge(first->key, last);
        ck_assert_uint_ne((size_t)(first - entries) % 3, 0);
        last = first->key;
        heap_remove(&heap, first);
        removed++;
    }
    ck_assert_uint_eq(removed, COUNT);
    heap_fini(&heap);
}
END_TEST

Suite *heap_suite(void);
Suite *heap_suite(void)
{
    Suite *suite = suite_create("heap");
    TCase *tc = tcase_create("heap");
    tcase_add_loop_test(tc, the_lowest_key_comes_first, 0, 20);
    suite_add_tcase(suite, tc);
    return suite;
}
