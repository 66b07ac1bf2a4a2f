/*
 * session - runs an order with everything that a command line adds: results, report, metrics,
 * progress, another view of the run, SLO, and an orderly end on a signal.
 *
 *     session_open    checks -slo, -output and -report
 *                     (the command then reads its targets or scenario)
 *     session_run     runs the order
 *     session_close   frees everything, and finds the error that sets the exit status
 *
 * Threads: one. Memory: before session_open, set the command's fields and zero the others; call
 * session_close even on failure.
 */
#ifndef LOADGEN_COMMAND_SESSION_SESSION_H
#define LOADGEN_COMMAND_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/command/flags/attack_flags.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/command/progress/exporter.h"
#include "loadgen/order/order.h"
#include "loadgen/report/report_choice.h"

struct control;
struct driver_type;
struct order_runner;
struct second;
struct slo;
struct summary;

/* Additional steps before and after the run. A signal stops them like the run itself. */
struct session_parts {
    /* False: the run does not begin; an error only if err is set. */
    bool (*before)(void *context, const struct order *order, const struct control *control,
                   struct err *err);
    /* Called after `before`, even if the run could not begin, but not if it was abandoned. */
    bool (*after)(void *context, const struct order *order, const struct control *control,
                  const struct summary *summary, struct err *err);
};

/* Shows the run in another form. The functions are called on the run's thread. */
struct session_view {
    bool (*begin)(void *context,
                  struct err *err); /* before the run, to open files; NULL: no view */
    void (*on_second)(void *context, const struct second *second, const struct summary *summary);
    /* Called after each `begin`, before the report. The summary is empty if the run did not begin.
     */
    bool (*end)(void *context, const struct summary *summary, struct err *err);
    void *context;
};

struct session {
    /* Set by the command. */
    const struct attack_options *options;
    const struct order_runner *runner; /* of the run; the steps in `parts` run in this process */
    const char *input;     /* the file with the requests, or "stdin"; -output must differ from it */
    const char *cap_flags; /* flags that limit the connections, for messages; NULL: none */
    bool has_own;          /* each user has its own connections */
    const struct session_parts *parts; /* NULL: none */
    void *context;                     /* of the parts */
    struct session_view view;
    bool hides_progress;
    /* The result. */
    uint64_t requests; /* that ended */
    uint64_t failed;   /* of these */
    /* Private. */
    struct report_choice choice; /* choice.report is NULL if no report is printed */
    bool writes_results;         /* results, or the counts of each second, are written */
    bool is_viewed;              /* the view has begun */
    int output_fd;
    struct exporter *exporter; /* NULL: none */
    struct slo *slo;           /* NULL: none */
    struct err judgement;      /* about the SLO; any other error takes precedence */
    struct interrupt interrupt;
};

/* Reads the flags. ERR_USAGE names flags that cannot be combined. */
bool session_open(struct session *session, struct err *err);

/* Runs the order, and writes results and reports. False with err if any of this failed. */
bool session_run(struct session *session, const struct order *order,
                 const struct driver_type *driver_type, struct err *err);

/*
 * `ok` is true if no error has occurred so far. Returns false with err if one has, if writing
 * failed, or if the SLO was missed.
 */
bool session_close(struct session *session, bool ok, struct err *err);

#endif
