#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    if (!err || err->code != ERR_NONE) {
        return false;
    }
    err->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

bool err_prefix(struct err *err, const char *format, ...)
{
    if (!err || err->code == ERR_NONE) {
        return false;
    }
    struct err cause = *err;
    va_list args;
    va_start(args, format);
    int used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used + 3 < sizeof err->text) {
        int room = (int)sizeof err->text - used - 3;
        snprintf(err->text + used, sizeof err->text - (size_t)used, ": %.*s", room, cause.text);
    }
    return false;
}
