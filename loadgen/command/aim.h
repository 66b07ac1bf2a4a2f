/*
 * aim - what an attack is aimed at: from -targets, -format, -lazy, -body, -header or a URL to a
 * source of requests.
 *
 * Errors: ERR_USAGE or ERR_FAILED, naming the flag or file and line. Threads: set-up only. Memory:
 * aim_close.
 */
#ifndef LOADGEN_COMMAND_AIM_H
#define LOADGEN_COMMAND_AIM_H

#include <stdbool.h>

#include "common/cli.h"
#include "common/err.h"
#include "loadgen/target/lazy.h"
#include "loadgen/target/source.h"
#include "loadgen/target/targets.h"

enum { AIM_HEADERS_MAX = 128 };

/* -header, as often as it was given. */
struct aim_headers {
    const char *list[AIM_HEADERS_MAX];
    size_t count;
};

cli_set_fn aim_set_header; /* struct aim_headers */
cli_set_fn aim_set_format; /* const struct format * */

/* What the flags say; borrowed until aim_close. */
struct aim_options {
    const char *url;     /* the operand; NULL: none, targets are read */
    const char *targets; /* file, or "stdin" */
    const struct format *format;
    bool is_lazy;
    const char *body_file; /* NULL: none */
    struct message_defaults defaults;
};

struct aim {
    struct targets targets;
    struct source source;
    struct message_defaults defaults;
    struct bytes body;
    struct lazy *lazy; /* NULL: everything was read */
    int fd;            /* that the lazy one reads */
};

/* Reads the targets, or with is_lazy the first of them. */
bool aim_open(struct aim *aim, const struct aim_options *options, struct err *err);

/* After the run. False when it was ended by an error in targets that were read lazily. */
bool aim_close(struct aim *aim, struct err *err);

#endif
