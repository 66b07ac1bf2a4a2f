#include "loadgen/base/json/json_headers.h"

static bool each_value(const char *name, const json_t *values, json_header_add *add, void *to)
{
    size_t i = 0;
    json_t *value = NULL;
    json_array_foreach(values, i, value)
    {
        if (!json_is_string(value) || !add(to, name, value)) {
            return false;
        }
    }
    return json_is_array(values) || json_is_null(values);
}

bool json_headers_each(json_t *headers, json_header_add *add, void *to)
{
    const char *name = NULL;
    json_t *values = NULL;
    json_object_foreach(headers, name, values)
    {
        if (!each_value(name, values, add, to)) {
            return false;
        }
    }
    return !headers || json_is_object(headers) || json_is_null(headers);
}
