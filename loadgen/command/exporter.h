/*
 * exporter - serves the run's metrics to Prometheus (-prometheus-addr): any path, as vegeta's.
 *
 *     run's thread, once a second  ->  text  -- swapped under a lock -->  side_port's thread
 *
 * The page is that of the last second, and from exporter_show the one of the end, until
 * exporter_stop. The measured window takes no part: nothing is done for a request.
 *
 * Threads: everything is for one thread; side_port.h has what serves.
 * Memory: the page is held twice at most, 500 kB each with as many targets as have rows. Without
 * memory for a new page the old one stays.
 */
#ifndef LOADGEN_COMMAND_EXPORTER_H
#define LOADGEN_COMMAND_EXPORTER_H

#include "common/err.h"
#include "loadgen/measure/journal.h"
#include "loadgen/target/rows.h"

struct exporter;

/*
 * Listens on `address`, as side_port.h has it, and says on stderr where. `name` of the attack and
 * `rows` are borrowed until exporter_stop; `summary` is the first page. NULL: err is set.
 */
struct exporter *exporter_start(const char *address, const char *name, const struct rows *rows,
                                const struct summary *summary, struct err *err);

/* With an exporter of NULL these do nothing. */
void exporter_show_second(struct exporter *exporter, const struct second *second);
void exporter_show(struct exporter *exporter, const struct summary *summary);
void exporter_stop(struct exporter *exporter);

#endif
