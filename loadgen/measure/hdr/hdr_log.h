/*
 * hdr_log - HdrHistogram's interval logs: one tagged histogram per line, in the format that
 * HistogramLogProcessor and HistogramLogReader read.
 *
 *     #[Histogram log format version 1.3]
 *     #[StartTime: 1764085571.123 (seconds since epoch)]
 *     #[BaseTime: 1764085571.123 (seconds since epoch)]
 *     "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
 *     Tag=latency,0.000,9.999,3.698,HISTFAAA...
 *
 * Times are in seconds, maxima in milliseconds. The start of an interval is relative to BaseTime.
 * Commas, blanks, control characters and % in tags are percent-encoded: %2C, %20.
 *
 * Errors: ERR_FAILED with file name and line. Threads: a log belongs to one thread. Memory: 512 KiB
 * for a line, whatever the file.
 */
#ifndef LOADGEN_MEASURE_HDR_HDR_LOG_H
#define LOADGEN_MEASURE_HDR_HDR_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/measure/histogram.h"

/* Writes the head of a log whose times are relative to wall_ns (since 1970). */
void hdr_log_write_head(FILE *out, uint64_t wall_ns);

/*
 * Writes a line tagged prefix + name, of an interval that starts at BaseTime. False if out of
 * memory. The caller checks ferror(out).
 */
bool hdr_log_write(FILE *out, const char *prefix, const char *name, uint64_t length_ns,
                   const struct histogram *h);

struct hdr_log {
    FILE *in;         /* borrowed */
    const char *name; /* of the file; borrowed */
    char *line;
    size_t number;  /* of the last line, from 1 */
    double start_s; /* StartTime; 0: none */
    double base_s;  /* BaseTime, if has_base */
    bool has_base;
};

struct hdr_log_entry {
    const char *tag; /* "" for none; valid until the next read */
    double start_s;  /* since 1970 */
    double length_s;
};

/* False with err if out of memory. */
bool hdr_log_open(struct hdr_log *log, FILE *in, const char *name, struct err *err);
void hdr_log_close(struct hdr_log *log);

/* Reads the next histogram into `h`. */
enum hdr_log_read { HDR_LOG_ENTRY, HDR_LOG_END, HDR_LOG_FAIL };
enum hdr_log_read hdr_log_read(struct hdr_log *log, struct hdr_log_entry *entry,
                               struct histogram *h, struct err *err);

#endif
