/*
 * requests - Locust's /stats/requests: one object with the keys of all versions of Locust.
 *
 *     0.8    occurences, slave_count         2.0   current_response_time_percentile_95
 *     2.15   current_response_time_percentile_1 and _2: the median, and the 95th
 *     2.20   current_response_time_percentiles, response_time_percentile_0.95, worker_count
 *
 * total_rps is the mean of the whole run, as in 2.43 and later, and current_rps that of the last
 * ten seconds.
 *
 * LOCUST_0_8 gives keys their meaning in 0.8: the total is "Total" without a method, num_requests
 * counts successes, total_rps is the rate of the last 10 s, and the state is ready, hatching,
 * running or stopped.
 *
 * The text is written directly, with the keys in order: 500 rows take about a millisecond.
 *
 * Threads: hold the board's lock. Memory: the caller frees `out`.
 */
#ifndef LOADGEN_WEB_LOCUST_REQUESTS_H
#define LOADGEN_WEB_LOCUST_REQUESTS_H

#include "loadgen/base/bytes.h"
#include "loadgen/web/board/board.h"

enum locust_age { LOCUST_NEWEST, LOCUST_0_8 };

void locust_requests(struct board *board, enum locust_age age, struct bytes *out);

#endif
