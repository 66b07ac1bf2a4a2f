#include "loadgen/results/vegeta/json_line.h"

#include <stdio.h>
#include <string.h>

#include "common/hex.h"
#include "loadgen/base/json/json_headers.h"
#include "loadgen/base/moment.h"

static const struct vegeta_line empty_line = {
    .attack = {"", 0}, .method = {"", 0}, .url = {"", 0}, .error = {"", 0}};

void json_line_fini(struct json_line *line)
{
    bytes_free(&line->texts);
    bytes_free(&line->headers);
    json_decref(line->json);
}

struct scan {
    const char *at;
    const char *end;
    struct bytes *texts; /* has room for all of the line's */
};

static bool skip(struct scan *scan, const char *literal, size_t length)
{
    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, literal, length) != 0) {
        return false;
    }
    scan->at += length;
    return true;
}
#define SKIP(scan, literal) skip(scan, literal, sizeof(literal) - 1)

/* A value larger than `max` is not a number. */
static bool scan_number(struct scan *scan, uint64_t max, uint64_t *number)
{
    const char *first = scan->at;
    uint64_t value = 0;
    for (; scan->at < scan->end; scan->at++) {
        unsigned digit = (unsigned char)*scan->at - '0';
        if (digit > 9) {
            break;
        }
        if (value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    /* Numbers that begin with 0 are left to jansson. */
    return scan->at > first && (*first != '0' || scan->at == first + 1);
}

/* Reading any JSON. */

static bool refuse(struct json_line *line, const char *key, const char *what)
{
    snprintf(line->problem, sizeof line->problem, "\"%s\" is not %s", key, what);
    return false;
}

/* NULL if the key is missing or null. */
static const json_t *find(const struct json_line *line, const char *key)
{
    const json_t *value = json_object_get(line->json, key);
    return json_is_null(value) ? NULL : value;
}

static bool take_number(struct json_line *line, const char *key, uint64_t *number)
{
    const json_t *value = find(line, key);
    *number = value ? (uint64_t)json_integer_value(value) : 0;
    return !value || (json_is_integer(value) && json_integer_value(value) >= 0) ||
           refuse(line, key, "a non-negative integer");
}

static bool take_text(struct json_line *line, const char *key, struct slice *text)
{
    const json_t *value = find(line, key);
    if (!json_is_string(value)) {
        return !value || refuse(line, key, "a string");
    }
    *text = (struct slice){json_string_value(value), json_string_length(value)};
    return true;
}

/* Replaces line breaks with spaces, as Go does. */
static void add_header(struct bytes *out, struct slice name, struct slice value)
{
    bytes_add(out, name.at, name.length);
    bytes_add_text(out, ": ");
    char *copy = bytes_reserve(out, value.length);
    for (size_t i = 0; copy && i < value.length; i++) {
        copy[i] = (char)(value.at[i] == '\r' || value.at[i] == '\n' ? ' ' : value.at[i]);
    }
    out->length += copy ? value.length : 0;
    bytes_add_text(out, "\r\n");
}

static struct slice header_lines(const struct json_line *line)
{
    const struct bytes *headers = &line->headers;
    return (struct slice){headers->at ? headers->at : "", headers->length};
}

static bool add_header_of_json(void *to, const char *name, const json_t *value)
{
    add_header(to, slice_of(name),
               (struct slice){json_string_value(value), json_string_length(value)});
    return true;
}

static bool take_headers(struct json_line *line)
{
    json_t *headers = json_object_get(line->json, "headers");
    bool is_good = json_headers_each(headers, add_header_of_json, &line->headers);
    if (headers && !json_is_null(headers)) {
        line->line.headers = header_lines(line);
    }
    return is_good || refuse(line, "headers", "an object of arrays of strings");
}

static bool take_timestamp(struct json_line *line)
{
    struct slice text = {"", 0};
    return take_text(line, "timestamp", &text) &&
           (moment_parse(text.at, text.length, &line->line.timestamp_ns) ||
            refuse(line, "timestamp",
                   "a time such as 2026-11-20T16:47:48.79Z, between 1970 and 2262"));
}

/*
 * Integers end at 2^63 - 1 in jansson, but at 2^64 - 1 in seq. If the line was refused for this
 * reason, loads a copy with 0 instead, and stores the number in *seq; otherwise, *seq is unchanged.
 */
static json_t *load(struct json_line *line, const char *text, size_t length, uint64_t *seq,
                    json_error_t *problem)
{
    static const char key[] = "\"seq\":"; /* in a string, its quotes would be escaped */
    json_t *json = json_loadb(text, length, JSON_ALLOW_NUL, problem);
    const char *at = NULL;
    if (json || json_error_code(problem) != json_error_numeric_overflow ||
        !(at = memmem(text, length, key, sizeof key - 1))) {
        return json;
    }
    struct bytes *copy = &line->texts;
    struct scan scan = {at + sizeof key - 1, text + length, NULL};
    while (SKIP(&scan, " ")) {
    }
    bytes_clear(copy);
    bytes_add(copy, text, (size_t)(scan.at - text));
    bytes_add_text(copy, "0");
    if (scan_number(&scan, UINT64_MAX, seq)) {
        bytes_add(copy, scan.at, (size_t)(scan.end - scan.at));
        json =
            copy->has_failed ? NULL : json_loadb(copy->at, copy->length, JSON_ALLOW_NUL, problem);
    }
    return json;
}

bool json_line_parse_any(struct json_line *line, const char *text, size_t length)
{
    struct vegeta_line *to = &line->line;
    uint64_t large_seq = 0;
    json_error_t problem;
    bytes_clear(&line->headers);
    *to = empty_line;
    json_decref(line->json);
    line->json = load(line, text, length, &large_seq, &problem);
    if (!line->json) {
        snprintf(line->problem, sizeof line->problem, "column %d: %.100s", problem.column,
                 problem.text);
        return false;
    }
    if (!json_is_object(line->json)) {
        snprintf(line->problem, sizeof line->problem, "not a JSON object");
        return false;
    }
    bool ok = take_number(line, "seq", &to->seq);
    to->seq = large_seq ? large_seq : to->seq;
    return ok && take_text(line, "attack", &to->attack) && take_number(line, "code", &to->code) &&
           take_timestamp(line) && take_number(line, "latency", &to->latency_ns) &&
           take_number(line, "bytes_out", &to->bytes_out) &&
           take_number(line, "bytes_in", &to->bytes_in) && take_text(line, "error", &to->error) &&
           take_text(line, "body", &to->body) && take_text(line, "method", &to->method) &&
           take_text(line, "url", &to->url) && take_headers(line);
}

/* Reading the JSON that vegeta writes. */

/* The character that follows a backslash, and its length in bytes; -1: left to jansson. */
static int unescape(const char *at, const char *end, size_t *used)
{
    static const char plain[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    *used = 1;
    if (*at != 'u') {
        for (const char *pair = plain; *pair; pair += 2) {
            if (*pair == *at) {
                return pair[1];
            }
        }
        return -1;
    }
    int code = 0;
    *used = 5;
    if (end - at < 5) {
        return -1;
    }
    for (int i = 1; i < 5; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        code = code * 16 + digit;
    }
    return code < 0x80 ? code : -1;
}

/* Reads the rest of a string with escapes, up to and including its closing quote. */
static bool scan_escapes(struct scan *scan, const char *first, struct slice *text)
{
    struct bytes *out = scan->texts;
    char *to = out->at + out->length;
    memcpy(to, first, (size_t)(scan->at - first));
    text->at = to;
    to += scan->at - first;
    while (scan->at < scan->end && *scan->at != '"') {
        unsigned char c = (unsigned char)*scan->at++;
        if (c == '\\' && scan->at < scan->end) {
            size_t used = 0;
            int value = unescape(scan->at, scan->end, &used);
            if (value < 0) {
                return false;
            }
            c = (unsigned char)value;
            scan->at += used;
        } else if (c < 0x20 || c >= 0x80) {
            return false;
        }
        *to++ = (char)c;
    }
    text->length = (size_t)(to - text->at);
    out->length += text->length;
    return scan->at++ < scan->end;
}

/* Reads a string after its opening quote. */
static bool scan_text(struct scan *scan, struct slice *text)
{
    const char *first = scan->at;
    while (scan->at < scan->end) {
        unsigned char c = (unsigned char)*scan->at;
        if (c == '"') {
            *text = (struct slice){first, (size_t)(scan->at - first)};
            scan->at++;
            return true;
        }
        if (c == '\\') {
            return scan_escapes(scan, first, text);
        }
        if (c < 0x20 || c >= 0x80) {
            return false;
        }
        scan->at++;
    }
    return false;
}

/* Bodies are long, and have no escapes if vegeta wrote them. */
static bool scan_body(struct scan *scan, struct slice *body)
{
    if (SKIP(scan, "null")) {
        return true;
    }
    const char *quote = NULL;
    if (!SKIP(scan, "\"") || !(quote = memchr(scan->at, '"', (size_t)(scan->end - scan->at)))) {
        return false;
    }
    *body = (struct slice){scan->at, (size_t)(quote - scan->at)};
    scan->at = quote + 1;
    return memchr(body->at, '\\', body->length) == NULL;
}

static bool has_zero(struct slice text)
{
    return text.length > 0 && memchr(text.at, 0, text.length);
}

/*
 * Reads an object of non-empty arrays of strings, and adds them to `out` as lines; NULL: skips
 * them.
 */
static bool scan_headers(struct scan *scan, struct bytes *out)
{
    struct slice name;
    struct slice value;
    if (SKIP(scan, "{}")) {
        return true;
    }
    bool ok = SKIP(scan, "{");
    do {
        ok = ok && SKIP(scan, "\"") && scan_text(scan, &name) && SKIP(scan, ":[");
        ok = ok && !has_zero(name); /* jansson rejects such keys */
        do {
            ok = ok && SKIP(scan, "\"") && scan_text(scan, &value);
            if (ok && out) {
                add_header(out, name, value);
            }
        } while (ok && SKIP(scan, ","));
        ok = ok && SKIP(scan, "]");
    } while (ok && SKIP(scan, ","));
    return ok && SKIP(scan, "}");
}

static bool scan_timestamp(struct scan *scan, uint64_t *ns)
{
    struct slice text;
    return scan_text(scan, &text) && moment_parse(text.at, text.length, ns);
}

bool json_line_parse_quickly(struct json_line *line, const char *text, size_t length,
                             bool with_headers)
{
    struct vegeta_line *to = &line->line;
    struct scan scan = {text, text + length, &line->texts};
    bytes_clear(&line->texts);
    bytes_clear(&line->headers);
    *to = empty_line;
    if (!bytes_reserve(&line->texts, length)) {
        return false;
    }
    bool ok = SKIP(&scan, "{\"attack\":\"") && scan_text(&scan, &to->attack) &&
              SKIP(&scan, ",\"seq\":") && scan_number(&scan, UINT64_MAX, &to->seq) &&
              SKIP(&scan, ",\"code\":") && scan_number(&scan, INT64_MAX, &to->code) &&
              SKIP(&scan, ",\"timestamp\":\"") && scan_timestamp(&scan, &to->timestamp_ns) &&
              SKIP(&scan, ",\"latency\":") && scan_number(&scan, INT64_MAX, &to->latency_ns) &&
              SKIP(&scan, ",\"bytes_out\":") && scan_number(&scan, INT64_MAX, &to->bytes_out) &&
              SKIP(&scan, ",\"bytes_in\":") && scan_number(&scan, INT64_MAX, &to->bytes_in) &&
              SKIP(&scan, ",\"error\":\"") && scan_text(&scan, &to->error) &&
              (!SKIP(&scan, ",\"body\":") || scan_body(&scan, &to->body)) &&
              SKIP(&scan, ",\"method\":\"") && scan_text(&scan, &to->method) &&
              SKIP(&scan, ",\"url\":\"") && scan_text(&scan, &to->url);
    if (ok && SKIP(&scan, ",\"headers\":") && !SKIP(&scan, "null")) {
        ok = scan_headers(&scan, with_headers ? &line->headers : NULL);
        to->headers = header_lines(line);
    }
    return ok && SKIP(&scan, "}") && scan.at == scan.end;
}

bool json_line_parse(struct json_line *line, const char *text, size_t length, bool with_headers)
{
    return json_line_parse_quickly(line, text, length, with_headers) ||
           json_line_parse_any(line, text, length);
}
