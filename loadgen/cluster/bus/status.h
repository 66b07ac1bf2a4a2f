/*
 * status - the results of calls to the broker.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_CLUSTER_BUS_STATUS_H
#define LOADGEN_CLUSTER_BUS_STATUS_H

enum { BUS_COMPLAINT_MAX = 256 }; /* size of the text of a permission error */

enum bus_status {
    BUS_OK,
    BUS_UNREACHABLE, /* no connection, or no answer in time: the outcome is unknown */
    BUS_NOBODY,      /* of a request: the subject has no subscriber */
    BUS_MISSING,     /* there is no such stream, bucket or key */
    BUS_CONFLICT,    /* of a bucket: the key has another revision, or it exists */
    BUS_FULL,        /* the stream or the broker's storage is full: nothing was stored */
    BUS_REFUSED,     /* not permitted, too large, or not a valid subject */
};

/* Completes a sentence: "... failed: the broker does not answer". */
const char *bus_status_text(enum bus_status status);

#endif
