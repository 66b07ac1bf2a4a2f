/*
 * vegeta's CSV: one record of twelve columns per result, quoted as by Go's encoding/csv.
 *
 *     unix_ns, code, latency_ns, bytes_out, bytes_in, error, base64(body), attack, seq, method,
 * url, base64("Name: value\r\n...\r\n\r\n")
 *
 * Texts that contain a comma, a quote or a newline, or begin with a space, are quoted, with their
 * quotes doubled; so a record may span several lines. After a damaged record, reading resumes at
 * the next line.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/base/text/base64.h"
#include "loadgen/results/vegeta/vegeta.h"

enum column {
    COLUMN_TIMESTAMP,
    COLUMN_CODE,
    COLUMN_LATENCY,
    COLUMN_BYTES_OUT,
    COLUMN_BYTES_IN,
    COLUMN_ERROR,
    COLUMN_BODY,
    COLUMN_ATTACK,
    COLUMN_SEQ,
    COLUMN_METHOD,
    COLUMN_URL,
    COLUMN_HEADERS,
    COLUMNS
};

struct csv_reader {
    struct vegeta vegeta;
    struct bytes texts;   /* unquoted copies of quoted texts */
    struct bytes headers; /* decoded */
    struct slice columns[COLUMNS];
    char problem[128];
};

static void *create(struct stream *stream)
{
    (void)stream;
    return calloc(1, sizeof(struct csv_reader));
}

static void destroy(void *state)
{
    struct csv_reader *reader = state;
    vegeta_fini(&reader->vegeta);
    bytes_free(&reader->texts);
    bytes_free(&reader->headers);
    free(reader);
}

/* Bytes up to the end of the line; less than `length` if there is a newline. */
static size_t line_length(const char *text, size_t length)
{
    const char *newline = length ? memchr(text, '\n', length) : NULL;
    return newline ? (size_t)(newline - text) : length;
}

static bool has_open_quote(const char *text, size_t length, bool is_open)
{
    const char *end = text + length;
    while (text < end && (text = memchr(text, '"', (size_t)(end - text))) != NULL) {
        is_open = !is_open;
        text++;
    }
    return is_open;
}

/*
 * Length of the record without its newline, the first outside of quotes. Without one: `length`, and
 * *is_whole is false.
 */
static size_t record_length(const char *text, size_t length, bool *is_whole)
{
    size_t at = 0;
    bool is_open = false;
    *is_whole = false;
    while (at < length) {
        size_t line = line_length(text + at, length - at);
        is_open = has_open_quote(text + at, line, is_open);
        at += line;
        if (at < length && !is_open) {
            *is_whole = true;
            return at;
        }
        at += at < length;
    }
    return length;
}

static bool refuse(struct csv_reader *reader, const char *what)
{
    snprintf(reader->problem, sizeof reader->problem, "%s", what);
    return false;
}

/*
 * Reads a quoted text from after its opening quote, and returns the position after the closing one.
 * `texts` has room.
 */
static const char *take_quoted(struct csv_reader *reader, const char *at, const char *end,
                               struct slice *text)
{
    struct bytes *out = &reader->texts;
    text->at = out->at + out->length;
    for (;;) {
        const char *quote = at < end ? memchr(at, '"', (size_t)(end - at)) : NULL;
        if (!quote) {
            refuse(reader, "unclosed quote");
            return NULL;
        }
        bool is_doubled = quote + 1 < end && quote[1] == '"';
        bytes_add(out, at, (size_t)(quote - at) + is_doubled);
        at = quote + 1 + is_doubled;
        if (!is_doubled) {
            text->length = (size_t)(out->at + out->length - text->at);
            return at;
        }
    }
}

static const char *take_plain(struct csv_reader *reader, const char *at, const char *end,
                              struct slice *text)
{
    const char *comma = memchr(at, ',', (size_t)(end - at));
    *text = (struct slice){at, (size_t)((comma ? comma : end) - at)};
    if (text->length > 0 && memchr(at, '"', text->length)) {
        refuse(reader, "quote within an unquoted column");
        return NULL;
    }
    return at + text->length;
}

/* Splits the record [at, end) into columns. */
static bool split(struct csv_reader *reader, const char *at, const char *end)
{
    size_t count = 0;
    bytes_clear(&reader->texts);
    if (!bytes_reserve(&reader->texts, (size_t)(end - at))) {
        return refuse(reader, "not enough memory");
    }
    for (;;) {
        while (at < end && (*at == ' ' || *at == '\t')) {
            at++;
        }
        struct slice text = {"", 0};
        if (at < end) {
            at = *at == '"' ? take_quoted(reader, at + 1, end, &text)
                            : take_plain(reader, at, end, &text);
        }
        if (!at) {
            return false;
        }
        if (count < COLUMNS) {
            reader->columns[count] = text;
        }
        count++;
        if (at == end) {
            break;
        }
        if (*at++ != ',') {
            return refuse(reader, "no comma after a quoted column");
        }
    }
    if (count != COLUMNS) {
        snprintf(reader->problem, sizeof reader->problem, "%zu %s instead of %d", count,
                 plural(count, "column", "columns"), COLUMNS);
    }
    return count == COLUMNS;
}

static bool take_number(struct csv_reader *reader, enum column column, uint64_t max,
                        uint64_t *number)
{
    struct slice text = reader->columns[column];
    bool is_good = text.length > 0 && text.length <= 20;
    *number = 0;
    for (size_t i = 0; is_good && i < text.length; i++) {
        unsigned digit = (unsigned char)text.at[i] - '0';
        is_good = digit <= 9 && *number <= (max - (digit <= 9 ? digit : 0)) / 10;
        *number = *number * 10 + digit;
    }
    if (!is_good) {
        snprintf(reader->problem, sizeof reader->problem,
                 "column %d is not a number from 0 to %" PRIu64, column + 1, max);
    }
    return is_good;
}

/* The headers, which end with an empty line that our records lack. */
static bool take_headers(struct csv_reader *reader, bool is_wanted, struct slice *headers)
{
    struct slice text = reader->columns[COLUMN_HEADERS];
    struct bytes *out = &reader->headers;
    bytes_clear(out);
    bool is_good = is_wanted ? base64_decode(text.at, text.length, out)
                             : base64_is_valid(text.at, text.length);
    if (is_wanted && is_good && text.length > 0) {
        bool has_end = out->length >= 2 && memcmp(out->at + out->length - 2, "\r\n", 2) == 0;
        *headers = (struct slice){out->at, out->length - (has_end ? 2 : 0)};
    }
    return is_good || refuse(reader, "column 12, the headers, is not base64");
}

/*
 * True if a last record without a newline is complete. Its last column ends with an empty line, and
 * is empty only for a request without a response.
 */
static bool ends_whole(const struct csv_reader *reader, uint64_t code)
{
    struct slice text = reader->columns[COLUMN_HEADERS];
    struct bytes end = {0};
    if (text.length < 8) {
        return text.length == 0 && code == 0;
    }
    bool ok = base64_decode(text.at + text.length - 8, 8, &end) && end.length >= 4 &&
              memcmp(end.at + end.length - 4, "\r\n\r\n", 4) == 0;
    bytes_free(&end);
    return ok;
}

static const char *take(struct stream *stream, const char *text, size_t length, bool is_whole,
                        struct record *record)
{
    struct csv_reader *reader = stream->state;
    struct vegeta_line line = {0};
    const struct slice *columns = reader->columns;
    length -= length > 0 && text[length - 1] == '\r';
    if (!split(reader, text, text + length) ||
        !take_number(reader, COLUMN_TIMESTAMP, INT64_MAX, &line.timestamp_ns) ||
        !take_number(reader, COLUMN_CODE, UINT16_MAX, &line.code) ||
        !take_number(reader, COLUMN_LATENCY, INT64_MAX, &line.latency_ns) ||
        !take_number(reader, COLUMN_BYTES_OUT, INT64_MAX, &line.bytes_out) ||
        !take_number(reader, COLUMN_BYTES_IN, INT64_MAX, &line.bytes_in) ||
        !take_number(reader, COLUMN_SEQ, UINT64_MAX, &line.seq) ||
        !take_headers(reader, stream->with_texts, &line.headers)) {
        return reader->problem;
    }
    if (!is_whole && !ends_whole(reader, line.code)) {
        return "incomplete headers";
    }
    line.error = columns[COLUMN_ERROR];
    line.body = columns[COLUMN_BODY];
    line.attack = columns[COLUMN_ATTACK];
    line.method = columns[COLUMN_METHOD];
    line.url = columns[COLUMN_URL];
    return vegeta_take(&reader->vegeta, stream, &line, record);
}

/* Consumes this much of the input, and counts its lines. */
static void consume(struct stream *stream, size_t length)
{
    const char *at = input_bytes(&stream->input);
    const char *end = at + length;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        stream->line++;
        at++;
    }
    stream->input.at += length;
}

static enum stream_state next(struct stream *stream, struct record *record, struct err *err)
{
    struct input *input = &stream->input;
    stream->line += stream->line == 0;
    for (;;) {
        const char *text = input_bytes(input);
        size_t room = input_length(input);
        bool is_whole = false;
        size_t length = record_length(text, room, &is_whole);
        if (!is_whole && !input_is_last(input)) {
            return STREAM_MORE;
        }
        if (room == 0) {
            return vegeta_end(stream, err);
        }
        if (length == 0 || (length == 1 && text[0] == '\r')) {
            consume(stream, length + is_whole);
            continue;
        }
        const char *problem = take(stream, text, length, is_whole, record);
        if (!problem) {
            consume(stream, length + is_whole);
            return STREAM_RECORD;
        }
        size_t line = line_length(text, room);
        bool is_cut = !is_whole && input->is_at_end;
        stream_lose(stream, input_offset(input), "%s%s",
                    is_cut ? "the file ends within the record: " : "", problem);
        consume(stream, line + (line < room));
    }
}

const struct stream_format stream_csv = {
    .name = "csv",
    .create = create,
    .destroy = destroy,
    .next = next,
};
