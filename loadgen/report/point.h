/*
 * point - an error in what a user wrote, shown with a ^ below the character at which it is.
 *
 *     expected a unit: ns, us, µs, ms, s, m or h
 *         p99<20,errors<0.1%
 *               ^
 *
 * Of a long text what stands around the place is shown.
 */
#ifndef LOADGEN_REPORT_POINT_H
#define LOADGEN_REPORT_POINT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

/* ERR_USAGE with these three lines; `offset` is in bytes. Returns false. */
bool point_at(const char *text, size_t offset, const char *what, struct err *err);

#endif
