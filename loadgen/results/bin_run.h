/*
 * bin_run - what the JSON blocks of our own format say of a run: plan, targets, addresses, end.
 *
 * A stream may hold several runs one after the other. What a header, an end and the names of rows
 * say goes into the summary at once; the rest is kept until the next header, for the results.
 *
 * Files come from anybody: counts are checked against what was read, and what would not stand in a
 * file of loadgen attack is not shown.
 *
 * Threads: one. Memory: bin_run_fini; the names of targets and addresses.
 */
#ifndef LOADGEN_RESULTS_BIN_RUN_H
#define LOADGEN_RESULTS_BIN_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"
#include "loadgen/results/record.h"
#include "loadgen/target/bytes.h"

/* A target: its row, and where its texts stand in `texts`. */
struct bin_target {
    uint8_t row;
    size_t attack;
    size_t method;
    size_t url;
};

struct bin_run {
    struct summary *summary; /* borrowed */
    const char *name;        /* of the file; borrowed */
    bool with_texts;
    bool has_header; /* some run was begun */
    bool is_open;    /* and has no end yet */
    bool has_plan;   /* no: results of vegeta's, converted */
    uint64_t wall_ns;
    uint64_t results;    /* of this run */
    uint64_t lost_bytes; /* of the stream, before the names that come next */
    struct bin_target *targets;
    size_t target_count;
    uint8_t *address_rows;
    size_t address_count;
    struct bytes texts; /* each ends with a 0; the first is empty */
    size_t attack;      /* where its name stands there */
};

void bin_run_fini(struct bin_run *run);

/* ERR_FAILED when this is no file that this loadgen reads. */
bool bin_run_take_header(struct bin_run *run, const json_t *json, struct err *err);

void bin_run_take_targets(struct bin_run *run, const json_t *json);
void bin_run_take_addresses(struct bin_run *run, const json_t *json);

/* Returns how many results the run has; UINT64_MAX: it does not say. */
uint64_t bin_run_take_end(struct bin_run *run, const json_t *json);

/* The run ended here without an end, or another one begins: returns whether it was cut short. */
bool bin_run_close(struct bin_run *run);

/* Fills in the rows and the moment of a result as it stands in a block. */
void bin_run_place(const struct bin_run *run, struct result *result);

/* Fills in the texts that the run knows: attack, method, url. */
void bin_run_name(const struct bin_run *run, struct record *record);

#endif
