/*
 * run_verdict - whether a run of the web server met its SLO, for the page.
 *
 * Threads, memory: pure function; the caller owns the JSON.
 */
#ifndef LOADGEN_COMMAND_RUNNERS_RUN_VERDICT_H
#define LOADGEN_COMMAND_RUNNERS_RUN_VERDICT_H

#include <jansson.h>

struct slo;
struct summary;

/*
 * {"met": true, false or null, "text": a sentence}. `met` is null if the SLO was missed because of
 * the generator, or if the run was abandoned.
 */
json_t *run_verdict(const struct slo *slo, const struct summary *summary);

#endif
