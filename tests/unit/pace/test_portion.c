/* Not under tsan: one thread. */
/* Which numbers belong to which process. */
#include <check.h>
#include <string.h>

#include "loadgen/pace/portion.h"

enum { PROCESSES = 3, THREADS = 2 * PROCESSES, NUMBERS = 3 * SLOTS + 17 };

static struct slots slots;

/* Each process has two threads; together they have as many seats as there are users. */
static void deal(uint64_t users)
{
    static const uint16_t threads[THREADS] = {0, 1, 2, 3, 4, 5};
    slots_deal(&slots, NULL, users, threads, THREADS);
}

START_TEST(each_number_belongs_to_one_process)
{
    static const uint64_t users[] = {1, 2, 5, 6, 7, 100, SLOTS, UINT64_MAX};
    static uint8_t taken[NUMBERS];
    deal(users[_i]);
    memset(taken, 0, sizeof taken);
    for (int process = 0; process < PROCESSES; process++) {
        struct portion portion;
        portion_init(&portion, &slots, (uint16_t)(2 * process), 2);
        uint64_t count = portion_count(&portion, NUMBERS);
        for (uint64_t i = 0; i < count; i++) {
            uint64_t number = portion_at(&portion, i);
            if (number >= NUMBERS || (i % 97 == 0 && portion_count(&portion, number) != i)) {
                ck_abort_msg("number %lu has index %lu", number, i);
            }
            taken[number]++;
        }
    }
    for (uint64_t number = 0; number < NUMBERS; number++) {
        if (taken[number] != 1) {
            ck_abort_msg("%d processes have number %lu", taken[number], number);
        }
    }
}
END_TEST

/* So nobody waits for a process that has no user. */
START_TEST(a_process_without_users_has_no_number)
{
    struct portion portion;
    deal(2);
    portion_init(&portion, &slots, 2, 2);
    ck_assert_uint_eq(portion_count(&portion, 1000000), 0);
    portion_init(&portion, &slots, 0, 2);
    ck_assert_uint_eq(portion_count(&portion, 1000000), 1000000);
}
END_TEST

Suite *portion_suite(void);
Suite *portion_suite(void)
{
    Suite *suite = suite_create("portion");
    TCase *tests = tcase_create("portion");
    tcase_add_loop_test(tests, each_number_belongs_to_one_process, 0, 8);
    tcase_add_test(tests, a_process_without_users_has_no_number);
    suite_add_tcase(suite, tests);
    return suite;
}
