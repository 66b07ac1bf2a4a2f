/*
 * error_cache - one thread's error texts, looked up without formatting or locking.
 *
 * The first error of a kind is formatted (error_text.h) and interned (text_pool.h), which takes a
 * lock and may allocate. After ERROR_CACHE_KINDS kinds, each new kind gets text_pool_overflow. So
 * each thread formats and locks a bounded number of times, whatever targets and servers do. The
 * kind of an error with a status depends only on status and reason: 404 from 10,000 targets is one
 * kind.
 *
 * Threads: one. Memory: fixed. Zero-initialize.
 */
#ifndef LOADGEN_MEASURE_ERROR_CACHE_H
#define LOADGEN_MEASURE_ERROR_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/exchange.h"
#include "loadgen/measure/text_pool.h"
#include "loadgen/target/targets.h"

enum { ERROR_CACHE_KINDS = 4 * TEXT_POOL_MAX, ERROR_CACHE_SLOTS = 2 * ERROR_CACHE_KINDS };

/* Everything that an error's text depends on, and the text. Fields that do not apply are 0. */
struct error_entry {
    uint64_t reason; /* hash of exchange->reason */
    uint32_t target;
    uint32_t address;
    int system_error;
    uint16_t code;
    uint8_t outcome;
    uint8_t progress; /* 0: not sent, 1: sent, 2: the answer had begun */
    const char *text; /* NULL: the slot is free */
};

struct error_cache {
    size_t count;
    struct error_entry slots[ERROR_CACHE_SLOTS];
};

/* Returns the error text of an unsuccessful exchange; `target` is its request's target. The text
 * is valid until text_pool_fini. */
const char *error_cache_find(struct error_cache *cache, const struct exchange *exchange,
                             const struct target *target, const struct address_list *addresses,
                             struct text_pool *pool);

#endif
