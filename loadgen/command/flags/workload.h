/*
 * workload - the requests of an attack, from -targets, -format, -lazy, -body, -header or a URL.
 *
 * Errors: ERR_USAGE or ERR_FAILED, naming the flag, or the file and line. Threads: call the setters
 * and workload_open before the run, workload_close after it. Memory: workload_close, even on
 * failure.
 */
#ifndef LOADGEN_COMMAND_FLAGS_WORKLOAD_H
#define LOADGEN_COMMAND_FLAGS_WORKLOAD_H

#include <stdbool.h>

#include "common/cli.h"
#include "common/err.h"
#include "loadgen/target/lazy.h"
#include "loadgen/target/request/source.h"
#include "loadgen/target/targets.h"

enum { WORKLOAD_HEADERS_MAX = 128 };

/* The values of all -header flags. */
struct workload_headers {
    const char *list[WORKLOAD_HEADERS_MAX];
    size_t count;
};

cli_set_fn workload_add_header; /* struct workload_headers */
cli_set_fn workload_set_format; /* const struct format * */

/* The values of the flags; borrowed until workload_close. */
struct workload_options {
    const char *url;     /* the operand; NULL: read targets */
    const char *targets; /* file name, or "stdin" */
    const struct format *format;
    bool is_lazy;
    const char *body_file; /* file name, or "stdin"; NULL: none */
    struct message_defaults defaults;
};

struct workload {
    struct targets targets;
    struct source source;
    struct message_defaults defaults;
    struct bytes body;
    struct lazy *lazy; /* NULL: all targets were read in advance */
    int fd;            /* read by `lazy`; -1: none */
};

/* Reads all targets; if is_lazy, only the first one. */
bool workload_open(struct workload *workload, const struct workload_options *options,
                   struct err *err);

/* Call this after the run. False: an error in lazily read targets ended the run; err is set. */
bool workload_close(struct workload *workload, struct err *err);

#endif
