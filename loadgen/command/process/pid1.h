/*
 * pid1 - stops all other processes of this program when process 1 of a container is about to end.
 *
 * The container ends with process 1, and its other processes are killed with it. Processes started
 * by a command such as the following are not children of process 1, and get no signal when the
 * container is stopped:
 *
 *     kubectl exec POD -- bash -c "vegeta attack ... | vegeta report"
 *
 * pid1 finds them in /proc, by the file that they execute.
 *
 * Threads: one. Memory: none is allocated.
 */
#ifndef LOADGEN_COMMAND_PROCESS_PID1_H
#define LOADGEN_COMMAND_PROCESS_PID1_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/command/process/interrupt.h"

/* True if this is process 1 of its PID namespace, and /proc is mounted from that namespace. */
bool pid1_is_self(void);

/*
 * Sends SIGTERM to each process of this program that handles it (interrupt.h): attacks stop, and
 * reports end after their input. A process that does not handle SIGTERM would be killed by it and
 * is left alone. Processes that start in the meantime (the next line of a script) are stopped too.
 * Returns when there has been no other process of this program for half a second, so that programs
 * that read the output of these processes can finish.
 *
 * After a second request to stop (interrupt.h), each process gets SIGTERM again, more than
 * INTERRUPT_SAME_NS after its first SIGTERM: it then ends immediately and writes what it has
 * measured.
 *
 * False with ERR_FAILED if /proc cannot be read.
 */
bool pid1_stop_others(const struct interrupt *interrupt, struct err *err);

#endif
