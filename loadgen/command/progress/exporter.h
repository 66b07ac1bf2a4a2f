/*
 * exporter - serves the metrics of a run to Prometheus (-prometheus-addr), on any path, like
 * vegeta.
 *
 *     run's thread, once a second  ->  text  -- swapped under a lock -->  side port's thread
 *
 * The page shows the run up to its last complete second; exporter_update replaces it with the final
 * page. Requests of the run never wait for the exporter.
 *
 * Threads: one thread calls these functions; the side port's thread serves the page. Memory: at
 * most two copies of the page, and one per response in progress. A page has about 7.5 kB per row of
 * the report (rows.h), so up to 4 MB. If memory for a new page runs out, the old one is kept.
 */
#ifndef LOADGEN_COMMAND_PROGRESS_EXPORTER_H
#define LOADGEN_COMMAND_PROGRESS_EXPORTER_H

#include "common/err.h"
#include "loadgen/binary/journal.h"
#include "loadgen/target/rows.h"

struct exporter;

/*
 * Listens on `address` (listen.h) and prints the address on stderr. The first page shows `summary`.
 * `name` (of the attack) and `rows` are borrowed until exporter_stop. NULL: err is set.
 */
struct exporter *exporter_start(const char *address, const char *name, const struct rows *rows,
                                const struct summary *summary, struct err *err);

/* These do nothing if the exporter is NULL. */
void exporter_update_second(struct exporter *exporter, const struct second *second);
void exporter_update(struct exporter *exporter, const struct summary *summary);
void exporter_stop(struct exporter *exporter);

#endif
