/* vegeta's JSON: one result per line. Blank lines are skipped. */
#include <stdlib.h>
#include <string.h>

#include "loadgen/results/vegeta/json_line.h"

struct json_reader {
    struct vegeta vegeta;
    struct json_line line;
};

static void *create(struct stream *stream)
{
    (void)stream;
    return calloc(1, sizeof(struct json_reader));
}

static void destroy(void *state)
{
    struct json_reader *reader = state;
    vegeta_fini(&reader->vegeta);
    json_line_fini(&reader->line);
    free(reader);
}

static bool is_blank(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) {
        i++;
    }
    return i == length;
}

/* Returns the problem with the line, or NULL. */
static const char *take_line(struct stream *stream, const char *text, size_t length, bool is_whole,
                             struct record *record)
{
    struct json_reader *reader = stream->state;
    if (json_line_parse(&reader->line, text, length, stream->with_texts)) {
        return vegeta_take(&reader->vegeta, stream, &reader->line.line, record);
    }
    if (stream->input.is_full) {
        return "the line is longer than 64 MiB";
    }
    return is_whole ? reader->line.problem : "the file ends within this line";
}

static enum stream_state next(struct stream *stream, struct record *record, struct err *err)
{
    struct input *input = &stream->input;
    for (;;) {
        const char *text = input_bytes(input);
        size_t room = input_length(input);
        const char *newline = room ? memchr(text, '\n', room) : NULL;
        if (!newline && !input_is_last(input)) {
            return STREAM_MORE;
        }
        if (room == 0) {
            return vegeta_end(stream, err);
        }
        size_t length = newline ? (size_t)(newline - text) : room;
        uint64_t offset = input_offset(input);
        input->at += length + (newline != NULL);
        stream->line++;
        if (is_blank(text, length)) {
            continue;
        }
        const char *problem = take_line(stream, text, length, newline != NULL, record);
        if (!problem) {
            return STREAM_RECORD;
        }
        stream_lose(stream, offset, "%s", problem);
    }
}

const struct stream_format stream_json = {
    .name = "json",
    .create = create,
    .destroy = destroy,
    .next = next,
};
