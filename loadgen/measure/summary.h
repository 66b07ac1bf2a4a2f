/*
 * summary - the measurements of one or more runs: everything that a report needs.
 *
 * Filled in by a run (loadgen/run/run.h) or from result files (loadgen/results/results.h).
 *
 * Threads: one owner. Memory: summary_destroy; mostly its tally (tally.h).
 */
#ifndef LOADGEN_MEASURE_SUMMARY_H
#define LOADGEN_MEASURE_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/measure/exceptions.h"
#include "loadgen/measure/tally.h"
#include "loadgen/measure/text_pool.h"

/* The state of the generator, to judge whether it was the bottleneck. */
struct generator {
    unsigned threads;
    double cpu_limit;    /* CPUs available: cgroup and affinity */
    double cpu_seconds;  /* of the whole process, during the run */
    double wall_seconds; /* of the run, with its drain */
    bool has_throttled;
    double throttled_seconds;   /* a lower bound (cgroup.h) */
    uint64_t throttled_most_ns; /* the most between two readings, which are about a second apart */
    bool has_stolen;
    double stolen_seconds;   /* CPU time that the hypervisor gave to other guests */
    bool has_scripts;        /* it ran scripts of users */
    double script_seconds;   /* estimated part of cpu_seconds that scripts used (run/usage.h) */
    uint64_t loop_p99_ns;    /* 99th percentile of loop turns: wake-up to last event handled */
    uint64_t loop_unread_ns; /* upper bound on how long a ready answer waited for its thread: the
                                rest of one loop turn, a late wake-up, and the next loop turn */
    uint64_t memory_bytes;   /* peak resident memory */
    uint64_t held_back_ns;   /* spent waiting for the reader of results, over all threads */
    int other_attacks;       /* other attacks in the same container during the run; -1: not known */
    uint64_t connects;       /* calls to connect(2) */
    uint64_t connect_ns;     /* time spent in connect(2) */
    uint64_t local_ports;    /* size of net.ipv4.ip_local_port_range */
    uint64_t time_wait;      /* TCP sockets in TIME_WAIT at the end, each holding a port */
};

/* How evenly requests were spread over the addresses of one host. */
struct spread {
    char host[80];      /* with port */
    uint64_t addresses; /* 0: no host has several */
    uint64_t least;     /* requests to the address that got the fewest */
    uint64_t most;      /* requests to the address that got the most */
};

enum { SUMMARY_DIFFERS = 320 };

/* What one of several workers that shared a run has measured, over the whole run. */
struct summary_own {
    uint64_t p50_ns; /* latency */
    uint64_t p99_ns;
    uint64_t lag_p99_ns;
    char differs[SUMMARY_DIFFERS]; /* from the other workers, and how; "": it does not */
};

/* The generator of one of several runs, or of one of several workers that shared a run. */
struct summary_generator {
    char name[64]; /* of the result file, or of the worker */
    struct generator generator;
    json_t *environment; /* NULL: not recorded */
    bool is_worker;
    struct summary_own own; /* of a worker */
};

enum {
    SUMMARY_SCHEDULE = 640,
    SUMMARY_CHANGES = 320,
    SUMMARY_LOSS = 320,
    SUMMARY_LOST = 320,
    SUMMARY_GENERATORS = 1024
};

struct summary {
    struct tally *tally;
    struct text_pool texts;
    struct exceptions exceptions; /* of scripts */
    struct rows rows;             /* names of the tally's rows */
    struct rows addresses;        /* names of its addresses */
    uint64_t wall_start_ns; /* wall clock at time 0 of the tally: the start of the run; 0 (1970) if
                               read from files */
    /* The schedule, and requests without a result; incomplete if a file has no end block. */
    bool has_plan;       /* false: all results are from vegeta's formats, which record neither */
    uint64_t rate_count; /* 0: closed loop */
    uint64_t rate_per_ns;
    char schedule[SUMMARY_SCHEDULE]; /* in words, if it has no single rate; otherwise "" */
    char changes[SUMMARY_CHANGES];   /* changes during the run, in words; `schedule` has them too */
    double scheduled_per_s;          /* mean rate of the schedule; 0: closed loop, or not known */
    uint64_t intended;
    uint64_t started;
    uint64_t unplanned; /* of `started`: results of runs whose plan or end is unknown; more may have
                           been intended */
    uint64_t not_started;
    uint64_t rows_not_started[ROWS_ALL]; /* not_started by row; unknown for a live source */
    uint64_t too_late;   /* of not_started: a connection was free, but the generator was too late */
    uint64_t iterations; /* of users, started at -rate */
    uint64_t iterations_dropped; /* due at that rate, when no user was free */
    uint64_t iterations_unknown; /* due at that rate on lost workers, and not reported */
    uint64_t lost_rows;          /* of data files: lost workers had them, used or not */
    uint64_t abandoned;          /* in flight when the run was abandoned; they have no result */
    uint64_t unknown;      /* requests that lost workers may have sent; neither in `started` nor in
                              `not_started` */
    bool is_unknown_least; /* `unknown` is a lower bound */
    char lost[SUMMARY_LOST]; /* names of the lost workers: "worker-7, worker-9" */
    bool workers_changed;    /* workers in other pods joined, left or were lost during the run */
    uint64_t users_moved;    /* to other workers, because workers joined, left or were lost */
    uint64_t lost_seconds;   /* without counters in the file, because its reader was slow */
    uint64_t lost_connects;  /* failed connects to names that are resolved only once (-dns-ttl 0) */
    struct spread spread;    /* the most uneven of all hosts */
    bool is_interrupted;
    bool is_cut_off;            /* it was stopped for lack of contact (drive_may_send) */
    bool is_abandoned;          /* the run was stopped a second time (run/run.h) */
    bool is_aborted;            /* by the observer: the SLO could no longer be met */
    bool is_cut_short;          /* the end of a file is missing or was not read */
    bool lacks_results;         /* a run recorded only the counts of each second */
    bool lacks_answers;         /* a run recorded no headers or bodies of answers */
    bool is_going_on;           /* more results will follow */
    uint64_t open_runs;         /* runs that have begun and not ended yet */
    uint64_t damaged;           /* damaged parts of the files, skipped */
    char loss[SUMMARY_LOSS];    /* the first damage: file, record or line, byte, and cause */
    struct generator generator; /* of several runs: see generator_merge */
    json_t *plan; /* of the run, or of the first of several (order/plan_json.h), without secrets;
                     NULL: not recorded */
    json_t *environment; /* of the run, or of the first of several (run/fingerprint.h); NULL: not
                            recorded */
    struct summary_generator *generators; /* one per run, in the order in which the runs ended */
    size_t generator_count;               /* at most SUMMARY_GENERATORS */
};

/* An empty summary; NULL if out of memory. */
struct summary *summary_create(void);
void summary_destroy(struct summary *summary);

/* Empties a summary. Much cheaper than creating another one. */
void summary_clear(struct summary *summary);

/* The number of users in the run's plan; 0: the run had no scenario, or it is not known. */
uint64_t summary_users(const struct summary *summary);

/* The shape of the run's users, in words: "up to 50 users in 3 stages". NULL: there was none. */
const char *summary_shape(const struct summary *summary);

/* Appends a schedule in words, if there is room. */
void summary_add_schedule(struct summary *summary, const char *words);

/*
 * Appends a change of the schedule that took effect at_ns after the start. The schedule then has no
 * single rate, so rate_count becomes 0, and `schedule` gets the first rate in words.
 */
void summary_change_schedule(struct summary *summary, const char *words, uint64_t at_ns);

/* Like summary_change_schedule, for changes that are already in words. */
void summary_add_changes(struct summary *summary, const char *changes);

/*
 * Adds lost workers and the number of requests that they may have sent. Names that do not fit are
 * left out.
 */
void summary_add_lost(struct summary *summary, const char *names, uint64_t unknown, bool is_least);

/*
 * Adds the generator of one run; `name` is the name of the run's result file, or of the worker.
 * Keeps its own reference to `environment`; NULL: not recorded. Returns the entry, valid until the
 * next one is added; NULL: there is no room for it.
 */
struct summary_generator *summary_add_generator(struct summary *summary, const char *name,
                                                const struct generator *generator,
                                                json_t *environment);

/* A worker's entry, as JSON in result files. */
json_t *summary_worker_to_json(const struct summary_generator *worker);
void summary_add_worker_from_json(struct summary *summary, const json_t *json);

/*
 * Requests started per second: (results - 1) / (last started - first started); the number of
 * results if that span is 0.
 */
double summary_rate(const struct summary *summary);

/* Successes / (attack + wait), per second; the number of successes if that time is 0. */
double summary_throughput(const struct summary *summary);

/* vegeta's duration (last intended - first intended) and wait (end - last intended). */
uint64_t summary_attack_ns(const struct summary *summary);
uint64_t summary_wait_ns(const struct summary *summary);

/* CPU time used / CPU time available: 1 if all of it was used; 0 if the limit is not known. */
double generator_cpu_share(const struct generator *generator);

/*
 * Upper bound on how late an answer was read because its thread was busy or throttled; the largest
 * of several generators.
 */
uint64_t generator_read_late_ns(const struct generator *generator);

/* True if the search for free local ports slowed the generator down. */
bool generator_lacks_ports(const struct generator *generator);

/* Keeps the more uneven of the two in `into`. */
void spread_merge(struct spread *into, const struct spread *from);

/* (most - least) / ((most + least) / 2); 0 if there were no requests. */
double spread_width(const struct spread *spread);

/* The generator as JSON, in result files and reports. */
json_t *generator_to_json(const struct generator *generator);
struct generator generator_from_json(const json_t *json);

/*
 * The change from one state of a run to a later one: times and counts are differences. The peaks
 * loop_unread_ns and throttled_most_ns, and loop_p99_ns, which cannot be subtracted, are those
 * since the start.
 */
struct generator generator_since(const struct generator *then, const struct generator *now);

/*
 * Merges figures so that no problem is hidden: adds held_back_ns, and keeps the worse value of each
 * other figure. Figures that belong together, such as those of the CPU, are kept from the same run.
 */
void generator_merge(struct generator *into, const struct generator *from);

#endif
