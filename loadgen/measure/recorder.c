#include "loadgen/measure/recorder.h"

#include <errno.h>
#include <string.h>

#include "loadgen/measure/answer_codec.h"
#include "loadgen/measure/error_text.h"

static struct tally *create_tally(const struct recorder_config *config)
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
    recorder->targets = config->targets;
    recorder->addresses = config->addresses;
    recorder->texts = config->texts;
    recorder->writer = config->writer;
    recorder->tally = create_tally(config);
    atomic_init(&recorder->empty, create_tally(config));
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

/* FNV-1a. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = text; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static bool is_same(const struct error_key *a, const struct error_key *b)
{
    return a->target == b->target && a->address == b->address &&
           a->system_error == b->system_error && a->code == b->code && a->outcome == b->outcome &&
           a->progress == b->progress && a->reason == b->reason;
}

/* The text of an error: from the cache, or built and interned. */
static const char *error_text(struct recorder *recorder, const struct exchange *x)
{
    struct error_key key = {
        .target = x->request->target,
        .address = x->address,
        .system_error = x->system_error,
        .code = x->code,
        .outcome = (uint8_t)x->outcome,
        .progress = (uint8_t)((x->sent_ns != 0) + (x->first_byte_ns != 0)),
        .reason = hash_of(x->reason),
    };
    uint64_t hash = key.reason + key.target + 31 * (uint64_t)key.address;
    hash = hash * 31 + (uint64_t)key.system_error;
    hash = hash * 31 + key.outcome;
    hash = hash * 31 + key.progress;
    struct error_key *slot = &recorder->keys[hash % RECORDER_KEYS];
    if (!slot->text || !is_same(slot, &key)) {
        char text[ERROR_TEXT_MAX];
        error_text_write(x, recorder->targets, recorder->addresses, text);
        key.text = text_pool_intern(recorder->texts, text);
        *slot = key;
    }
    return slot->text;
}

/* Answers go before their results; and soon, so that a reader holds few that have no result yet. */
static void put_results(struct recorder *recorder)
{
    if (recorder->bodies) {
        result_writer_put(recorder->writer, recorder->bodies);
        recorder->bodies = NULL;
    }
    if (recorder->encoder.block) {
        result_writer_put(recorder->writer, recorder->encoder.block);
        recorder->encoder.block = NULL;
    }
}

static void keep_part(struct recorder *recorder, uint64_t number, enum answer_part part,
                      const struct capture_buffer *bytes)
{
    bool is_whole = false;
    for (size_t at = 0; !is_whole;) {
        if (!recorder->bodies) {
            recorder->bodies = result_writer_take(recorder->writer, &recorder->held_ns);
            recorder->bodies->type = BLOCK_BODIES;
            recorder->bodies->length = 0;
        }
        is_whole = answer_put(recorder->bodies, number, part, bytes, &at);
        if (!is_whole) {
            put_results(recorder);
        }
    }
}

static void keep_answer(struct recorder *recorder, const struct exchange *exchange)
{
    const struct capture *capture = exchange->capture;
    if (capture->is_lost) {
        result_writer_fail(recorder->writer, ENOMEM); /* less than the answer would be a lie */
    }
    keep_part(recorder, exchange->number, ANSWER_HEADERS, &capture->headers);
    keep_part(recorder, exchange->number, ANSWER_BODY, &capture->body);
}

static void keep(struct recorder *recorder, const struct result *result)
{
    struct result_encoder *encoder = &recorder->encoder;
    if (encoder->block && !result_encoder_has_room(encoder)) {
        put_results(recorder);
    }
    if (!encoder->block) {
        result_encoder_begin(encoder, result_writer_take(recorder->writer, &recorder->held_ns));
    }
    result_encoder_add(encoder, result);
}

void recorder_take(struct recorder *recorder, const struct exchange *exchange)
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
        .row = exchange->request->row,
        .address_row = (uint8_t)(exchange->address < ROWS_MAX ? exchange->address : ROWS_OTHER),
        .retries = exchange->retries,
        .redirects = exchange->redirects,
        .code = exchange->code,
        .outcome = exchange->outcome,
        .error = error_text_is_needed(exchange) ? error_text(recorder, exchange) : NULL,
    };
    tally_add(recorder->tally, &result);
    if (recorder->writer) {
        if (exchange->capture) {
            keep_answer(recorder, exchange);
        }
        keep(recorder, &result);
    }
}

void recorder_flush(struct recorder *recorder)
{
    put_results(recorder);
    struct tally *empty = atomic_exchange(&recorder->empty, NULL);
    if (empty) {
        atomic_store(&recorder->published, recorder->tally);
        recorder->tally = empty;
    }
}

void recorder_collect(struct recorder *recorder, struct tally *into, bool last)
{
    struct tally *full = atomic_exchange(&recorder->published, NULL);
    if (full) {
        tally_merge(into, full);
        tally_clear(full);
        atomic_store(&recorder->empty, full);
    }
    if (last) {
        tally_merge(into, recorder->tally);
        tally_clear(recorder->tally);
    }
}
