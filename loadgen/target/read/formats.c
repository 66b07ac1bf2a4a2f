#include "loadgen/target/read/formats.h"

#include <string.h>

const struct format *formats_find(const char *name, struct err *err)
{
    static const struct format *const formats[] = {&format_http, &format_json};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i]->name, name) == 0) {
            return formats[i];
        }
    }
    err_set(err, ERR_USAGE, "format \"%s\" isn't one of [http, json]", name);
    return NULL;
}
