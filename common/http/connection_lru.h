/*
 * connection_lru - limits the connections of a small server: at the limit, a new connection evicts
 * the one that has been idle longest.
 *
 * A connection is busy from the last byte of a request to the end of its answer, and idle
 * otherwise, even while a request arrives. If more connections are busy than idle, the connection
 * that has been busy longest is evicted instead.
 *
 * So silent clients cannot block all others, and clients that do not read their answers cannot keep
 * more than half of the connections while others connect.
 *
 * A connection whose answer never ends, such as an event stream, is lasting. A lasting connection
 * is evicted only if all connections are lasting, so the server must limit their number.
 *
 * Evicting shuts the socket down and discards unsent data; the server then closes the connection.
 * Evicted connections count against `capacity` until they are removed.
 *
 * Threads: one call at a time. Memory: one block, from create to destroy.
 */
#ifndef COMMON_HTTP_CONNECTION_LRU_H
#define COMMON_HTTP_CONNECTION_LRU_H

#include <stddef.h>

struct connection_lru;
struct lru_entry;

/* Allows `limit` connections; including evicted ones, `capacity`. NULL: out of memory. */
struct connection_lru *connection_lru_create(size_t limit, size_t capacity);
void connection_lru_destroy(struct connection_lru *lru); /* NULL is allowed */

/* Adds an idle connection. NULL: `capacity` is reached; the socket has been shut down. */
struct lru_entry *connection_lru_add(struct connection_lru *lru, int socket);

/* `entry` may be NULL. Call connection_lru_remove before closing the socket. */
void connection_lru_set_busy(struct connection_lru *lru, struct lru_entry *entry);
void connection_lru_set_lasting(struct connection_lru *lru, struct lru_entry *entry);
void connection_lru_set_idle(struct connection_lru *lru, struct lru_entry *entry);
void connection_lru_remove(struct connection_lru *lru, struct lru_entry *entry);

/*
 * Shuts a connection down, from any thread; libmicrohttpd then closes it. Undelivered data is
 * discarded; otherwise, the kernel could keep it for minutes.
 */
void connection_cut(int socket);

#endif
