#include "loadgen/target/request/message.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/blank.h"
#include "common/version.h"
#include "loadgen/target/request/parts.h"

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

static bool is_one_of(struct slice name, const char *const *list)
{
    while (*list && !slice_is(name, *list)) {
        list++;
    }
    return *list != NULL;
}

/* Headers that Go's client derives from the body, ignoring those given. */
static bool is_computed(struct slice name)
{
    static const char *const computed[] = {"Content-Length", "Transfer-Encoding", "Trailer", NULL};
    return is_one_of(name, computed);
}

/* Headers that are sent once; an empty one says something. */
enum single { SINGLE_HOST, SINGLE_AGENT, SINGLES };

static const char *const single_names[SINGLES] = {"Host", "User-Agent"};

/* The header with this name; SINGLES: none of them. */
static enum single single_of(struct slice name)
{
    enum single single = SINGLE_HOST;
    while (single < SINGLES && !slice_is(name, single_names[single])) {
        single++;
    }
    return single;
}

static struct slice trim(const char *at, const char *end)
{
    blank_trim_range(&at, &end);
    return (struct slice){at, (size_t)(end - at)};
}

/* The two parts of "Name: value"; without a colon both are empty. */
static void cut(const char *line, const char *end, struct slice *name, struct slice *value)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    *name = trim(line, colon ? colon : line);
    *value = trim(colon ? colon + 1 : end, end);
}

/* Has the Host to be written in another way? A name outside ASCII, or an address with a zone. */
static bool is_foreign_host(struct slice name, struct slice value)
{
    bool is_foreign = false;
    for (size_t i = 0; i < value.length; i++) {
        is_foreign |= (unsigned char)value.at[i] >= 0x80 || value.at[i] == '%';
    }
    return is_foreign && slice_is(name, single_names[SINGLE_HOST]);
}

static bool check_value(struct slice name, struct slice value, struct err *err)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return err_set(err, ERR_USAGE, "the header \"%.*s\" contains a control character",
                           (int)name.length, name.at);
        }
    }
    struct url url = {0};
    const char *problem = is_foreign_host(name, value) ? url_read_authority(&url, value) : NULL;
    if (problem) {
        return err_set(err, ERR_USAGE, "the header \"Host: %.*s\" has %s", (int)value.length,
                       value.at, problem);
    }
    return true;
}

bool message_is_token(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!memchr(token, text.at[i], sizeof token - 1)) {
            return false;
        }
    }
    return text.length > 0;
}

bool message_is_line(struct slice line)
{
    const char *colon = memchr(line.at, ':', line.length);
    struct slice name = {line.at, colon ? (size_t)(colon - line.at) : 0};
    for (size_t i = 0; i < line.length; i++) {
        unsigned char c = (unsigned char)line.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return colon && message_is_token(name) && line.length > name.length + 1 && colon[1] == ' ';
}

static bool split(const char *line, struct slice *name, struct slice *value, struct err *err)
{
    cut(line, line + strlen(line), name, value);
    bool may_be_empty = single_of(*name) < SINGLES || is_computed(*name);
    if (!message_is_token(*name) || (value->length == 0 && !may_be_empty)) {
        return err_set(err, ERR_USAGE, "bad header \"%.300s\"; write Name: value", line);
    }
    return check_value(*name, *value, err);
}

static void write_pair(struct bytes *headers, struct slice name, struct slice value)
{
    struct url url = {0};
    if (is_foreign_host(name, value) && !url_read_authority(&url, value)) {
        value = (struct slice){url.authority, strlen(url.authority)};
    }
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

bool message_is_computed(const char *line)
{
    struct slice name;
    struct slice value;
    return split(line, &name, &value, NULL) && is_computed(name);
}

bool message_add_header(struct bytes *headers, const char *line, struct err *err)
{
    struct slice name;
    struct slice value;
    if (!split(line, &name, &value, err)) {
        return false;
    }
    if (!is_computed(name)) {
        write_pair(headers, name, value);
    }
    return true;
}

bool message_add_pair(struct bytes *headers, const char *name, const char *value, struct err *err)
{
    struct slice value_slice = trim(value, value + strlen(value));
    struct slice name_slice = trim(name, name + strlen(name));
    if (!message_is_token(name_slice)) {
        return err_set(err, ERR_USAGE, "bad header name \"%.300s\"", name);
    }
    if (!check_value(name_slice, value_slice, err)) {
        return false;
    }
    if (!is_computed(name_slice)) {
        write_pair(headers, name_slice, value_slice);
    }
    return true;
}

/* Writing. */

/* Goes through the headers of the command line, then those of the target. */
struct walk {
    const struct message *message;
    const struct message_defaults *defaults;
    size_t index; /* of the command line */
    size_t at;    /* in the target's */
    struct slice name;
    struct slice value;
};

static bool walk_next(struct walk *walk)
{
    const struct slice *own = &walk->message->headers;
    if (walk->index < walk->defaults->header_count) {
        const char *line = walk->defaults->headers[walk->index++];
        cut(line, line + strlen(line), &walk->name, &walk->value);
        return true;
    }
    if (walk->at == own->length) {
        return false;
    }
    const char *line = own->at + walk->at;
    const char *end = (const char *)memchr(line, '\n', own->length - walk->at) + 1;
    cut(line, end, &walk->name, &walk->value);
    walk->at += (size_t)(end - line);
    return true;
}

/* The first header with this name is the walk's; false when there is none. */
static bool find_header(struct walk *walk, const char *name)
{
    walk->index = walk->at = 0;
    while (walk_next(walk)) {
        if (slice_is(walk->name, name)) {
            return true;
        }
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

/* What no header says. */
static void write_presets(struct bytes *out, struct walk *walk)
{
    if (!find_header(walk, single_names[SINGLE_HOST]) || walk->value.length == 0) {
        const char *authority = walk->message->url.authority;
        write_pair(out, (struct slice){"Host", 4}, (struct slice){authority, strlen(authority)});
    }
    if (!find_header(walk, single_names[SINGLE_AGENT])) {
        bytes_add_text(out, "User-Agent: headroom-loadgen/");
        bytes_add_text(out, version_number);
        bytes_add(out, "\r\n", 2);
    }
}

static void write_given(struct bytes *out, struct walk *walk)
{
    bool is_seen[SINGLES + 1] = {false};
    walk->index = walk->at = 0;
    while (walk_next(walk)) {
        enum single single = single_of(walk->name);
        bool is_sent = single == SINGLES || (!is_seen[single] && walk->value.length > 0);
        is_seen[single] = true;
        if (is_sent && !is_computed(walk->name)) {
            write_pair(out, walk->name, walk->value);
        }
    }
}

/* Where in the message the number goes; 0: nowhere. */
static size_t write_headers(struct bytes *out, size_t begin, const struct message *message,
                            const struct message_defaults *defaults)
{
    struct walk walk = {.message = message, .defaults = defaults};
    size_t sequence_at = 0;
    write_presets(out, &walk);
    write_given(out, &walk);
    if (defaults->attack_name) {
        bytes_add_text(out, "X-Vegeta-Attack: ");
        bytes_add_text(out, defaults->attack_name);
        bytes_add(out, "\r\n", 2);
    }
    if (defaults->is_numbered && !find_header(&walk, "X-Vegeta-Seq")) {
        bytes_add_text(out, "X-Vegeta-Seq: ");
        sequence_at = out->length - begin;
        bytes_add(out, "\r\n", 2);
    }
    if (!defaults->keepalive && !find_header(&walk, "Connection")) {
        bytes_add_text(out, "Connection: close\r\n");
    }
    return sequence_at;
}

static bool is_method_of(const char *method, const char *const *list)
{
    while (*list && strcmp(method, *list) != 0) {
        list++;
    }
    return *list != NULL;
}

void message_add_body(struct bytes *out, struct slice body, bool is_chunked)
{
    if (body.length > 0 && is_chunked) {
        bytes_add_hex(out, body.length);
        bytes_add(out, "\r\n", 2);
        bytes_add(out, body.at, body.length);
        bytes_add_text(out, "\r\n0\r\n\r\n");
    } else {
        bytes_add(out, body.at, body.length);
    }
}

static void write_body(struct bytes *out, const char *method, struct slice body, bool is_chunked)
{
    static const char *const with_body[] = {"POST", "PUT", "PATCH", NULL};
    if (body.length > 0 && is_chunked) {
        bytes_add_text(out, "Transfer-Encoding: chunked\r\n");
    } else if (body.length > 0 || is_method_of(method, with_body)) {
        bytes_add_text(out, "Content-Length: ");
        bytes_add_number(out, body.length);
        bytes_add(out, "\r\n", 2);
    }
    bytes_add(out, "\r\n", 2);
    message_add_body(out, body, is_chunked);
}

static void describe(struct request *request, struct slice method)
{
    static const char *const idempotent[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", NULL};
    request->is_head = method.length == 4 && memcmp(method.at, "HEAD", 4) == 0;
    request->is_idempotent = false;
    for (size_t i = 0; idempotent[i]; i++) {
        request->is_idempotent |= method.length == strlen(idempotent[i]) &&
                                  memcmp(method.at, idempotent[i], method.length) == 0;
    }
}

void message_describe(struct request *request)
{
    describe(request, (struct slice){request->bytes, request->layout.path_at - 1});
}

void message_write(struct bytes *out, const struct message *message,
                   const struct message_defaults *defaults, struct request *request)
{
    size_t begin = out->length;
    struct slice body = message->body;
    if (!body.at) {
        body = (struct slice){defaults->body, defaults->body_length};
    }
    write_request_line(out, message);
    request->sequence_at = (uint32_t)write_headers(out, begin, message, defaults);
    write_body(out, message->method, body, defaults->is_chunked);
    request->length = out->length - begin;
    request->layout = (struct request_layout){0};
    if (!out->has_failed) {
        request->layout = parts_find(out->at + begin, request->length);
        parts_add_fields(out, request);
    }
    request->body_length = body.length;
    describe(request, (struct slice){message->method, strlen(message->method)});
}
