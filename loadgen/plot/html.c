#include "loadgen/plot/html.h"

#include <stdarg.h>
#include <string.h>

void html_write(FILE *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*c, out);
        }
    }
}

void html_print(FILE *out, const char *format, ...)
{
    char text[HTML_PRINT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    html_write(out, text);
}

/* JSON has '<' only inside strings. */
static int write_piece(const char *piece, size_t size, void *context)
{
    const char *end = piece + size;
    while (piece < end) {
        const char *bracket = memchr(piece, '<', (size_t)(end - piece));
        const char *stop = bracket ? bracket : end;
        fwrite(piece, 1, (size_t)(stop - piece), context);
        piece = stop;
        if (bracket) {
            fputs("\\u003c", context);
            piece++;
        }
    }
    return 0;
}

bool html_write_json(FILE *out, const json_t *json)
{
    return json &&
           json_dump_callback(json, write_piece, out, JSON_COMPACT | JSON_REAL_PRECISION(7)) == 0;
}
