/*
 * varint - encodes unsigned integers in 1 to 10 bytes (LEB128): seven bits per byte, lowest first;
 * the top bit is set in all bytes but the last. Threads: pure functions.
 */
#ifndef LOADGEN_BASE_VARINT_H
#define LOADGEN_BASE_VARINT_H

#include <stdbool.h>
#include <stdint.h>

enum { VARINT_MAX = 10 }; /* bytes */

/* Writes `value` and returns the address after it. There must be room for VARINT_MAX bytes. */
static inline uint8_t *varint_put(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

/* Reads a value and advances *at. False if the bytes end within it, or it exceeds 64 bits. */
static inline bool varint_get(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        if (shift == 63 && byte > 1) {
            return false;
        }
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return true;
        }
    }
    return false;
}

#endif
