/*
 * pynum - numbers as Python reads and writes them: int("  +1_000 "), int(6.9), str(1e16).
 *
 * Threads: no state. Memory: none.
 */
#ifndef TARGET_API_PYNUM_H
#define TARGET_API_PYNUM_H

#include <stdbool.h>
#include <stdint.h>

#include "target-api/slice.h"

enum {
    PYNUM_TEXT_MAX = 40,     /* of a number that is written, with its NUL */
    PYNUM_DIGITS_MAX = 4300, /* Python reads no integer that has more */
};

/*
 * int(text): spaces around it, one sign, digits of any script with single underscores between them.
 * False: it is no integer, or one outside 64 bits. Bytes that are not UTF-8 are no digits.
 */
bool pynum_parse_int(struct slice text, int64_t *number);

/* int(real): cut towards zero. False: outside 64 bits. */
bool pynum_truncate(double real, int64_t *number);

/* str(real): the shortest text that reads back as the same number; "inf". Not for NaN. */
void pynum_write_real(double real, char text[PYNUM_TEXT_MAX]);

#endif
