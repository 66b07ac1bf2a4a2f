/*
 * reports - sends the results of a worker's part of a run: a tally for each second, and an account
 * at the end.
 *
 * A second for which the outbox has no room is kept, and sent with the next one. Results that do
 * not fit even at the end are lost; the account includes their number, so the controller knows how
 * many are missing.
 *
 * Threads: reports_add and reports_end on the run's thread; reports_follow on any. Memory:
 * reports_fini.
 */
#ifndef LOADGEN_CLUSTER_WORKER_REPORTS_H
#define LOADGEN_CLUSTER_WORKER_REPORTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/base/bytes.h"
#include "loadgen/binary/journal.h"
#include "loadgen/cluster/bus/outbox.h"
#include "loadgen/cluster/names.h"
#include "loadgen/cluster/wire/end.h"
#include "loadgen/cluster/wire/tally.h"
#include "loadgen/measure/summary.h"

/* Size of the outbox, which contains only reports: enough for minutes without a broker. */
#define REPORTS_OUTBOX ((size_t)64 << 20)

/* Reserved for the end: seconds kept until then, and the account. */
#define REPORTS_RESERVE ((size_t)1 << 20)

struct reports {
    struct bus_outbox *outbox;
    struct wire_worker self;
    uint64_t run;
    _Atomic uint64_t epoch; /* the last epoch that this worker follows */
    /* private */
    struct names_text subject;
    struct bytes parts; /* of the second that is being sent, one after the other */
    size_t lengths[WIRE_PARTS];
    size_t count;
    struct bytes message;
    struct wire_tally last; /* head of the messages with these parts */
    struct tally *kept;     /* of seconds that were not sent; NULL: none ever was */
    uint64_t covers;        /* number of these seconds, and the one that is being sent */
    uint64_t seconds;       /* index of the last second that was sent + 1 */
};

void reports_init(struct reports *reports, struct bus_outbox *outbox,
                  const struct wire_worker *self, uint64_t run);
void reports_fini(struct reports *reports);

/* Sends a second; `addresses` names the addresses of its tally. */
void reports_add(struct reports *reports, const struct second *second,
                 const struct rows *addresses);

/*
 * Sends the account: `end`, with the fields that the caller has set, and the counts of the summary.
 * `summary` NULL: the run could not begin. `account` is that of the driver (drive/cargo.h); NULL:
 * it has none.
 */
void reports_end(struct reports *reports, struct wire_end *end, const struct summary *summary,
                 const json_t *account);

/* Sends the account of a worker that has a seat, but cannot take it. */
void reports_refuse(struct bus_outbox *outbox, const struct wire_worker *self, uint64_t run,
                    const char *problem);

#endif
