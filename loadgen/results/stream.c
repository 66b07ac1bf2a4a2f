#include "loadgen/results/stream.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/target/utf8.h"

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
    utf8_clean(stream->first_loss); /* it may have a piece of the file in it */
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
        fprintf(out, "%s: %" PRIu64 " %s could not be read; the first: %s\n", stream->name,
                stream->losses, plural(stream->losses, "place", "places"), stream->first_loss);
    }
    if (stream->is_cut) {
        fprintf(out, "%s: cut short at byte %" PRIu64 ", behind record %" PRIu64 "\n", stream->name,
                stream->cut_at, stream->records);
    }
    return stream->losses > 0 || stream->is_cut;
}

/* A message of gob begins with lengths and numbers; the first one defines the type's name. */
static bool is_gob(const char *bytes, size_t length)
{
    static const char name[] = "\x06Result";
    return memmem(bytes, length, name, sizeof name - 1) != NULL;
}

/* NULL with err when no format begins like this. */
static const struct stream_format *recognise(const char *bytes, size_t length, struct err *err)
{
    static const char magic[] = "HRM1";
    size_t at = 0;
    while (at < length && isspace((unsigned char)bytes[at])) {
        at++;
    }
    if (length == 0 || at == length) {
        err_set(
            err, ERR_FAILED,
            "no results in it: it is empty; see why nothing was written to it, or leave it out");
        return NULL;
    }
    if (length >= strlen(magic) && memcmp(bytes, magic, strlen(magic)) == 0) {
        return &stream_bin;
    }
    if (bytes[at] == '{') {
        return &stream_json;
    }
    if (isdigit((unsigned char)bytes[at]) || bytes[at] == '"') {
        return &stream_csv;
    }
    err_set(err, ERR_FAILED,
            is_gob(bytes, length)
                ? "these are results in gob, which only Go's own library reads; convert them with "
                  "vegeta encode -to json"
                : "no results in it: it begins like none of loadgen's own format, vegeta's JSON "
                  "and vegeta's CSV");
    return NULL;
}

static enum stream_state begin(struct stream *stream, struct err *err)
{
    struct input *input = &stream->input;
    if (input_length(input) < RECOGNISE_BYTES && !input_is_last(input)) {
        return STREAM_MORE;
    }
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
