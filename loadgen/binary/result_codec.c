#include "loadgen/binary/result_codec.h"

#include <string.h>

#include "loadgen/base/varint.h"
#include "loadgen/measure/error_text.h"

enum {
    KIND_OUTCOME = 7,
    KIND_WAIT = 8,
    KIND_CONNECT = 16,
    KIND_FIRST_BYTE = 32,
    KIND_HOPS = 64,
    KIND_ERROR = 128,
    KIND_ADDRESS = 256,
    KIND_BARE = 512,
    KIND_VIOLATIONS = 1024,
    KIND_ACCEPTED = 2048,
    KIND_REFUSED = 4096,
    KIND_FIRED = 8192,
    KIND_ALL = 16383,
};

/* Writes the difference as a signed number: small magnitudes become small codes. */
static uint8_t *put_step(uint8_t *at, uint64_t value, uint64_t before)
{
    uint64_t step = value - before;
    return varint_put(at, step << 1 ^ -(step >> 63));
}

void result_encoder_begin(struct result_encoder *encoder, struct block *block)
{
    block->type = BLOCK_RESULTS;
    block->length = 0;
    encoder->block = block;
    encoder->number = 0;
    encoder->intended_ns = 0;
    encoder->address = ADDRESS_NONE;
    encoder->text_count = 0;
}

bool result_encoder_has_room(const struct result_encoder *encoder)
{
    return encoder->block->length + CODEC_RECORD_MAX <= BLOCK_PAYLOAD_MAX;
}

static uint8_t *put_text(struct result_encoder *encoder, uint8_t *at, const char *text)
{
    size_t i = 0;
    while (i < encoder->text_count && encoder->texts[i] != text) {
        i++;
    }
    at = varint_put(at, i);
    if (i == encoder->text_count) {
        size_t length = strnlen(text, CODEC_TEXT_MAX);
        encoder->texts[encoder->text_count++] = text;
        at = varint_put(at, length);
        memcpy(at, text, length);
        at += length;
    }
    return at;
}

static unsigned kind_of(const struct result_encoder *encoder, const struct result *result)
{
    unsigned kind = result->outcome;
    kind |= result->wait_ns ? KIND_WAIT : 0;
    kind |= result->connect_ns ? KIND_CONNECT : 0;
    kind |= result->first_byte_ns != result->service_ns ? KIND_FIRST_BYTE : 0;
    kind |= result->retries || result->redirects ? KIND_HOPS : 0;
    kind |= result->error ? KIND_ERROR : 0;
    kind |= result->address != encoder->address ? KIND_ADDRESS : 0;
    kind |= result->is_bare ? KIND_BARE : 0;
    kind |= result->violations ? KIND_VIOLATIONS : 0;
    kind |= result->judgement == JUDGEMENT_SUCCESS ? KIND_ACCEPTED : 0;
    kind |= result->judgement == JUDGEMENT_FAILURE ? KIND_REFUSED : 0;
    kind |= result->is_fired ? KIND_FIRED : 0;
    return kind;
}

void result_encoder_add(struct result_encoder *encoder, const struct result *result)
{
    uint8_t *payload = block_payload(encoder->block);
    unsigned kind = kind_of(encoder, result);
    uint8_t *at = varint_put(payload + encoder->block->length, kind);
    at = put_step(at, result->number, encoder->number);
    at = put_step(at, result->intended_ns, encoder->intended_ns);
    encoder->number = result->number;
    encoder->intended_ns = result->intended_ns;
    at = varint_put(at, result->target);
    at = varint_put(at, result->code);
    at = varint_put(at, result->lag_ns);
    at = varint_put(at, result->service_ns);
    at = varint_put(at, result->bytes_in);
    at = varint_put(at, result->bytes_out);
    if (kind & KIND_WAIT) {
        at = varint_put(at, result->wait_ns);
    }
    if (kind & KIND_CONNECT) {
        at = varint_put(at, result->connect_ns);
    }
    if (kind & KIND_FIRST_BYTE) {
        at = varint_put(at, result->first_byte_ns);
    }
    if (kind & KIND_HOPS) {
        at = varint_put(at, result->retries);
        at = varint_put(at, result->redirects);
    }
    if (kind & KIND_ERROR) {
        at = put_text(encoder, at, result->error);
    }
    if (kind & KIND_ADDRESS) {
        encoder->address = result->address;
        at = varint_put(at, result->address == ADDRESS_NONE ? 0 : (uint64_t)result->address + 1);
    }
    if (kind & KIND_VIOLATIONS) {
        at = varint_put(at, result->violations);
    }
    encoder->block->length = (size_t)(at - payload);
}

void result_decoder_begin(struct result_decoder *decoder, struct block *block,
                          struct text_pool *pool)
{
    decoder->at = block_payload(block);
    decoder->end = decoder->at + block->length;
    decoder->number = 0;
    decoder->intended_ns = 0;
    decoder->address = ADDRESS_NONE;
    decoder->pool = pool;
    decoder->text_count = 0;
}

static bool get(struct result_decoder *decoder, uint64_t *value)
{
    return varint_get(&decoder->at, decoder->end, value);
}

static bool get_limited(struct result_decoder *decoder, uint64_t max, uint64_t *value)
{
    return get(decoder, value) && *value <= max;
}

static bool get_step(struct result_decoder *decoder, uint64_t *value)
{
    uint64_t code = 0;
    if (!get(decoder, &code)) {
        return false;
    }
    *value += code >> 1 ^ -(code & 1);
    return true;
}

static bool get_text(struct result_decoder *decoder, const char **text)
{
    uint64_t i = 0;
    uint64_t length = 0;
    if (!get(decoder, &i) || i > decoder->text_count || i >= CODEC_TEXTS) {
        return false;
    }
    if (i == decoder->text_count) {
        char copy[CODEC_TEXT_MAX + 1];
        if (!get_limited(decoder, CODEC_TEXT_MAX, &length) ||
            length > (uint64_t)(decoder->end - decoder->at)) {
            return false;
        }
        memcpy(copy, decoder->at, length);
        copy[length] = '\0';
        error_text_strip_ports(copy);
        decoder->written[decoder->text_count] = (struct slice){(const char *)decoder->at, length};
        decoder->at += length;
        decoder->texts[decoder->text_count++] = text_pool_intern(decoder->pool, copy);
    }
    *text = decoder->texts[i];
    decoder->error = decoder->written[i];
    return true;
}

/* An absent address equals the previous record's. */
static bool get_address(struct result_decoder *decoder, uint64_t kind, struct result *result)
{
    uint64_t code = 0;
    if (kind & KIND_ADDRESS) {
        if (!get_limited(decoder, UINT32_MAX, &code)) {
            return false;
        }
        decoder->address = code == 0 ? ADDRESS_NONE : (uint32_t)(code - 1);
    }
    result->address = decoder->address;
    return true;
}

static bool get_optional(struct result_decoder *decoder, uint64_t kind, struct result *result)
{
    uint64_t retries = 0;
    uint64_t redirects = 0;
    uint64_t violations = 0;
    bool ok = (!(kind & KIND_WAIT) || get(decoder, &result->wait_ns)) &&
              (!(kind & KIND_CONNECT) || get(decoder, &result->connect_ns));
    result->first_byte_ns = result->service_ns;
    ok = ok && (!(kind & KIND_FIRST_BYTE) || get(decoder, &result->first_byte_ns)) &&
         (!(kind & KIND_HOPS) || (get_limited(decoder, UINT16_MAX, &retries) &&
                                  get_limited(decoder, UINT16_MAX, &redirects))) &&
         (!(kind & KIND_ERROR) || get_text(decoder, &result->error)) &&
         get_address(decoder, kind, result) &&
         (!(kind & KIND_VIOLATIONS) || get_limited(decoder, UINT16_MAX, &violations));
    result->retries = (uint16_t)retries;
    result->redirects = (uint16_t)redirects;
    result->violations = (uint16_t)violations;
    return ok;
}

enum result_decode result_decoder_next(struct result_decoder *decoder, struct result *result)
{
    if (decoder->at == decoder->end) {
        return RESULT_DECODE_END;
    }
    *result = (struct result){0};
    decoder->error = (struct slice){"", 0};
    uint64_t kind = 0;
    uint64_t target = 0;
    uint64_t code = 0;
    bool ok = get_limited(decoder, KIND_ALL, &kind) && get_step(decoder, &decoder->number) &&
              get_step(decoder, &decoder->intended_ns) &&
              get_limited(decoder, UINT32_MAX, &target) && get_limited(decoder, 999, &code) &&
              get(decoder, &result->lag_ns) && get(decoder, &result->service_ns) &&
              get(decoder, &result->bytes_in) && get(decoder, &result->bytes_out) &&
              get_optional(decoder, kind, result);
    result->outcome = (enum outcome)(kind & KIND_OUTCOME);
    result->is_bare = (kind & KIND_BARE) != 0;
    result->is_fired = (kind & KIND_FIRED) != 0;
    result->judgement = kind & KIND_REFUSED    ? JUDGEMENT_FAILURE
                        : kind & KIND_ACCEPTED ? JUDGEMENT_SUCCESS
                                               : JUDGEMENT_NONE;
    result->number = decoder->number;
    result->intended_ns = decoder->intended_ns;
    result->target = (uint32_t)target;
    result->code = (uint16_t)code;
    ok = ok && (!result->is_fired || (result->outcome == OUTCOME_ANSWERED && code == 0));
    return ok ? RESULT_DECODE_OK : RESULT_DECODE_BAD;
}
