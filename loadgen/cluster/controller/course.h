/*
 * course - one run of a controller. Internal to cluster/controller.
 *
 *     controller.c   the steps of a run
 *     course.c       what all need
 *     inbox.c        what workers say
 *     muster.c       until the start: order, workers, seats
 *     takeover.c     instead of that: the run of a controller that has died
 *     heir.c         what is left for the next controller of the run
 *     epochs.c       who owns what from when on
 *     crew.c         who takes part, for tables
 *     outcome.c      what the observer, the result file and the summary get
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
#include "loadgen/order/files.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/epoch.h"
#include "loadgen/run/changes.h"
#include "loadgen/run/run.h"

/* How long the broker may be silent while a run is looked for. */
#define COURSE_PATIENCE_NS (20 * NS_PER_S)

/* An epoch, in the list of all of the run. */
struct knot {
    struct epoch epoch;
    uint64_t users;    /* as in wire_epoch */
    uint64_t revision; /* of its key, as far as we know; 0: it has none */
    bool is_decided;   /* its slots are final, even if nobody was told yet */
    struct knot *next;
};

/* The state that is left for the next controller. */
struct heir {
    bool is_needed;    /* the stream cannot keep all tallies */
    bool is_told;      /* that it cannot be stored */
    uint64_t due_ns;   /* CLOCK_MONOTONIC: the next one */
    uint64_t number;   /* of the last one */
    uint64_t parts[2]; /* stored on each side, at most */
};

struct course {
    const struct controller_options *options;
    struct bus *bus;
    struct bucket *bucket;
    struct bus_queue *queue;
    uint64_t run;
    uint64_t clock; /* of this controller: wire/clock.h */
    /* What was asked for. */
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
    struct knot *last;      /* that is final */
    struct knot *next;      /* published, but not final; NULL: none */
    uint64_t next_revision; /* of the key of an epoch that could not be published */
    uint64_t decide_ns; /* run time at which `next` becomes final, with the slots as they were */
    struct epoch_counter counter;
    struct heir heir;
    struct wish wish; /* a change that waits for its epoch */
    bool has_wish;
    uint64_t asked;        /* how often control->stop_fd asked to stop */
    uint64_t stops;        /* what was published of it: 1 drain, 2 abandon */
    uint64_t reported_ns;  /* on the roster's clock: the last message of that stream */
    uint64_t taken;        /* the last message of the stream of tallies that was read */
    uint64_t replay_until; /* what the stream has up to this message is old; 0: all is new */
    uint64_t wall_ns;      /* of the start, by the wall clock of who fixed it */
    uint64_t stop_ns;      /* run time at which it was published first; UINT64_MAX: not yet */
    uint64_t give_up_ns;   /* CLOCK_MONOTONIC: when to end an abandoned run; UINT64_MAX: not yet */
    bool is_ours;          /* we have sent the order or taken the run over: we may remove it */
    bool is_superseded;    /* another controller has the run: nothing more is ours to write */
    bool is_aborted;       /* by the observer */
    bool has_quit;         /* a script has ended the run */
    bool has_moved;        /* slots went from one worker to another */
    uint64_t shown_ns;     /* CLOCK_MONOTONIC: when the workers were shown last */
    size_t told_silent;    /* workers whose silence was told */
    size_t told_lost;
    struct err err; /* what ended the run early */
};

/* Formats a line for options->tell. */
void course_tell(const struct course *course, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The run time; 0: it has not started. */
uint64_t course_now_ns(const struct course *course);

/*
 * Reads a key. A time-out does not say that there is none: it is tried again for
 * COURSE_PATIENCE_NS, or until somebody asks to stop. *is_there false: there is none. False with
 * err: not known. The caller frees *value.
 */
bool course_read_key(const struct course *course, const char *key, struct bus_message *value,
                     bool *is_there, struct err *err);

/* Looks at the stream of tallies, as patiently. */
bool course_look(const struct course *course, struct bus_stream_state *tallies, struct err *err);

/* inbox.c */

/* Listens to workers. `from`: the first message of the stream of tallies, from 1; 0: only new
 * ones. */
bool course_listen(struct course *course, uint64_t from, struct err *err);

/* Handles what has arrived, or waits for it for a tenth of a second. Tells who is silent or lost.
 */
void course_attend(struct course *course);

/* muster.c */

/* Fills in `head` and `files`. */
bool course_pack(struct course *course, struct err *err);

/* Listens, sends the order, and waits until the workers have come and set it up. */
bool course_muster(struct course *course, struct err *err);

/* Fixes the start and publishes it. */
bool course_start(struct course *course, struct err *err);

/* Publishes the start on this controller's clock. */
bool course_publish_start(const struct course *course, struct err *err);

/* crew.c */

/* Tells options->on_workers. `is_over`: the run has ended. */
void course_show_workers(const struct course *course, bool is_over);

/* takeover.c */

/* Finds out whether a run of the same order is on, which nobody controls, and which has a duration:
 * course->run is then its number. The caller has the lease. False: it is not known. */
bool course_find_run(struct course *course, bool *is_on, struct err *err);

/* Goes on with it: everything that the broker has of it is read again. False: it stays as it is, so
 * that another attempt can succeed. */
bool course_take_over(struct course *course, struct err *err);

/* heir.c */

/* Stores the merged state if that is due, and drops the tallies that it includes. */
void course_leave_state(struct course *course);

/* Loads the state that another controller of the run has left, into a merge that was just created.
 * *from: the first message of the stream that is not in it; 1 if there is none. */
bool course_load_state(struct course *course, uint64_t *from, struct err *err);

/* Deletes it, at the end of the run. */
void course_drop_state(const struct course *course);

/* epochs.c */

/* Publishes epoch 0: all who are ready have seats. */
bool course_begin_epochs(struct course *course, struct err *err);

/* Publishes an epoch where one is due, or makes it final. */
void course_move_epochs(struct course *course);

/* Tells the merge who reports from the last epoch on, and who is lost. */
void course_tell_merge(struct course *course);

void course_free_epochs(struct course *course);

/* outcome.c */

/* Opens summary and result file. wall_ns: the wall clock at origin_ns. */
void course_open_summary(struct course *course, uint64_t wall_ns);

/* Creates the merge. The start is known. */
bool course_open_merge(struct course *course, struct err *err);

/* After the last worker: completes summary and file. */
void course_close_outcome(struct course *course);

#endif
