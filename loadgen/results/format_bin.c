/*
 * Our own format (docs/result-format.md): blocks with checksums.
 *
 * What is damaged is passed over up to the next place at which a block with a right checksum
 * begins, so that a wrong length loses no more than a wrong byte does. How many results are missing
 * is known from the end of the run.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/measure/answer_codec.h"
#include "loadgen/measure/block.h"
#include "loadgen/measure/result_codec.h"
#include "loadgen/results/bin_run.h"
#include "loadgen/results/stream.h"

struct bin_reader {
    struct bin_run run;
    struct block block;
    uint64_t offset; /* of the block in the stream */
    struct result_decoder decoder;
    bool is_in_results;
    bool is_lost;                /* the last bytes were no block */
    uint64_t run_losses;         /* losses of the stream when the run began */
    struct answer_store answers; /* of results that are still to come */
    struct capture answer;       /* of the last record */
};

static void *create(struct stream *stream)
{
    struct bin_reader *reader = calloc(1, sizeof *reader);
    if (reader) {
        reader->run = (struct bin_run){
            .summary = stream->summary,
            .name = stream->name,
            .with_texts = stream->with_texts,
        };
    }
    return reader;
}

static void destroy(void *state)
{
    struct bin_reader *reader = state;
    bin_run_fini(&reader->run);
    answer_store_clear(&reader->answers);
    capture_fini(&reader->answer);
    free(reader);
}

static void close_run(struct stream *stream)
{
    struct bin_reader *reader = stream->state;
    if (bin_run_close(&reader->run)) {
        stream_cut(stream, reader->offset);
    }
    answer_store_clear(&reader->answers);
}

static bool take_header(struct stream *stream, const json_t *json, struct err *err)
{
    struct bin_reader *reader = stream->state;
    close_run(stream);
    reader->run_losses = stream->losses;
    return bin_run_take_header(&reader->run, json, err);
}

/* The end knows how many results there are: fewer mean that blocks were lost. */
static void take_end(struct stream *stream, const json_t *json)
{
    struct bin_reader *reader = stream->state;
    uint64_t results = reader->run.results;
    uint64_t expected = bin_run_take_end(&reader->run, json);
    if (expected != UINT64_MAX && expected != results && stream->losses == reader->run_losses) {
        stream_lose(stream, reader->offset, "the run has %" PRIu64 " %s, and %" PRIu64 " %s there",
                    expected, plural(expected, "result", "results"), results,
                    plural(results, "is", "are"));
    }
}

/* A block of JSON; false with err when the stream is of no use. */
static bool take_json(struct stream *stream, struct err *err)
{
    struct bin_reader *reader = stream->state;
    struct block *block = &reader->block;
    bool ok = true;
    json_t *json = json_loadb((const char *)block_payload(block), block->length, 0, NULL);
    if (!json_is_object(json)) {
        stream_lose(stream, reader->offset, "a block %c that is no JSON", (char)block->type);
    } else if (block->type == BLOCK_HEADER) {
        ok = take_header(stream, json, err);
    } else if (block->type == BLOCK_TARGETS) {
        bin_run_take_targets(&reader->run, json);
    } else if (block->type == BLOCK_ADDRESSES) {
        bin_run_take_addresses(&reader->run, json);
    } else {
        take_end(stream, json);
    }
    json_decref(json);
    return ok;
}

static bool take_block(struct stream *stream, struct err *err)
{
    struct bin_reader *reader = stream->state;
    struct block *block = &reader->block;
    switch (block->type) {
    case BLOCK_RESULTS:
        result_decoder_begin(&reader->decoder, block, &stream->summary->texts);
        reader->is_in_results = true;
        return true;
    case BLOCK_BODIES:
        if (stream->with_texts && !answer_store_add(&reader->answers, block)) {
            stream_lose(stream, reader->offset, "a block B that is none");
        }
        return true;
    case BLOCK_HEADER:
    case BLOCK_TARGETS:
    case BLOCK_ADDRESSES:
    case BLOCK_END:
        return take_json(stream, err);
    case BLOCK_SECOND: /* and what a later version writes */
    default:
        return true;
    }
}

/* Where the next block may begin, behind the byte at which the input is; NULL: nowhere. */
static const char *find_next(const struct input *input)
{
    static const char magic[] = {'H', 'R', 'M', '1'};
    size_t length = input_length(input);
    return length > 1 ? memmem(input_bytes(input) + 1, length - 1, magic, sizeof magic) : NULL;
}

/* Goes to the next place at which a block may begin; to the end of what is there if none is. */
static void pass_over(struct stream *stream, const char *what)
{
    enum { PART_OF_MAGIC = 3 };
    struct bin_reader *reader = stream->state;
    struct input *input = &stream->input;
    size_t length = input_length(input) - 1;
    if (!reader->is_lost) {
        stream_lose(stream, reader->offset, "%s", what);
        reader->is_lost = true;
    }
    const char *next = find_next(input);
    size_t keep = input_is_last(input) ? 0 : PART_OF_MAGIC;
    size_t used =
        next ? (size_t)(next - input_bytes(input)) : 1 + length - (keep < length ? keep : length);
    reader->run.lost_bytes += used;
    input->at += used;
}

/* The last bytes of the stream are a part of a block; or its length is wrong, and others follow. */
static void end_within(struct stream *stream)
{
    struct bin_reader *reader = stream->state;
    if (reader->run.is_open && !reader->is_lost && !find_next(&stream->input)) {
        reader->is_lost = true; /* it was cut short, and that is told */
    }
    pass_over(stream, "a block that is not whole");
}

/* Its moments and indices are those of a run whose header is lost. */
static bool is_orphan(const struct bin_reader *reader)
{
    return !reader->run.is_open && reader->block.type != BLOCK_HEADER;
}

/* STREAM_RECORD when a block was taken or passed over. */
static enum stream_state read_block(struct stream *stream, struct err *err)
{
    struct bin_reader *reader = stream->state;
    struct input *input = &stream->input;
    size_t length = input_length(input);
    if (length == 0 && input->is_over && !reader->run.has_header) {
        err_set(err, ERR_FAILED, "no results in it: its header is damaged");
        return STREAM_FAIL;
    }
    if (length == 0) {
        return input->is_over ? STREAM_END : STREAM_MORE;
    }
    if (!reader->is_lost) {
        reader->offset = input_offset(input);
    }
    enum block_read state = block_read(&reader->block, input_bytes(input), length);
    if (state == BLOCK_READ_PART && !input_is_last(input)) {
        return STREAM_MORE;
    }
    switch (state) {
    case BLOCK_READ_OK:
        if (is_orphan(reader)) {
            stream->summary->is_cut_short = true; /* what was intended is lost as well */
            pass_over(stream, "a block whose run has no header");
            break;
        }
        reader->offset = input_offset(input);
        reader->is_lost = false;
        input->at += BLOCK_PREFIX + reader->block.length;
        if (stream->on_block) {
            stream->on_block(stream->context, &reader->block);
        }
        return take_block(stream, err) ? STREAM_RECORD : STREAM_FAIL;
    case BLOCK_READ_PART:
        end_within(stream);
        break;
    case BLOCK_READ_DAMAGE:
        pass_over(stream, "a block with a wrong checksum");
        break;
    case BLOCK_READ_NONE:
        pass_over(stream, "no block where one must be");
        break;
    }
    return STREAM_RECORD;
}

/* Go's form of a header's name, which vegeta's files have: Content-Type. */
static void make_canonical(struct capture_buffer *headers)
{
    bool is_first = true;
    bool is_name = true;
    for (size_t i = 0; i < headers->length; i++) {
        unsigned char c = (unsigned char)headers->bytes[i];
        if (is_name) {
            headers->bytes[i] = (char)(is_first ? toupper(c) : tolower(c));
        }
        is_first = c == '-' || c == '\n';
        is_name = c == '\n' || (is_name && c != ':');
    }
}

static void take_texts(struct bin_reader *reader, struct record *record)
{
    bin_run_name(&reader->run, record);
    record->error = reader->decoder.error;
    record->body = record->headers = (struct slice){NULL, 0};
    capture_fini(&reader->answer);
    if (answer_store_take(&reader->answers, record->result.number, &reader->answer)) {
        struct capture_buffer *headers = &reader->answer.headers;
        struct capture_buffer *body = &reader->answer.body;
        make_canonical(headers);
        record->headers = (struct slice){headers->bytes, headers->length};
        record->body = (struct slice){body->bytes, body->length};
    }
}

/* STREAM_MORE at the end of the block. */
static enum stream_state read_result(struct stream *stream, struct record *record)
{
    struct bin_reader *reader = stream->state;
    switch (result_decoder_next(&reader->decoder, &record->result)) {
    case RESULT_DECODE_OK:
        bin_run_place(&reader->run, &record->result);
        reader->run.results++;
        if (stream->with_texts) {
            take_texts(reader, record);
        }
        return STREAM_RECORD;
    case RESULT_DECODE_BAD:
        stream_lose(stream, reader->offset, "a block R that holds something else than results");
        break;
    case RESULT_DECODE_END:
        break;
    }
    reader->is_in_results = false;
    return STREAM_MORE;
}

static enum stream_state next(struct stream *stream, struct record *record, struct err *err)
{
    struct bin_reader *reader = stream->state;
    for (;;) {
        if (reader->is_in_results && read_result(stream, record) == STREAM_RECORD) {
            return STREAM_RECORD;
        }
        enum stream_state state = read_block(stream, err);
        if (state == STREAM_END) {
            reader->offset = input_offset(&stream->input);
            close_run(stream);
        }
        if (state != STREAM_RECORD) {
            return state;
        }
    }
}

const struct stream_format stream_bin = {
    .name = "bin",
    .create = create,
    .destroy = destroy,
    .next = next,
};
