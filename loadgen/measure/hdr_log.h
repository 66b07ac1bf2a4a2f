/*
 * hdr_log - HdrHistogram's interval logs: a line a histogram, with a tag, as HistogramLogProcessor
 * and HistogramLogReader read them.
 *
 *     #[Histogram log format version 1.3]
 *     #[StartTime: 1764085571.123 (seconds since epoch)]
 *     #[BaseTime: 1764085571.123 (seconds since epoch)]
 *     "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
 *     Tag=latency,0.000,9.999,3.698,HISTFAAA...
 *
 * Times are seconds, the interval's start since BaseTime; its greatest value is in milliseconds. A
 * tag has no comma and no blank: these and % are written %2C, %20, %25, and read back.
 *
 * Errors: ERR_FAILED with the name and line. Threads: a log belongs to one thread. Memory: half a
 * megabyte for a line, whatever the file has.
 */
#ifndef LOADGEN_MEASURE_HDR_LOG_H
#define LOADGEN_MEASURE_HDR_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/measure/histogram.h"

/* Begins a log whose times count from this moment. */
void hdr_log_write_head(FILE *out, uint64_t wall_ns);

/* A line; the tag is `prefix` and `name`. False when memory is short; `out` has its own errors. */
bool hdr_log_write(FILE *out, const char *prefix, const char *name, uint64_t length_ns,
                   const struct histogram *h);

struct hdr_log {
    FILE *in;         /* borrowed */
    const char *name; /* of the file; borrowed */
    char *line;
    size_t number;  /* of the line, from 1 */
    double start_s; /* StartTime and BaseTime; 0: there was none */
    double base_s;
    bool has_base;
};

struct hdr_log_entry {
    const char *tag; /* "" for none; valid until the next read */
    double start_s;  /* since 1970 */
    double length_s;
};

/* False when memory is short. */
bool hdr_log_open(struct hdr_log *log, FILE *in, const char *name, struct err *err);
void hdr_log_close(struct hdr_log *log);

/* The next histogram, into `h`. */
enum hdr_log_read { HDR_LOG_ENTRY, HDR_LOG_END, HDR_LOG_FAIL };
enum hdr_log_read hdr_log_read(struct hdr_log *log, struct hdr_log_entry *entry,
                               struct histogram *h, struct err *err);

#endif
