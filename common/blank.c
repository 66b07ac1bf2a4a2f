#include "common/blank.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { CHARACTER_BYTES_MAX = 3 };

/* Unicode's White_Space, and other characters that are invisible at the end of a line. */
static const struct range {
    uint32_t first, last;
} blanks[] = {
    {0x09, 0x0d},     {0x1a, 0x1a}, /* DOS's end of file, Ctrl-Z */
    {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
    {0x2000, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x2029}, {0x202f, 0x202f},
    {0x205f, 0x2060}, {0x3000, 0x3000}, {0xfeff, 0xfeff}, /* byte order mark */
};

static bool is_blank(uint32_t code)
{
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        if (code >= blanks[i].first && code <= blanks[i].last) {
            return true;
        }
    }
    return false;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* As blank_at, for a text that ends at `end`. White-space characters have at most three bytes. */
static size_t first_blank(const char *at, const char *end)
{
    size_t left = (size_t)(end - at);
    if (left == 0) {
        return 0;
    }
    uint32_t code = (unsigned char)at[0];
    size_t length = code < 0x80 ? 1 : (code & 0xe0) == 0xc0 ? 2 : (code & 0xf0) == 0xe0 ? 3 : 0;
    if (length == 0 || length > left) {
        return 0;
    }
    code &= length == 1 ? 0x7f : length == 2 ? 0x1f : 0x0f;
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(at[i])) {
            return 0;
        }
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800}; /* overlong forms are not UTF-8 */
    return code >= least[length] && is_blank(code) ? length : 0;
}

size_t blank_at(const char *text)
{
    return first_blank(text, text + strnlen(text, CHARACTER_BYTES_MAX));
}

/* Length of the white-space character that ends at `end`; 0: none. */
static size_t last_blank(const char *begin, const char *end)
{
    const char *at = end;
    do {
        if (at == begin || end - at == CHARACTER_BYTES_MAX) {
            return 0;
        }
        at--;
    } while (is_continuation(*at));
    return first_blank(at, end) == (size_t)(end - at) ? (size_t)(end - at) : 0;
}

void blank_trim_range(const char **begin, const char **end)
{
    size_t length = 0;
    while ((length = first_blank(*begin, *end)) > 0) {
        *begin += length;
    }
    while ((length = last_blank(*begin, *end)) > 0) {
        *end -= length;
    }
}

char *blank_trim(char *text)
{
    const char *begin = text;
    const char *end = text + strlen(text);
    blank_trim_range(&begin, &end);
    text[end - text] = '\0';
    return text + (begin - text);
}

char *blank_trim_value(char *text)
{
    static const char mark[] = "\ufeff";
    const char *begin = text;
    const char *end = text + strlen(text);
    blank_trim_range(&begin, &end);
    text[begin < end ? end - text : 0] = '\0';
    return text + (strncmp(text, mark, sizeof mark - 1) == 0 ? sizeof mark - 1 : 0);
}
