#include "loadgen/cluster/wire/wire.h"

#include <string.h>

bool wire_is_same_worker(const struct wire_worker *a, const struct wire_worker *b)
{
    return a->incarnation == b->incarnation && strcmp(a->name, b->name) == 0;
}

bool wire_is_name(const char *name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t length = strlen(name);
    return length > 0 && length < WIRE_NAME && strspn(name, good) == length;
}

const char *wire_read_text(enum wire_read read)
{
    static const char *const texts[] = {
        [WIRE_READ_OK] = "good",
        [WIRE_READ_BAD] = "malformed",
        [WIRE_READ_VERSION] = "of another version of loadgen",
    };
    return texts[read];
}
