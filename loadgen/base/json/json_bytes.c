#include "loadgen/base/json/json_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/base/text/base64.h"
#include "loadgen/base/text/utf8.h"

static const char key[] = "base64";

json_t *json_bytes(const char *bytes, size_t length)
{
    struct bytes encoded = {0};
    bool has_zero = length > 0 && memchr(bytes, 0, length);
    json_t *json = has_zero ? NULL : json_stringn(length ? bytes : "", length);
    if (json) {
        return json;
    }
    base64_encode(bytes, length, &encoded);
    memory_of(encoded.has_failed ? NULL : encoded.at);
    json = json_pack("{s:s%}", key, encoded.at, encoded.length);
    bytes_free(&encoded);
    return memory_of(json);
}

json_t *json_text(const char *text)
{
    return json_bytes(text, strlen(text));
}

json_t *json_clean(struct slice text)
{
    char *clean = memory_of(strndup(text.at, text.length));
    utf8_clean(clean);
    json_t *json = json_string(clean);
    free(clean);
    return memory_of(json);
}

bool json_bytes_read(const json_t *json, struct bytes *out)
{
    const json_t *encoded = json_object_get(json, key);
    bool ok = true;
    bytes_clear(out);
    if (json_is_string(encoded)) {
        ok = base64_decode(json_string_value(encoded), json_string_length(encoded), out);
    } else if (json_is_string(json)) {
        bytes_add(out, json_string_value(json), json_string_length(json));
    } else {
        ok = false;
    }
    bytes_add(out, "", 1);
    memory_of(out->has_failed ? NULL : out->at);
    out->length--;
    return ok;
}
