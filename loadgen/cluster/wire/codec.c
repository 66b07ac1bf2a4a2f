#include "loadgen/cluster/wire/codec.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "loadgen/base/text/utf8.h"
#include "loadgen/base/varint.h"

enum { REAL_BYTES = 8 };

static const double REAL_MAX = 0x1p64;

bool wire_is_reading(const struct wire *wire)
{
    return !wire->out;
}

bool wire_has_failed(const struct wire *wire)
{
    return wire->is_bad;
}

bool wire_has_more(const struct wire *wire)
{
    return !wire->is_bad && wire->at < wire->end;
}

void wire_require(struct wire *wire, bool ok)
{
    assert(ok || !wire->out);
    wire->is_bad |= !ok;
}

static void put_number(struct bytes *out, uint64_t number)
{
    uint8_t digits[VARINT_MAX];
    bytes_add(out, digits, (size_t)(varint_put(digits, number) - digits));
}

uint64_t wire_number(struct wire *wire, uint64_t number, uint64_t max)
{
    if (wire->out) {
        wire_require(wire, number <= max);
        put_number(wire->out, number);
        return number;
    }
    uint64_t got = 0;
    bool ok = !wire->is_bad && varint_get(&wire->at, wire->end, &got) && got <= max;
    wire_require(wire, ok);
    return ok ? got : 0;
}

uint64_t wire_amount(struct wire *wire, uint64_t amount)
{
    return wire_number(wire, amount, WIRE_COUNT_MAX);
}

/* 0, -1, 1, -2, 2... are sent as 0, 1, 2, 3, 4... */
int64_t wire_signed(struct wire *wire, int64_t number, int64_t max)
{
    uint64_t bits = number < 0 ? ~((uint64_t)number << 1) : (uint64_t)number << 1;
    bits = wire_number(wire, bits, (uint64_t)max * 2);
    return bits & 1 ? -(int64_t)(bits >> 1) - 1 : (int64_t)(bits >> 1);
}

bool wire_flag(struct wire *wire, bool flag)
{
    return wire_number(wire, flag, 1) == 1;
}

static bool is_good(double real)
{
    return isfinite(real) && !signbit(real) && real <= REAL_MAX;
}

static void put_real(struct bytes *out, double real)
{
    uint64_t bits = 0;
    uint8_t bytes[REAL_BYTES];
    memcpy(&bits, &real, sizeof bits);
    for (unsigned i = 0; i < REAL_BYTES; i++) {
        bytes[i] = (uint8_t)(bits >> 8 * i);
    }
    bytes_add(out, bytes, sizeof bytes);
}

double wire_real(struct wire *wire, double real)
{
    if (wire->out) {
        real = is_good(real) ? real : 0;
        put_real(wire->out, real);
        return real;
    }
    uint64_t bits = 0;
    wire_require(wire, wire->end - wire->at >= REAL_BYTES);
    for (unsigned i = 0; i < REAL_BYTES && !wire->is_bad; i++) {
        bits |= (uint64_t)*wire->at++ << 8 * i;
    }
    memcpy(&real, &bits, sizeof real);
    wire_require(wire, is_good(real));
    return wire->is_bad ? 0 : real;
}

struct slice wire_bytes(struct wire *wire, struct slice bytes, size_t max)
{
    size_t length = wire_number(wire, bytes.length, max);
    if (wire->out) {
        bytes_add(wire->out, bytes.at, length);
        return bytes;
    }
    wire_require(wire, length <= (size_t)(wire->end - wire->at));
    if (wire->is_bad) {
        return (struct slice){"", 0};
    }
    const char *at = (const char *)wire->at;
    wire->at += length;
    return (struct slice){at, length};
}

void wire_text(struct wire *wire, char *text, size_t size)
{
    if (wire->out) {
        size_t length = strnlen(text, size - 1);
        text[length] = '\0';
        utf8_clean(text);
        wire_bytes(wire, (struct slice){text, length}, size - 1);
        return;
    }
    struct slice got = wire_bytes(wire, (struct slice){"", 0}, size - 1);
    memcpy(text, got.at, got.length);
    text[got.length] = '\0';
    wire_require(wire, strlen(text) == got.length && utf8_is_text(text));
}

size_t wire_count(struct wire *wire, size_t count, size_t max, size_t least)
{
    size_t got = wire_number(wire, count, max);
    wire_require(wire, wire->out || got <= (size_t)(wire->end - wire->at) / least);
    return wire->is_bad ? 0 : got;
}

void wire_worker(struct wire *wire, struct wire_worker *worker)
{
    wire_text(wire, worker->name, sizeof worker->name);
    wire_require(wire, wire_is_name(worker->name));
    worker->incarnation = wire_number(wire, worker->incarnation, UINT64_MAX);
}

struct wire wire_writing(struct bytes *out, enum wire_kind kind)
{
    put_number(out, WIRE_VERSION);
    put_number(out, kind);
    return (struct wire){.out = out};
}

/* Reads the head of a message of any version. False: it is truncated. */
static bool get_head(struct wire *wire, uint64_t *version, uint64_t *kind)
{
    return varint_get(&wire->at, wire->end, version) && varint_get(&wire->at, wire->end, kind);
}

static struct wire reader_of(struct slice message)
{
    const uint8_t *at = (const uint8_t *)message.at;
    return (struct wire){.at = at, .end = at + message.length};
}

enum wire_kind wire_kind(struct slice message)
{
    uint64_t version = 0;
    uint64_t kind = 0;
    struct wire wire = reader_of(message);
    bool ok = get_head(&wire, &version, &kind) && version == WIRE_VERSION && kind < WIRE_KINDS;
    return ok ? (enum wire_kind)kind : WIRE_NONE;
}

struct wire wire_reading(struct slice message, enum wire_kind kind)
{
    uint64_t version = 0;
    uint64_t got = 0;
    struct wire wire = reader_of(message);
    wire.is_bad = !get_head(&wire, &version, &got) || version != WIRE_VERSION || got != kind;
    return wire;
}

enum wire_read wire_done(const struct wire *wire, struct slice message)
{
    uint64_t version = 0;
    uint64_t kind = 0;
    struct wire head = reader_of(message);
    if (!wire->is_bad && wire->at == wire->end) {
        return WIRE_READ_OK;
    }
    return get_head(&head, &version, &kind) && version != WIRE_VERSION ? WIRE_READ_VERSION
                                                                       : WIRE_READ_BAD;
}
