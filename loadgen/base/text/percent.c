#include "loadgen/base/text/percent.h"

#include <string.h>

#include "common/hex.h"

void percent_encode(struct slice text, struct bytes *out)
{
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.length; i++) {
        if (memchr(unreserved, text.at[i], sizeof unreserved - 1)) {
            bytes_add(out, &text.at[i], 1);
        } else {
            unsigned char c = (unsigned char)text.at[i];
            const char code[PERCENT_GROWTH] = {'%', digits[c >> 4], digits[c & 15]};
            bytes_add(out, code, sizeof code);
        }
    }
}

void percent_decode(struct slice text, struct bytes *out)
{
    for (size_t i = 0; i < text.length; i++) {
        bool has_digits = text.at[i] == '%' && text.length - i >= PERCENT_GROWTH &&
                          hex_digit(text.at[i + 1]) >= 0 && hex_digit(text.at[i + 2]) >= 0;
        char c = text.at[i];
        if (has_digits) {
            c = (char)(hex_digit(text.at[i + 1]) * 16 + hex_digit(text.at[i + 2]));
            i += PERCENT_GROWTH - 1;
        }
        bytes_add(out, &c, 1);
    }
}
