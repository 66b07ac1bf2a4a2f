#include "loadgen/results/formats.h"

#include <ctype.h>
#include <string.h>

#include "loadgen/base/text/utf8.h"

enum { RECOGNISE_BYTES = 64 };

/* gob messages begin with lengths and numbers; the first one contains the type's name. */
static bool is_gob(const char *bytes, size_t length)
{
    static const char name[] = "\x06Result";
    return memmem(bytes, length, name, sizeof name - 1) != NULL;
}

/* NULL with err if no format begins like this. */
static const struct stream_format *recognise(const char *bytes, size_t length, struct err *err)
{
    static const char magic[] = "HRM1";
    size_t at = 0;
    while (at < length && isspace((unsigned char)bytes[at])) {
        at++;
    }
    if (length == 0 || at == length) {
        err_set(err, ERR_FAILED,
                "no results: the input is empty; check the program that should have written it");
        return NULL;
    }
    if (length >= strlen(magic) && memcmp(bytes, magic, strlen(magic)) == 0) {
        return &stream_bin;
    }
    const char *other = utf8_other_encoding(bytes, length);
    if (other) {
        err_set(err, ERR_FAILED,
                "the file is %s; convert it to UTF-8: iconv -f %s -t UTF-8 FILE >NEW_FILE", other,
                other);
        return NULL;
    }
    if (bytes[at] == '{') {
        return &stream_json;
    }
    if (isdigit((unsigned char)bytes[at]) || bytes[at] == '"') {
        return &stream_csv;
    }
    err_set(err, ERR_FAILED,
            is_gob(bytes, length)
                ? "the results are in gob format, which only Go programs can read; convert them "
                  "with vegeta encode -to json"
                : "unknown format: neither loadgen's own nor vegeta's JSON or CSV");
    return NULL;
}

/* Windows shells prepend a byte order mark. */
static void skip_mark(struct input *input)
{
    static const char mark[] = "\ufeff";
    size_t length = sizeof mark - 1;
    if (input_length(input) >= length && memcmp(input_bytes(input), mark, length) == 0) {
        input->at += length;
    }
}

static enum stream_state begin(struct stream *stream, struct err *err)
{
    struct input *input = &stream->input;
    if (input_length(input) < RECOGNISE_BYTES && !input_is_last(input)) {
        return STREAM_MORE;
    }
    skip_mark(input);
    stream->format = recognise(input_bytes(input), input_length(input), err);
    if (!stream->format) {
        return STREAM_FAIL;
    }
    stream->state = stream->format->create(stream);
    if (!stream->state) {
        err_set(err, ERR_FAILED, "not enough memory");
        return STREAM_FAIL;
    }
    return STREAM_RECORD;
}

enum stream_state formats_next(struct stream *stream, struct record *record, struct err *err)
{
    enum stream_state state = stream->format ? STREAM_RECORD : begin(stream, err);
    if (state == STREAM_RECORD) {
        state = stream->format->next(stream, record, err);
        stream->records += state == STREAM_RECORD;
    }
    if (state == STREAM_FAIL) {
        err_prefix(err, "%s", stream->name);
    }
    return state;
}

const struct encoding *formats_encoding(const char *name, struct err *err)
{
    static const struct encoding *const encodings[] = {&encoding_bin, &encoding_csv,
                                                       &encoding_json};
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        if (strcmp(encodings[i]->name, name) == 0) {
            return encodings[i];
        }
    }
    err_set(err, ERR_USAGE, "unknown encoding \"%s\"; use json, csv or bin%s", name,
            strcmp(name, "gob") == 0
                ? " (only Go programs can write gob; convert json with vegeta encode -to gob)"
                : "");
    return NULL;
}
