/*
 * The part of a simulated worker (cluster/worker/part.h): it sends no requests, but reports those
 * that its slots give it, each ended at the end of its second. All else of a worker is the real
 * code.
 *
 * It follows a rate, not users.
 */
#include "loadgen/cluster/worker/part.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/worker/reports.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/epoch.h"
#include "tests/cluster/simulation.h"

#define LIMIT_CPUS 0.25
#define MEMORY_BYTES (UINT64_C(16) << 20)

struct part {
    struct part_config config;
    struct epoch *first;
    struct epoch *last; /* used by the worker's thread */
    uint64_t epochs;
    struct epoch_counter counter;
    struct epoch_part *shares; /* of this worker's threads */
    uint16_t threads;
    struct reports reports;
    struct tally *total;
    int news_fd;
    _Atomic int state;
    bool is_started;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* written under the lock */
    _Atomic uint64_t start_ns; /* 0: not known */
    uint64_t stop_ns;          /* CLOCK_MONOTONIC; UINT64_MAX: not stopped */
};

static void set_state(struct part *part, enum part_state state)
{
    atomic_store(&part->state, state);
    eventfd_write(part->news_fd, 1);
}

/* The part's thread. */

/* False: it was stopped before the start. */
static bool await_start(struct part *part)
{
    pthread_mutex_lock(&part->lock);
    while (part->start_ns == 0 && part->stop_ns == UINT64_MAX) {
        pthread_cond_wait(&part->changed, &part->lock);
    }
    bool has_begun = part->start_ns > 0;
    pthread_mutex_unlock(&part->lock);
    return has_begun;
}

/* Waits until this run time, or for a stop. Returns the run time that was reached. */
static uint64_t await(struct part *part, uint64_t until_ns)
{
    pthread_mutex_lock(&part->lock);
    struct timespec until = clock_system_time(part->start_ns + until_ns);
    while (clock_now_ns() < least(part->start_ns + until_ns, part->stop_ns)) {
        pthread_cond_timedwait(&part->changed, &part->lock, &until);
    }
    uint64_t stop_ns = part->stop_ns == UINT64_MAX ? UINT64_MAX : part->stop_ns - part->start_ns;
    pthread_mutex_unlock(&part->lock);
    return least(until_ns, stop_ns);
}

/* The requests of this worker that were due by then. */
static uint64_t count_due(struct part *part, uint64_t now_ns)
{
    uint64_t n = epoch_count(&part->counter, now_ns);
    uint64_t due = 0;
    for (uint16_t i = 0; i < part->threads; i++) {
        due += epoch_part_count(&part->shares[i], n);
    }
    return due;
}

static void report(struct part *part, uint64_t index, uint64_t now_ns, uint64_t due)
{
    const struct order *order = part->config.order;
    double seconds = (double)now_ns / (double)NS_PER_S;
    const struct generator generator = {
        .threads = part->threads,
        .cpu_limit = LIMIT_CPUS,
        .cpu_seconds = seconds * LIMIT_CPUS / 4,
        .wall_seconds = seconds,
        .memory_bytes = MEMORY_BYTES,
    };
    struct second second = {
        .index = index,
        .elapsed_ns = now_ns,
        .intended = due,
        .started = due,
        .generator = &generator,
    };
    simulation_report(&part->reports, &second, part->total, &order->targets->rows,
                      due - part->total->counters.ended);
}

/* Reports each second. Returns the number of requests. */
static uint64_t send_all(struct part *part)
{
    uint64_t duration_ns = part->config.order->plan->schedule.duration_ns;
    uint64_t end_ns = duration_ns > 0 ? duration_ns : UINT64_MAX;
    uint64_t second = part->first->at_ns / NS_PER_S;
    uint64_t due = 0;
    bool is_last = false;
    while (!is_last) {
        uint64_t until_ns = least((second + 1) * NS_PER_S, end_ns);
        uint64_t now_ns = await(part, until_ns);
        due = most(due, count_due(part, now_ns));
        report(part, second, now_ns, due);
        is_last = now_ns < until_ns || now_ns == end_ns;
        second++;
    }
    return due;
}

static void *work(void *context)
{
    struct part *part = context;
    struct wire_end end = {0};
    set_state(part, PART_READY);
    bool has_begun = await_start(part);
    uint64_t sent = has_begun ? send_all(part) : 0;
    struct summary *summary = memory_of(summary_create());
    summary->intended = summary->started = summary->tally->counters.ended = sent;
    summary->generator = (struct generator){
        .threads = part->threads, .cpu_limit = LIMIT_CPUS, .memory_bytes = MEMORY_BYTES};
    reports_end(&part->reports, &end, summary, NULL);
    summary_destroy(summary);
    set_state(part, PART_ENDED);
    return NULL;
}

/* The worker's thread. */

static struct epoch *copy_epoch(const struct wire_epoch *from)
{
    struct epoch *epoch = memory_of(calloc(1, sizeof *epoch));
    const struct epoch given = {
        .number = from->number,
        .at_ns = from->at_ns,
        .first = from->first,
        .piece = from->piece,
        .walk = from->walk,
        .slots = from->slots,
    };
    epoch_init_copy(epoch, &given);
    return epoch;
}

static void make_lock(struct part *part)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&part->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&part->lock, NULL);
}

struct part *part_start(const struct part_config *config, const struct wire_epoch *epoch,
                        struct err *err)
{
    const struct wire_seat *seat = wire_epoch_find(epoch, &config->self);
    if (schedule_is_closed(&config->order->plan->schedule)) {
        err_set(err, ERR_FAILED, "simulated workers need a rate");
        return NULL;
    }
    struct part *part = memory_of(calloc(1, sizeof *part));
    part->config = *config;
    part->stop_ns = UINT64_MAX;
    part->first = part->last = copy_epoch(epoch);
    part->threads = seat->threads;
    part->shares = memory_of(calloc(seat->threads, sizeof *part->shares));
    part->total = memory_of(tally_create(false, false));
    part->news_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    epoch_counter_init(&part->counter, part->first);
    for (uint16_t i = 0; i < seat->threads; i++) {
        epoch_part_init(&part->shares[i], part->first, (uint16_t)(seat->first + i));
    }
    make_lock(part);
    reports_init(&part->reports, config->outbox, &config->self, epoch->run);
    atomic_store(&part->reports.epoch, epoch->number);
    part->is_started = part->news_fd >= 0 && pthread_create(&part->thread, NULL, work, part) == 0;
    if (!part->is_started) {
        err_set(err, ERR_FAILED, "out of descriptors or threads");
        part_free(part);
        return NULL;
    }
    return part;
}

int part_fd(const struct part *part)
{
    return part->news_fd;
}

enum part_state part_state(struct part *part)
{
    eventfd_t count = 0;
    eventfd_read(part->news_fd, &count);
    return (enum part_state)atomic_load(&part->state);
}

void part_begin(struct part *part, uint64_t start_ns)
{
    pthread_mutex_lock(&part->lock);
    part->start_ns = part->start_ns > 0 ? part->start_ns : start_ns;
    pthread_cond_signal(&part->changed);
    pthread_mutex_unlock(&part->lock);
}

bool part_has_begun(const struct part *part)
{
    return atomic_load(&part->start_ns) > 0;
}

uint64_t part_elapsed_ns(const struct part *part)
{
    uint64_t start_ns = atomic_load(&part->start_ns);
    uint64_t now_ns = clock_now_ns();
    return start_ns > 0 && now_ns > start_ns ? now_ns - start_ns : 0;
}

/* Later requests wait for the final epoch, but only if this one arrived before it begins. */
static bool close_last(struct part *part, const struct wire_epoch *epoch)
{
    bool is_in_time = part_elapsed_ns(part) < epoch->at_ns;
    if (is_in_time) {
        epoch_close(part->last, epoch->at_ns);
    }
    return is_in_time;
}

bool part_follow(struct part *part, const struct wire_epoch *epoch, struct err *err)
{
    (void)err;
    bool is_in_time = epoch->is_final || close_last(part, epoch);
    if (epoch->is_final && epoch->number > part->last->number) {
        struct epoch *next = copy_epoch(epoch);
        epoch_close(part->last, epoch->at_ns);
        epoch_publish(part->last, next);
        part->last = next;
        atomic_store(&part->reports.epoch, epoch->number);
    }
    part->epochs = is_in_time ? most(part->epochs, epoch->number + 1) : part->epochs;
    return true;
}

uint64_t part_epochs(const struct part *part)
{
    return part->epochs;
}

void part_stop(struct part *part, enum wire_stop_how how)
{
    (void)how; /* nothing is in flight */
    pthread_mutex_lock(&part->lock);
    part->stop_ns = least(part->stop_ns, clock_now_ns());
    pthread_cond_signal(&part->changed);
    pthread_mutex_unlock(&part->lock);
}

bool part_was_cut_off(const struct part *part)
{
    (void)part; /* it sends nothing, so it needs no contact */
    return false;
}

const char *part_problem(const struct part *part)
{
    (void)part;
    return "";
}

void part_free(struct part *part)
{
    if (!part) {
        return;
    }
    if (part->is_started) {
        part_stop(part, WIRE_ABANDON);
        pthread_join(part->thread, NULL);
    }
    while (part->first) {
        struct epoch *next = atomic_load(&part->first->next);
        free(part->first);
        part->first = next;
    }
    pthread_cond_destroy(&part->changed);
    pthread_mutex_destroy(&part->lock);
    reports_fini(&part->reports);
    tally_destroy(part->total);
    free(part->shares);
    if (part->news_fd >= 0) {
        close(part->news_fd);
    }
    free(part);
}
