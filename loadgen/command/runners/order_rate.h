/*
 * order_rate - converts the rates in orders of the web server, which are decimal numbers.
 *
 * Threads: pure function.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_ORDER_RATE_H
#define LOADGEN_COMMAND_RUNNERS_ORDER_RATE_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/pace/pacer.h"

/*
 * Converts requests per second, rounded to three decimals. For example, 0.5 is one request every
 * two seconds. ERR_USAGE with the name of the field if the number is not from 0.001 to
 * RATE_MAX_PER_S.
 */
bool order_rate(const char *field, double per_s, struct rate *rate, struct err *err);

/* The reverse, rounded to three decimals, and at least 0.001; 0: there is no rate. */
double order_rate_per_s(const struct rate *rate);

#endif
