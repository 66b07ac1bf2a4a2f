/*
 * wire - the messages between the controller of a run and its workers, as bytes.
 *
 *     worker -> controller    announce   name and state, once a second                announce.h
 *                             leave      the worker is about to end                   announce.h
 *                             ask        asks for the controller's time               clock.h
 *                             tally      the results of one second                    tally.h
 *                             end        the worker's account of the run              end.h
 *     controller -> worker    answer     the controller's time                        clock.h
 *                             order      a run, by the hash of its JSON               order.h
 *                             chunk      contents of files, by hash                   order.h
 *                             start      when the run begins                          start.h
 *                             epoch      the owners of slots from an instant on       epoch.h
 *                             stop       end the run                                  end.h
 *     controller -> the next  state      the merged state so far                      merge/save.h
 *
 * Workers and controller share nothing else. bus.h sends the messages.
 *
 * A message is WIRE_VERSION, its kind, and its fields in the order of its struct, without gaps
 * (codec.h). Any change of a message needs a new version, which must be the same on all workers and
 * the controller.
 *
 * Messages are untrusted. A reader checks each field against the limits in the struct's comments,
 * texts for UTF-8 without control characters, and that nothing follows the last field. It cannot
 * check the name of the sender; the permissions of the broker do that.
 *
 * Writers append to a struct bytes, whose has_failed tells whether memory ran out. The same limits
 * apply: an invalid number is a bug and fails an assertion. Texts are truncated and cleaned, and a
 * real out of range becomes 0.
 *
 * Times are nanoseconds. "Run time" is time since the start of the measured part of the run, the
 * same for all processes up to the uncertainty of their clocks.
 *
 * Threads: pure functions. Memory: a message that was read is a plain value, unless its header says
 * otherwise. A refused message must not be used.
 */
#ifndef LOADGEN_CLUSTER_WIRE_WIRE_H
#define LOADGEN_CLUSTER_WIRE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

enum {
    WIRE_VERSION = 4,
    WIRE_MAX = 1024 * 1024 - 1024, /* maximum size of a message: the broker's, less its headers */
    WIRE_NAME = 64,                /* size of a worker's name, with the NUL */
    WIRE_TEXT = 128,               /* size of other texts */
    WIRE_PROBLEM = 640,            /* size of an error's text: that of struct err */
    WIRE_WORKERS = 4096,           /* maximum number of workers of a run */
};

/* Maximum duration and run time: one year. */
#define WIRE_TIME_MAX_NS (UINT64_C(366) * 24 * 3600 * UINT64_C(1000000000))

/* Maximum drift of a clock: a day. */
#define WIRE_DRIFT_MAX_NS (INT64_C(24) * 3600 * INT64_C(1000000000))

/* Maximum of any count. */
#define WIRE_COUNT_MAX (UINT64_C(1) << 62)

enum wire_kind {
    WIRE_NONE, /* not a message of this version */
    WIRE_ANNOUNCE,
    WIRE_LEAVE,
    WIRE_ASK,
    WIRE_ANSWER,
    WIRE_ORDER,
    WIRE_CHUNK,
    WIRE_START,
    WIRE_EPOCH,
    WIRE_TALLY,
    WIRE_STOP,
    WIRE_END,
    WIRE_STATE,
    WIRE_KINDS,
};

enum wire_read {
    WIRE_READ_OK,
    WIRE_READ_BAD,     /* malformed, or another kind of message */
    WIRE_READ_VERSION, /* of another version of loadgen */
};

/*
 * Identifies a worker in all its messages. The name survives a restart of the worker, and has only
 * letters, digits, '-' and '_', so that it can be part of a subject. The incarnation is a random
 * number of the process, because two processes with the same name are two workers.
 */
struct wire_worker {
    char name[WIRE_NAME];
    uint64_t incarnation;
};

/* The kind of a message, read from its first bytes. */
enum wire_kind wire_kind(struct slice message);

/* True for the same process. */
bool wire_is_same_worker(const struct wire_worker *a, const struct wire_worker *b);

/* True if a worker may have this name. */
bool wire_is_name(const char *name);

/* A text for errors: "of another version of loadgen" or "malformed". */
const char *wire_read_text(enum wire_read read);

#endif
