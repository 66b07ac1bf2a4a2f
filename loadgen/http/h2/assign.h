/*
 * assign - assigns streams to connections, and reassigns those of a connection that fails.
 */
#ifndef LOADGEN_HTTP_H2_ASSIGN_H
#define LOADGEN_HTTP_H2_ASSIGN_H

#include "loadgen/http/h2/h2.h"

/*
 * Starts opening the connection. If that fails immediately, the connection is released before this
 * returns.
 */
void h2_dial(struct h2_conn *conn);

/* Assigns the stream to a connection, opening one if needed. */
void h2_assign(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream);

/* Retries the request. The time before the retry counts as connecting. */
void h2_retry(struct h2 *h2, struct h2_pool *pool, struct h2_stream *stream);

/* Submits as many waiting streams as the server allows now. */
void h2_submit_waiting(struct h2_conn *conn);

/*
 * Call this when the server allows fewer streams than expected: moves excess waiting streams to
 * other connections, if one has room or another may be opened.
 */
void h2_move_excess(struct h2_conn *conn);

/*
 * Stops assigning streams to the connection. It is closed when its streams have ended, including
 * waiting ones.
 */
void h2_drain(struct h2_conn *conn);

/*
 * Drains open connections of a shared pool beyond the limits, idle ones first. Connections that are
 * being opened are not drained: call this again when they are open.
 */
void h2_drain_excess(struct h2_pool *pool, const struct engine_limits *limits);

/* Drains the connection, and reassigns its waiting streams. */
void h2_retire(struct h2_conn *conn);

/* Retires the connection if the server has sent GOAWAY, or if its stream ids are used up. */
void h2_retire_if_ended(struct h2_conn *conn);

/*
 * Call these when a connection broke or could not be opened. They release the connection, and fail
 * or retry its streams. h2_lose_link: the link broke with this errno.
 */
void h2_lose(struct h2_conn *conn, enum outcome outcome, int system_error, const char *reason);
void h2_lose_link(struct h2_conn *conn, int number);
__attribute__((format(printf, 2, 3))) void h2_lose_protocol(struct h2_conn *conn,
                                                            const char *format, ...);

#endif
