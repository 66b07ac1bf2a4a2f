/*
 * report - /stats/report: the page with the results of the active or the last run, as one file that
 * needs no server and no network. `?download=1` makes browsers save it.
 *
 * The file is page/serve.html, with style sheets and scripts inline instead of linked. The element
 * #data has the JSON of view.h, which serve.js shows instead of polling, and `report`: {made_ms,
 * state}, where `state` is that of the run when the report was made. report.js removes the elements
 * that need a server, and adds those of a report.
 *
 * The Content-Security-Policy, in the file and in the reply, allows exactly these style sheets and
 * scripts, by their hashes.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_PAGE_REPORT_H
#define LOADGEN_WEB_PAGE_REPORT_H

#include <jansson.h>

#include "loadgen/base/bytes.h"
#include "loadgen/web/http/route.h"

/* {0} ends the list. */
extern const struct http_route report_routes[];

/* Writes the file, and its Content-Security-Policy. The caller frees both, and checks has_failed.
 */
void report_write(const json_t *data, struct bytes *html, struct bytes *policy);

#endif
