/*
 * interrupt - SIGINT and SIGTERM as a descriptor: the first asks the run to stop, the second ends
 * the process at once.
 *
 * The signals are blocked in every thread, and one thread of this module's waits for them: no
 * handler, no global flag. Call interrupt_start before any other thread is started.
 */
#ifndef LOADGEN_COMMAND_INTERRUPT_H
#define LOADGEN_COMMAND_INTERRUPT_H

#include <pthread.h>
#include <stdbool.h>

#include "common/err.h"

struct interrupt {
    int stop_fd; /* readable once the first signal came */
    bool is_started;
    pthread_t thread;
};

bool interrupt_start(struct interrupt *interrupt, struct err *err);

/*
 * Ends the thread, and gives the signals their usual meaning again: only when nothing is left to be
 * written, which the first signal must not prevent. Of zeroes, does nothing.
 */
void interrupt_stop(struct interrupt *interrupt);

#endif
