#include "target-api/unidigit.h"

#include <stddef.h>

/* The zeros of all scripts but ASCII's, in order; the other nine follow each of them. */
static const uint32_t zeros[] = {
    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,
    0xCE6,   0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,
    0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,
    0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950,
    0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
    0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
};
enum { ZEROS = sizeof zeros / sizeof zeros[0] };

int unidigit_value(uint32_t character)
{
    size_t low = 0;
    size_t high = ZEROS;
    while (low < high) { /* the first zero beyond the character */
        size_t middle = low + (high - low) / 2;
        if (zeros[middle] <= character) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || character - zeros[low - 1] > 9) {
        return -1;
    }
    return (int)(character - zeros[low - 1]);
}

bool unidigit_is_space(uint32_t character)
{
    switch (character) {
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
        return true;
    default:
        return character >= 0x2000 && character <= 0x200A;
    }
}
