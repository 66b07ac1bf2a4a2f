/*
 * archive - stores runs: an index in SQLite, and a folder with the result files.
 *
 *     FOLDER/runs.db      a row for each run; its contents are JSON, as in the API
 *     FOLDER/ID.results   result file (docs/result-format.md), written during the run
 *     FOLDER/ID.journal   journal of a capacity search, which has no result file
 *
 * Without a folder, the index is in memory, and only the last run is kept.
 *
 * When a limit is reached, the oldest runs are deleted (archive_prune). A run without an end
 * belongs to a server that was killed; archive_visit_lost finds it.
 *
 * The index uses a rollback journal, not a write-ahead log, which needs shared memory and so does
 * not work on network file systems. With two writes per run, speed does not matter, and between
 * writes the index is a single file. Each write is synced to disk before the call returns. A lock
 * is held until archive_close, so a folder has one server at a time.
 *
 * Threads: any; a lock serializes the calls. A call may wait for the disk. Memory: archive_open to
 * archive_close; texts of a struct archive_run are borrowed. Errors: ERR_FAILED with the path.
 */
#ifndef LOADGEN_WEB_ARCHIVE_ARCHIVE_H
#define LOADGEN_WEB_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct archive;

struct archive_limits {
    uint64_t runs;  /* at least 1 */
    uint64_t bytes; /* of rows and files; the last run is kept even if it is larger */
};

/* The texts of a run. From `asked` on they are JSON. */
#define ARCHIVE_SHORT_TEXTS(X)                                                                     \
    X(kind)    /* users, rate, capacity */                                                         \
    X(state)   /* running, stopped, failed, lost */                                                \
    X(version) /* of the program */                                                                \
    X(problem) /* why it failed */                                                                 \
    X(unkept)  /* why part of it could not be kept */                                              \
    X(asked)   /* its order */                                                                     \
    X(summary)                                                                                     \
    X(verdict) /* on the SLO */                                                                    \
    X(search)  /* state of the search */
#define ARCHIVE_TEXTS(X)                                                                           \
    ARCHIVE_SHORT_TEXTS(X)                                                                         \
    X(seconds) /* the history of the run */                                                        \
    X(report)

struct archive_run {
    uint64_t id;
    uint64_t begun_ms;            /* since 1970 */
    uint64_t ended_ms;            /* 0: it has not ended */
    bool has_report;              /* set when read, even if `report` is not */
#define X(name) const char *name; /* NULL: none */
    ARCHIVE_TEXTS(X)
#undef X
};

/* `folder` NULL: in memory. Creates the folder, but not its parents. NULL: err is set. */
struct archive *archive_open(const char *folder, const struct archive_limits *limits,
                             struct err *err);

/* NULL is allowed. */
void archive_close(struct archive *archive);

/* False if the index is in memory, and runs write no files. */
bool archive_has_files(const struct archive *archive);

/* Adds the run, or replaces its row. */
bool archive_put(struct archive *archive, const struct archive_run *run, struct err *err);

/* The largest id; 0: there is none. */
uint64_t archive_newest(struct archive *archive);

/* Receives a run, which is valid during the call. */
typedef void archive_visit_fn(void *context, const struct archive_run *run);

/* Visits the newest runs, newest first, without `seconds` and `report`. */
bool archive_list(struct archive *archive, uint64_t max, archive_visit_fn *visit, void *context,
                  struct err *err);

/* Visits the runs without an end. `visit` may call the archive. */
bool archive_visit_lost(struct archive *archive, void (*visit)(void *context, uint64_t id),
                        void *context, struct err *err);

/* Visits this run. False if there is none, or with err. */
bool archive_find(struct archive *archive, uint64_t id, archive_visit_fn *visit, void *context,
                  struct err *err);

/* Deletes the files of a run, then its row. */
bool archive_delete(struct archive *archive, uint64_t id, struct err *err);

/*
 * Deletes the oldest runs until the limits are met, and calls `tell` (NULL: none) for each. If one
 * cannot be deleted, the others still are; false with the first err. Deleting 100,000 runs takes a
 * few seconds.
 */
bool archive_prune(struct archive *archive, void (*tell)(void *context, uint64_t id), void *context,
                   struct err *err);

/* The path of the file of a run of this kind. NULL: runs write no files. The caller frees it. */
char *archive_path(const struct archive *archive, uint64_t id, const char *kind);

#endif
