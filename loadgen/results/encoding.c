#include "loadgen/results/encoding.h"

#include <string.h>

const struct encoding *encoding_find(const char *name, struct err *err)
{
    static const struct encoding *const encodings[] = {&encoding_bin, &encoding_csv,
                                                       &encoding_json};
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        if (strcmp(encodings[i]->name, name) == 0) {
            return encodings[i];
        }
    }
    err_set(err, ERR_USAGE, "unknown encoding \"%s\"; use json, csv or bin%s", name,
            strcmp(name, "gob") == 0
                ? " (gob requires Go's library; convert our json with vegeta encode -to gob)"
                : "");
    return NULL;
}
