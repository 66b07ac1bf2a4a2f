#include "loadgen/cluster/bus/status.h"

const char *bus_status_text(enum bus_status status)
{
    switch (status) {
    case BUS_OK:
        return "done";
    case BUS_UNREACHABLE:
        return "the broker does not answer";
    case BUS_NOBODY:
        return "the subject has no subscriber";
    case BUS_MISSING:
        return "the broker has no such stream, bucket or key";
    case BUS_CONFLICT:
        return "another process has changed the value";
    case BUS_FULL:
        return "the broker's storage is full";
    case BUS_REFUSED:
        break;
    }
    return "the broker refuses it";
}
