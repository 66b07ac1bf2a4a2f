#include <stdio.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/cluster/lease.h"
#include "loadgen/cluster/lease_inside.h"

/* How long the broker may be unreachable while a process waits for the lease. */
#define PATIENCE_NS (10 * NS_PER_S)

/* Maximum time between two reads that counts, because this process may have been suspended. */
#define LOOK_MAX_NS (2 * LEASE_RENEW_NS)

/* The observed state of a lease that another process may hold. */
struct look {
    uint64_t revision; /* 0: not known */
    struct lease_claim claim;
    uint64_t unchanged_ns; /* how long the revision has been unchanged */
    uint64_t read_ns;      /* time of the last read; 0: it failed */
    uint64_t began_ns;     /* when reads began, or began to fail */
};

static bool refuse(const struct lease_claim *claim, struct err *err)
{
    return err_set(err, ERR_FAILED,
                   "\"%s\" is the controller%s%s%s; wait for its end, or end it, and try again",
                   claim->holder, claim->work[0] ? " (work: " : "", claim->work,
                   claim->work[0] ? ")" : "");
}

/* Adds a read of another process's claim. False with err: the holder renews its lease. */
static bool see(struct look *look, const struct bus_message *value, const struct lease_text *text,
                struct err *err)
{
    if (look->revision > 0 && value->sequence != look->revision) {
        return refuse(&text->claim, err);
    }
    if (look->revision > 0 && look->read_ns > 0) {
        look->unchanged_ns += least(value->arrived_ns - look->read_ns, LOOK_MAX_NS);
    }
    look->revision = value->sequence;
    look->claim = text->claim;
    look->read_ns = look->began_ns = value->arrived_ns;
    return true;
}

enum attempt { TAKEN, AGAIN, FAILED };

/* Decides what to do after a call to the broker. */
static enum attempt judge(enum bus_status status, const struct look *look, struct err *err)
{
    bool is_silent = status == BUS_UNREACHABLE || status == BUS_NOBODY;
    if (status == BUS_OK) {
        return TAKEN;
    }
    if (status == BUS_CONFLICT || (is_silent && clock_now_ns() - look->began_ns < PATIENCE_NS)) {
        return AGAIN; /* the next read shows the outcome */
    }
    err_set(err, ERR_FAILED, "cannot become the controller: %s", bus_status_text(status));
    return FAILED;
}

/* Tries to take a lease whose key has a value. */
static enum attempt try_value(struct lease *lease, struct look *look,
                              const struct bus_message *value, struct lease_claim *left,
                              struct err *err)
{
    struct lease_text text = {0};
    bool is_free = value->length == 0;
    if (!is_free && !lease_text_read(&text, value->data, value->length)) {
        snprintf(text.claim.holder, sizeof text.claim.holder, "somebody unknown");
    }
    /* The value is ours if the answer to an earlier attempt was lost. */
    bool is_others = !is_free && strcmp(text.token, lease->text.token) != 0;
    if (is_others && !see(look, value, &text, err)) {
        return FAILED;
    }
    if (is_others && look->unchanged_ns < LEASE_VOID_NS) {
        return AGAIN;
    }
    *left = is_free ? (struct lease_claim){0} : look->claim;
    return judge(lease_write(lease, value->sequence), look, err);
}

static enum attempt try_take(struct lease *lease, struct look *look, struct lease_claim *left,
                             struct err *err)
{
    struct bus_message value;
    enum bus_status status = bucket_get(lease->bucket, lease->key, &value);
    if (status == BUS_OK) {
        enum attempt attempt = try_value(lease, look, &value, left, err);
        bus_message_free(&value);
        return attempt;
    }
    if (status == BUS_MISSING) {
        *left = (struct lease_claim){0};
        status = lease_write(lease, 0);
    }
    look->read_ns = 0;
    return judge(status, look, err);
}

bool lease_wait(struct lease *lease, int stop_fd, struct lease_claim *left, struct err *err)
{
    struct look look = {.began_ns = clock_now_ns()};
    for (;;) {
        uint64_t due_ns = clock_now_ns() + LEASE_RENEW_NS;
        enum attempt attempt = try_take(lease, &look, left, err);
        if (attempt != AGAIN) {
            return attempt == TAKEN;
        }
        if (!lease_pause(due_ns, stop_fd)) {
            return false;
        }
    }
}
