/*
 * Our own format. Its blocks are copied unchanged; results from vegeta's formats become a run: a
 * header without a plan, targets as they occur, bare records, and an end.
 *
 * Moments of such a run count from 1970, and its targets name their attack. After MEMO_MAX
 * different targets a new run begins, so that memory is bounded and no target is lost.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/version.h"
#include "loadgen/base/bytes.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/binary/answer_codec.h"
#include "loadgen/binary/journal.h"
#include "loadgen/binary/result_codec.h"
#include "loadgen/results/stream/encoding.h"
#include "loadgen/results/vegeta/memo.h"
#include "loadgen/results/vegeta/vegeta.h"

enum { BATCH = 16384 };

struct bin_encoder {
    FILE *out;
    bool is_open; /* a run made from converted results is open */
    uint64_t results;
    struct block text; /* JSON */
    struct block bodies;
    struct block packed;
    struct result_encoder encoder;
    struct text_pool texts; /* of the block of results */
    struct memo targets;
    struct bytes key;  /* scratch */
    struct bytes name; /* scratch */
    uint64_t
        batch[BATCH]; /* hash table: number + 1 of each answer whose result is not written yet */
    size_t answers;   /* entries of `batch` */
    uint64_t cut_texts;
};

static void begin_block(struct bin_encoder *encoder)
{
    text_pool_init(&encoder->texts);
    result_encoder_begin(&encoder->encoder, &encoder->packed);
}

static void *create(FILE *out)
{
    struct bin_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder) {
        encoder->out = out;
        encoder->bodies.type = BLOCK_BODIES;
        begin_block(encoder);
    }
    return encoder;
}

static void put_block(struct bin_encoder *encoder, struct block *block)
{
    block_seal(block);
    fwrite(block->bytes, 1, BLOCK_PREFIX + block->length, encoder->out);
}

/* Answers precede their results, and no number occurs twice in either block. */
static void put_results(struct bin_encoder *encoder)
{
    if (encoder->bodies.length > 0) {
        put_block(encoder, &encoder->bodies);
        encoder->bodies.length = 0;
    }
    if (encoder->answers > 0) {
        memset(encoder->batch, 0, sizeof encoder->batch);
        encoder->answers = 0;
    }
    if (encoder->packed.length > 0) {
        put_block(encoder, &encoder->packed);
        text_pool_fini(&encoder->texts);
        begin_block(encoder);
    }
}

/* Consumes `json`. */
static bool put_json(struct bin_encoder *encoder, enum block_type type, json_t *json)
{
    struct block *block = &encoder->text;
    size_t length =
        json ? json_dumpb(json, (char *)block_payload(block), BLOCK_PAYLOAD_MAX, JSON_COMPACT) : 0;
    json_decref(json);
    block->type = type;
    block->length = length;
    if (length == 0 || length > BLOCK_PAYLOAD_MAX) {
        return false;
    }
    put_block(encoder, block);
    return true;
}

static bool begin_run(struct bin_encoder *encoder)
{
    encoder->is_open = true;
    encoder->results = 0;
    return put_json(encoder, BLOCK_HEADER,
                    json_pack("{s:i, s:s, s:s, s:n, s:{s:i, s:i}}", "format", JOURNAL_FORMAT,
                              "version", version_number, "commit", version_commit, "plan", "clock",
                              "wall", 0, "monotonic", 0));
}

static void flush(void *state)
{
    put_results(state);
}

static void end_run(void *state)
{
    struct bin_encoder *encoder = state;
    put_results(encoder);
    if (encoder->is_open) {
        put_json(encoder, BLOCK_END,
                 json_pack("{s:n, s:I, s:n, s:n}", "intended", "started",
                           (json_int_t)encoder->results, "not_started", "generator"));
        memo_free(&encoder->targets);
        encoder->is_open = false;
    }
}

static uint64_t destroy(void *state)
{
    struct bin_encoder *encoder = state;
    uint64_t cut = encoder->cut_texts;
    text_pool_fini(&encoder->texts);
    memo_free(&encoder->targets);
    bytes_free(&encoder->key);
    bytes_free(&encoder->name);
    free(encoder);
    return cut;
}

static void copy(void *state, const struct block *block)
{
    struct bin_encoder *encoder = state;
    end_run(encoder);
    fwrite(block->bytes, 1, BLOCK_PREFIX + block->length, encoder->out);
}

/* A JSON string: each byte that is not UTF-8 becomes '?', and counts as a change. */
static json_t *json_text(struct bin_encoder *encoder, struct slice text)
{
    bool has_zero = text.length > 0 && memchr(text.at, 0, text.length);
    json_t *json = has_zero ? NULL : json_stringn(text.at, text.length);
    if (json) {
        return json;
    }
    struct bytes *copy_of = &encoder->key;
    bytes_clear(copy_of);
    bytes_add(copy_of, text.at, text.length);
    bytes_add(copy_of, "", 1);
    if (copy_of->has_failed) {
        return NULL;
    }
    for (size_t i = 0; i < text.length; i++) {
        copy_of->at[i] = (char)(copy_of->at[i] ? copy_of->at[i] : '?');
    }
    utf8_clean(copy_of->at);
    encoder->cut_texts++;
    return json_string(copy_of->at);
}

static bool put_target(struct bin_encoder *encoder, const struct record *record, uint32_t index)
{
    struct bytes *name = &encoder->name;
    bytes_clear(name);
    vegeta_add_row_name(record->method, record->url, name);
    json_t *target =
        json_pack("{s:s, s:o, s:o, s:o}", "name", name->at ? name->at : "?", "method",
                  json_text(encoder, record->method), "url", json_text(encoder, record->url),
                  "attack", json_text(encoder, record->attack));
    return put_json(encoder, BLOCK_TARGETS,
                    json_pack("{s:I, s:[o]}", "first", (json_int_t)index, "targets", target));
}

/* Finds the target, or writes it. False if it cannot be written. */
static bool find_target(struct bin_encoder *encoder, const struct record *record, uint32_t *index)
{
    struct bytes *key = &encoder->key;
    bytes_clear(key);
    bytes_add(key, record->attack.at, record->attack.length);
    bytes_add(key, "", 1);
    bytes_add(key, record->method.at, record->method.length);
    struct slice name = {key->at, key->length};
    bool is_new = false;
    struct memo_entry *entry = memo_find(&encoder->targets, name, record->url, &is_new);
    if (!entry && encoder->targets.count > 0) { /* full: start a new run */
        end_run(encoder);
        entry =
            begin_run(encoder) ? memo_find(&encoder->targets, name, record->url, &is_new) : NULL;
    }
    if (!entry) {
        return false;
    }
    *index = entry->index;
    return !is_new || put_target(encoder, record, entry->index);
}

/* Adds a number to the batch; false if it is there already, or the batch is full. */
static bool add_to_batch(struct bin_encoder *encoder, uint64_t number)
{
    if (number == UINT64_MAX || encoder->answers > BATCH / 2) {
        return false;
    }
    size_t i = number % BATCH;
    while (encoder->batch[i] != 0 && encoder->batch[i] != number + 1) {
        i = (i + 1) % BATCH;
    }
    bool is_there = encoder->batch[i] != 0;
    encoder->batch[i] = number + 1;
    encoder->answers += !is_there;
    return !is_there;
}

static void put_part(struct bin_encoder *encoder, uint64_t number, enum answer_part part,
                     struct slice bytes)
{
    struct capture_buffer buffer = {.length = bytes.length};
    memcpy(&buffer.bytes, &bytes.at, sizeof buffer.bytes); /* it is only read */
    for (size_t at = 0; !answer_put(&encoder->bodies, number, part, &buffer, &at);) {
        put_results(encoder);
        add_to_batch(encoder, number); /* its result follows */
    }
}

static void put_answer(struct bin_encoder *encoder, const struct record *record)
{
    uint64_t number = record->result.number;
    if (!record->headers.at && !record->body.at) {
        return;
    }
    if (!add_to_batch(encoder, number)) {
        put_results(encoder);
        add_to_batch(encoder, number);
    }
    if (record->headers.at) {
        put_part(encoder, number, ANSWER_HEADERS, record->headers);
    }
    if (record->body.at) {
        put_part(encoder, number, ANSWER_BODY, record->body);
    }
}

/* The text unchanged, local ports included; reports strip those. */
static const char *keep_error(struct bin_encoder *encoder, struct slice error)
{
    char text[CODEC_TEXT_MAX + 1];
    if (error.length == 0) {
        return NULL;
    }
    size_t length = error.length < CODEC_TEXT_MAX ? error.length : CODEC_TEXT_MAX;
    while (length < error.length && length > 0 &&
           ((unsigned char)error.at[length] & 0xc0) == 0x80) {
        length--; /* do not cut within a character */
    }
    memcpy(text, error.at, length);
    text[length] = '\0';
    encoder->cut_texts += strlen(text) < error.length || !utf8_is_text(text);
    return text_pool_intern(&encoder->texts, text);
}

static bool write_record(void *state, const struct record *record)
{
    struct bin_encoder *encoder = state;
    struct result result = record->result;
    if (!encoder->is_open && !begin_run(encoder)) {
        return false;
    }
    if (!find_target(encoder, record, &result.target)) {
        return false;
    }
    if (!result_encoder_has_room(&encoder->encoder) || encoder->texts.count == TEXT_POOL_MAX) {
        put_results(encoder);
    }
    put_answer(encoder, record);
    result.error = keep_error(encoder, record->error);
    result_encoder_add(&encoder->encoder, &result);
    encoder->results++;
    return true;
}

const struct encoding encoding_bin = {
    .name = "bin",
    .create = create,
    .write = write_record,
    .copy = copy,
    .flush = flush,
    .end = end_run,
    .destroy = destroy,
};
