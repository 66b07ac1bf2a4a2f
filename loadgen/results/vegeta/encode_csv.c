/*
 * vegeta's CSV: the twelve columns of format_csv.c, quoted as by Go's encoding/csv. Headers are
 * sorted by name and followed by an empty line.
 */
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/text/base64.h"
#include "loadgen/results/stream/encoding.h"
#include "loadgen/results/vegeta/header_list.h"

struct csv_encoder {
    FILE *out;
    struct bytes line;
    struct bytes text; /* scratch */
    struct header_list headers;
};

static void *create(FILE *out)
{
    struct csv_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder) {
        encoder->out = out;
    }
    return encoder;
}

static uint64_t destroy(void *state)
{
    struct csv_encoder *encoder = state;
    bytes_free(&encoder->line);
    bytes_free(&encoder->text);
    header_list_free(&encoder->headers);
    free(encoder);
    return 0;
}

/* Spaces beyond ASCII: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F and
 * U+3000. */
static bool begins_with_wide_space(struct slice text)
{
    static const char *const spaces[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        size_t length = strlen(spaces[i]);
        if (text.length >= length && memcmp(text.at, spaces[i], length) == 0) {
            return true;
        }
    }
    return text.length >= 3 && memcmp(text.at, "\xe2\x80", 2) == 0 &&
           (unsigned char)text.at[2] >= 0x80 && (unsigned char)text.at[2] <= 0x8a;
}

static bool needs_quotes(struct slice text)
{
    if (text.length == 0) {
        return false;
    }
    if (text.length == 2 &&
        memcmp(text.at, "\\.", 2) == 0) { /* some readers take it as the end of data */
        return true;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (strchr(",\"\r\n", text.at[i]) && text.at[i]) {
            return true;
        }
    }
    return strchr(" \t\v\f", text.at[0]) || begins_with_wide_space(text);
}

static void add_text(struct bytes *line, struct slice text)
{
    if (!needs_quotes(text)) {
        bytes_add(line, text.at, text.length);
        return;
    }
    bytes_add_text(line, "\"");
    for (size_t i = 0; i < text.length; i++) {
        bytes_add(line, "\"", text.at[i] == '"');
        bytes_add(line, &text.at[i], 1);
    }
    bytes_add_text(line, "\"");
}

static bool add_headers(struct csv_encoder *encoder, struct slice lines)
{
    struct bytes *text = &encoder->text;
    struct header_list *list = &encoder->headers;
    if (!lines.at) {
        return true;
    }
    if (!header_list_read(list, lines, HEADERS_BY_NAME)) {
        return false;
    }
    bytes_clear(text);
    for (size_t i = 0; i < list->count; i++) {
        bytes_add(text, list->headers[i].name.at, list->headers[i].name.length);
        bytes_add_text(text, ": ");
        bytes_add(text, list->headers[i].value.at, list->headers[i].value.length);
        bytes_add_text(text, "\r\n");
    }
    bytes_add_text(text, "\r\n");
    base64_encode(text->at, text->length, &encoder->line);
    return !text->has_failed;
}

static void add_number(struct bytes *line, uint64_t number)
{
    bytes_add_number(line, number);
    bytes_add_text(line, ",");
}

static bool write_record(void *state, const struct record *record)
{
    struct csv_encoder *encoder = state;
    struct bytes *line = &encoder->line;
    const struct result *result = &record->result;
    bytes_clear(line);
    add_number(line, result->intended_ns);
    add_number(line, result->code);
    add_number(line, result_latency_ns(result));
    add_number(line, result->bytes_out);
    add_number(line, result->bytes_in);
    add_text(line, record->error);
    bytes_add_text(line, ",");
    base64_encode(record->body.at, record->body.length, line);
    bytes_add_text(line, ",");
    add_text(line, record->attack);
    bytes_add_text(line, ",");
    add_number(line, result->number);
    add_text(line, record->method);
    bytes_add_text(line, ",");
    add_text(line, record->url);
    bytes_add_text(line, ",");
    bool ok = add_headers(encoder, record->headers);
    bytes_add_text(line, "\n");
    ok = ok && !line->has_failed;
    if (ok) {
        fwrite(line->at, 1, line->length, encoder->out);
    }
    return ok;
}

static void end(void *state)
{
    (void)state;
}

const struct encoding encoding_csv = {
    .name = "csv",
    .create = create,
    .write = write_record,
    .end = end,
    .destroy = destroy,
};
