/*
 * cargo - how the source of a driver's order gets to the process that runs it (cluster/worker), and
 * what comes back.
 *
 *     controller   pack    ->  JSON and files  ->  unpack   worker
 *                  take_account  <-  JSON      <-  account
 *
 * A list of targets is part of every order and needs no cargo (order/order_json.h). JSON from pack
 * has "files": [{"sha256", "size", ...}], which order_expect_files reads.
 *
 * Errors: ERR_USAGE if the source cannot be sent, with the reason; ERR_FAILED with the key if the
 * JSON is invalid: it is untrusted.
 */
#ifndef LOADGEN_DRIVE_CARGO_H
#define LOADGEN_DRIVE_CARGO_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"

struct exceptions;
struct order_files;
struct source;
struct targets;

struct driver_cargo {
    /* Adds the contents of files to `files`. NULL: err is set. */
    json_t *(*pack)(const struct source *source, struct order_files *files, struct err *err);

    /* Fills in source and targets; discard frees the source. False: there is nothing to free. */
    bool (*unpack)(const json_t *json, const struct order_files *files, struct targets *targets,
                   struct source *source, struct err *err);
    void (*discard)(struct source *source);

    /* What the sender of the order must know after the run. */
    json_t *(*account)(const struct source *source);

    /* Adds the errors of scripts to `exceptions`, too. True: all other processes are to stop. */
    bool (*take_account)(const struct source *source, const json_t *account,
                         struct exceptions *exceptions);
};

#endif
