/*
 * metrics - GET /metrics: the last run, for Prometheus (report/prometheus.h), and the server
 * itself.
 *
 *     command's thread, once a second  ->  text  -- swapped under a lock -->  server's thread
 *
 * A page can have thousands of lines, so it is rendered only for METRICS_S seconds after a request.
 * A request after a longer pause waits for the next second. After a run has ended, its page is
 * always available, until the first second of the next run.
 *
 * Threads: run_metrics_second and run_metrics_end on the command's thread, run_metrics_answer on
 * the server's. Memory: run_metrics_fini. If memory for a new page runs out, the old one is kept.
 */
#ifndef LOADGEN_WEB_API_METRICS_H
#define LOADGEN_WEB_API_METRICS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/web/http/exchange.h"
#include "loadgen/web/http/stream.h"

enum { METRICS_S = 300 };

struct board;
struct second;
struct summary;

/* All private. */
struct run_metrics {
    pthread_mutex_t lock;
    char *text; /* NULL: there was no run yet */
    size_t length;
    uint64_t asked_ns; /* when the last request came; 0: never */
    bool is_stale;     /* `text` is older than the last second */
    bool is_awaited;   /* a request waits for the next second */
};

void run_metrics_init(struct run_metrics *metrics);
void run_metrics_fini(struct run_metrics *metrics);

/* True if a request waits for this second: call http_server_resume then. */
bool run_metrics_second(struct run_metrics *metrics, const struct second *second);

/* The run has ended. A summary that has no plan, such as that of a search, changes nothing. */
void run_metrics_end(struct run_metrics *metrics, const struct summary *summary);

void run_metrics_answer(struct run_metrics *metrics, struct board *board, struct stream *stream,
                        const struct http_request *request, struct http_reply *reply);

#endif
