/*
 * board - the state and the results of the run, shared by the server's thread and the command's
 * thread.
 *
 *     server's thread                        command's thread
 *     board_start  opens a run  -- wake_fd -->  board_take, run(..., board_second), board_end
 *     board_change
 *     board_stop, board_abandon -- stop_fd -->
 *     board_reset, reads        <-- lock  --    board_second, once a second
 *
 *     ready    --start-->  spawning  --all users have started-->  running
 *     running  --stop-->   stopping  --end-->  stopped  --start-->  spawning
 *
 * A run is also stopping while the test_stop of its scenario runs (board_ending).
 *
 * There is one run at a time. The results of the last run stay until the next one starts. A search
 * (runner.h) is one run of several trials: its history continues from trial to trial, with empty
 * seconds between them, and its other results are those of the last trial.
 *
 * The workers of a run never touch the board. The command's thread updates it after it has
 * collected their tallies, so a reader that holds the lock delays no request.
 *
 * Threads: as above; to read the fields, hold the lock. Memory: board_fini.
 */
#ifndef LOADGEN_WEB_BOARD_BOARD_H
#define LOADGEN_WEB_BOARD_BOARD_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/binary/journal.h"
#include "loadgen/scrape/load.h"
#include "loadgen/web/board/lines.h"
#include "loadgen/web/board/runner.h"
#include "loadgen/web/board/stats.h"
#include "loadgen/web/board/window.h"
#include "loadgen/web/history/history.h"

struct archive;

enum board_phase { BOARD_READY, BOARD_ON, BOARD_STOPPING, BOARD_STOPPED };

struct slo;

struct board {
    pthread_mutex_t lock;
    const struct runner *runners[RUN_KINDS]; /* by kind; NULL: not offered */
    const struct slo *slo;   /* of all runs; NULL: none. Set it before the server's thread starts */
    struct archive *archive; /* of all runs (archive/archive.h); borrowed. Set it before, too */
    bool is_compat;          /* Locust's routes answer as version 0.8. Set it before, too */
    int wake_fd;             /* eventfd; readable: a run was opened */
    int stop_fd;             /* of the runs' control, written only by the board; borrowed */
    enum board_phase phase;
    const char *client; /* address of the client; NULL: unknown. Only the server's thread uses it */
    struct lines lines; /* the log */
    uint64_t generation;    /* identifies the run; grows with each start, also after a restart */
    uint64_t deleted;       /* generation of the last run that a client deleted; 0: none. Only
                               the server's thread uses it */
    struct run_order order; /* of the last run; zeroes: none yet */
    char *host;        /* base URL that a client set for a run of users, and the default of later
                          ones; NULL: none. Only the server's thread uses it */
    uint64_t start_ns; /* of the last run, or of its last trial, computed from its seconds; 0: none
                          yet */
    uint64_t wall_start_ns;        /* of the last run, on the wall clock */
    uint64_t wall_origin_ns;       /* wall clock at time 0 of the moments of tallies */
    uint64_t users;                /* of the last second */
    struct generator generator;    /* as of the last second */
    struct target_load target;     /* as of the last second; see has_target */
    struct load_sums target_begin; /* after the first second of the last run; earlier use, such
                                      as that of a warm-up, does not count */
    bool has_target;               /* its metrics are read */
    struct load_sums target_trial; /* what it used in the last trial of a search */
    uint64_t amended;     /* times that the last point of the history was amended, in all runs */
    struct window window; /* the last ten seconds */
    struct stats stats;
    struct history history;
    struct err problem; /* why the last run failed */
    struct err unkept;  /* why part of the last run is not kept */
    json_t *search;     /* of the last run, as on_search gives it; NULL: none */
    json_t *result;     /* of the last run, as on_result gives it; NULL: none */
    json_t *workers;    /* as passed to board_workers; NULL: not known */
    json_t *verdict;    /* on the SLO in the last run: {met, text}; NULL: none */
    /* private */
    char *order_host;               /* of `order`; NULL: none */
    void *opened;                   /* the run that board_take returns; NULL: none */
    void *current;                  /* the active run, for the server's thread */
    bool is_abandoned;              /* board_abandon was called for the active run */
    uint64_t change_ns;             /* when the number of users was last changed; 0: never */
    uint64_t users_before;          /* users before the last change */
    unsigned parts;                 /* of the last run so far: itself, or its trials */
    uint64_t begin_ns;              /* of its first part */
    struct load_sums target_before; /* as of the second before */
    struct history_second previous; /* sums since the start of the part, as of the last second */
    json_t *exceptions;             /* exceptions_to_json */
    json_t *exceptions_before;      /* the same at the last reset */
    uint64_t exceptions_total;
};

/*
 * Borrows the runners: at least one, each at the index of its kind. False with err: out of memory
 * or descriptors.
 */
bool board_init(struct board *board, const struct runner *const runners[RUN_KINDS], int stop_fd,
                struct err *err);
void board_fini(struct board *board);

/*
 * Opens a run. If the order has no host, a run of users uses that of the previous run, and a search
 * that of the command line. ERR_USAGE: another run is active, or this kind is not offered. An error
 * that concerns a field begins with its name (runner.h).
 */
bool board_start(struct board *board, const struct run_order *order, struct err *err);

/*
 * Changes the number of users, or the rate, of the active run. ERR_USAGE if there is none, or if it
 * cannot be changed in this way.
 */
bool board_change(struct board *board, const struct run_order *order, struct err *err);

/* As in Locust: changes the active run, if there is one; otherwise starts one. */
bool board_swarm(struct board *board, const struct run_order *order, struct err *err);

/*
 * Stops the active run, if there is one, without waiting for its end. Any thread may call this.
 * `client` is the name of the client in the log; NULL: unknown.
 */
void board_stop(struct board *board, const char *client);

/*
 * Ends the active run, if there is one, without waiting for its requests, or for a test_stop. Call
 * board_stop first. Any thread may call this.
 */
void board_abandon(struct board *board);

/* Resets the statistics. The run and its history continue. */
void board_reset(struct board *board);

/*
 * Returns the opened run, and its runner. The caller closes it after the next board_take. NULL:
 * none.
 */
void *board_take(struct board *board, const struct runner **runner);

/* Stores the target's metrics. Call this before board_second. */
void board_note_target(struct board *board, const struct target_load *target);

/*
 * The same for a search, which reads the metrics only before and after each trial. After the trial,
 * its last second in the history has all that the target used in it.
 */
void board_trial_target(void *context, const struct target_load *target, bool is_after);

/* The observer of the run (run/run.h), and the functions of run_watch; the context is the board. */
bool board_second(void *board, const struct second *second);
void board_search(void *context, json_t *search);
void board_result(void *context, json_t *result);
void board_unkept(void *context, const struct err *why);
void board_ending(void *context);

/*
 * Any thread may call this. Stores the workers in other pods: [{id, state, users, threads,
 * cpu_percent, memory_bytes, node}]. The states are those of Locust: ready, running, stopping,
 * missing. cpu_percent is the mean over the run, in percent of one CPU; null: no report yet. `node`
 * null: unknown. Takes ownership of the JSON.
 */
void board_workers(struct board *board, json_t *workers);

/* Adds a line of the server to the log. Any thread may call this, and board_log. */
void board_say(struct board *board, const char *text);

/* Adds lines that scripts log. */
void board_log(void *context, struct slice lines);

/* Stores errors of scripts that are known only after the last second. */
void board_late_exceptions(struct board *board, const struct exceptions *exceptions);

/*
 * Stores the verdict on the SLO: {met, text}. Takes ownership of the JSON. Call this before
 * board_end.
 */
void board_judge(struct board *board, json_t *verdict);

/* Call this when the run has ended. `problem` NULL: without an error. */
void board_end(struct board *board, const struct err *problem);

/* Hold the lock to call these: */

/* In Locust's words: ready, spawning, running, stopping, stopped. */
const char *board_state(const struct board *board);

/* True while a run is active, even if it is stopping. */
bool board_is_on(const struct board *board);

/* True if there was a run. Otherwise, the order is not set. */
bool board_has_run(const struct board *board);

/*
 * The host of the next run, unless its order names one; NULL: those of the scenario or the targets.
 */
const char *board_host(const struct board *board);

/*
 * The current rate, in requests per second, or in iterations per second in a search with users. 0:
 * none, or not constant.
 */
double board_asked(const struct board *board);

/* The number of users in the last second; 0 when nothing runs. */
uint64_t board_users(const struct board *board);

/* The number of workers in this state of board_workers; NULL: in all but "missing". */
uint64_t board_worker_count(const struct board *board, const char *state);

/* The errors of scripts since the last reset: exceptions_to_json. The caller owns it. */
json_t *board_exceptions(const struct board *board);

#endif
