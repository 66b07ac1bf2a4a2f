#include "loadgen/base/point.h"

#include <ctype.h>
#include <string.h>

enum { SHOWN = 64, SHOWN_MAX = 2 * SHOWN, SHOWN_BEFORE = 40 };

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

bool point_at(const char *text, size_t offset, const char *what, struct err *err)
{
    size_t from = offset > SHOWN_BEFORE ? offset - SHOWN_BEFORE : 0;
    while (is_continuation(text[from])) {
        from++;
    }
    size_t length = strnlen(text + from, SHOWN);
    while (is_continuation(text[from + length]) && length < SHOWN_MAX) {
        length++;
    }
    char shown[SHOWN_MAX];
    size_t column = from > 0 ? 3 : 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[from + i];
        shown[i] = (char)(iscntrl((unsigned char)c) ? '?' : c);
        column += from + i < offset && !is_continuation(c);
    }
    return err_set(err, ERR_USAGE, "%s\n    %s%.*s%s\n    %*s^", what, from > 0 ? "..." : "",
                   (int)length, shown, text[from + length] ? "..." : "", (int)column, "");
}
