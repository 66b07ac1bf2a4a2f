/*
 * hex - digits to the base 16, as escapes of URLs and JSON have them.
 */
#ifndef COMMON_HEX_H
#define COMMON_HEX_H

/* The value of the digit, 0 to 15, in either case; -1 for what is none, whatever the locale. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
