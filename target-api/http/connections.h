/*
 * connections - the open connections of the API port: their limit, and a thread that closes those
 * that exceed -request-timeout or -idle-timeout.
 *
 * The serving threads record when a request begins, is received and is answered. The polling thread
 * reads TCP_INFO at intervals of 1/20 of the shorter timeout (at most 1 s), and shuts down expired
 * sockets; libmicrohttpd then closes them. The polling thread also closes connections that clients
 * have closed without libmicrohttpd noticing.
 *
 * libmicrohttpd does not report the first byte of a request. The polling thread detects it at its
 * next poll, because the count of received bytes has grown. libmicrohttpd's own timeout is not
 * used: every byte resets it, and it takes a lock per request.
 *
 * Threads: each connection belongs to its serving thread; any thread may read the counts. The lock
 * is taken to open or close a connection, and by the polling thread, for up to 64 connections at a
 * time. It is never taken per request. Memory: one block, of which only entries that were ever used
 * are touched.
 */
#ifndef TARGET_API_HTTP_CONNECTIONS_H
#define TARGET_API_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct connections;
struct connection;
struct metrics_shard;

/*
 * Allows `limit` open connections. A connection is closed if receiving a request takes longer than
 * deadline_ns, or if no byte moves for idle_ns, except while an answer is computed. NULL: err is
 * set.
 */
struct connections *connections_create(size_t limit, uint64_t deadline_ns, uint64_t idle_ns,
                                       struct err *err);

/* Call this when all connections are closed. NULL is allowed. */
void connections_destroy(struct connections *connections);

/* Reserves an entry for the next connection to open. False: the limit is reached. */
bool connections_reserve(struct connections *connections);

/* Fills the reserved entry. connection_shard will return `shard`. */
struct connection *connections_open(struct connections *connections, int socket,
                                    struct metrics_shard *shard);

/* Releases the entry. Call this before the socket is closed. */
void connections_close(struct connections *connections, struct connection *connection);

struct metrics_shard *connection_shard(const struct connection *connection);

/* Call this when the request line has been read, at `now_ns`. */
void connection_begin(struct connection *connection, uint64_t now_ns);

/* Call this when the request is complete: its deadline no longer applies. */
void connection_received(struct connection *connection);

/* Call this when the answer is queued. */
void connection_answered(struct connection *connection);

/* Call this when the answer has been sent or abandoned. */
void connection_end(struct connection *connection);

struct connections_counts {
    uint64_t limit;
    uint64_t open;
    uint64_t refused; /* because the limit was reached */
    uint64_t expired; /* closed because receiving a request took longer than deadline_ns */
};

struct connections_counts connections_count(const struct connections *connections);

#endif
