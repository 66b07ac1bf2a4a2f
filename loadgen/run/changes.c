#include "loadgen/run/changes.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool changes_init(struct changes *changes, bool is_closed_loop, struct err *err)
{
    changes->count = 0;
    changes->is_closed_loop = is_closed_loop;
    atomic_init(&changes->ports, 0);
    atomic_init(&changes->epochs, 0);
    changes->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (changes->fd < 0) {
        return err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
    }
    pthread_mutex_init(&changes->lock, NULL);
    return true;
}

void changes_fini(struct changes *changes)
{
    close(changes->fd);
    pthread_mutex_destroy(&changes->lock);
}

static bool check(const struct changes *changes, const struct change *change, struct err *err)
{
    const struct schedule *schedule = change->schedule;
    if (!schedule) {
        return change->users > 0 || change->slots || change->epoch || change->is_closing ||
               err_set(err, ERR_USAGE, "the change is empty");
    }
    if (changes->is_closed_loop) {
        return err_set(err, ERR_USAGE, "a closed loop has no schedule to change");
    }
    if (schedule_is_closed(schedule)) {
        return err_set(err, ERR_USAGE, "a run on a schedule cannot become a closed loop");
    }
    return schedule_check(schedule, err);
}

/* Makes the change point to the copies in the wish. */
static void point(struct wish *wish)
{
    wish->change.schedule = wish->change.schedule ? &wish->schedule : NULL;
    wish->change.slots = wish->change.slots ? &wish->slots : NULL;
    wish->change.epoch = wish->change.epoch ? &wish->epoch : NULL;
}

static void copy(struct wish *wish, const struct change *change)
{
    wish->change = *change;
    if (change->schedule) {
        wish->schedule = *change->schedule;
    }
    if (change->slots) {
        wish->slots = *change->slots;
    }
    if (change->epoch) {
        epoch_init_copy(&wish->epoch, change->epoch);
    }
    point(wish);
}

bool changes_request(struct changes *changes, const struct change *change, struct err *err)
{
    const uint64_t one = 1;
    if (!check(changes, change, err)) {
        return false;
    }
    pthread_mutex_lock(&changes->lock);
    bool has_room = changes->count < CHANGES_MAX;
    if (has_room) {
        copy(&changes->list[changes->count++], change);
    }
    pthread_mutex_unlock(&changes->lock);
    (void)!write(changes->fd, &one, sizeof one);
    return has_room || err_set(err, ERR_FAILED, "too many pending changes");
}

uint64_t changes_ports(const struct changes *changes)
{
    return atomic_load(&changes->ports);
}

uint64_t changes_epochs(const struct changes *changes)
{
    return atomic_load(&changes->epochs);
}

void changes_note(struct changes *changes, const struct change *change, bool is_in_time)
{
    uint64_t number = change->epoch ? change->epoch->number : change->number;
    bool counts = change->epoch || (change->is_closing && is_in_time);
    if (counts && number >= atomic_load(&changes->epochs)) {
        atomic_store(&changes->epochs, number + 1);
    }
}

bool changes_take(struct changes *changes, struct wish *wish)
{
    pthread_mutex_lock(&changes->lock);
    bool has_any = changes->count > 0;
    if (has_any) {
        copy(wish, &changes->list[0].change);
        changes->count--;
        for (size_t i = 0; i < changes->count; i++) {
            copy(&changes->list[i], &changes->list[i + 1].change);
        }
    }
    pthread_mutex_unlock(&changes->lock);
    return has_any;
}
