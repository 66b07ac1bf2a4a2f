/*
 * session - runs an order with everything that a command line adds: results, report, metrics,
 * progress, SLO, and an orderly end on a signal.
 *
 *     session_open    checks -slo, -output and -report
 *                     (the command then opens the requests that it sends)
 *     session_run     runs the order
 *     session_close   frees everything, and finds the error that sets the exit status
 *
 * Threads: one. Memory: before session_open, set the command's fields and zero the others; call
 * session_close even on failure.
 */
#ifndef LOADGEN_COMMAND_SESSION_H
#define LOADGEN_COMMAND_SESSION_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/command/flags/attack_flags.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/command/progress/exporter.h"
#include "loadgen/order/order.h"
#include "loadgen/report/report_choice.h"

struct driver_type;
struct slo;

struct session {
    /* Set by the command. */
    const struct attack_options *options;
    const char *input;     /* the file with the requests, or "stdin"; -output must differ from it */
    const char *cap_flags; /* flags that limit the connections, for messages; NULL: none */
    /* Private. */
    struct report_choice choice; /* choice.report is NULL if no report is printed */
    bool writes_results;         /* results, or the counts of each second, are written */
    int output_fd;
    struct exporter *exporter; /* NULL: none */
    struct slo *slo;           /* NULL: none */
    struct err judgement;      /* about the SLO; any other error takes precedence */
    struct interrupt interrupt;
};

/* Reads the flags. ERR_USAGE names flags that cannot be combined. */
bool session_open(struct session *session, struct err *err);

/* Runs the order, writes results and reports. False with err if that failed. */
bool session_run(struct session *session, const struct order *order,
                 const struct driver_type *driver_type, struct err *err);

/*
 * `ok` is true if there was no error so far. False with err if there was one, if writing failed, or
 * if the SLO was missed.
 */
bool session_close(struct session *session, bool ok, struct err *err);

#endif
