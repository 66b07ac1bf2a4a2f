/*
 * reading - the load of one pod, read from its metrics page.
 *
 * docs/capacity.md lists the metrics that are read. A value is read from the first metric in its
 * list that occurs on the page. All samples of a metric are added up, whatever their labels.
 * Negative and non-finite samples are skipped, and so are samples about requests for the metrics
 * page itself, which have a label whose value is the page's path.
 *
 * Threads, memory: plain data. Errors: ERR_FAILED with the number of the malformed line.
 */
#ifndef LOADGEN_SCRAPE_READING_H
#define LOADGEN_SCRAPE_READING_H

#include <stdbool.h>

#include "common/err.h"
#include "common/slice.h"

/* For each value: its constant, and the metrics to read it from, in order of preference. */
#define READING_VALUES(X)                                                                          \
    X(SERVED, "http_requests_total", "http_server_request_duration_seconds_count",                 \
      "http_server_requests_seconds_count", "http_request_duration_seconds_count")                 \
    X(CPU_SECONDS, "process_cpu_seconds_total", "container_cpu_usage_seconds_total",               \
      "cgroup_cpu_usage_seconds_total")                                                            \
    X(THROTTLED_SECONDS, "container_cpu_cfs_throttled_seconds_total",                              \
      "cgroup_cpu_throttled_seconds_total")                                                        \
    X(MEMORY_BYTES, "process_resident_memory_bytes", "container_memory_usage_bytes",               \
      "cgroup_memory_usage_bytes")                                                                 \
    X(OOM_KILLS, "container_oom_events_total", "cgroup_memory_oom_kills_total")                    \
    X(CPU_LIMIT, "cgroup_cpu_limit_cpus")                                                          \
    X(MEMORY_LIMIT_BYTES, "container_spec_memory_limit_bytes", "cgroup_memory_limit_bytes")        \
    X(START_SECONDS, "process_start_time_seconds")

enum reading_value {
#define X(constant, ...) READING_##constant,
    READING_VALUES(X)
#undef X
        READING_VALUES_ALL
};

enum { READING_TEXT = 256 };

struct reading {
    bool has[READING_VALUES_ALL];
    double values[READING_VALUES_ALL]; /* finite, at least 0 */
    char pod[READING_TEXT];            /* of target_info; "" if it is not known */
    char node[READING_TEXT];
};

/* Parses a page. `path` is the path of its URL, such as "/metrics". */
bool reading_parse(struct reading *reading, struct slice page, const char *path, struct err *err);

#endif
