/*
 * recorder - counts one thread's exchanges and writes their results.
 *
 * Exchanges are counted in a tally, which is swapped for an empty tally once a second, so the run's
 * thread reads a tally that no other thread writes.
 *
 * Results are packed into blocks of the result writer, if there is one. A block is handed to the
 * writer when it is full, or RECORDER_FLUSH_NS after its first result. If the run is killed, only
 * the results of about the last RECORDER_FLUSH_NS are lost, unless the writer lags behind. While it
 * does, a block is handed over when it is full or at the next second, because many small blocks
 * would use up the free blocks and stall the run sooner.
 *
 * Threads: the worker calls recorder_init, recorder_add and the flush functions. The run's thread,
 * the reader, calls recorder_collect, and also recorder_reserve before the worker's first result
 * and recorder_fini after the worker's end. The swap uses two atomic mailboxes: if the worker finds
 * an empty tally, it publishes its own and continues with the empty one; the reader merges the
 * published tally, clears it and returns it. recorder_add locks or allocates only for a new block
 * (result_writer.h), for a new kind of error (at most a fixed number of times; error_cache.h), and
 * once for each row that first appears after recorder_reserve (tally.h).
 */
#ifndef LOADGEN_RUN_RECORDER_H
#define LOADGEN_RUN_RECORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/binary/result_codec.h"
#include "loadgen/binary/result_writer.h"
#include "loadgen/http/engine.h"
#include "loadgen/measure/error_cache.h"
#include "loadgen/measure/tally.h"
#include "loadgen/measure/text_pool.h"
#include "loadgen/target/catalogue.h"

#define RECORDER_FLUSH_NS (80 * NS_PER_MS) /* results are written within 100 ms */
#define RECORDER_RETRY_NS (10 * NS_PER_MS) /* until the next try if the writer lags behind */

struct recorder {
    uint64_t origin_ns; /* time 0 of results; set before the first result */
    const struct catalogue *catalogue;
    const struct address_list *addresses;
    struct text_pool *texts;
    struct result_writer *writer; /* NULL: results are only counted */
    bool keeps_answers;
    uint64_t max_body;
    struct result_encoder encoder;
    struct block *bodies; /* kept answers; NULL: none yet */
    uint64_t flush_at_ns; /* when to call recorder_flush_due; UINT64_MAX: never */
    uint64_t blocked_ns;  /* time spent waiting for the writer */
    struct tally *tally;
    _Atomic(struct tally *) empty;     /* cleared, for the worker to take */
    _Atomic(struct tally *) published; /* full, for the reader to take */
    struct error_cache errors;
};

/* Shared by the recorders of all threads; outlives them. */
struct recorder_config {
    const struct catalogue *catalogue;
    const struct address_list *addresses;
    struct text_pool *texts;
    struct result_writer *writer;
    bool keeps_answers; /* write captured headers, and up to max_body bytes of each body */
    uint64_t max_body;
    const struct buckets *buckets; /* also count latencies by these bounds; NULL: none */
    bool by_target;                /* count results of each target */
    bool by_address;               /* count results of each address */
};

/* Creates an empty tally with the counters that the config selects. NULL: out of memory. */
struct tally *recorder_create_tally(const struct recorder_config *config);

bool recorder_init(struct recorder *recorder, const struct recorder_config *config,
                   struct err *err);
void recorder_fini(struct recorder *recorder);

/* Allocates the counters of the targets and addresses known so far, so that counting their results
 * allocates nothing. Call this before the first result. */
bool recorder_reserve(struct recorder *recorder, struct err *err);

/* Counts an exchange and writes its result. */
void recorder_add(struct recorder *recorder, const struct exchange *exchange);

/* Hands the blocks to the writer if flush_at_ns is reached and the writer keeps up. */
void recorder_flush_due(struct recorder *recorder, uint64_t now_ns);

/* Hands the blocks to the writer, and publishes the tally if the reader keeps up. */
void recorder_flush(struct recorder *recorder);

/*
 * Called by the reader: merges the published tally into `into`. With `is_last`, also merges what
 * was not published; the worker's thread must have ended.
 */
void recorder_collect(struct recorder *recorder, struct tally *into, bool is_last);

#endif
