#include "tests/cluster/simulation.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/random.h"

enum { DRAWN = 65536, ADDRESS_ROW = 0 };

/* Median and spread of the latencies: 5 ms; 0.1 % are over 27 ms. */
#define MEDIAN_NS 5e6
#define SIGMA 0.55
#define MEDIAN_LAG_NS 4e4

/*
 * One tally for all workers, as its pages would take half a megabyte for each. So one worker at a
 * time makes its second, which leaves the other cores to the controller and the broker.
 */
static struct {
    pthread_mutex_t lock;
    struct tally *tally;
    struct rows addresses;
    uint64_t next;
    uint64_t latency_ns[DRAWN];
    uint64_t lag_ns[DRAWN];
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static double draw_normal(struct random *random)
{
    double u = 1 - random_fraction(random);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * random_fraction(random));
}

void simulation_begin(void)
{
    struct random random = random_seeded(1);
    all.tally = memory_of(tally_create(true, true));
    rows_add(&all.addresses, "10.0.0.1:80");
    for (size_t i = 0; i < DRAWN; i++) {
        all.latency_ns[i] = (uint64_t)(MEDIAN_NS * exp(SIGMA * draw_normal(&random)));
        all.lag_ns[i] = (uint64_t)(MEDIAN_LAG_NS * exp(SIGMA * draw_normal(&random)));
    }
}

static struct result draw(uint64_t number, const struct second *second, size_t rows)
{
    uint64_t i = number * UINT64_C(0x9e3779b97f4a7c15) >> 48;
    bool is_bad = i % 1024 == 0;
    return (struct result){
        .number = number,
        .intended_ns = second->elapsed_ns - NS_PER_S / 2,
        .lag_ns = all.lag_ns[i],
        .service_ns = all.latency_ns[i],
        .bytes_in = 120,
        .row = (uint16_t)(i % rows),
        .address_row = ADDRESS_ROW,
        .code = is_bad ? 503 : 200,
        .outcome = OUTCOME_ANSWERED,
        .error = is_bad ? "503 Service Unavailable" : NULL,
    };
}

void simulation_report(struct reports *reports, struct second *second, struct tally *total,
                       const struct rows *rows, uint64_t count)
{
    pthread_mutex_lock(&all.lock);
    tally_clear(all.tally);
    for (uint64_t i = 0; i < count; i++) {
        struct result result = draw(all.next++, second, rows->count > 0 ? rows->count : 1);
        tally_add(all.tally, &result);
    }
    /* A report needs no more of the total than this. */
    total->counters.ended += count;
    histogram_merge(&total->latency, &all.tally->latency);
    histogram_merge(&total->lag, &all.tally->lag);
    second->tally = all.tally;
    second->total = total;
    second->rows = rows;
    reports_add(reports, second, &all.addresses);
    pthread_mutex_unlock(&all.lock);
}
