/*
 * feeds - the data files of a scenario, and the next row of each.
 *
 * Each thread's Lua state executes the scenario and declares the same feeds, which all threads
 * share. A feed is identified by its file and options. If a state declares several feeds with equal
 * file and options, they are numbered (`nth`). The rows of a file are stored once per process.
 *
 * Orders:
 *     FEED_IN_TURN   the rows in order, over all threads; after the last row, the first one again
 *     FEED_RANDOM    a random row, all with equal probability
 *     FEED_BY_USER   user n gets row n modulo the number of rows
 *     FEED_ONCE      each row once, over all threads (leases.h) and processes (pace/portion.h);
 *                    then the feed is used up, or restarts
 *
 * Taking a row allocates nothing.
 *
 * Threads: any may call feeds_open, and feed_take with its own index; call feeds_begin only between
 * runs. Memory: feeds_destroy frees the feeds.
 */
#ifndef LOADGEN_USERS_FILES_FEEDS_H
#define LOADGEN_USERS_FILES_FEEDS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/base/random.h"
#include "loadgen/pace/portion.h"
#include "loadgen/users/files/given.h"
#include "loadgen/users/files/leases.h"
#include "loadgen/users/files/records.h"

/* Limits of a scenario: number of feeds, and number of files that feeds_note_file notes. */
enum { FEEDS_MAX = 1000, FEEDS_FILES_MAX = 1000 };

enum feed_order { FEED_IN_TURN, FEED_RANDOM, FEED_BY_USER, FEED_ONCE };

/*
 * What happens when a row is requested but all are used up. feed_take handles FEED_RESTART, its
 * caller the others.
 */
enum feed_end { FEED_END_USER, FEED_END_TEST, FEED_RESTART };

struct feed_options {
    enum records_format format;
    enum feed_order order;
    enum feed_end at_end; /* of FEED_ONCE */
    size_t nth;           /* index among equal feeds of this state, from 0 */
};

struct feed {
    struct feed_options options;
    const struct records *rows;
    const char *file;
    _Atomic uint64_t turns;        /* FEED_IN_TURN: rows that were taken */
    struct leases leases;          /* FEED_ONCE: of the rows of this process */
    const struct portion *portion; /* FEED_ONCE: which rows these are; NULL: all */
    struct feed *next;             /* in the list of feeds */
};

/* A file that was read. */
struct feed_file {
    char *name;             /* as the scenario writes it */
    struct records rows;    /* only bytes and sha256 if no feed uses the file */
    struct feed_file *next; /* in order of first use */
};

struct feeds;

/*
 * Creates an empty list of feeds, whose files may have max_bytes in total, including their tables
 * of rows. `remedy` is the advice in the error for files that are too large. If memory runs out,
 * the program ends (base/memory.h). feeds_destroy accepts NULL.
 */
struct feeds *feeds_create(size_t max_bytes, const char *remedy);
void feeds_destroy(struct feeds *feeds);

/*
 * Prepares for a run with this many threads in this process: all feeds start from their first row.
 * `portion` says which rows of each feed with FEED_ONCE this process takes; NULL: all. A feed that
 * restarts, and has no row in the portion, takes all rows, because its users must get some. False
 * with err: out of memory. `feeds` may be NULL.
 */
bool feeds_begin(struct feeds *feeds, unsigned threads, const struct portion *portion,
                 struct err *err);

/*
 * Finds the feed, or opens it. NULL with err: the errors of records.h, or ERR_USAGE if there are
 * too many feeds or their files are too large.
 */
struct feed *feeds_open(struct feeds *feeds, const char *folder, const char *file,
                        const struct feed_options *options, struct err *err);

/*
 * Makes feeds with FEED_IN_TURN begin at a different row in each of the `parts` processes of a run.
 * `part` is the number of this process. Call this after feeds_begin. `feeds` may be NULL.
 */
void feeds_shift(struct feeds *feeds, uint64_t part, uint64_t parts);

/* Reads these files, and none of this machine. Call this before the first feed is opened. */
void feeds_use(struct feeds *feeds, const struct given *given);

/*
 * The file of a feed that can be used up (FEED_ONCE without FEED_RESTART); NULL: there is none.
 * `feeds` may be NULL.
 */
const char *feeds_find_finite(struct feeds *feeds);

/*
 * The number of rows in this portion, of all feeds with FEED_ONCE. `feeds` may be NULL. `portion`
 * NULL: all.
 */
uint64_t feeds_count_once(struct feeds *feeds, const struct portion *portion);

/* Records a file that the scenario has read itself (read_file.h), for feeds_visit_files. */
void feeds_note_file(struct feeds *feeds, const char *name, const char *text, size_t length);

/*
 * Stores an environment variable that the scenario has read while loading; `value` NULL: it is not
 * set.
 */
void feeds_note_variable(struct feeds *feeds, const char *name, const char *value);

/* The stored variables. Call this when no scenario is being loaded. */
const struct given_list *feeds_variables(const struct feeds *feeds);

/* Calls `visit` with each file that was read: those of feeds, then the others. `feeds` may be NULL.
 */
typedef void feed_file_fn(void *context, const struct feed_file *file);
void feeds_visit_files(struct feeds *feeds, feed_file_fn *visit, void *context);

/* Chooses the next row for user number `user`, from 0. False: the feed is used up. */
bool feed_take(struct feed *feed, struct random *random, uint64_t user, unsigned thread,
               size_t *row);

#endif
