#include "loadgen/run/recorder.h"

#include <errno.h>
#include <string.h>

#include "loadgen/binary/answer_codec.h"
#include "loadgen/measure/error_text.h"

struct tally *recorder_create_tally(const struct recorder_config *config)
{
    struct tally *tally = tally_create(config->by_target, config->by_address);
    if (tally && config->buckets) {
        tally_count_by(tally, config->buckets);
    }
    return tally;
}

bool recorder_init(struct recorder *recorder, const struct recorder_config *config, struct err *err)
{
    memset(recorder, 0, sizeof *recorder);
    recorder->catalogue = config->catalogue;
    recorder->addresses = config->addresses;
    recorder->texts = config->texts;
    recorder->writer = config->writer;
    recorder->keeps_answers = config->keeps_answers;
    recorder->max_body = config->max_body;
    recorder->flush_at_ns = UINT64_MAX;
    recorder->tally = recorder_create_tally(config);
    atomic_init(&recorder->empty, recorder_create_tally(config));
    atomic_init(&recorder->published, NULL);
    if (!recorder->tally || !atomic_load(&recorder->empty)) {
        recorder_fini(recorder);
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    return true;
}

void recorder_fini(struct recorder *recorder)
{
    tally_destroy(recorder->tally);
    tally_destroy(atomic_load(&recorder->empty));
    tally_destroy(atomic_load(&recorder->published));
    recorder->tally = NULL;
    atomic_store(&recorder->empty, NULL);
    atomic_store(&recorder->published, NULL);
}

static bool reserve(struct recorder *recorder, struct tally *tally)
{
    size_t addresses = recorder->addresses->count;
    return (!tally->rows || tally_reserve(tally->rows, recorder->catalogue->rows->count)) &&
           (!tally->addresses ||
            tally_reserve(tally->addresses, addresses < ROWS_MAX ? addresses : ROWS_MAX));
}

bool recorder_reserve(struct recorder *recorder, struct err *err)
{
    return (reserve(recorder, recorder->tally) && reserve(recorder, recorder->empty)) ||
           err_set(err, ERR_FAILED, "not enough memory for histograms");
}

static const char *error_text(struct recorder *recorder, const struct exchange *exchange)
{
    return error_text_is_needed(exchange)
               ? error_cache_find(&recorder->errors, exchange,
                                  catalogue_target(recorder->catalogue, exchange->request->target),
                                  recorder->addresses, recorder->texts)
               : NULL;
}

/* Writes answers just before their results, so that readers keep few answers at a time. */
static void flush_blocks(struct recorder *recorder)
{
    if (recorder->bodies) {
        result_writer_put(recorder->writer, recorder->bodies);
        recorder->bodies = NULL;
    }
    if (recorder->encoder.block) {
        result_writer_put(recorder->writer, recorder->encoder.block);
        recorder->encoder.block = NULL;
    }
    recorder->flush_at_ns = UINT64_MAX;
}

static void write_part(struct recorder *recorder, uint64_t number, enum answer_part part,
                       const struct capture_buffer *bytes)
{
    bool is_whole = false;
    for (size_t at = 0; !is_whole;) {
        if (!recorder->bodies) {
            recorder->bodies = result_writer_take(recorder->writer, &recorder->blocked_ns);
            recorder->bodies->type = BLOCK_BODIES;
            recorder->bodies->length = 0;
        }
        is_whole = answer_put(recorder->bodies, number, part, bytes, &at);
        if (!is_whole) {
            flush_blocks(recorder);
        }
    }
}

static void write_answer(struct recorder *recorder, const struct exchange *exchange)
{
    const struct capture *capture = exchange->capture;
    if (capture->is_lost) {
        result_writer_fail(recorder->writer, ENOMEM); /* a part of the answer would be wrong */
    }
    write_part(recorder, exchange->number, ANSWER_HEADERS, &capture->headers);
    struct capture_buffer body = capture->body; /* the terms may have asked for more */
    body.length = body.length < recorder->max_body ? body.length : (size_t)recorder->max_body;
    write_part(recorder, exchange->number, ANSWER_BODY, &body);
}

static void write_result(struct recorder *recorder, const struct result *result, uint64_t done_ns)
{
    struct result_encoder *encoder = &recorder->encoder;
    if (encoder->block && !result_encoder_has_room(encoder)) {
        flush_blocks(recorder);
    }
    if (!encoder->block) {
        result_encoder_begin(encoder, result_writer_take(recorder->writer, &recorder->blocked_ns));
        recorder->flush_at_ns = done_ns + RECORDER_FLUSH_NS;
    }
    result_encoder_add(encoder, result);
}

void recorder_add(struct recorder *recorder, const struct exchange *exchange)
{
    uint64_t try_ns = exchange->sent_ns ? exchange->sent_ns : exchange->done_ns;
    struct result result = {
        .number = exchange->number,
        .intended_ns = exchange->intended_ns - recorder->origin_ns,
        .lag_ns = exchange->started_ns - exchange->intended_ns - exchange->wait_ns,
        .wait_ns = exchange->wait_ns,
        .connect_ns = try_ns - exchange->started_ns,
        .service_ns = exchange->done_ns - try_ns,
        .first_byte_ns = exchange->first_byte_ns ? exchange->first_byte_ns - try_ns : 0,
        .bytes_in = exchange->bytes_in,
        .bytes_out = exchange->bytes_out,
        .target = exchange->request->target,
        .address = exchange->address,
        .row = exchange->row,
        .address_row = (uint16_t)(exchange->address < ROWS_MAX ? exchange->address : ROWS_OTHER),
        .is_fired = exchange->is_fired,
        .retries = exchange->retries,
        .redirects = exchange->redirects,
        .violations = exchange->violations,
        .code = exchange->code,
        .outcome = exchange->outcome,
        .judgement = exchange->judgement,
        .error = error_text(recorder, exchange),
    };
    tally_add(recorder->tally, &result);
    if (recorder->writer) {
        if (exchange->capture && recorder->keeps_answers) {
            write_answer(recorder, exchange);
        }
        write_result(recorder, &result, exchange->done_ns);
    }
}

void recorder_flush_due(struct recorder *recorder, uint64_t now_ns)
{
    if (now_ns < recorder->flush_at_ns) {
        return;
    }
    if (result_writer_is_behind(recorder->writer)) {
        recorder->flush_at_ns = now_ns + RECORDER_RETRY_NS;
    } else {
        flush_blocks(recorder);
    }
}

void recorder_flush(struct recorder *recorder)
{
    flush_blocks(recorder);
    struct tally *empty = atomic_exchange(&recorder->empty, NULL);
    if (empty) {
        atomic_store(&recorder->published, recorder->tally);
        recorder->tally = empty;
    }
}

void recorder_collect(struct recorder *recorder, struct tally *into, bool is_last)
{
    struct tally *full = atomic_exchange(&recorder->published, NULL);
    if (full) {
        tally_merge(into, full);
        tally_clear(full);
        atomic_store(&recorder->empty, full);
    }
    if (is_last) {
        tally_merge(into, recorder->tally);
        tally_clear(recorder->tally);
    }
}
