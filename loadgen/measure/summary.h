/*
 * summary - what a run measured: all that a report is made from.
 *
 * Filled by a run as it happens (loadgen/run/run.h) or from result files
 * (loadgen/results/results.h); the reports do not know which.
 *
 * Threads: one owner. Memory: summary_create, summary_destroy; 120 MB with the rows,
 * of which only the pages in use are ever touched.
 */
#ifndef LOADGEN_MEASURE_SUMMARY_H
#define LOADGEN_MEASURE_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/measure/tally.h"
#include "loadgen/measure/text_pool.h"

/* The generator's own state: was it the bottleneck? */
struct generator {
    unsigned threads;
    double cpu_limit;    /* CPUs that it may use: cgroup and affinity */
    double cpu_seconds;  /* used by the whole process during the run */
    double wall_seconds; /* that the run took, with its drain */
    bool has_throttled;
    double throttled_seconds;
    uint64_t loop_p99_ns;  /* from the return of epoll_wait to the last event handled */
    uint64_t memory_bytes; /* resident, at its most */
    uint64_t held_back_ns; /* waited for the reader of the results, summed over threads */
};

/* One of several runs that a report is made from. */
struct summary_generator {
    char name[64]; /* of its file */
    struct generator generator;
};

enum { SUMMARY_SCHEDULE = 320, SUMMARY_LOSS = 320, SUMMARY_GENERATORS = 1024 };

struct summary {
    struct tally *tally;
    struct text_pool texts;
    struct rows rows;       /* the names of the tally's rows */
    struct rows addresses;  /* and of its addresses */
    uint64_t wall_start_ns; /* what the moments of the tally count from, by the wall clock: the
                               start of the run, or 0 (1970) when they were read from files */
    /* What was asked for and did not become a result; unknown in a file without an end. */
    bool has_plan;
    uint64_t rate_count; /* 0: closed loop */
    uint64_t rate_per_ns;
    char schedule[SUMMARY_SCHEDULE]; /* any other schedule in words, "" for none */
    double asked_per_s;              /* the mean of the schedule; 0: a closed loop, or not known */
    uint64_t intended;
    uint64_t started;
    uint64_t unplanned; /* of these, results of which no plan or no end of the run is known: as many
                           as were read, though more may have been intended */
    uint64_t not_started;
    uint64_t rows_not_started[ROWS_ALL]; /* of these, by target; of a live source it is not known */
    uint64_t too_late;     /* of these: a connection was free, but the generator too far behind */
    uint64_t lost_seconds; /* seconds that the file says nothing of, its reader being slow */
    bool is_interrupted;
    bool is_aborted;         /* by the observer: the aim could not be met any more */
    bool is_cut_short;       /* the file has no end */
    bool is_going_on;        /* more results are still to come */
    uint64_t open_runs;      /* that were begun in what was read, and not ended: they may go on */
    uint64_t damaged;        /* places of the files that could not be read */
    char loss[SUMMARY_LOSS]; /* the first of them: file, record or line, byte, and why */
    struct generator generator;           /* of several: the worst of each */
    struct summary_generator *generators; /* each of them, in the order of their ends */
    size_t generator_count;               /* SUMMARY_GENERATORS at most */
};

/* An empty summary; NULL when memory is short. */
struct summary *summary_create(void);
void summary_destroy(struct summary *summary);

/* Adds a schedule that is no constant rate, in words; what there is no room for is left out. */
void summary_add_schedule(struct summary *summary, const char *words);

/* Adds the state of one run's generator to those of the others. */
void summary_add_generator(struct summary *summary, const char *name,
                           const struct generator *generator);

/*
 * requests per second as sent: (started - 1) / (last started - first started); the plain count when
 * that is no time at all. 0 without results.
 */
double summary_rate(const struct summary *summary);

/* Successes per second of attack and wait; the plain count when that is no time at all. */
double summary_throughput(const struct summary *summary);

/* last intended - first intended, and the end - last intended, in ns: vegeta's duration and wait.
 */
uint64_t summary_attack_ns(const struct summary *summary);
uint64_t summary_wait_ns(const struct summary *summary);

/* The part of the CPU that it might use that the generator used, 0 to 1. */
double generator_cpu_share(const struct generator *generator);

/* The generator as JSON, and back: the same words in result files and reports. */
json_t *generator_to_json(const struct generator *generator);
struct generator generator_from_json(const json_t *json);

/* Of several generators: the worse of each, so that no trouble is hidden. */
void generator_merge(struct generator *into, const struct generator *from);

#endif
