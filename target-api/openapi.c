#include "target-api/openapi.h"

#include <string.h>

#include "common/version.h"

static const char schemas[] =
    "\"Any\":{},"
    "\"Text\":{\"type\":\"string\"},"
    "\"NewUser\":{\"type\":\"object\",\"required\":[\"id\",\"name\",\"age\"],\"properties\":{"
    "\"id\":{\"type\":\"integer\",\"format\":\"int64\"},\"name\":{\"type\":\"string\"},"
    "\"age\":{\"type\":\"string\"}}},"
    "\"Users\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
    "\"additionalProperties\":{\"type\":\"string\"}}},"
    "\"Detail\":{\"type\":\"object\",\"properties\":{\"detail\":{}}}";

static void add_parameter(struct buffer *b, const char *in, const char *name, size_t len,
                          bool is_first)
{
    bool is_text = len == strlen("attribute") && memcmp(name, "attribute", len) == 0;
    buffer_add_format(b, "%s{\"name\":\"%.*s\",\"in\":\"%s\",\"required\":true,",
                      is_first ? "" : ",", (int)len, name, in);
    buffer_add_format(b, "\"schema\":{\"type\":\"%s\"}}", is_text ? "string" : "integer");
}

static void add_parameters(struct buffer *b, const struct route *route)
{
    const char *name = strchr(route->template, '{');
    buffer_add_string(b, "\"parameters\":[");
    if (name) {
        add_parameter(b, "path", name + 1, strcspn(name + 1, "}"), true);
    }
    if (route->query) {
        add_parameter(b, "query", route->query, strlen(route->query), !name);
    }
    buffer_add_string(b, "],");
}

static void add_response(struct buffer *b, const char *code, const char *what, const char *schema)
{
    buffer_add_format(b, "\"%s\":{\"description\":\"%s\",\"content\":{\"application/json\":", code,
                      what);
    buffer_add_format(b, "{\"schema\":{\"$ref\":\"#/components/schemas/%s\"}}}}", schema);
}

static void add_responses(struct buffer *b, const struct route *route)
{
    bool is_checked = strchr(route->template, '{') || route->query || route->takes_user;
    buffer_add_string(b, "\"responses\":{");
    add_response(b, "200", "The answer", route->schema ? route->schema : "Text");
    if (is_checked) {
        buffer_add_string(b, ",");
        add_response(b, "422", "The request is invalid", "Detail");
    }
    if (is_checked && !route->takes_user && route->set != ROUTE_TEST) {
        buffer_add_string(b, ",");
        add_response(b, "404", "No such user or attribute", "Detail");
    }
    if (route->takes_user) {
        buffer_add_string(b, ",");
        add_response(b, "413", "The body is too large", "Detail");
        buffer_add_string(b, ",");
        add_response(b, "507", "The store is full", "Detail");
    }
    buffer_add_string(b, "}");
}

static void add_route(struct buffer *b, const struct route *route, bool is_first)
{
    bool is_post = strcmp(route->method, "POST") == 0;
    buffer_add_format(b, "%s\"%s\":{\"%s\":{\"summary\":\"%s\",", is_first ? "" : ",",
                      route->template, is_post ? "post" : "get", route->summary);
    add_parameters(b, route);
    if (route->takes_user) {
        buffer_add_string(b, "\"requestBody\":{\"required\":true,\"content\":{\"application/json\":"
                             "{\"schema\":{\"$ref\":\"#/components/schemas/NewUser\"}}}},");
    }
    add_responses(b, route);
    buffer_add_string(b, "}}");
}

struct reply openapi_reply(const struct route *routes, size_t count, bool has_tests)
{
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    buffer_add_format(
        &b,
        "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"target-api\",\"version\":\"%s\"},"
        "\"paths\":{",
        version_number);
    for (size_t i = 0; i < count; i++) {
        if (routes[i].set != ROUTE_WEBAPP && (routes[i].set != ROUTE_TEST || has_tests)) {
            add_route(&b, &routes[i], i == 0);
        }
    }
    buffer_add_string(&b, "},\"components\":{\"schemas\":{");
    buffer_add_string(&b, schemas);
    buffer_add_string(&b, "}}}");
    return reply_buffer(200, &b, reply_json);
}
