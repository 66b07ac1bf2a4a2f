/*
 * formats - the result formats: those that are read (stream.h), and those that are written
 * (encoding.h).
 *
 * The first bytes identify the format of a stream: `HRM1` means our own format (bin/format_bin.c),
 * `{` means JSON (vegeta/format_json.c), and a digit or a quote means CSV (vegeta/format_csv.c). A
 * byte order mark before them is skipped, and so is white space before JSON and CSV. Go's gob,
 * UTF-16 and UTF-32 are rejected with a reason.
 *
 * Threads: one. Memory: none.
 */
#ifndef LOADGEN_RESULTS_FORMATS_H
#define LOADGEN_RESULTS_FORMATS_H

#include "common/err.h"
#include "loadgen/results/stream/encoding.h"
#include "loadgen/results/stream/stream.h"

/* Reads the next record in the input, in the format of its first bytes. After STREAM_MORE call
 * input_fill. */
enum stream_state formats_next(struct stream *stream, struct record *record, struct err *err);

/* Returns the output format with this name; NULL with ERR_USAGE, which lists the names. */
const struct encoding *formats_encoding(const char *name, struct err *err);

#endif
