/*
 * plural - chooses the singular or the plural: printf("%u %s", n, plural(n, "thread", "threads")).
 */
#ifndef COMMON_PLURAL_H
#define COMMON_PLURAL_H

#include <stdint.h>

static inline const char *plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

#endif
