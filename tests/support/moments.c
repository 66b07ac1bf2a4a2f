#include "tests/support/moments.h"

#include <check.h>

size_t moments_of(const struct schedule *schedule, uint64_t *moments, size_t room)
{
    struct schedule_cursor cursor;
    size_t count = 0;
    schedule_begin(&cursor, schedule, (struct share){1, 1, 0});
    for (; schedule_peek(&cursor) != UINT64_MAX && count < room; schedule_take(&cursor)) {
        if (cursor.number != count) { /* an assertion takes longer than all the rest */
            ck_abort_msg("request %zu has another number", count);
        }
        moments[count++] = schedule_peek(&cursor);
    }
    ck_assert_uint_eq(schedule_peek(&cursor), UINT64_MAX);
    schedule_take(&cursor);
    ck_assert_uint_eq(schedule_peek(&cursor), UINT64_MAX); /* and it stays so */
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
