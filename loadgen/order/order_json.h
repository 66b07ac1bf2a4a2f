/*
 * order_json - converts an order to JSON and back without loss, so that another process can run it.
 *
 *     {"format": 1, "plan": {...},                                     plan_json.h
 *      "endpoints": [{"host": "a", "port": 80, "https": false}],
 *      "targets": [{"name": "GET /", "method": "GET", "url": "http://a/", "endpoint": 0,
 *                   "head": ..., "number_at": 0, "body": {...}}],      request_json.h
 *      "files": [{"path": "a.pem", "sha256": "...", "size": 1234}]}    -root-certs, -cert and -key
 *
 * Bodies and files are sent separately, by hash (files.h). The JSON contains secrets: it is for
 * workers, never for result files.
 *
 * JSON is untrusted and checked. Threads: one. Memory: order_copy_free; a copy borrows the contents
 * of the plan's files from struct order_files, and has its own copies of the bodies.
 *
 * Errors: ERR_FAILED with the key if the JSON is invalid; ERR_FAILED if a file cannot be read;
 * ERR_USAGE for an invalid plan. A live source is also ERR_USAGE, because only this process can
 * read it. A scenario is sent as the cargo of its driver (drive/cargo.h): the order then has
 * "source" instead of endpoints and targets.
 */
#ifndef LOADGEN_ORDER_ORDER_JSON_H
#define LOADGEN_ORDER_ORDER_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "loadgen/order/files.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan_json.h"
#include "loadgen/target/targets.h"

enum { ORDER_FORMAT = 1 };

/* Adds bodies and files to `files`. NULL: err is set. */
json_t *order_to_json(const struct order *order, struct order_files *files, struct err *err);

/* The same with this source, which it takes over. NULL: the source is a list of targets. */
json_t *order_to_json_with(const struct order *order, json_t *source, struct order_files *files,
                           struct err *err);

/* Registers each file and body that the JSON refers to. */
bool order_expect_files(const json_t *json, struct order_files *files, struct err *err);

/* An order and what it refers to, except the contents of the plan's files. */
struct order_copy {
    struct order order; /* points to the rest */
    struct plan plan;
    struct targets targets;
    struct source source;
    struct plan_room room;
    struct tls_file *tls_files;
};

/*
 * Fills the copy, which must not move afterwards. `files` must be complete. With "source", the
 * caller fills in source and targets.
 */
bool order_from_json(const json_t *json, const struct order_files *files, struct order_copy *copy,
                     struct err *err);

void order_copy_free(struct order_copy *copy);

/*
 * Returns path, hash and size of each file of the plan, for result files. Unreadable files are left
 * out.
 */
json_t *order_files_shown(const struct plan *plan);

#endif
