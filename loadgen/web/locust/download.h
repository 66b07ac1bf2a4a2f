/*
 * download - Locust's downloads, as report/locust/csv.h writes them.
 *
 * Threads: each locks the board; download_history only while it copies the points. Memory: the
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
 * Unlike in Locust, there are only rows of the total, and their percentiles cover only the seconds
 * of the point. The columns from "Total Request Count" on cover the run up to the point.
 */
void download_history(struct board *board, struct bytes *out);

#endif
