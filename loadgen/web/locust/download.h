/*
 * download - Locust's downloads, as report/locust/csv.h writes them.
 *
 * Threads: each takes the board's lock, the history only as long as its copy takes. Memory: the
 * caller frees `out`; check its has_failed.
 */
#ifndef LOADGEN_WEB_LOCUST_DOWNLOAD_H
#define LOADGEN_WEB_LOCUST_DOWNLOAD_H

#include "loadgen/base/bytes.h"
#include "loadgen/web/board/board.h"

void download_requests(struct board *board, struct bytes *out);
void download_distribution(struct board *board, struct bytes *out);
void download_failures(struct board *board, struct bytes *out);
void download_exceptions(struct board *board, struct bytes *out);

/*
 * Unlike in Locust, only totals are kept, and percentiles are those of the point's seconds. The
 * columns from "Total Request Count" on count from the start of the run.
 */
void download_history(struct board *board, struct bytes *out);

#endif
