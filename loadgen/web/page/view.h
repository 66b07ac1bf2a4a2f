/*
 * view - the state of a board as the page shows it, as one JSON object:
 *
 *     version, state
 *     kinds       kinds of tests that the server offers: "users", "rate", "capacity"
 *     kind        of the last test, or null
 *     has_shape   the scenario sets the number of users
 *     arguments   declared by the scenario: see board/runner.h; null: there is no scenario
 *     arrival     default for a rate: "constant" or "poisson"; null: rates are not offered
 *     problem     why the last test failed, or null
 *     begun_ms    when the last test began, since 1970; null: not yet
 *     order       {kind, users, spawn_rate, host, arguments, run_time_s, rate, ramp, sine, stages,
 *                 arrival, min_rate, max_rate, quick} of the last test; the settings of other kinds
 *                 are those of the command line; null: not given
 *     asked       the current rate, per second; null: none, or not constant
 *     slo         as text, or null
 *     slo_limits  [{percentile, limit_ms}] of all requests, for charts
 *     slo_now     whether the running test meets the SLO so far (slo_view.h); null: not judged now
 *     verdict     on the SLO, when the test has ended: {met, text}; `met` is null if the generator
 *                 was the limit. Null without an SLO
 *     search      {phase, rate, lower, upper, trials, result}: see board/runner.h; null: the last
 *                 test was not a search
 *     users       active users
 *     total       {requests, failures, rate, failure_rate, p50, p95, p99, max} since the start, or
 *                 the last reset
 *     recent      the same of the last 10 s, without `requests` and `failures`; null if no run is
 *                 active
 *     generator   {class, text}: the verdict on it; null without requests. `recent`: that on the
 *                 last 10 s; null if no run is active, or without requests in that time
 *     target      what its own metrics report (target_view.h); null: they are not read
 *     cpu_limit   CPUs that loadgen may use; 0: not known yet
 *     requests, failures, exceptions    the rows of the tables
 *     workers     as passed to board_workers (board/board.h)
 *     log         [{number, ms, text}]: lines of the server and of scripts, newest last
 *     generation  changes when a test starts, and with the server
 *     history     {width, from, columns, points}: a point is a list of numbers, in the order of
 *                 `columns`
 *
 * A client that has points of this generation and width gets those from index `from` on. It should
 * ask for its last point again, which changes until the next one begins. Any other client gets all
 * points, and `from` is 0.
 *
 * Times are in ms. Latencies are null without requests.
 *
 * Threads: hold the board's lock. Memory: the caller owns the object.
 */
#ifndef LOADGEN_WEB_PAGE_VIEW_H
#define LOADGEN_WEB_PAGE_VIEW_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct board;
struct history;

/* The points that a client has. Zeroes: none. */
struct view_known {
    uint64_t generation;
    uint64_t width;
    uint64_t from;
};

/* The caller has locked the board, and frees the state with view_free. */
json_t *view_state(struct board *board, const struct view_known *known);

/*
 * Locks the board: the state shares the list of workers with it, and Jansson does not order the
 * reads of one thread before the last release by another.
 */
void view_free(struct board *board, json_t *state);

/*
 * Parts of it, for clients of the events (web/api/events.h):
 *
 *     view_status    state, kind, problem, verdict
 *     view_order     order
 *     view_search    search
 *     view_log       log: the lines after the one with this number, at most the last
 *                    VIEW_LOG_BYTES
 *     view_second    asked, users, total, recent, generator, target, and `points`: those of the
 *                    history that cover seconds from this one on
 *     view_columns   the columns of the points
 */
enum { VIEW_LOG_BYTES = 16 * 1024 };

json_t *view_status(const struct board *board);
json_t *view_order(const struct board *board);
json_t *view_search(const struct board *board);
json_t *view_log(const struct board *board, uint64_t after);
json_t *view_second(struct board *board, uint64_t from);
json_t *view_columns(void);

/* Only the history, from this index on. */
json_t *view_history(const struct history *history, size_t from);

#endif
