#include "loadgen/cluster/lease.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/lease_inside.h"

/* Renewing. */

static void lose(struct lease *lease, const struct lease_claim *winner)
{
    pthread_mutex_lock(&lease->lock);
    lease->winner = *winner;
    pthread_mutex_unlock(&lease->lock);
    atomic_store(&lease->is_lost, true);
}

/*
 * Called when the key has another revision, from another process or from our renewal whose answer
 * was lost.
 */
static void look_who(struct lease *lease)
{
    struct bus_message value;
    struct lease_text text;
    enum bus_status status = bucket_get(lease->bucket, lease->key, &value);
    if (status == BUS_OK) {
        lease_text_read(&text, value.data, value.length);
        if (strcmp(text.token, lease->text.token) == 0) {
            lease->revision = value.sequence;
        } else {
            lose(lease, &text.claim);
        }
        bus_message_free(&value);
    } else if (status == BUS_MISSING) {
        lose(lease, &(struct lease_claim){0});
    }
}

static void *renew(void *context)
{
    struct lease *lease = context;
    uint64_t due_ns = clock_now_ns() + LEASE_RENEW_NS;
    while (!atomic_load(&lease->is_lost) && lease_pause(due_ns, lease->stop_fd)) {
        due_ns = clock_now_ns() + LEASE_RENEW_NS;
        if (lease_write(lease, lease->revision) == BUS_CONFLICT) {
            look_who(lease);
        }
    }
    return NULL;
}

/* The interface. */

static bool start(struct lease *lease, struct err *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&lease->thread, NULL, renew, lease);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 || err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(code));
}

static void destroy(struct lease *lease)
{
    if (lease->stop_fd >= 0) {
        close(lease->stop_fd);
    }
    pthread_mutex_destroy(&lease->lock);
    free(lease->key);
    free(lease);
}

/* Releases the lease. If that fails, other processes wait until it expires. */
static void give_back(struct lease *lease)
{
    bucket_change(lease->bucket, lease->key, "", 0, lease->revision, NULL);
}

struct lease *lease_take(struct bucket *bucket, const char *key, const struct lease_claim *claim,
                         int stop_fd, struct lease_claim *left, struct err *err)
{
    if (!lease_text_is_valid(claim)) {
        err_set(err, ERR_USAGE, "the name of a lease's holder must be printable ASCII");
        return NULL;
    }
    struct lease *lease = memory_of(calloc(1, sizeof *lease));
    *lease = (struct lease){.bucket = bucket,
                            .key = memory_of(strdup(key)),
                            .text.claim = *claim,
                            .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&lease->lock, NULL);
    lease_text_token(lease->text.token);
    if (lease->stop_fd < 0) {
        err_set(err, ERR_FAILED, "cannot create an eventfd: %s", strerror(errno));
    } else if (lease_wait(lease, stop_fd, left, err)) {
        if (start(lease, err)) {
            return lease;
        }
        give_back(lease);
    }
    destroy(lease);
    return NULL;
}

enum lease_state lease_state(const struct lease *lease)
{
    if (atomic_load(&lease->is_lost)) {
        return LEASE_LOST;
    }
    return lease_age_ns(lease) < LEASE_VOID_NS ? LEASE_HELD : LEASE_LATE;
}

uint64_t lease_age_ns(const struct lease *lease)
{
    uint64_t renewed_ns = atomic_load(&lease->renewed_ns);
    return clock_now_ns() - renewed_ns;
}

void lease_winner(struct lease *lease, struct lease_claim *winner)
{
    pthread_mutex_lock(&lease->lock);
    *winner = lease->winner;
    pthread_mutex_unlock(&lease->lock);
}

static void end_thread(struct lease *lease)
{
    eventfd_write(lease->stop_fd, 1);
    pthread_join(lease->thread, NULL);
}

void lease_release(struct lease *lease)
{
    if (!lease) {
        return;
    }
    end_thread(lease);
    if (lease_state(lease) == LEASE_HELD) {
        give_back(lease);
    }
    destroy(lease);
}

void lease_abandon(struct lease *lease)
{
    if (lease) {
        end_thread(lease);
        destroy(lease);
    }
}
