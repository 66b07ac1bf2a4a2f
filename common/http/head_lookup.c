/*
 * head_lookup - replaces MHD_lookup_connection_value_n of libmicrohttpd 0.9.75; the dynamic linker
 * finds it first, for calls from within the library too.
 *
 * libmicrohttpd uses it to look up headers that describe the body. If it rejects one, it answers,
 * continues as if it had not, and sends its answer a second time: a client takes the second head
 * for the answer to its next request. So it is shown only values that it accepts: valid lengths,
 * and no cookies, for which it needs pool memory as large as the headers. The handler is called,
 * and head_check finds the rest.
 */
#include <microhttpd.h>
#include <string.h>
#include <strings.h>

#include "common/http/head.h"

struct lookup {
    struct slice key;
    const char *value; /* NULL: not found */
    size_t len;
};

static enum MHD_Result compare(void *cls, enum MHD_ValueKind kind, const char *name,
                               size_t name_len, const char *value, size_t len)
{
    (void)kind;
    struct lookup *lookup = cls;
    if (name_len != lookup->key.length || strncasecmp(name, lookup->key.at, name_len) != 0) {
        return MHD_YES;
    }
    lookup->value = value ? value : "";
    lookup->len = value ? len : 0;
    return MHD_NO;
}

static bool is_key(struct slice key, const char *name)
{
    return key.length == strlen(name) && strncasecmp(key.at, name, key.length) == 0;
}

/* False: hidden. */
static bool show(struct lookup *lookup)
{
    struct slice value = head_trim(lookup->value, lookup->len);
    if (is_key(lookup->key, MHD_HTTP_HEADER_CONTENT_LENGTH)) {
        unsigned long long length = 0;
        lookup->len = value.length;
        return head_parse_length(&value, &length);
    }
    if (is_key(lookup->key, MHD_HTTP_HEADER_TRANSFER_ENCODING) && is_key(value, "chunked")) {
        lookup->value = "chunked"; /* libmicrohttpd compares the whole string, blanks included */
        lookup->len = strlen("chunked");
    }
    return true;
}

enum MHD_Result MHD_lookup_connection_value_n(struct MHD_Connection *connection,
                                              enum MHD_ValueKind kind, const char *key,
                                              size_t key_size, const char **value_ptr,
                                              size_t *value_size_ptr)
{
    struct lookup lookup = {.key = {key, key_size}};
    if (!key || ((kind & MHD_HEADER_KIND) && is_key(lookup.key, MHD_HTTP_HEADER_COOKIE))) {
        return MHD_NO;
    }
    MHD_get_connection_values_n(connection, kind, compare, &lookup);
    if (!lookup.value || !show(&lookup)) {
        return MHD_NO;
    }
    if (value_ptr) {
        *value_ptr = lookup.value;
    }
    if (value_size_ptr) {
        *value_size_ptr = lookup.len;
    }
    return MHD_YES;
}
