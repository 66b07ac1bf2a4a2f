#include "loadgen/target/message.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/version.h"

/* What names of headers and methods are made of. */
static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool message_is_method(const char *text)
{
    return text[0] && text[strspn(text, token)] == '\0';
}

static bool slice_is(struct slice slice, const char *text)
{
    return slice.length == strlen(text) && strncasecmp(slice.at, text, slice.length) == 0;
}

static struct slice trim(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    while (end > at && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    return (struct slice){at, (size_t)(end - at)};
}

static bool check_pair(struct slice name, struct slice value, struct err *err)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return err_set(err, ERR_USAGE, "the header \"%.*s\" has a control character in it",
                           (int)name.length, name.at);
        }
    }
    if (slice_is(name, "Content-Length") || slice_is(name, "Transfer-Encoding")) {
        return err_set(err, ERR_USAGE,
                       "the header \"%.*s\" is computed from the body; leave it out",
                       (int)name.length, name.at);
    }
    return true;
}

static bool split(const char *line, struct slice *name, struct slice *value, struct err *err)
{
    const char *colon = strchr(line, ':');
    *name = *value = (struct slice){line, 0};
    if (colon) {
        *name = trim(line, colon);
        *value = trim(colon + 1, colon + strlen(colon));
    }
    if (name->length == 0 || value->length == 0 || strspn(name->at, token) < name->length) {
        return err_set(err, ERR_USAGE, "bad header \"%.300s\"; write Name: value", line);
    }
    return check_pair(*name, *value, err);
}

static void write_pair(struct bytes *headers, struct slice name, struct slice value)
{
    bytes_add(headers, name.at, name.length);
    bytes_add(headers, ": ", 2);
    bytes_add(headers, value.at, value.length);
    bytes_add(headers, "\r\n", 2);
}

bool message_check_header(const char *line, struct err *err)
{
    struct slice name;
    struct slice value;
    return split(line, &name, &value, err);
}

bool message_add_header(struct bytes *headers, const char *line, struct err *err)
{
    struct slice name;
    struct slice value;
    if (!split(line, &name, &value, err)) {
        return false;
    }
    write_pair(headers, name, value);
    return true;
}

bool message_add_pair(struct bytes *headers, const char *name, const char *value, struct err *err)
{
    struct slice value_slice = trim(value, value + strlen(value));
    struct slice name_slice = {name, strlen(name)};
    if (!message_is_method(name)) { /* names of headers are tokens as well */
        return err_set(err, ERR_USAGE, "bad header name \"%.300s\"", name);
    }
    if (!check_pair(name_slice, value_slice, err)) {
        return false;
    }
    write_pair(headers, name_slice, value_slice);
    return true;
}

/* Writing. */

static bool line_is(const char *line, const char *name)
{
    size_t length = strcspn(line, ": \t\r");
    return slice_is((struct slice){line, length}, name);
}

static bool has_header(const struct message *message, const struct message_defaults *defaults,
                       const char *name)
{
    for (size_t i = 0; i < defaults->header_count; i++) {
        const char *line = defaults->headers[i];
        if (line_is(line + strspn(line, " \t"), name)) {
            return true;
        }
    }
    const char *line = message->headers.at;
    const char *end = line + message->headers.length;
    while (line < end) {
        if (line_is(line, name)) {
            return true;
        }
        line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
    }
    return false;
}

static void write_request_line(struct bytes *out, const struct message *message)
{
    bytes_add_text(out, message->method);
    bytes_add(out, " ", 1);
    url_add_path(&message->url, out);
    bytes_add_text(out, " HTTP/1.1\r\n");
}

/* Where in the message the number goes; 0: nowhere. */
static size_t write_headers(struct bytes *out, size_t begin, const struct message *message,
                            const struct message_defaults *defaults)
{
    size_t sequence_at = 0;
    if (!has_header(message, defaults, "Host")) {
        write_pair(out, (struct slice){"Host", 4}, message->url.authority);
    }
    if (!has_header(message, defaults, "User-Agent")) {
        bytes_add_text(out, "User-Agent: headroom-loadgen/");
        bytes_add_text(out, version_number);
        bytes_add(out, "\r\n", 2);
    }
    for (size_t i = 0; i < defaults->header_count; i++) {
        message_add_header(out, defaults->headers[i], NULL); /* was checked when it was given */
    }
    bytes_add(out, message->headers.at, message->headers.length);
    if (defaults->attack_name && defaults->attack_name[0]) {
        bytes_add_text(out, "X-Vegeta-Attack: ");
        bytes_add_text(out, defaults->attack_name);
        bytes_add(out, "\r\n", 2);
    }
    if (defaults->is_numbered && !has_header(message, defaults, "X-Vegeta-Seq")) {
        bytes_add_text(out, "X-Vegeta-Seq: ");
        sequence_at = out->length - begin;
        bytes_add(out, "\r\n", 2);
    }
    if (!defaults->keepalive && !has_header(message, defaults, "Connection")) {
        bytes_add_text(out, "Connection: close\r\n");
    }
    return sequence_at;
}

static bool is_one_of(const char *method, const char *const *list)
{
    while (*list && strcmp(method, *list) != 0) {
        list++;
    }
    return *list != NULL;
}

static void write_body(struct bytes *out, const char *method, struct slice body, bool is_chunked)
{
    static const char *const with_body[] = {"POST", "PUT", "PATCH", NULL};
    if (body.length > 0 && is_chunked) {
        bytes_add_text(out, "Transfer-Encoding: chunked\r\n\r\n");
        bytes_add_hex(out, body.length);
        bytes_add(out, "\r\n", 2);
        bytes_add(out, body.at, body.length);
        bytes_add_text(out, "\r\n0\r\n\r\n");
        return;
    }
    if (body.length > 0 || is_one_of(method, with_body)) {
        bytes_add_text(out, "Content-Length: ");
        bytes_add_number(out, body.length);
        bytes_add(out, "\r\n", 2);
    }
    bytes_add(out, "\r\n", 2);
    bytes_add(out, body.at, body.length);
}

void message_write(struct bytes *out, const struct message *message,
                   const struct message_defaults *defaults, struct request *request)
{
    static const char *const repeatable[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", NULL};
    size_t begin = out->length;
    struct slice body = message->body;
    if (!body.at) {
        body = (struct slice){defaults->body, defaults->body_length};
    }
    write_request_line(out, message);
    request->sequence_at = (uint32_t)write_headers(out, begin, message, defaults);
    write_body(out, message->method, body, defaults->is_chunked);
    request->length = out->length - begin;
    request->body_length = body.length;
    request->is_head = strcmp(message->method, "HEAD") == 0;
    request->is_repeatable = is_one_of(message->method, repeatable);
}
