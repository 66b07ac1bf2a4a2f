/*
 * fuzz_results - any bytes as a file of results, for libFuzzer (`make fuzz`).
 *
 * After a first byte of 0, the rest is a file as it is. Otherwise the input is a list of blocks,
 * each a byte for the type, two for the length and the payload, which are sealed here: their
 * checksums are right, so that what is in them is read. What is checked beside the sanitizers: the
 * file is read or refused with a reason, the reports of it are UTF-8 without control characters,
 * and its results stay the same when they are packed again; and they can be written in each format.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/text/utf8.h"
#include "loadgen/binary/journal.h"
#include "loadgen/binary/result_codec.h"
#include "loadgen/report/report.h"
#include "tests/support/read_back.h"
#include "tests/support/round_trip.h"

enum { BLOCK_HEAD = 3, BLOCKS_MAX = 64 };

static void check_equal(const struct result *a, const struct result *b)
{
    round_trip_require(a->number == b->number && a->intended_ns == b->intended_ns);
    round_trip_require(a->lag_ns == b->lag_ns && a->wait_ns == b->wait_ns);
    round_trip_require(a->connect_ns == b->connect_ns && a->service_ns == b->service_ns);
    round_trip_require(a->first_byte_ns == b->first_byte_ns);
    round_trip_require(a->bytes_in == b->bytes_in && a->bytes_out == b->bytes_out);
    round_trip_require(a->target == b->target && a->code == b->code && a->outcome == b->outcome);
    round_trip_require(a->retries == b->retries && a->redirects == b->redirects);
    round_trip_require(a->violations == b->violations);
    round_trip_require(a->address == b->address && a->is_bare == b->is_bare);
    round_trip_require(a->error == b->error); /* texts of one pool */
}

/* Unpacks the block, packs what was in it, and unpacks that. */
static void check_codec(struct block *block)
{
    struct block *packed = malloc(sizeof *packed);
    struct result_encoder encoder;
    struct result_decoder decoder;
    struct result_decoder again;
    struct text_pool pool;
    struct result result;
    size_t count = 0;
    if (!packed) {
        abort();
    }
    text_pool_init(&pool);
    result_encoder_begin(&encoder, packed);
    result_decoder_begin(&decoder, block, &pool);
    while (result_encoder_has_room(&encoder) &&
           result_decoder_next(&decoder, &result) == RESULT_DECODE_OK) {
        result_encoder_add(&encoder, &result);
        round_trip_require(packed->length <= BLOCK_PAYLOAD_MAX);
        count++;
    }
    result_decoder_begin(&decoder, block, &pool);
    result_decoder_begin(&again, packed, &pool);
    for (size_t i = 0; i < count; i++) {
        struct result copy;
        round_trip_require(result_decoder_next(&decoder, &result) == RESULT_DECODE_OK);
        round_trip_require(result_decoder_next(&again, &copy) == RESULT_DECODE_OK);
        check_equal(&result, &copy);
    }
    round_trip_require(result_decoder_next(&again, &result) == RESULT_DECODE_END);
    text_pool_fini(&pool);
    free(packed);
}

/* Seals the block that the input begins with, and appends it to the file. False when none is left.
 */
static bool take_block(const uint8_t **data, size_t *size, FILE *file)
{
    if (*size < BLOCK_HEAD) {
        return false;
    }
    struct block *block = malloc(sizeof *block);
    if (!block) {
        abort();
    }
    size_t length = (size_t)(*data)[1] | (size_t)(*data)[2] << 8;
    size_t left = *size - BLOCK_HEAD;
    block->type = (*data)[0];
    block->length = length < left ? length : left;
    memcpy(block_payload(block), *data + BLOCK_HEAD, block->length);
    *data += BLOCK_HEAD + block->length;
    *size = left - block->length;
    block_seal(block);
    fwrite(block->bytes, 1, BLOCK_PREFIX + block->length, file);
    if (block->type == BLOCK_RESULTS) {
        check_codec(block);
    }
    free(block);
    return true;
}

static void check_text(const struct summary *summary)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    round_trip_require(out && report_text.write(summary, NULL, out) && fclose(out) == 0);
    round_trip_require(strlen(text) == length && length > 0 && text[length - 1] == '\n');
    for (const char *c = text; *c;) {
        size_t used = *c == '\n' ? 1 : utf8_character(c);
        round_trip_require(used > 0);
        c += used;
    }
    free(text);
}

static void check_json(const struct summary *summary)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    round_trip_require(out && report_json.write(summary, NULL, out) && fclose(out) == 0);
    json_t *json = json_loadb(text, length, 0, NULL);
    round_trip_require(json != NULL && json_is_array(json_object_get(json, "remarks")));
    const json_t *generator = json_object_get(json, "generator");
    round_trip_require(json_is_object(generator) || json_is_null(generator));
    json_decref(json);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *file = NULL;
    size_t length = 0;
    if (size == 0) {
        return 0;
    }
    FILE *stream = open_memstream(&file, &length);
    bool is_raw = data[0] == 0;
    data++;
    size--;
    if (is_raw) {
        fwrite(data, 1, size, stream);
    }
    for (int i = 0; !is_raw && i < BLOCKS_MAX && take_block(&data, &size, stream); i++) {
    }
    fclose(stream);
    struct err err = {0};
    struct summary *summary = round_trip_summary();
    if (read_back(file, length, "file", summary, &err)) {
        check_text(summary);
        check_json(summary);
    } else {
        round_trip_require(err.code == ERR_FAILED && strncmp(err.text, "file: ", 6) == 0);
    }
    round_trip_write((const uint8_t *)file, length);
    free(file);
    return 0;
}
