/*
 * point - an error message that quotes the user's text, with a ^ below the offending character.
 *
 *     expected a unit: ns, us, µs, ms, s, m or h
 *         p99<20,errors<0.1%
 *               ^
 *
 * Long text is cut to the part around the error. Threads: pure function.
 */
#ifndef LOADGEN_BASE_POINT_H
#define LOADGEN_BASE_POINT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

/* Sets ERR_USAGE with three lines as above and returns false. `offset` is in bytes. */
bool point_at(const char *text, size_t offset, const char *what, struct err *err);

#endif
