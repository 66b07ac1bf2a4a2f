#include "target-api/pynum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Appends a digit to a number that is kept negative, since that side reaches one further. */
static bool append_digit(int64_t *negative, char digit)
{
    return !__builtin_mul_overflow(*negative, 10, negative) &&
           !__builtin_sub_overflow(*negative, digit - '0', negative);
}

bool pynum_parse_int(struct slice text, int64_t *number)
{
    const char *at = text.bytes;
    const char *end = text.bytes + text.len;
    while (at < end && is_space(*at)) {
        at++;
    }
    while (at < end && is_space(end[-1])) {
        end--;
    }
    bool is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) {
        at++;
    }
    int64_t negative = 0;
    bool wants_digit = true; /* first, last, and after an underscore */
    for (; at < end; at++) {
        if (*at == '_' && !wants_digit) {
            wants_digit = true;
            continue;
        }
        if (*at < '0' || *at > '9' || !append_digit(&negative, *at)) {
            return false;
        }
        wants_digit = false;
    }
    if (wants_digit || (!is_negative && negative == INT64_MIN)) {
        return false;
    }
    *number = is_negative ? negative : -negative;
    return true;
}

bool pynum_truncate(double real, int64_t *number)
{
    if (!(real >= -0x1p63 && real < 0x1p63)) {
        return false;
    }
    *number = (int64_t)real;
    return true;
}

void pynum_write_real(double real, char text[PYNUM_TEXT_MAX])
{
    int digits = 1;
    do {
        snprintf(text, PYNUM_TEXT_MAX, "%.*e", digits - 1, real);
    } while (strtod(text, NULL) != real && ++digits <= 17);
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    if (exponent >= -4 && exponent < 16) {
        int decimals = digits - 1 - exponent;
        snprintf(text, PYNUM_TEXT_MAX, "%.*f", decimals > 0 ? decimals : 1, real);
    }
}
