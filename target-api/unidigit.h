/*
 * unidigit - the characters beyond ASCII that Python's int() takes for digits and spaces.
 *
 * Threads: no state. Memory: none.
 */
#ifndef TARGET_API_UNIDIGIT_H
#define TARGET_API_UNIDIGIT_H

#include <stdbool.h>
#include <stdint.h>

/* 0 to 9 for a decimal digit of any script (Unicode's category Nd, version 14); -1: it is none. */
int unidigit_value(uint32_t character);

/* What str.isspace() says of characters beyond ASCII. */
bool unidigit_is_space(uint32_t character);

#endif
