#include "loadgen/base/text/utf8.h"

#include <string.h>

/* By first byte: the range of the second, and the length (RFC 3629, section 4). */
static const struct form {
    unsigned char first_min, first_max, second_min, second_max;
    size_t length;
} forms[] = {
    {0x20, 0x7e, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool has_form(const unsigned char *c, const struct form *form)
{
    if (form->length > 1 && (c[1] < form->second_min || c[1] > form->second_max)) {
        return false;
    }
    for (size_t i = 2; i < form->length; i++) {
        if ((c[i] & 0xc0) != 0x80) { /* this includes the NUL at the end of the text */
            return false;
        }
    }
    return true;
}

size_t utf8_character(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (c[0] >= forms[i].first_min && c[0] <= forms[i].first_max) {
            return has_form(c, &forms[i]) ? forms[i].length : 0;
        }
    }
    return 0;
}

bool utf8_is_text(const char *text)
{
    while (*text) {
        size_t length = utf8_character(text);
        if (length == 0) {
            return false;
        }
        text += length;
    }
    return true;
}

/* Without a byte order mark, the zeroes around an ASCII first character show the encoding. */
const char *utf8_other_encoding(const char *bytes, size_t length)
{
    static const struct {
        const char *mark, *name;
        size_t length;
    } marks[] = {
        {"\xff\xfe\0\0", "UTF-32", 4},
        {"\0\0\xfe\xff", "UTF-32", 4},
        {"\xff\xfe", "UTF-16", 2},
        {"\xfe\xff", "UTF-16", 2},
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (length >= marks[i].length && memcmp(bytes, marks[i].mark, marks[i].length) == 0) {
            return marks[i].name;
        }
    }
    if (length < 2 || (bytes[0] && bytes[1])) {
        return NULL;
    }
    bool is_wide = length >= 4 && !bytes[1] && !bytes[2] && (!bytes[0] || !bytes[3]);
    return bytes[0] ? (is_wide ? "UTF-32LE" : "UTF-16LE") : (is_wide ? "UTF-32BE" : "UTF-16BE");
}

void utf8_clean(char *text)
{
    while (*text) {
        size_t length = utf8_character(text);
        if (length == 0) {
            *text = '?';
        }
        text += length ? length : 1;
    }
}
