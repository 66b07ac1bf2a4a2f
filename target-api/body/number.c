#include "target-api/body/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice trim(struct slice text)
{
    while (text.length > 0 && is_space(text.at[0])) {
        text = (struct slice){text.at + 1, text.length - 1};
    }
    while (text.length > 0 && is_space(text.at[text.length - 1])) {
        text.length--;
    }
    return text;
}

/* number * 10 +- digit. False: beyond 64 bits. */
static bool append_digit(int64_t *number, int digit, bool is_negative)
{
    return !__builtin_mul_overflow(*number, 10, number) &&
           !__builtin_add_overflow(*number, is_negative ? -digit : digit, number);
}

bool number_parse(struct slice text, int64_t *number)
{
    text = trim(text);
    bool is_negative = text.length > 0 && text.at[0] == '-';
    size_t at = is_negative || (text.length > 0 && text.at[0] == '+');
    bool needs_digit = true; /* at the start, at the end and after an underscore */
    *number = 0;
    for (; at < text.length; at++) {
        char c = text.at[at];
        if (c == '_' && !needs_digit) {
            needs_digit = true;
        } else if (c >= '0' && c <= '9' && append_digit(number, c - '0', is_negative)) {
            needs_digit = false;
        } else {
            return false;
        }
    }
    return !needs_digit;
}

bool number_truncate(double real, int64_t *number)
{
    if (!(real >= -0x1p63 && real < 0x1p63)) {
        return false;
    }
    *number = (int64_t)real;
    return true;
}

void number_print_real(double real, char text[NUMBER_TEXT_MAX])
{
    int digits = 1;
    do {
        snprintf(text, NUMBER_TEXT_MAX, "%.*e", digits - 1, real);
    } while (strtod(text, NULL) != real && ++digits <= 17);
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    if (exponent >= -4 && exponent < 16) {
        int decimals = digits - 1 - exponent;
        snprintf(text, NUMBER_TEXT_MAX, "%.*f", decimals > 0 ? decimals : 1, real);
    }
}
