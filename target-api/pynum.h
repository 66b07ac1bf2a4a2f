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

/* An integer of any size that Python reads, as it writes it: equal numbers are equal texts. */
struct pyint {
    size_t len;
    char text[1 + PYNUM_DIGITS_MAX]; /* a minus, and digits without zeroes before them */
};

static inline struct slice pyint_slice(const struct pyint *number)
{
    return (struct slice){number->text, number->len};
}

/* False: it does not fit. */
bool pyint_to_int64(const struct pyint *number, int64_t *small);

/*
 * int(text): spaces around it, one sign, digits of any script with single underscores between them.
 * False: it is no integer, or one of too many digits. Bytes that are not UTF-8 are no digits.
 */
bool pynum_parse_int(struct slice text, struct pyint *number);

/* The same as pydantic 1 has it: a text of more than PYNUM_DIGITS_MAX characters is no integer. */
bool pynum_parse_field(struct slice text, struct pyint *number);

/* int(real): cut towards zero. False: not finite. */
bool pynum_truncate(double real, struct pyint *number);

/* str(real): the shortest text that reads back as the same number; "inf". Not for NaN. */
void pynum_write_real(double real, char text[PYNUM_TEXT_MAX]);

#endif
