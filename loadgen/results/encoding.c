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
    err_set(err, ERR_USAGE, "\"%s\" is no encoding of results; use json, csv or bin%s", name,
            strcmp(name, "gob") == 0 ? " (only Go's own library writes gob; vegeta encode -to gob "
                                       "makes it of our json)"
                                     : "");
    return NULL;
}
