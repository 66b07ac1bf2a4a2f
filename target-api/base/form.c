#include "target-api/base/form.h"

#include <string.h>

#include "common/hex.h"

size_t form_decode(struct slice in, bool plus_is_space, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < in.length; i++) {
        char c = in.at[i];
        if (c == '%' && i + 2 < in.length && hex_digit(in.at[i + 1]) >= 0 &&
            hex_digit(in.at[i + 2]) >= 0) {
            c = (char)(hex_digit(in.at[i + 1]) * 16 + hex_digit(in.at[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[len++] = c;
    }
    return len;
}

struct slice form_cut(struct slice *rest, char mark)
{
    const char *at = rest->length ? memchr(rest->at, mark, rest->length) : NULL;
    struct slice head = {rest->at, at ? (size_t)(at - rest->at) : rest->length};
    size_t used = head.length + (at ? 1 : 0);
    *rest = (struct slice){rest->at + used, rest->length - used};
    return head;
}

bool form_find(struct slice form, const char *name, char *scratch, struct slice *value)
{
    struct slice last = {NULL, 0};
    while (form.length > 0) {
        struct slice field = form_cut(&form, '&');
        struct slice key = form_cut(&field, '=');
        key.length = form_decode(key, true, scratch);
        key.at = scratch;
        if (key.length > 0 && slice_equals(key, name)) {
            last = field;
        }
    }
    *value = last;
    return last.at;
}
