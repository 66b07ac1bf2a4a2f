/*
 * cargo - sends the source of a driver's order to the process that runs it (cluster/worker), and
 * its account back.
 *
 *     controller   pack    ->  JSON and files  ->  unpack   worker
 *                  take_account  <-  JSON      <-  account
 *
 * A list of targets is part of every order and needs no cargo (order/order_json.h). JSON from pack
 * has "files": [{"sha256", "size", ...}], which order_expect_files reads.
 *
 * Errors: ERR_USAGE if the source cannot be sent, with the reason; ERR_FAILED with the key if the
 * JSON, which is untrusted, is invalid.
 */
#ifndef LOADGEN_DRIVE_CARGO_H
#define LOADGEN_DRIVE_CARGO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct exceptions;
struct order_files;
struct profile;
struct slots;
struct source;
struct targets;

/*
 * What one worker does in a complete run, of what its driver divides among all; UINT64_MAX: not
 * known in advance.
 */
struct cargo_part {
    uint64_t requests;
    uint64_t iterations; /* started or dropped */
    uint64_t rows;       /* of data files that it takes, and no other worker does */
};

struct driver_cargo {
    /* False: ERR_USAGE with the reason why pack will fail. */
    bool (*check)(const struct source *source, struct err *err);

    /* Adds the contents of files to `files`. NULL: err is set. */
    json_t *(*pack)(const struct source *source, struct order_files *files, struct err *err);

    /*
     * Fills in source and targets; `discard` frees the source. False: err is set, and there is
     * nothing to free.
     */
    bool (*unpack)(const json_t *json, const struct order_files *files, struct targets *targets,
                   struct source *source, struct err *err);
    void (*discard)(struct source *source);

    /* False: slots stay with the processes that began with them. */
    bool (*can_move)(const struct source *source);

    /*
     * Adds the pieces of the users' profile that are known before the run. True: `change` can
     * replace it (drive/driver.h).
     */
    bool (*add_profile)(const struct source *source, struct profile *profile);

    /* Adds the driver's own settings to the plan in the controller's result file. */
    void (*show)(const struct source *source, json_t *plan);

    /* The data that the sender of the order needs after the run. */
    json_t *(*account)(const struct source *source);

    /* The part of a worker with `threads` threads, numbered from `first` on. */
    struct cargo_part (*part)(const struct source *source, const struct slots *slots,
                              uint16_t first, uint16_t threads);

    /*
     * Handles an account, and adds its errors of scripts to `exceptions`. True: all other processes
     * must stop.
     */
    bool (*take_account)(const struct source *source, const json_t *account,
                         struct exceptions *exceptions);
};

#endif
