#include "loadgen/plot/facts.h"

#include <inttypes.h>
#include <stdarg.h>

#include "loadgen/plot/html.h"

const char *facts_print_count(uint64_t count, char text[FACTS_TEXT])
{
    char digits[FACTS_TEXT];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *at = text;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

const char *facts_print_rate(double rate, char text[FACTS_TEXT])
{
    if (rate >= 1000) {
        return facts_print_count((uint64_t)(rate + 0.5), text);
    }
    snprintf(text, FACTS_TEXT, "%.2f", rate);
    return text;
}

void facts_write(FILE *out, const char *name, const char *format, ...)
{
    char text[HTML_PRINT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(out, "<div><dt>%s</dt><dd>", name);
    html_write(out, text);
    fputs("</dd></div>\n", out);
}
