/*
 * hex - hexadecimal digits.
 */
#ifndef COMMON_HEX_H
#define COMMON_HEX_H

/* The value of a digit in either case, 0 to 15; -1 for other characters. Ignores the locale. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
