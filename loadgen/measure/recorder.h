/*
 * recorder - one thread's account of what came back: counts every exchange, keeps its result.
 *
 * Counting goes into a tally that is swapped for an empty one once a second, so that the run's own
 * thread reads a tally that nobody writes to. Results go, packed, into blocks of the result writer,
 * if there is one.
 *
 * Threads: recorder_take and recorder_flush are the worker's; the swap crosses threads by two
 * atomic mailboxes: the worker publishes its tally when an empty one lies ready, the reader
 * collects it and gives it back cleared. Nothing is locked or allocated in recorder_take, but for
 * the text of an error of a kind that was not seen before.
 */
#ifndef LOADGEN_MEASURE_RECORDER_H
#define LOADGEN_MEASURE_RECORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/http/engine.h"
#include "loadgen/measure/result_codec.h"
#include "loadgen/measure/result_writer.h"
#include "loadgen/measure/tally.h"
#include "loadgen/measure/text_pool.h"
#include "loadgen/target/targets.h"

/* What tells errors apart, and the text that they got. */
struct error_key {
    uint32_t target;
    uint32_t address;
    int system_error;
    uint16_t code;
    uint8_t outcome;
    uint8_t progress; /* had it been sent, had an answer begun */
    uint64_t reason;  /* hash of what the server, or the parser, called it */
    const char *text;
};

enum { RECORDER_KEYS = 64 };

struct recorder {
    uint64_t origin_ns; /* moments of results count from here; set before the first one */
    const struct targets *targets;
    const struct address_list *addresses;
    struct text_pool *texts;
    struct result_writer *writer; /* NULL: no results are kept */
    struct result_encoder encoder;
    struct block *bodies; /* of answers that are kept; NULL: none yet */
    uint64_t held_ns;     /* time that the writer made this thread wait */
    struct tally *tally;
    _Atomic(struct tally *) empty;     /* cleared, for the worker to take */
    _Atomic(struct tally *) published; /* full, for the reader to take */
    struct error_key
        keys[RECORDER_KEYS]; /* a cache: the slot is chosen by hash, the last one stays */
};

/* What recorders of all threads share; borrowed for as long as the recorder lives. */
struct recorder_config {
    const struct targets *targets;
    const struct address_list *addresses;
    struct text_pool *texts;
    struct result_writer *writer;
    const struct buckets *buckets; /* whose bounds latencies are counted by; NULL: none */
    bool by_target;                /* tell results apart by that */
    bool by_address;
};

bool recorder_init(struct recorder *recorder, const struct recorder_config *config,
                   struct err *err);
void recorder_fini(struct recorder *recorder);

/* Counts and keeps one exchange. */
void recorder_take(struct recorder *recorder, const struct exchange *exchange);

/* Hands over what has gathered: the results' block, and the tally if the reader has kept up. */
void recorder_flush(struct recorder *recorder);

/*
 * For the reader: merges what was published into `into`, and gives the tally back. `last` is for
 * when the worker's thread has ended: then what it still held is merged too.
 */
void recorder_collect(struct recorder *recorder, struct tally *into, bool last);

#endif
