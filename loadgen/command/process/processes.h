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

/* Visits every other process that executes the same file. Skips those whose /proc/PID/exe cannot be
   read: zombies, and often those of other users. ERR_FAILED if /proc cannot be read. */
bool processes_visit(process_visit_fn *visit, void *context, struct err *err);

/*
 * True if the process is an attack, a scenario run or a capacity search of this user in this PID
 * namespace; /proc also lists processes of nested namespaces.
 */
bool process_is_own_sender(pid_t pid);

#endif
