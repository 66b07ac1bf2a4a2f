/*
 * users_cargo - sends the users of a scenario to workers in other processes (drive/cargo.h).
 *
 * A worker receives the script, the contents of the files that it has read, the environment
 * variables that it has read while loading, the arguments, tags, host and numbers, and the result
 * of test_start. Its scenario reads no files and no variables of the worker's machine.
 *
 * Users belong to threads by their slots (driver.h), so the workers share them exactly. When
 * workers join, leave or are lost, users move (crowd.h), and each starts anew on its new worker.
 *
 * Iterations at a rate, numbers of requests or iterations for all, and the rows of feeders with
 * order = "once" belong to processes by their slots, too (pace/portion.h). So they are shared
 * exactly. If a worker is lost, no other worker does the rest of its part.
 *
 * ERR_USAGE names what cannot be shared by processes yet: a tick.
 */
#ifndef LOADGEN_USERS_CARGO_H
#define LOADGEN_USERS_CARGO_H

#include "loadgen/drive/cargo.h"

extern const struct driver_cargo users_cargo;

#endif
