/*
 * course - one run of a controller. Internal to cluster/controller.
 *
 *     controller.c   the steps of a run
 *     course.c       helpers for all steps
 *     inbox.c        messages of workers
 *     muster.c       up to the start: order, workers, seats
 *     takeover.c     continues the run of a controller that has died
 *     heir.c         saves state for the next controller of the run
 *     epochs.c       epochs: owners of slots, schedules, and numbers of users
 *     lookout.c      lists the workers while nothing runs
 *     crew.c         the list of workers, for tables
 *     outcome.c      output to the observer, the result file and the summary
 */
#ifndef LOADGEN_CLUSTER_CONTROLLER_COURSE_H
#define LOADGEN_CLUSTER_CONTROLLER_COURSE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/cluster/bus/bucket.h"
#include "loadgen/cluster/bus/queue.h"
#include "loadgen/cluster/bus/stream.h"
#include "loadgen/cluster/controller/options.h"
#include "loadgen/cluster/merge/merge.h"
#include "loadgen/cluster/roster.h"
#include "loadgen/cluster/wire/end.h"
#include "loadgen/cluster/wire/order.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/order/files.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/epoch.h"
#include "loadgen/pace/profile.h"
#include "loadgen/run/changes.h"
#include "loadgen/run/run.h"

/* How long to retry calls to the broker that time out. */
#define COURSE_PATIENCE_NS (20 * NS_PER_S)

/* The age of the last pong up to which the controller counts as connected. */
#define COURSE_CONNECTED_NS (3 * NS_PER_S)

/* An entry in the list of all epochs of the run. */
struct knot {
    struct epoch epoch;
    uint64_t users; /* as in wire_epoch, like users_per_s */
    double users_per_s;
    uint64_t revision; /* of its key, as far as known; 0: none */
    bool is_decided;   /* its slots are final, even if not yet published */
    struct knot *next;
};

/* The state saved for the next controller. */
struct heir {
    bool is_needed;    /* the stream is too small for all tallies */
    bool is_told;      /* it was reported that the state cannot be stored */
    uint64_t due_ns;   /* CLOCK_MONOTONIC: when to save next */
    uint64_t number;   /* of the last saved state */
    uint64_t parts[2]; /* maximum parts stored on each side */
};

struct course {
    const struct controller_options *options;
    struct bus *bus;
    struct bucket *bucket;
    struct bus_queue *queue;
    uint64_t run;
    uint64_t clock; /* of this controller: wire/clock.h */
    /* Arguments of the run. */
    const struct order *order;
    const struct driver_type *driver_type;
    const struct control *control;
    const struct observer *observer;
    struct result_writer *writer;
    struct summary *summary;
    struct wire_order head; /* of the order */
    struct order_files files;
    /* State. */
    struct roster roster;
    struct merge *merge;    /* NULL: not started */
    uint64_t origin_ns;     /* the clock of the results' header */
    uint64_t start_ns;      /* 0: not known yet */
    struct knot *first;     /* epochs */
    struct knot *last;      /* the last final one */
    struct knot *next;      /* published, but not final yet; NULL: none */
    uint64_t next_revision; /* of the key of an epoch that could not be published */
    uint64_t decide_ns;     /* run time at which `next` becomes final with the old slots */
    struct epoch_counter counter;
    struct heir heir;
    struct profile profile; /* of the users of a scenario */
    bool is_elastic;        /* their number can be changed */
    bool can_move;          /* slots can move to other workers */
    struct wish wish;       /* a change that waits for its epoch */
    bool has_wish;
    uint64_t asked;        /* how often control->stop_fd requested a stop */
    uint64_t stops;        /* published stops: 1 drain, 2 abandon */
    uint64_t return_by_ns; /* on the roster's clock: until when workers may join again */
    uint64_t reported_ns;  /* on the roster's clock: when the last message of that stream arrived */
    uint64_t taken;        /* sequence of the last message read from the stream of tallies */
    uint64_t replay_until; /* messages of the stream up to this one are old; 0: none are */
    uint64_t wall_ns;      /* of the start, by the wall clock of the controller that set it */
    uint64_t stop_ns;      /* run time at which a stop was first published; UINT64_MAX: not yet */
    uint64_t give_up_ns;   /* CLOCK_MONOTONIC: when to end an abandoned run; UINT64_MAX: not yet */
    uint64_t late_ns;      /* CLOCK_MONOTONIC: since when the lease is late; 0: it is not */
    bool is_late_told;
    bool is_ours; /* this controller sent the order or took over the run, so it may remove it */
    bool is_superseded; /* another controller has the run, so this one must not write anything */
    bool is_aborted;    /* by the observer */
    bool has_quit;      /* a script has ended the run */
    bool has_no_users;  /* all users have ended by themselves */
    bool has_moved;     /* slots were moved between workers */
    uint64_t turn_ns;   /* CLOCK_MONOTONIC: when the next turn may begin (inbox.c) */
    uint64_t shown_ns;  /* CLOCK_MONOTONIC: when on_workers was last called */
    size_t told_silent; /* silent workers that were reported */
    size_t told_lost;
    struct err err; /* what ended the run early */
};

/* Formats a line for options->tell. */
void course_tell(const struct course *course, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The run time; 0: it has not started. */
uint64_t course_now_ns(const struct course *course);

/*
 * Reads a key. Timeouts are retried for COURSE_PATIENCE_NS, or until a stop is requested. *is_there
 * false: there is no such key. False with err: not known. The caller frees *value.
 */
bool course_read_key(const struct course *course, const char *key, struct bus_message *value,
                     bool *is_there, struct err *err);

/* Reads the state of the stream of tallies, with the same retries. */
bool course_look(const struct course *course, struct bus_stream_state *tallies, struct err *err);

/* inbox.c */

/* Listens to workers. `from`: the first message of the stream of tallies, from 1; 0: only new
 * ones. */
bool course_listen(struct course *course, uint64_t from, struct err *err);

/*
 * True if the message is from this worker. The broker lets workers publish only under their own
 * names, so the subject names the sender.
 */
bool course_is_from(const struct bus_message *message, const char *subject,
                    const struct wire_worker *worker);

/*
 * Handles messages that have arrived, or waits up to 0.1 s for one. Reports silent and lost
 * workers.
 */
void course_attend(struct course *course);

/* muster.c */

/* Fills in `head` and `files`. */
bool course_pack(struct course *course, struct err *err);

/* Listens, sends the order, and waits until the expected workers have set it up. */
bool course_muster(struct course *course, struct err *err);

/* Sets the start time and publishes it. */
bool course_start(struct course *course, struct err *err);

/* Publishes the start time on this controller's clock. */
bool course_publish_start(const struct course *course, struct err *err);

/* crew.c */

/* Calls options->on_workers. `is_over`: the run has ended. */
void course_show_workers(const struct course *course, bool is_over);

/* takeover.c */

/*
 * Looks for a run of the same order that has a duration and no controller, and stores its number in
 * course->run. The caller holds the lease. False: not known.
 */
bool course_find_run(struct course *course, bool *is_on, struct err *err);

/*
 * Continues this run, after reading all of its data from the broker. False: the run is unchanged,
 * so that another attempt can succeed.
 */
bool course_take_over(struct course *course, struct err *err);

/* heir.c */

/* Saves the merged state if that is due, and deletes the tallies that it includes. */
void course_leave_state(struct course *course);

/*
 * Loads the state that another controller of the run has saved into a new merge. *from: the first
 * message of the stream that the state does not include; 1 if there is no state.
 */
bool course_load_state(struct course *course, uint64_t *from, struct err *err);

/* Deletes the saved state at the end of the run. */
void course_drop_state(const struct course *course);

/* epochs.c */

/* Publishes epoch 0, in which all ready workers have seats. */
bool course_begin_epochs(struct course *course, struct err *err);

/* Publishes an epoch if one is due, or makes it final. */
void course_move_epochs(struct course *course);

/* Tells the merge which workers report from the last epoch on, and which are lost. */
void course_tell_merge(struct course *course);

/* At the end: workers without an account are lost, with all requests that were theirs until then.
 */
void course_lose_rest(struct course *course);

void course_free_epochs(struct course *course);

/* The part of this worker in what a driver with a cargo divides among all. */
struct cargo_part course_part(const struct course *course, const struct roster_member *member);

/* outcome.c */

/* Opens the summary and the result file. wall_ns: the wall clock at origin_ns. */
void course_open_summary(struct course *course, uint64_t wall_ns);

/* Creates the merge. The start time must be known. */
bool course_open_merge(struct course *course, struct err *err);

/* Completes the summary and the file, after the last worker has ended. */
void course_close_outcome(struct course *course);

#endif
