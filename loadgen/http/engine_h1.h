/*
 * engine_h1 - HTTP/1.1 over TCP, unix sockets and TLS (link.h) on our own epoll loop; answers are
 * parsed by llhttp.
 *
 * A request costs one send and one recv. Its socket was registered once; the answer is parsed in
 * the thread's one receive buffer and its body counted, never kept. There is a pool of connections
 * an origin, reused last in, first out, or in turn when it has several addresses (resolver.h).
 *
 * What counts as what:
 * - A connection is reused after a complete answer that allows it (Connection, version, a body with
 *   a length), when the whole request was written and no byte more came than the answer.
 * - A reused connection that closes or breaks before any byte of the answer is a race that every
 *   keep-alive client knows. The request is tried once more on a new connection, and counted, if it
 *   is repeatable or if no byte of it was written; otherwise it is `closed` or `reset`.
 * - The time-out counts from started_ns, over all tries. All exchanges have the same one, so
 *   a queue in the order of their starts is all the timer there needs to be.
 * - A redirect is followed on the same connection where it can be, else on one to the new place,
 *   which may be one more than max_connections. What came before the last hop counts as connecting.
 * - A name without an address is `dns`, also when the time-out came first. A connection that is not
 *   made is `connect`, with the address that refused: no other is tried, but for another family
 *   (peers.h). A handshake that fails is `tls`, with what was wrong; one that breaks off is `reset`
 *   or `closed`.
 *
 * Threads: none of its own; see engine.h. Memory: connections come from slabs that are only given
 * back at the end; a new slab is allocated when more connections are open at once than ever before.
 */
#ifndef LOADGEN_HTTP_ENGINE_H1_H
#define LOADGEN_HTTP_ENGINE_H1_H

#include "loadgen/http/engine.h"

extern const struct engine_type engine_h1;

#endif
