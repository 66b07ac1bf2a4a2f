/*
 * engine_h1 - HTTP/1.1 over TCP, unix sockets and TLS (link.h), with our own event loop and parser
 * (answer.h).
 *
 * A request costs one send and one recv. Request bytes are built before the run; answers are read
 * from one receive buffer per thread; bodies are counted, and dropped unless a capture keeps them.
 * Each origin has a pool of connections. The connection that became idle last is used first; if an
 * origin has several addresses, they are used in turn (conn.h).
 *
 * - Reuse: a connection is kept after a complete answer that allows it (Connection, version, a body
 *   with a length), if the whole request was written and no byte followed the answer.
 * - Retry: if a reused connection closes or breaks before the first byte of the answer, and the
 *   request is idempotent or no byte of it was written, the request is tried once more on a new
 *   connection, and the retry is counted. Otherwise the outcome is `closed` or `reset`.
 * - Timeout: counts from started_ns, over all tries and redirects.
 * - Redirects: followed on the same connection if possible, else on a connection to the new origin.
 *   The number of connections may then exceed max_connections by one. The time before the last hop
 *   counts as connecting.
 * - Errors: an exchange without an address for its name ends as `dns`, even if the timeout came
 *   first. A failed connect is `connect`, with the address that failed; another address is tried
 *   only if it is of another family (peers.h). A failed handshake is `tls`; a handshake during
 *   which the connection breaks is `reset` or `closed`.
 *
 * Threads: see http/engine.h. Memory: connections come from slabs, freed at the end; a new slab is
 * allocated when more connections are open than ever before.
 */
#ifndef LOADGEN_HTTP_H1_ENGINE_H
#define LOADGEN_HTTP_H1_ENGINE_H

#include "loadgen/http/engine.h"

extern const struct engine_type engine_h1;

#endif
