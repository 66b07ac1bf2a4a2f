/*
 * catalogue - all targets of a run: those of its order, and those that its drivers add.
 *
 * A target identifies a request in results and reports. It has a method, a URL, and a name, which
 * determines its row (rows.h). A driver that creates requests during the run adds a target for each
 * new name:
 *
 *     catalogue_find(thread->targets, "GET /users/:id", "GET", url, &request);
 *
 * The list only grows. A target has the same index in every thread, and its name has the same row,
 * so tallies of all threads can be added row by row. Each thread has a table of the names that it
 * has used (struct catalogue_table). The list is locked and searched only for a name that is new to
 * the thread.
 *
 * When ROWS_MAX names have a row, later ones share the target "other targets" and the row "other".
 *
 * Threads: any may read; threads with a table may add. Memory: names are copied, and freed by
 * catalogue_fini. A table has a fixed size.
 */
#ifndef LOADGEN_TARGET_CATALOGUE_H
#define LOADGEN_TARGET_CATALOGUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/base/arena.h"
#include "loadgen/target/request/source.h"
#include "loadgen/target/rows.h"
#include "loadgen/target/targets.h"

struct catalogue {
    const struct targets *targets; /* those of the order, which come first */
    const struct rows *rows;       /* of all targets */
    /* private: the added targets, from index `first` on; SIZE_MAX: none may be added */
    size_t first;
    pthread_mutex_t lock;
    struct rows own_rows;
    uint32_t of_row[ROWS_ALL]; /* the target that requests of a row get */
    _Atomic size_t added;
    struct target list[ROWS_ALL];
    size_t other_count; /* names with the row "other", at most ROWS_MAX; `others`: their hashes */
    uint64_t others[ROWS_MAX];
    struct arena arena;
};

/* Starts with the targets of an order, which are borrowed. `grows`: drivers may add targets. */
void catalogue_init(struct catalogue *catalogue, const struct targets *targets, bool grows);
void catalogue_fini(struct catalogue *catalogue);

/* The number of targets that have been added so far. */
size_t catalogue_added(const struct catalogue *catalogue);

/* A target by its index. The order's targets come first, then the added ones. */
const struct target *catalogue_target(const struct catalogue *catalogue, uint32_t index);

/* A name that one thread has used. All fields are private. */
struct catalogue_entry {
    uint64_t hash; /* of the name */
    uint32_t target;
    uint16_t row;
    bool is_taken;
};

struct catalogue_table {
    struct catalogue *all;
    size_t other_count;                           /* entries with the row "other" */
    struct catalogue_entry entries[4 * ROWS_MAX]; /* at least half of them are always free */
};

void catalogue_table_init(struct catalogue_table *table, struct catalogue *all);

/*
 * Sets target and row of a request by its name. If the name is new to the run and gets its own row,
 * results of this name show this method and URL. Allocates and locks only for a name that is new to
 * the thread.
 */
void catalogue_find(struct catalogue_table *table, const char *name, const char *method,
                    const char *url, struct request *request);

#endif
