#include "loadgen/command/flags/argument_flag.h"

#include <string.h>

bool argument_flags_add(void *field, const char *text, struct err *err)
{
    struct argument_flags *flags = field;
    if (text[0] == '=' || !strchr(text, '=')) {
        return err_set(err, ERR_USAGE, "\"%s\" is not an argument; expected NAME=VALUE", text);
    }
    if (flags->count == ARGUMENT_FLAGS_MAX) {
        return err_set(err, ERR_USAGE, "at most %d arguments", ARGUMENT_FLAGS_MAX);
    }
    flags->list[flags->count++] = text;
    return true;
}
