/*
 * wire - bytes to and from the links of HTTP/2 connections.
 */
#ifndef LOADGEN_HTTP_H2_WIRE_H
#define LOADGEN_HTTP_H2_WIRE_H

#include "loadgen/http/h2/h2.h"

/*
 * Call these around each entry into the engine that may queue frames; they nest. The outermost
 * h2_leave flushes the dirty connections.
 */
void h2_enter(struct h2 *h2);
void h2_leave(struct h2 *h2);

/*
 * Reads what has arrived, up to a limit, so that timers and other connections are not delayed. If
 * the peer has closed its side (is_closing), no other event follows, so everything is read, over
 * several iterations of the loop if needed. False: the connection was released.
 */
bool h2_receive(struct h2_conn *conn, bool is_closing);

/* Handles an event on a connection that waits for the server to close. */
void h2_check_closing(struct h2_conn *conn, uint32_t events);

/*
 * True if the connection should be closed when idle, because its address has more connections than
 * its share, or because the name no longer has this address.
 */
bool h2_is_surplus(const struct h2_conn *conn);

#endif
