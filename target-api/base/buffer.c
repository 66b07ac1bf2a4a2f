#include "target-api/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 256 };

void buffer_init(struct buffer *b, size_t max)
{
    *b = (struct buffer){.max = max};
}

void buffer_fini(struct buffer *b)
{
    free(b->bytes);
    *b = (struct buffer){.max = b->max};
}

bool buffer_reserve(struct buffer *b, size_t more)
{
    if (b->failed || more > b->max - b->len) {
        b->failed = true;
        return false;
    }
    if (b->len + more <= b->size) {
        return true;
    }
    size_t size = b->size > b->max / 2 ? b->max : b->size * 2;
    size = size < FIRST_SIZE ? FIRST_SIZE : size;
    size = size < b->len + more ? b->len + more : size;
    char *bytes = realloc(b->bytes, size);
    if (!bytes) {
        b->failed = true;
        return false;
    }
    b->bytes = bytes;
    b->size = size;
    return true;
}

bool buffer_add(struct buffer *b, const char *bytes, size_t len)
{
    if (!buffer_reserve(b, len)) {
        return false;
    }
    if (len > 0) {
        memcpy(b->bytes + b->len, bytes, len);
        b->len += len;
    }
    return true;
}

bool buffer_add_string(struct buffer *b, const char *string)
{
    return buffer_add(b, string, strlen(string));
}

bool buffer_add_format(struct buffer *b, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof text) {
        b->failed = true;
        return false;
    }
    return buffer_add(b, text, (size_t)len);
}

/* The letter of a short escape; 0: none for this character. */
static char short_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static bool add_escaped(struct buffer *b, char c)
{
    char letter = short_escape(c);
    if (letter) {
        return buffer_add(b, (const char[]){'\\', letter}, 2);
    }
    return buffer_add_format(b, "\\u%04x", (unsigned)(unsigned char)c);
}

bool buffer_add_json_string(struct buffer *b, struct slice text)
{
    buffer_add(b, "\"", 1);
    size_t plain = 0; /* start of the characters copied unchanged */
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if ((unsigned char)c < 0x20 || c == '"' || c == '\\') {
            buffer_add(b, text.at + plain, i - plain);
            add_escaped(b, c);
            plain = i + 1;
        }
    }
    buffer_add(b, text.at + plain, text.length - plain);
    return buffer_add(b, "\"", 1);
}

char *buffer_take(struct buffer *b, size_t *len)
{
    if (b->failed || !buffer_reserve(b, b->bytes ? 0 : 1)) { /* an empty text is valid */
        buffer_fini(b);
        return NULL;
    }
    char *bytes = b->bytes;
    *len = b->len;
    *b = (struct buffer){.max = b->max};
    return bytes;
}
