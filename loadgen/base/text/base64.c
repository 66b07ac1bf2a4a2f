#include "loadgen/base/text/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { NONE = 64 };

/* The value of a character, or NONE. */
static unsigned value_of(char c)
{
#define NO 64, 64, 64, 64, 64, 64, 64, 64
    static const uint8_t values[128] = {
        NO, NO, NO, NO, NO, 64, 64, 64, 62, 64, 64, 64, 63, 52, 53, 54, 55, 56, 57,
        58, 59, 60, 61, 64, 64, 64, 64, 64, 64, 64, 0,  1,  2,  3,  4,  5,  6,  7,
        8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64,
        64, 64, 64, 64, 64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
        40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
    };
#undef NO
    unsigned code = (unsigned char)c;
    return code < sizeof values ? values[code] : NONE;
}

/* Decodes a group whose last `missing` characters are padding to 24 bits. False if it is invalid.
 */
static bool take_group(const char *text, unsigned missing, uint32_t *group)
{
    unsigned bad = 0;
    *group = 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned value = i < 4 - missing ? value_of(text[i]) : 0;
        bad |= value;
        *group = *group << 6 | (value & 63);
    }
    return !(bad & NONE) && !(*group & ((1U << 8 * missing) - 1));
}

static unsigned padding(const char *text, size_t length)
{
    return length == 0 ? 0 : (text[length - 1] == '=') + (text[length - 2] == '=');
}

bool base64_is_valid(const char *text, size_t length)
{
    uint32_t group = 0;
    bool ok = length % 4 == 0;
    for (size_t i = 0; ok && i < length; i += 4) {
        ok = take_group(text + i, i + 4 == length ? padding(text, length) : 0, &group);
    }
    return ok;
}

bool base64_decode(const char *text, size_t length, struct bytes *out)
{
    char *at = length % 4 == 0 ? bytes_reserve(out, length / 4 * 3) : NULL;
    if (!at) {
        return false;
    }
    for (size_t i = 0; i < length; i += 4) {
        uint32_t group = 0;
        unsigned missing = i + 4 == length ? padding(text, length) : 0;
        if (!take_group(text + i, missing, &group)) {
            return false;
        }
        *at++ = (char)(group >> 16);
        *at++ = (char)(group >> 8);
        *at++ = (char)group;
        out->length += 3 - missing;
    }
    return true;
}

void base64_encode(const void *data, size_t length, struct bytes *out)
{
    const uint8_t *from = data;
    char *at = bytes_reserve(out, (length + 2) / 3 * 4);
    if (!at) {
        return;
    }
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)from[i] << 16 | (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
                         (left > 2 ? from[i + 2] : 0);
        *at++ = alphabet[group >> 18];
        *at++ = alphabet[group >> 12 & 63];
        at[0] = at[1] = '=';
        if (left > 1) {
            at[0] = alphabet[group >> 6 & 63];
        }
        if (left > 2) {
            at[1] = alphabet[group & 63];
        }
        at += 2;
        out->length += 4;
    }
}
