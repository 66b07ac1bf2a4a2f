#include "tests/support/moments.h"

#include <check.h>

size_t moments_of(const struct schedule *schedule, uint64_t *moments, size_t room)
{
    struct schedule_cursor cursor;
    size_t count = 0;
    schedule_begin(&cursor, schedule);
    for (; count < room && (moments[count] = schedule_due(&cursor, count)) != UINT64_MAX; count++) {
    }
    ck_assert_uint_eq(schedule_due(&cursor, count), UINT64_MAX);
    ck_assert_uint_eq(schedule_due(&cursor, count + 1), UINT64_MAX); /* and it stays so */
    return count;
}

size_t moments_before(const uint64_t *moments, size_t count, uint64_t t_ns)
{
    size_t n = 0;
    while (n < count && moments[n] < t_ns) {
        n++;
    }
    return n;
}
