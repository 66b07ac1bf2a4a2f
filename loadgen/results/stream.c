#include "loadgen/results/stream.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/base/utf8.h"

enum { RECOGNISE_BYTES = 64 };

void stream_lose(struct stream *stream, uint64_t byte, const char *format, ...)
{
    stream->summary->damaged++;
    if (stream->losses++ > 0) {
        return;
    }
    size_t room = sizeof stream->first_loss;
    int used = snprintf(stream->first_loss, room, "%s %" PRIu64 ", byte %" PRIu64 ": ",
                        stream->line ? "line" : "record",
                        stream->line ? stream->line : stream->records + 1, byte);
    va_list args;
    va_start(args, format);
    vsnprintf(stream->first_loss + used, room - (size_t)used, format, args);
    va_end(args);
    utf8_clean(stream->first_loss); /* it may quote the file */
    if (!stream->summary->loss[0]) {
        snprintf(stream->summary->loss, sizeof stream->summary->loss, "%.100s: %s", stream->name,
                 stream->first_loss);
        utf8_clean(stream->summary->loss);
    }
}

void stream_cut(struct stream *stream, uint64_t byte)
{
    stream->is_cut = true;
    stream->cut_at = byte;
}

bool stream_tell_losses(const struct stream *stream, FILE *out)
{
    if (stream->losses > 0) {
        fprintf(out, "%s: %" PRIu64 " damaged %s%s skipped; the first: %s\n", stream->name,
                stream->losses, stream->line ? "line" : "block", stream->losses == 1 ? "" : "s",
                stream->first_loss);
    }
    if (stream->is_cut) {
        fprintf(out, "%s: cut short at byte %" PRIu64 ", after record %" PRIu64 "\n", stream->name,
                stream->cut_at, stream->records);
    }
    return stream->losses > 0 || stream->is_cut;
}

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
        err_set(err, ERR_FAILED, "no results: the input is empty; check the program that wrote it");
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
                ? "the results are in gob, which only Go's library reads; convert them with "
                  "vegeta encode -to json"
                : "no results: neither loadgen's own format nor vegeta's JSON or CSV");
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

enum stream_state stream_next(struct stream *stream, struct record *record, struct err *err)
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

void stream_fini(struct stream *stream)
{
    if (stream->state) {
        stream->format->destroy(stream->state);
        stream->state = NULL;
    }
    input_fini(&stream->input);
}
