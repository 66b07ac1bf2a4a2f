#include "tests/support/script_request.h"

#include <stdlib.h>
#include <string.h>

static void consume(struct script_input *in, size_t n)
{
    in->len -= n;
    memmove(in->bytes, in->bytes + n, in->len);
}

static enum script_request take_header(struct script_input *in)
{
    static const char length_name[] = "\r\ncontent-length:";
    char *end = memmem(in->bytes, in->len, "\r\n\r\n", 4);
    if (end == NULL) {
        return in->len == sizeof in->bytes ? SCRIPT_REQUEST_BAD : SCRIPT_REQUEST_PARTIAL;
    }
    end[2] = '\0'; /* a string for the searches below, and gone right after them */
    if (strcasestr(in->bytes, "\r\ntransfer-encoding:") != NULL) {
        return SCRIPT_REQUEST_BAD;
    }
    const char *length = strcasestr(in->bytes, length_name);
    in->body_left = length == NULL ? 0 : strtoull(length + sizeof length_name - 1, NULL, 10);
    in->is_head = strncmp(in->bytes, "HEAD ", 5) == 0;
    in->in_body = true;
    consume(in, (size_t)(end + 4 - in->bytes));
    return SCRIPT_REQUEST_WHOLE;
}

enum script_request script_request_take(struct script_input *in)
{
    if (!in->in_body) {
        enum script_request header = take_header(in);
        if (header != SCRIPT_REQUEST_WHOLE) {
            return header;
        }
    }
    size_t n = in->body_left < in->len ? in->body_left : in->len;
    consume(in, n);
    in->body_left -= n;
    in->in_body = in->body_left > 0;
    return in->in_body ? SCRIPT_REQUEST_PARTIAL : SCRIPT_REQUEST_WHOLE;
}
