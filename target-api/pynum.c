#include "target-api/pynum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/unidigit.h"
#include "target-api/utf.h"

/* What int() makes of a character. */
enum { SPACE = 10, OTHER = 11 };

/* A digit's value, SPACE, or OTHER; *len becomes the length of the character. */
static int classify(struct slice text, size_t at, size_t *len)
{
    uint32_t c = 0;
    *len = utf8_decode(text, at, &c);
    if (*len <= 1) {
        *len = 1;
        char byte = text.bytes[at];
        bool is_space = byte == ' ' || (byte >= '\t' && byte <= '\r');
        return byte >= '0' && byte <= '9' ? byte - '0' : is_space ? SPACE : OTHER;
    }
    int value = unidigit_value(c);
    return value >= 0 ? value : unidigit_is_space(c) ? SPACE : OTHER;
}

/* The first place from `at` on where no space is. */
static size_t skip_spaces(struct slice text, size_t at)
{
    size_t len = 0;
    while (at < text.len && classify(text, at, &len) == SPACE) {
        at += len;
    }
    return at;
}

/* Appends a digit to a number that is kept negative, since that side reaches one further. */
static bool append_digit(int64_t *negative, int digit)
{
    return !__builtin_mul_overflow(*negative, 10, negative) &&
           !__builtin_sub_overflow(*negative, digit, negative);
}

/* Digits of ASCII and nothing else, so few that they fit: what nearly every id is. */
static bool parse_plain(struct slice text, int64_t *number)
{
    enum { FEW = 18 };
    int64_t n = 0;
    for (size_t i = 0; i < text.len && i < FEW; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') {
            return false;
        }
        n = n * 10 + (text.bytes[i] - '0');
    }
    *number = n;
    return text.len > 0 && text.len <= FEW;
}

bool pynum_parse_int(struct slice text, int64_t *number)
{
    if (parse_plain(text, number)) {
        return true;
    }
    size_t at = skip_spaces(text, 0);
    char sign = '+';
    if (at < text.len && (text.bytes[at] == '-' || text.bytes[at] == '+')) {
        sign = text.bytes[at++];
    }
    int64_t negative = 0;
    size_t digits = 0;
    bool wants_digit = true; /* first, last, and after an underscore */
    while (at < text.len) {
        size_t len = 0;
        int digit = classify(text, at, &len);
        if (digit == OTHER && text.bytes[at] == '_' && !wants_digit) {
            wants_digit = true;
        } else if (digit == SPACE && !wants_digit) {
            at = skip_spaces(text, at);
            break;
        } else if (digit > 9 || !append_digit(&negative, digit)) {
            return false;
        } else {
            wants_digit = false;
            digits++;
        }
        at += len;
    }
    if (at < text.len || wants_digit || digits > PYNUM_DIGITS_MAX ||
        (sign == '+' && negative == INT64_MIN)) {
        return false;
    }
    *number = sign == '-' ? negative : -negative;
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
    if (isinf(real)) {
        snprintf(text, PYNUM_TEXT_MAX, real < 0 ? "-inf" : "inf");
        return;
    }
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
