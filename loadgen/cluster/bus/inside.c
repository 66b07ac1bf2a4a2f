#include "loadgen/cluster/bus/inside.h"

#include <string.h>

#include "common/clock.h"

int64_t bus_ms(uint64_t ns)
{
    return (int64_t)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

sigset_t bus_block_signals(void)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    return before;
}

void bus_unblock_signals(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

bool bus_is_connected(const struct bus *bus)
{
    return natsConnection_Status(bus->connection) == NATS_CONN_STATUS_CONNECTED;
}

static enum bus_status status_of_code(jsErrCode code)
{
    switch (code) {
    case JSStreamWrongLastSequenceErr:
        return BUS_CONFLICT;
    case JSStreamNotFoundErr:
    case JSNoMessageFoundErr:
        return BUS_MISSING;
    case JSAccountResourcesExceededErr:
    case JSInsufficientResourcesErr:
    case JSMemoryResourcesExceededErr:
    case JSStorageResourcesExceededErr:
    case JSStreamStoreFailedErr:
        return BUS_FULL;
    case JSNotEnabledErr: /* while the broker starts, and when its disk is full */
    case JSClusterNotAvailErr:
    case JSClusterNotLeaderErr:
        return BUS_UNREACHABLE;
    default:
        return BUS_REFUSED;
    }
}

enum bus_status bus_status_of(natsStatus status, jsErrCode code)
{
    switch (status) {
    case NATS_OK:
        return BUS_OK;
    case NATS_NO_RESPONDERS:
        return BUS_NOBODY;
    case NATS_NOT_FOUND:
        return BUS_MISSING;
    case NATS_TIMEOUT:
    case NATS_CONNECTION_CLOSED:
    case NATS_CONNECTION_DISCONNECTED:
    case NATS_DRAINING:
    case NATS_INSUFFICIENT_BUFFER:
    case NATS_IO_ERROR:
    case NATS_NO_SERVER:
    case NATS_STALE_CONNECTION:
        return BUS_UNREACHABLE;
    default:
        return status_of_code(code);
    }
}

const char *bus_reason(void)
{
    const char *text = nats_GetLastError(NULL);
    const char *after = text && text[0] == '(' ? strstr(text, "): ") : NULL;
    return after ? after + 3 : text;
}

bool bus_fail(struct bus *bus, natsStatus status, jsErrCode code, const char *what, struct err *err)
{
    enum bus_status outcome = bus_status_of(status, code);
    /* libnats has the broker's text only if the broker refused the call. */
    const char *reason =
        outcome == BUS_REFUSED || outcome == BUS_FULL ? bus_reason() : bus_status_text(outcome);
    pthread_mutex_lock(&bus->lock);
    const char *complaint = bus->complaint;
    err_set(err, ERR_FAILED, "%s: %s%s%s", what, reason ? reason : bus_status_text(outcome),
            complaint[0] ? "; the broker complains: " : "", complaint);
    pthread_mutex_unlock(&bus->lock);
    return false;
}
