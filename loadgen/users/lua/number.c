#include "loadgen/users/lua/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decimal digits that every double keeps, and those that tell each double from all others. */
enum { DIGITS_MIN = 15, DIGITS_MAX = 17 };

size_t number_print(double number, char text[NUMBER_TEXT])
{
    int digits = DIGITS_MIN;
    do {
        snprintf(text, NUMBER_TEXT, "%.*g", digits, number);
    } while (digits++ < DIGITS_MAX && strtod(text, NULL) != number);
    size_t length = strlen(text);
    if (strspn(text, "-0123456789") == length) {
        memcpy(text + length, ".0", sizeof ".0"); /* a float, as Lua and JSON show it */
        length += 2;
    }
    return length;
}
