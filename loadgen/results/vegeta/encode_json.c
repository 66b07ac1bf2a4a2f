/*
 * vegeta's JSON: one result per line, keys in vegeta's order, no spaces.
 *
 * Strings are escaped as by vegeta: quotes and backslashes, \t \r \n, other controls and < > & as
 * \u00xx, U+2028 and U+2029, and \ufffd for each byte that is not UTF-8. A NUL in the name of a
 * header becomes \ufffd, too, and counts as a change, because many JSON readers, including ours,
 * reject keys with a NUL.
 */
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/moment.h"
#include "loadgen/base/text/base64.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/results/stream/encoding.h"
#include "loadgen/results/vegeta/header_list.h"

struct json_encoder {
    FILE *out;
    struct bytes line;
    struct bytes text; /* scratch */
    struct header_list headers;
    uint64_t changed_texts;
};

static void *create(FILE *out)
{
    struct json_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder) {
        encoder->out = out;
    }
    return encoder;
}

static uint64_t destroy(void *state)
{
    struct json_encoder *encoder = state;
    uint64_t changed = encoder->changed_texts;
    bytes_free(&encoder->line);
    bytes_free(&encoder->text);
    header_list_free(&encoder->headers);
    free(encoder);
    return changed;
}

static void add_ascii(struct bytes *line, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    switch (c) {
    case '\t':
        bytes_add_text(line, "\\t");
        break;
    case '\r':
        bytes_add_text(line, "\\r");
        break;
    case '\n':
        bytes_add_text(line, "\\n");
        break;
    case '"':
    case '\\':
        bytes_add_text(line, c == '"' ? "\\\"" : "\\\\");
        break;
    default: {
        const char code[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        bytes_add(line, code, sizeof code);
    }
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

/* Adds the multi-byte character at *at and moves *at past it. The text ends with a 0. */
static void add_wide(struct bytes *line, const char **at)
{
    size_t length = utf8_character(*at);
    bool is_separator =
        length == 3 && (memcmp(*at, "\xe2\x80\xa8", 3) == 0 || memcmp(*at, "\xe2\x80\xa9", 3) == 0);
    if (is_separator) {
        bytes_add_text(line, (*at)[2] == '\xa8' ? "\\u2028" : "\\u2029");
    } else if (length == 0) {
        bytes_add_text(line, "\\ufffd");
        length = 1;
    } else {
        bytes_add(line, *at, length);
    }
    *at += length;
}

static void add_characters(struct json_encoder *encoder, struct slice text)
{
    struct bytes *line = &encoder->line;
    bytes_clear(&encoder->text);
    bytes_add(&encoder->text, text.at, text.length);
    bytes_add(&encoder->text, "", 1); /* ends a truncated character */
    const char *at = encoder->text.at;
    const char *end = at + encoder->text.length - 1;
    while (at < end) {
        const char *first = at;
        while (at < end && is_plain((unsigned char)*at)) {
            at++;
        }
        bytes_add(line, first, (size_t)(at - first));
        if (at < end && (unsigned char)*at < 0x80) {
            add_ascii(line, (unsigned char)*at++);
        } else if (at < end) {
            add_wide(line, &at);
        }
    }
}

static void add_text(struct json_encoder *encoder, struct slice text)
{
    bytes_add_text(&encoder->line, "\"");
    add_characters(encoder, text);
    bytes_add_text(&encoder->line, "\"");
}

/* The name of a header, without NULs. */
static void add_name(struct json_encoder *encoder, struct slice name)
{
    struct bytes *line = &encoder->line;
    const char *zero = NULL;
    size_t zeros = 0;
    bytes_add_text(line, "\"");
    while (name.length > 0 && (zero = memchr(name.at, 0, name.length)) != NULL) {
        size_t length = (size_t)(zero - name.at);
        add_characters(encoder, (struct slice){name.at, length});
        bytes_add_text(line, "\\ufffd");
        name = (struct slice){zero + 1, name.length - length - 1};
        zeros++;
    }
    add_characters(encoder, name);
    bytes_add_text(line, "\"");
    encoder->changed_texts += zeros > 0;
}

static void add_body(struct bytes *line, struct slice body)
{
    if (!body.at) {
        bytes_add_text(line, "null");
        return;
    }
    bytes_add_text(line, "\"");
    base64_encode(body.at, body.length, line);
    bytes_add_text(line, "\"");
}

static bool add_headers(struct json_encoder *encoder, struct slice lines)
{
    struct bytes *line = &encoder->line;
    struct header_list *list = &encoder->headers;
    if (!lines.at) {
        bytes_add_text(line, "null");
        return true;
    }
    if (!header_list_read(list, lines, HEADERS_BY_FIRST)) {
        return false;
    }
    bytes_add_text(line, "{");
    for (size_t i = 0; i < list->count; i++) {
        const struct header *header = &list->headers[i];
        if (i > 0 && header->first == header[-1].first) {
            bytes_add_text(line, ",");
        } else {
            bytes_add_text(line, i > 0 ? "]," : "");
            add_name(encoder, header->name);
            bytes_add_text(line, ":[");
        }
        add_text(encoder, header->value);
    }
    bytes_add_text(line, list->count > 0 ? "]}" : "}");
    return true;
}

static void add_moment(struct bytes *line, uint64_t ns)
{
    char text[MOMENT_TEXT];
    bytes_add(line, text, moment_print(ns, text));
}

static bool write_record(void *state, const struct record *record)
{
    struct json_encoder *encoder = state;
    struct bytes *line = &encoder->line;
    const struct result *result = &record->result;
    bytes_clear(line);
    bytes_add_text(line, "{\"attack\":");
    add_text(encoder, record->attack);
    bytes_add_text(line, ",\"seq\":");
    bytes_add_number(line, result->number);
    bytes_add_text(line, ",\"code\":");
    bytes_add_number(line, result->code);
    bytes_add_text(line, ",\"timestamp\":\"");
    add_moment(line, result->intended_ns);
    bytes_add_text(line, "\",\"latency\":");
    bytes_add_number(line, result_latency_ns(result));
    bytes_add_text(line, ",\"bytes_out\":");
    bytes_add_number(line, result->bytes_out);
    bytes_add_text(line, ",\"bytes_in\":");
    bytes_add_number(line, result->bytes_in);
    bytes_add_text(line, ",\"error\":");
    add_text(encoder, record->error);
    bytes_add_text(line, ",\"body\":");
    add_body(line, record->body);
    bytes_add_text(line, ",\"method\":");
    add_text(encoder, record->method);
    bytes_add_text(line, ",\"url\":");
    add_text(encoder, record->url);
    bytes_add_text(line, ",\"headers\":");
    bool ok = add_headers(encoder, record->headers);
    bytes_add_text(line, "}\n");
    ok = ok && !line->has_failed && !encoder->text.has_failed;
    if (ok) {
        fwrite(line->at, 1, line->length, encoder->out);
    }
    return ok;
}

static void end(void *state)
{
    (void)state;
}

const struct encoding encoding_json = {
    .name = "json",
    .create = create,
    .write = write_record,
    .end = end,
    .destroy = destroy,
};
