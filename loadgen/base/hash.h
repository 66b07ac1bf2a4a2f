/*
 * hash - FNV-1a over words of eight bytes, for tables in memory.
 *
 *     uint64_t hash = hash_text(hash_text(HASH_START, method), url);
 *
 * Values depend on the byte order of the machine. Values to be stored must come from hash_fnv1a,
 * which is slower. Not for keys that an attacker can choose.
 */
#ifndef LOADGEN_BASE_HASH_H
#define LOADGEN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START UINT64_C(14695981039346656037)
#define HASH_PRIME UINT64_C(1099511628211)

/* Each of these adds a value to `hash` and returns the new hash. */

static inline uint64_t hash_number(uint64_t hash, uint64_t number)
{
    hash = (hash ^ number) * HASH_PRIME;
    return hash ^ hash >> 32;
}

/* The length is part of the value, so "a" then "bc" gives another hash than "ab" then "c". */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    size_t left = length;
    for (; left >= sizeof(uint64_t); left -= sizeof(uint64_t), at += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, at, sizeof word);
        hash = hash_number(hash, word);
    }
    for (; left > 0; left--, at++) {
        hash = (hash ^ *at) * HASH_PRIME;
    }
    return (hash ^ length) * HASH_PRIME;
}

static inline uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text));
}

/* Plain FNV-1a, byte by byte: the same value on every machine. */
static inline uint64_t hash_fnv1a(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ at[i]) * HASH_PRIME;
    }
    return hash;
}

#endif
