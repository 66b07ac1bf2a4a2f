#include "loadgen/cluster/worker/part.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/worker/reports.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/drive/driver.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/team.h"
#include "loadgen/pace/team_entry.h"
#include "loadgen/run/changes.h"
#include "loadgen/run/run.h"

struct part {
    struct part_config config;
    struct team team;
    struct team_entry entry;
    struct changes changes;
    bool has_changes;
    struct reports reports;
    int stop_fd;  /* of struct control */
    int start_fd; /* readable: start_ns is set */
    int news_fd;  /* readable: the state has changed */
    _Atomic uint64_t start_ns;
    _Atomic int state;
    unsigned stops; /* written to stop_fd */
    bool is_started;
    pthread_t thread;
    struct summary *summary;
    struct err err; /* of the run */
};

static void signal_fd(int fd)
{
    const uint64_t one = 1;
    (void)!write(fd, &one, sizeof one);
}

static void set_state(struct part *part, enum part_state state)
{
    atomic_store(&part->state, state);
    signal_fd(part->news_fd);
}

/* The run's thread. */

static uint64_t await_start(void *context, struct err *err)
{
    struct part *part = context;
    struct pollfd waits[] = {
        {.fd = part->start_fd, .events = POLLIN},
        {.fd = part->stop_fd, .events = POLLIN},
    };
    (void)err;
    set_state(part, PART_READY);
    while (poll(waits, 2, -1) < 0 && errno == EINTR) {
    }
    return atomic_load(&part->start_ns); /* 0: stopped before the start */
}

static bool on_second(void *context, const struct second *second)
{
    struct part *part = context;
    reports_add(&part->reports, second, &part->summary->addresses);
    return true;
}

static void *work(void *context)
{
    struct part *part = context;
    const struct part_config *config = &part->config;
    const struct control control = {
        .stop_fd = part->stop_fd,
        .changes = &part->changes,
        .team = &part->team,
        .contact_ns = config->contact_ns,
        .await_start = await_start,
        .context = part,
    };
    const struct observer observer = {on_second, part, config->counts_targets};
    struct wire_end end = {0};
    bool ok = run(config->order, config->driver_type, &control, &observer, NULL, part->summary,
                  &part->err);
    snprintf(end.problem, sizeof end.problem, "%s", part->err.text);
    const struct driver_cargo *cargo = config->driver_type->cargo;
    json_t *account = cargo ? cargo->account(config->order->source) : NULL;
    reports_end(&part->reports, &end, ok ? part->summary : NULL, account);
    json_decref(account);
    set_state(part, PART_ENDED);
    return NULL;
}

/* Other threads. */

static void fill(struct epoch *epoch, const struct wire_epoch *from)
{
    *epoch = (struct epoch){
        .number = from->number,
        .at_ns = from->at_ns,
        .first = from->first,
        .piece = from->piece,
        .walk = from->walk,
        .slots = from->slots,
        .end_ns = UINT64_MAX,
    };
}

static void take_seat(struct part *part, const struct wire_epoch *epoch,
                      const struct wire_seat *seat)
{
    part->team = (struct team){
        .slots = epoch->slots,
        .first = seat->first,
        .threads = seat->threads,
        .all = wire_epoch_threads(epoch),
    };
    if (epoch->number > 0) {
        fill(&part->entry.epoch, epoch);
        part->entry.users = epoch->users;
        part->entry.users_from = epoch->users_from;
        part->entry.users_per_s = epoch->users_per_s;
        part->team.entry = &part->entry;
    }
}

static bool open_fds(struct part *part, struct err *err)
{
    part->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    part->start_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    part->news_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return (part->stop_fd >= 0 && part->start_fd >= 0 && part->news_fd >= 0) ||
           err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
}

static bool is_closed(const struct part *part)
{
    return schedule_is_closed(&part->config.order->plan->schedule);
}

static bool start(struct part *part, struct err *err)
{
    part->summary = summary_create();
    if (!part->summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    part->has_changes = changes_init(&part->changes, is_closed(part), err);
    if (!part->has_changes) {
        return false;
    }
    int failed = pthread_create(&part->thread, NULL, work, part);
    part->is_started = failed == 0;
    return part->is_started ||
           err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(failed));
}

struct part *part_start(const struct part_config *config, const struct wire_epoch *epoch,
                        struct err *err)
{
    const struct wire_seat *seat = wire_epoch_find(epoch, &config->self);
    struct part *part = memory_of(calloc(1, sizeof *part));
    part->config = *config;
    take_seat(part, epoch, seat);
    reports_init(&part->reports, config->outbox, &config->self, epoch->run);
    atomic_store(&part->reports.epoch, epoch->number);
    if (!open_fds(part, err) || !start(part, err)) {
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
    uint64_t count = 0;
    (void)!read(part->news_fd, &count, sizeof count);
    return (enum part_state)atomic_load(&part->state);
}

void part_begin(struct part *part, uint64_t start_ns)
{
    if (atomic_load(&part->start_ns) == 0) {
        atomic_store(&part->start_ns, start_ns);
        signal_fd(part->start_fd);
    }
}

bool part_has_begun(const struct part *part)
{
    return atomic_load(&part->start_ns) != 0;
}

uint64_t part_elapsed_ns(const struct part *part)
{
    uint64_t start_ns = atomic_load(&part->start_ns);
    uint64_t now_ns = clock_now_ns();
    return start_ns > 0 && now_ns > start_ns ? now_ns - start_ns : 0;
}

bool part_follow(struct part *part, const struct wire_epoch *epoch, struct err *err)
{
    struct epoch from;
    fill(&from, epoch);
    const struct change change = {
        .at_ns = epoch->at_ns,
        .slots = epoch->is_final ? NULL : &from.slots,
        .users = epoch->is_final && epoch->users != UINT64_MAX ? epoch->users : 0,
        .users_per_s = epoch->users_per_s,
        .epoch = epoch->is_final ? &from : NULL,
        .is_closing = !epoch->is_final,
        .number = epoch->number,
    };
    if (epoch->is_final) {
        atomic_store(&part->reports.epoch, epoch->number);
    }
    return changes_request(&part->changes, &change, err);
}

uint64_t part_epochs(const struct part *part)
{
    return changes_epochs(&part->changes);
}

void part_stop(struct part *part, enum wire_stop_how how)
{
    for (unsigned wanted = how == WIRE_ABANDON ? 2 : 1; part->stops < wanted; part->stops++) {
        signal_fd(part->stop_fd);
    }
}

bool part_was_cut_off(const struct part *part)
{
    return part->summary->is_cut_off;
}

const char *part_problem(const struct part *part)
{
    return part->err.text;
}

static void close_fd(int fd)
{
    if (fd > STDERR_FILENO) {
        close(fd);
    }
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
    if (part->has_changes) {
        changes_fini(&part->changes);
    }
    reports_fini(&part->reports);
    summary_destroy(part->summary);
    close_fd(part->stop_fd);
    close_fd(part->start_fd);
    close_fd(part->news_fd);
    free(part);
}
