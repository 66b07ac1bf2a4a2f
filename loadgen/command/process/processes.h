/*
 * processes - finds the other processes that execute this program, in /proc.
 *
 * Threads: one. Memory: none is kept.
 */
#ifndef LOADGEN_COMMAND_PROCESS_PROCESSES_H
#define LOADGEN_COMMAND_PROCESS_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

typedef void process_visit_fn(void *context, pid_t pid);

/*
 * Visits every other process that executes the same file. Skips processes whose /proc/PID/exe
 * cannot be read: zombies, and often those of other users. ERR_FAILED if /proc cannot be read.
 */
bool processes_visit(process_visit_fn *visit, void *context, struct err *err);

/*
 * The signal that stops what a process sends: SIGTERM for an attack, a scenario run or a capacity
 * search, SIGUSR1 for a server that runs a test, 0 for any other process. Only for processes
 * of this user in this PID namespace; /proc also lists processes of nested namespaces.
 */
int process_stop_signal(pid_t pid);

/*
 * Shows process_stop_signal in other processes whether this server runs a test, by changing the
 * name of the main thread (visible in ps). Call this on that thread.
 */
void process_mark_test(bool is_on);

#endif
