/*
 * run_json - a run as JSON, from the board or from the archive:
 *
 *     id          as text
 *     kind        users, rate, capacity
 *     state       spawning, running, stopping, stopped, failed, lost
 *     begun_ms, ended_ms    since 1970; `ended_ms` null: it has not ended
 *     order       the order that started it: orders/orders.h
 *     summary     documents_summary (archive/documents.h); null for a search
 *     verdict     on the SLO, or null: {met, text}
 *     search      of a search, or null: board/runner.h
 *     problem     why it failed, or null
 *     unkept      why part of it is not kept, or null
 *     has_result  whether /result has content
 *     version     of the program that ran it
 *
 * Threads: the server's thread. Memory: the caller owns the JSON.
 */
#ifndef LOADGEN_WEB_API_RUN_JSON_H
#define LOADGEN_WEB_API_RUN_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct board;
struct archive_run;

/* Reads an id, a decimal number. False if the text is not one. */
bool run_json_read_id(const char *text, uint64_t *id);

/* The run with this id. NULL: there is none, or err is set. */
json_t *run_json_find(struct board *board, uint64_t id, struct err *err);

/* At most `max` runs, newest first. NULL: err is set. */
json_t *run_json_list(struct board *board, uint64_t max, struct err *err);

/* True if the run with this id is active. */
bool run_json_is_on(struct board *board, uint64_t id);

#endif
