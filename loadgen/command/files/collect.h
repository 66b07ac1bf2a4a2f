/*
 * collect - reads result files, or stdin, into a summary.
 *
 * SIGINT, SIGTERM and SIGHUP stop the reading of files; the summary is then marked as cut short. A
 * pipe is read to its end, because the attack that writes to it received the same signal and still
 * sends its last results; only a second signal stops this (interrupt.h). Reading also stops when
 * stdout and stderr have lost their readers (stdio_watch.h); the closed pipe then ends the attack.
 *
 * Damaged parts of a file are skipped. Each such file is reported on stderr, because most report
 * formats cannot show the damage.
 *
 * Threads: one; collect starts the interrupt's thread, so no other thread may be running.
 */
#ifndef LOADGEN_COMMAND_FILES_COLLECT_H
#define LOADGEN_COMMAND_FILES_COLLECT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/measure/summary.h"
#include "loadgen/results/stream/second.h"

/* Callbacks during reading. All fields except `interrupt` may be NULL or 0. */
struct collect_observer {
    struct interrupt *interrupt; /* started by collect once the files are open; the caller stops it
                                    after writing its output, whatever collect returned */
    void *context;
    void (*on_result)(void *context, const struct result *result); /* every counted result */
    void (*on_second)(void *context,
                      const struct results_second *second); /* of runs without individual results */
    bool (*on_interval)(void *context, struct err *err);    /* the summary holds the results so far,
                                                               with is_going_on set; false with err:
                                                               collect fails */
    uint64_t interval_ns;                                   /* 0: never */
};

/* The reason for refusing -inputs, a flag of old versions of vegeta. */
extern const char collect_no_inputs[];

/* Reads the named files, or stdin if count is 0. False: err is set. */
bool collect(char *const *names, int count, struct summary *summary,
             const struct collect_observer *observer, struct err *err);

#endif
