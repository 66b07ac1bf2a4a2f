/*
 * Our own format (docs/result-format.md): blocks with checksums.
 *
 * Damage is skipped up to the next block with a valid checksum, so that a wrong length loses no
 * more than a wrong byte. The end of the run tells how many results are missing.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/binary/answer_codec.h"
#include "loadgen/binary/block.h"
#include "loadgen/binary/result_codec.h"
#include "loadgen/results/bin/bin_counts.h"
#include "loadgen/results/bin/bin_run.h"
#include "loadgen/results/stream/stream.h"

struct bin_reader {
    struct bin_run run;
    struct bin_counts counts;
    struct block block;
    uint64_t offset; /* of the block, in the stream */
    struct result_decoder decoder;
    bool is_in_results;
    bool is_lost;                /* the last bytes were not a block */
    uint64_t run_losses;         /* losses of the stream at the start of the run */
    struct answer_store answers; /* of results that follow */
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
        reader->counts.watch = stream->watch;
    }
    return reader;
}

static void destroy(void *state)
{
    struct bin_reader *reader = state;
    bin_run_fini(&reader->run);
    bin_counts_fini(&reader->counts);
    answer_store_clear(&reader->answers);
    capture_fini(&reader->answer);
    free(reader);
}

/* Reports answers without a result, unless a reported loss explains them. */
static void lose_answers(struct stream *stream, uint64_t count)
{
    struct bin_reader *reader = stream->state;
    if (count > 0 && stream->losses == reader->run_losses) {
        stream_lose(stream, reader->offset, "%" PRIu64 " %s in B blocks %s no result in R blocks",
                    count, plural(count, "answer", "answers"), plural(count, "has", "have"));
    }
    answer_store_clear(&reader->answers);
}

/* If the run was cut short, the last answers have no results. */
static void close_run(struct stream *stream)
{
    struct bin_reader *reader = stream->state;
    bin_counts_end(&reader->counts, stream->summary);
    if (bin_run_close(&reader->run)) {
        stream_cut(stream, reader->offset);
    }
    lose_answers(stream, reader->answers.dropped);
}

static bool take_header(struct stream *stream, const json_t *json, struct err *err)
{
    struct bin_reader *reader = stream->state;
    close_run(stream);
    reader->run_losses = stream->losses;
    return bin_run_take_header(&reader->run, json, err);
}

/* The end block contains the number of results. If there are fewer, blocks were lost. */
static void take_end(struct stream *stream, const json_t *json)
{
    struct bin_reader *reader = stream->state;
    bin_counts_end(&reader->counts, stream->summary);
    uint64_t results = reader->run.results;
    uint64_t expected = bin_run_take_end(&reader->run, json);
    if (expected != UINT64_MAX && expected != results && stream->losses == reader->run_losses) {
        stream_lose(stream, reader->offset, "the run has %" PRIu64 " %s, but %" PRIu64 " %s found",
                    expected, plural(expected, "result", "results"), results,
                    plural(results, "was", "were"));
    }
    lose_answers(stream, reader->answers.dropped + reader->answers.count);
}

/* A block of JSON; false with err if the stream cannot be read. */
static bool take_json(struct stream *stream, struct err *err)
{
    struct bin_reader *reader = stream->state;
    struct block *block = &reader->block;
    bool ok = true;
    json_t *json = json_loadb((const char *)block_payload(block), block->length, 0, NULL);
    if (!json_is_object(json)) {
        stream_lose(stream, reader->offset, "invalid JSON in a block %c", (char)block->type);
    } else if (block->type == BLOCK_HEADER) {
        ok = take_header(stream, json, err);
    } else if (block->type == BLOCK_TARGETS) {
        bin_run_take_targets(&reader->run, json);
    } else if (block->type == BLOCK_ADDRESSES) {
        bin_run_take_addresses(&reader->run, json);
    } else if (block->type == BLOCK_SECOND) {
        ok = bin_counts_begin(&reader->counts, json, reader->run.wall_ns, stream->summary, err);
    } else if (block->type == BLOCK_EXCEPTION) {
        exceptions_count_json(&stream->summary->exceptions, json);
    } else if (block->type == BLOCK_WORKER) {
        bin_run_take_worker(&reader->run, json);
    } else {
        take_end(stream, json);
    }
    json_decref(json);
    return ok;
}

static void take_counts(struct stream *stream)
{
    struct bin_reader *reader = stream->state;
    struct bin_run *run = &reader->run;
    const char *problem = NULL;
    if (!bin_counts_take(&reader->counts, &reader->block, run->wall_ns, stream->summary,
                         &run->results, &problem)) {
        stream_lose(stream, reader->offset, "%s", problem);
    }
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
            stream_lose(stream, reader->offset, "invalid contents of a B block");
        }
        return true;
    case BLOCK_COUNTS:
        take_counts(stream);
        return true;
    case BLOCK_SECOND:
        return !stream->watch || take_json(stream, err);
    case BLOCK_HEADER:
    case BLOCK_TARGETS:
    case BLOCK_ADDRESSES:
    case BLOCK_EXCEPTION:
    case BLOCK_WORKER:
    case BLOCK_END:
        return take_json(stream, err);
    default: /* block types of later versions */
        return true;
    }
}

/* The next possible start of a block after the current byte; NULL: none. */
static const char *find_next(const struct input *input)
{
    static const char magic[] = {'H', 'R', 'M', '1'};
    size_t length = input_length(input);
    return length > 1 ? memmem(input_bytes(input) + 1, length - 1, magic, sizeof magic) : NULL;
}

/* Skips to the next possible start of a block, or to the end of the input. */
static void skip_damage(struct stream *stream, const char *what)
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

/* The stream ends within a block, or its length is wrong and others follow. */
static void end_within(struct stream *stream)
{
    struct bin_reader *reader = stream->state;
    if (reader->run.is_open && !reader->is_lost && !find_next(&stream->input)) {
        reader->is_lost = true; /* reported as cut short instead */
    }
    skip_damage(stream, "incomplete block");
}

/* True if the header of its run is lost, without which its moments and indexes have no meaning. */
static bool is_orphan(const struct bin_reader *reader)
{
    return !reader->run.is_open && reader->block.type != BLOCK_HEADER;
}

/* STREAM_RECORD if a block was read or skipped. */
static enum stream_state read_block(struct stream *stream, struct err *err)
{
    struct bin_reader *reader = stream->state;
    struct input *input = &stream->input;
    size_t length = input_length(input);
    if (length == 0 && input->is_at_end && !reader->run.has_header) {
        err_set(err, ERR_FAILED, "no results: the header is damaged");
        return STREAM_FAIL;
    }
    if (length == 0) {
        return input->is_at_end ? STREAM_END : STREAM_MORE;
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
            stream->summary->is_cut_short = true; /* the intended count is lost as well */
            skip_damage(stream, "a block of a run whose header is missing");
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
        skip_damage(stream, "a block with a wrong checksum");
        break;
    case BLOCK_READ_NONE:
        skip_damage(stream, "not a block");
        break;
    }
    return STREAM_RECORD;
}

/* Converts header names to Go's canonical form, as in vegeta's files: Content-Type. */
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
        bin_run_locate(&reader->run, &record->result);
        reader->run.results++;
        if (stream->with_texts) {
            take_texts(reader, record);
        }
        return STREAM_RECORD;
    case RESULT_DECODE_BAD:
        stream_lose(stream, reader->offset, "invalid contents of an R block");
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
