/*
 * status - what became of a call to the broker.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_CLUSTER_BUS_STATUS_H
#define LOADGEN_CLUSTER_BUS_STATUS_H

enum { BUS_COMPLAINT_MAX = 256 }; /* of a text in which the broker says what it did not permit */

enum bus_status {
    BUS_OK,
    BUS_UNREACHABLE, /* no connection, or no answer in time: whether it was done is unknown */
    BUS_NOBODY,      /* of a request: nobody listens to the subject */
    BUS_MISSING,     /* there is no such stream, bucket or key */
    BUS_CONFLICT,    /* of a bucket: the key has another revision, or it exists */
    BUS_FULL,        /* the stream or the broker's storage is full: nothing was stored */
    BUS_REFUSED,     /* not permitted, too large, or a bad subject */
};

/* Completes a sentence: "... failed: the broker does not answer". */
const char *bus_status_text(enum bus_status status);

#endif
