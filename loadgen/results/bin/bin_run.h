/*
 * bin_run - reads the JSON blocks of a run in our own format: plan, targets, addresses, end.
 *
 * A stream may contain several runs in sequence. Headers, ends and row names go into the summary
 * immediately. The rest is needed to interpret the results, and is kept until the next header.
 *
 * Files are untrusted: counts are checked against what was read, and texts that `loadgen attack`
 * would not have written are not shown.
 *
 * Threads: one. Memory: holds the names of targets and addresses until bin_run_fini.
 */
#ifndef LOADGEN_RESULTS_BIN_BIN_RUN_H
#define LOADGEN_RESULTS_BIN_BIN_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/base/bytes.h"
#include "loadgen/measure/summary.h"
#include "loadgen/results/stream/record.h"

/* A target: its row, and the offsets of its texts in `texts`. */
struct bin_target {
    uint16_t row;
    size_t attack;
    size_t method;
    size_t url;
};

struct bin_run {
    struct summary *summary; /* borrowed */
    const char *name;        /* of the file; borrowed */
    bool with_texts;
    bool has_header;  /* a run has begun */
    bool is_open;     /* the run's end has not been read yet */
    bool has_workers; /* each has its own generator */
    bool has_plan;    /* false: the results were converted from vegeta's */
    uint64_t wall_ns;
    json_t *environment;    /* of this run; NULL: not recorded */
    double scheduled_per_s; /* mean rate in the plan of this run */
    uint64_t results;       /* of this run */
    uint64_t lost_bytes;    /* skipped so far in the stream */
    struct bin_target *targets;
    size_t target_count;
    uint16_t *address_rows;
    size_t address_count;
    struct bytes texts; /* NUL-terminated strings; the first is empty */
    size_t attack;      /* offset of the attack's name in `texts` */
};

void bin_run_fini(struct bin_run *run);

/* ERR_FAILED if the format version in the header is not JOURNAL_FORMAT. */
bool bin_run_take_header(struct bin_run *run, const json_t *json, struct err *err);

void bin_run_take_targets(struct bin_run *run, const json_t *json);
void bin_run_take_addresses(struct bin_run *run, const json_t *json);

void bin_run_take_worker(struct bin_run *run, const json_t *json);

/* Returns the number of results of the run; UINT64_MAX: not recorded. */
uint64_t bin_run_take_end(struct bin_run *run, const json_t *json);

/*
 * Call this at the end of the stream and before the next header. True if the end of the run is
 * missing.
 */
bool bin_run_close(struct bin_run *run);

/* Sets the rows and the absolute time of a decoded result. */
void bin_run_locate(const struct bin_run *run, struct result *result);

/* Sets the texts that the run knows: attack, method and url. */
void bin_run_name(const struct bin_run *run, struct record *record);

#endif
