/*
 * vegeta's JSON format: one object per line.
 *
 *     {"method":"POST","url":"http://127.0.0.1:5000/","body":"aGVsbG8=","header":{"A":["b","c"]}}
 *
 * method and url are required; body is base64, in which line ends are passed over, and an empty one
 * is none; other keys are ignored, except for "name", which is ours. Unlike vegeta's, the last line
 * needs no newline.
 */
#include <jansson.h>
#include <string.h>

#include "common/blank.h"
#include "loadgen/base/json/json_headers.h"
#include "loadgen/base/text/base64.h"
#include "loadgen/target/read/reader.h"

/* The string at `key`; "" when it is not there or null. NULL with err when it is something else. */
static const char *string_at(const json_t *json, const char *key, struct err *err)
{
    const json_t *value = json_object_get(json, key);
    if (!value || json_is_null(value)) {
        return "";
    }
    if (!json_is_string(value)) {
        err_set(err, ERR_USAGE, "\"%s\" is not a string", key);
    }
    return json_string_value(value);
}

static bool take_place(struct draft *draft, const json_t *json, struct err *err)
{
    const char *method = string_at(json, "method", err);
    const char *url = method ? string_at(json, "url", err) : NULL;
    const char *name = url ? string_at(json, "name", err) : NULL;
    if (!name) {
        return false;
    }
    if (!method[0] || !url[0]) {
        return err_set(err, ERR_USAGE,
                       "target: required %s is missing; write "
                       "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:5000/health\"}",
                       method[0] ? "url" : "method");
    }
    const char *end = method + strlen(method);
    blank_trim_range(&method, &end);
    if (!draft_set_method(draft, method, (size_t)(end - method), err)) {
        return false;
    }
    if (!message_is_method(draft->method.at)) {
        return err_set(err, ERR_USAGE, "\"%.100s\" is not a method such as \"GET\"", method);
    }
    return draft_set_url(draft, url, err) && (!name[0] || draft_set_name(draft, name, err));
}

/* Encoders break long lines, and Go's decoder passes over that. */
static bool add_decoded(struct bytes *out, const char *text)
{
    static const char line_ends[] = "\r\n";
    if (!strpbrk(text, line_ends)) {
        return base64_decode(text, strlen(text), out);
    }
    struct bytes joined = {0};
    while (*text) {
        size_t length = strcspn(text, line_ends);
        bytes_add(&joined, text, length);
        text += length + strspn(text + length, line_ends);
    }
    bool ok = !joined.has_failed && base64_decode(joined.at, joined.length, out);
    bytes_free(&joined);
    return ok;
}

static bool take_body(struct draft *draft, const json_t *json, struct err *err)
{
    const char *body = string_at(json, "body", err);
    if (!body) {
        return false;
    }
    bool ok = add_decoded(&draft->body, body);
    draft->has_body = draft->body.length > 0;
    return ok || err_set(err, ERR_USAGE, "\"body\" is not base64 (A-Z a-z 0-9 + /, padded with =)");
}

struct header_target {
    struct bytes *lines;
    struct err *err;
};

static bool add_header(void *to, const char *name, const json_t *value)
{
    struct header_target *target = to;
    return message_add_pair(target->lines, name, json_string_value(value), target->err);
}

static bool take_headers(struct draft *draft, const json_t *json, struct err *err)
{
    struct header_target target = {&draft->headers, err};
    return json_headers_each(json_object_get(json, "header"), add_header, &target) ||
           err_set(err, ERR_USAGE,
                   "\"header\" is not an object of arrays of strings, such as "
                   "{\"Accept\":[\"text/html\"]}");
}

static enum read_state read_json(struct reader *reader, struct err *err)
{
    char *line = NULL;
    enum read_state state = READ_OK;
    do {
        state = reader_line(reader, &line, err);
    } while (state == READ_OK && !line[0]);
    if (state != READ_OK) {
        return state;
    }
    json_error_t problem;
    json_t *json = json_loads(line, 0, &problem);
    bool ok = false;
    if (!json) {
        err_set(err, ERR_USAGE,
                "parse error at column %d: %.200s; a target is one JSON object on one line%s",
                problem.column, problem.text,
                line[0] >= 'A' && line[0] <= 'Z' ? "; for METHOD URL lines, use order.format http"
                                                 : "");
    } else if (!json_is_object(json)) {
        err_set(err, ERR_USAGE, "a target is one JSON object on one line");
    } else {
        ok = take_place(&reader->draft, json, err) && take_body(&reader->draft, json, err) &&
             take_headers(&reader->draft, json, err);
    }
    json_decref(json);
    return ok ? READ_OK : READ_FAIL;
}

const struct format format_json = {.name = "json", .read = read_json};
