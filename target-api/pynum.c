#include "target-api/pynum.h"

#include <float.h>
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

/* Digits of ASCII and nothing else: what nearly every id is. */
static bool parse_plain(struct slice text, struct pyint *number)
{
    enum { FEW = 18 };
    if (text.len == 0 || text.len > FEW || (text.bytes[0] == '0' && text.len > 1)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') {
            return false;
        }
        number->text[i] = text.bytes[i];
    }
    number->len = text.len;
    return true;
}

/* Zeroes before the number count among the digits that Python reads, and are not written. */
static void append_digit(struct pyint *number, size_t sign, int digit)
{
    if (number->len == sign + 1 && number->text[sign] == '0') {
        number->len = sign;
    }
    number->text[number->len++] = (char)('0' + digit);
}

bool pynum_parse_int(struct slice text, struct pyint *number)
{
    if (parse_plain(text, number)) {
        return true;
    }
    size_t at = skip_spaces(text, 0);
    size_t sign = 0;
    if (at < text.len && (text.bytes[at] == '-' || text.bytes[at] == '+')) {
        sign = text.bytes[at++] == '-';
    }
    number->text[0] = '-';
    number->len = sign;
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
        } else if (digit > 9 || digits == PYNUM_DIGITS_MAX) {
            return false;
        } else {
            append_digit(number, sign, digit);
            wants_digit = false;
            digits++;
        }
        at += len;
    }
    if (sign == 1 && number->len == 2 && number->text[1] == '0') { /* -0 */
        number->text[0] = '0';
        number->len = 1;
    }
    return at == text.len && !wants_digit;
}

static size_t count_characters(struct slice text)
{
    size_t count = 0;
    size_t len = 0;
    for (size_t at = 0; at < text.len; at += len) {
        classify(text, at, &len);
        count++;
    }
    return count;
}

bool pynum_parse_field(struct slice text, struct pyint *number)
{
    return (text.len <= PYNUM_DIGITS_MAX || count_characters(text) <= PYNUM_DIGITS_MAX) &&
           pynum_parse_int(text, number);
}

bool pynum_truncate(double real, struct pyint *number)
{
    char text[DBL_MAX_10_EXP + 3];
    return isfinite(real) &&
           pynum_parse_int(
               (struct slice){text, (size_t)snprintf(text, sizeof text, "%.0f", trunc(real))},
               number);
}

bool pyint_to_int64(const struct pyint *number, int64_t *small)
{
    enum { DIGITS = 18 }; /* so many always fit */
    char text[DIGITS + 2];
    if (number->len > DIGITS) {
        return false;
    }
    memcpy(text, number->text, number->len);
    text[number->len] = '\0';
    *small = strtoll(text, NULL, 10);
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
