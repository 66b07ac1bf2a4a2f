/*
 * journal - the blocks of a result file that describe a run as a whole: all but results and bodies.
 *
 *     'H' header     plan, version, environment, and wall and monotonic clock, read together
 *     'T' targets    name, method and URL of each target, and headers and body if known before the
 *                    run; as many blocks as needed
 *     'A' addresses  as text; as many blocks as needed
 *     'S' second     counters of one second, requests in flight, state of the generator
 *     'C' counts     the tally of one second, in as many parts as needed; only if no results are
 *                    written
 *     'X' exception  an error that scripts raised; precedes E
 *     'W' worker     in a run with several workers: percentiles, generator and environment of one;
 *                    precedes E
 *     'E' end        requests intended, started and not started, counters of the run, whether it
 *                    was interrupted, state of the generator
 *
 * All but C are JSON. docs/result-format.md lists the keys; loadgen/results reads them.
 *
 * Every function does nothing if `writer` is NULL. The writer reports errors (result_writer.h).
 */
#ifndef LOADGEN_BINARY_JOURNAL_H
#define LOADGEN_BINARY_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/binary/result_writer.h"
#include "loadgen/measure/summary.h"
#include "loadgen/target/catalogue.h"
#include "loadgen/target/targets.h"

enum { JOURNAL_FORMAT = 2 }; /* `format` of the header */

/* One second of a run, for observers and the journal. */
struct second {
    uint64_t index;              /* from 0 */
    uint64_t elapsed_ns;         /* since the start */
    uint64_t intended;           /* since the start */
    uint64_t started;            /* since the start */
    uint64_t in_flight;          /* including requests whose answer a script has yet to judge */
    uint64_t users;              /* running users of a scenario */
    uint64_t iterations;         /* started at a rate (count_iterations), since the start */
    uint64_t iterations_dropped; /* due at that rate when no user was free, since the start */
    const struct tally *tally;   /* requests that ended in this second */
    const struct tally *total;   /* requests that ended since the start */
    const struct rows *rows;     /* names of the rows of `tally` and `total` */
    const struct generator *generator;
    const struct exceptions *exceptions; /* of scripts, since the start; NULL: there are none */
    uint64_t start_ns;                   /* of the run, relative to the header's monotonic clock */
};

/* `plan` and `environment` are borrowed; `environment` NULL: unknown. */
void journal_write_header(struct result_writer *writer, json_t *plan, json_t *environment,
                          uint64_t wall_ns, uint64_t monotonic_ns);

/*
 * Writes the targets from index `from` on. Returns the time spent waiting for free blocks, in
 * nanoseconds.
 */
uint64_t journal_write_targets(struct result_writer *writer, const struct targets *targets,
                               size_t from);

/* Never waits: if no block is free, returns false and writes nothing. */
bool journal_write_second(struct result_writer *writer, const struct second *second);

/*
 * Writes a second and its tally; `addresses` names the tally's addresses. Waits for free blocks,
 * because without results the tallies are the only record.
 */
void journal_write_counts(struct result_writer *writer, const struct second *second,
                          const struct rows *addresses);

/*
 * Writes the errors of scripts, the workers, the remaining targets and addresses, to which no
 * result refers, and the end. Waits until the file is complete.
 */
void journal_write_end(struct result_writer *writer, const struct summary *summary,
                       const struct targets *targets);

/*
 * The addresses of a run, and the targets that its drivers add. The writer's own thread writes
 * them, each before the first result that refers to it, so a new name never waits for a block. The
 * struct must not move from journal_begin_names to journal_write_end.
 */
struct journal_names {
    struct result_writer *writer;
    const struct catalogue *catalogue;
    const struct address_list *addresses;
    size_t targets_written;
    size_t addresses_written;
    struct block block;
};

/* `catalogue` may be NULL: no target is added. */
void journal_begin_names(struct journal_names *names, struct result_writer *writer,
                         const struct catalogue *catalogue, const struct address_list *addresses);

#endif
