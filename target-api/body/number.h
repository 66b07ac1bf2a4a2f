/*
 * number - integers and reals as Python reads and prints them: int("  +1_000 "), int(6.9),
 * str(1e16).
 *
 * Integers have 64 bits; larger ones are invalid.
 *
 * Threads: no state. Memory: none.
 */
#ifndef TARGET_API_BODY_NUMBER_H
#define TARGET_API_BODY_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

enum { NUMBER_TEXT_MAX = 32 }; /* maximum size of a number as text, including the NUL */

/*
 * int(text): allows ASCII white space around the number, one sign, and single underscores between
 * digits. False: not an integer, or larger than 64 bits.
 */
bool number_parse(struct slice text, int64_t *number);

/* int(real): rounds toward zero. False: larger than 64 bits. */
bool number_truncate(double real, int64_t *number);

/* str(real) of a finite number: the shortest text that reads back as the same number. */
void number_print_real(double real, char text[NUMBER_TEXT_MAX]);

#endif
