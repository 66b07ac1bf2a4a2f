/*
 * std_streams - makes sure that descriptors 0, 1 and 2 are open.
 *
 * A shell can start a program with some of them closed (`<&-`, `>&-`, `2>&-`). The next file or
 * socket opened would then get the lowest free descriptor, and with it the output meant for stdout
 * or stderr: a report would go into the result file, an error message to the server under test. So
 * closed descriptors are opened on /dev/null.
 *
 * Call std_streams_open first in main, before anything is opened.
 */
#ifndef COMMON_PROCESS_STD_STREAMS_H
#define COMMON_PROCESS_STD_STREAMS_H

#include <stdbool.h>

#include "common/err.h"

/* False with err if a descriptor is closed and /dev/null cannot be opened. */
bool std_streams_open(struct err *err);

#endif
