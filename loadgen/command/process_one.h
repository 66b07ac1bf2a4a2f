/*
 * process_one - what process 1 of a container owes to the other processes of this very program:
 * that they end well before it ends, and with it the container.
 *
 *     kubectl exec POD -- bash -c "vegeta attack ... | vegeta report"
 *
 * starts processes that are no children of process 1, and nobody tells them that the container is
 * about to be stopped. They are found in /proc, by the file that they execute.
 *
 * Threads: one at a time. Memory: none is taken.
 */
#ifndef LOADGEN_COMMAND_PROCESS_ONE_H
#define LOADGEN_COMMAND_PROCESS_ONE_H

#include <stdbool.h>

#include "common/err.h"

/* Is this process 1 of its PID namespace, and /proc that namespace's? */
bool process_one_is_this(void);

/*
 * Sends SIGTERM once to each of them that waits for it (interrupt.h): an attack ends with it, and a
 * report at the end of what it reads. Whoever does not wait for it would be killed by it, and is
 * left alone. Those that come up meanwhile are told as well: what a script starts next. Returns
 * when none, told or not, was seen for half a second, the time that whoever reads their output has
 * to finish with it.
 *
 * False with ERR_FAILED when /proc cannot be read.
 */
bool process_one_stop_others(struct err *err);

#endif
