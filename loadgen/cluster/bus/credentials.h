/*
 * credentials - reads the credentials of a connection from a file.
 *
 *     -----BEGIN NATS USER JWT-----      written by `nsc`: libnats reads the file itself, for each
 *                                        connection
 *     worker:secret                      one line
 *
 * Threads: pure function. Memory: the text of the file is erased after use.
 */
#ifndef LOADGEN_CLUSTER_BUS_CREDENTIALS_H
#define LOADGEN_CLUSTER_BUS_CREDENTIALS_H

#include <nats/nats.h>
#include <stdbool.h>

#include "common/err.h"

/* Sets the options. False: err is set. */
bool credentials_set(natsOptions *options, const char *path, struct err *err);

#endif
