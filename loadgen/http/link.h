/*
 * link - a connection to a server: a socket on the loop, with TLS on it or not.
 *
 *     link_connect -> link_connected -> [link_secure, link_handshake] -> link_send, link_receive
 *
 * The owner embeds the link, is told of its edges (loop.h), and goes on with what it was doing. A
 * step that has to wait for the peer says so and is called again at the next edge. A link_receive
 * is one recv and a link_send one send, with TLS as without, but where what came was only TLS's
 * own: it is decrypted from a slab that all links of a thread share.
 *
 * Threads: a struct links and its links belong to one thread. Memory: links_fini after the last
 * link_close. OpenSSL has its own for each TLS connection.
 */
#ifndef LOADGEN_HTTP_LINK_H
#define LOADGEN_HTTP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "loadgen/http/link_tls.h"
#include "loadgen/net/address.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/peers.h"

struct link {
    struct loop_watch watch; /* first member: the loop's callback finds it; fd -1: none */
    struct links *links;
    struct peer *peer;    /* where it leads; released when it is closed. NULL: none */
    struct link_tls *tls; /* NULL: it is plain */
    bool is_drained;      /* the last link_receive took all there was: what comes is a new edge */
};

/* What the links of a thread share. */
struct links {
    struct loop *loop;
    const struct address *local; /* where connections come from; length 0: the kernel says */
    struct link_tls_shared tls;
};

/* `on_ready` gets the link's watch. */
void link_init(struct link *link, struct links *links,
               void (*on_ready)(struct loop_watch *watch, uint32_t events));

/* Begins to connect to the peer, which becomes the link's. False with errno. */
bool link_connect(struct link *link, struct peer *peer);

/* Is this errno of a link a limit of our own, which no other address would change? */
bool link_is_our_limit(int number);

/* After the first edge: 0 when the connection is there, else the errno that it failed with. */
int link_connected(struct link *link);

enum link_step { LINK_DONE, LINK_WAITS, LINK_BROKEN };

/*
 * Puts TLS on it, and goes on with that. LINK_BROKEN: errno is 0 when the peer closed, EPROTO when
 * link_problem says why, else the kernel's.
 */
enum link_step link_secure(struct link *link, struct link_host *host, bool offers_h2);
enum link_step link_handshake(struct link *link);

/* After the handshake: did both agree on HTTP/2? */
bool link_speaks_h2(const struct link *link);

/*
 * As recv(2) and send(2) on a non-blocking socket: 0 is the end; -1 with EAGAIN: later; with
 * EPROTO: TLS is broken, link_problem says how. A buffer to receive has LINK_RECEIVE bytes.
 */
ssize_t link_receive(struct link *link, char *buffer);
ssize_t link_send(struct link *link, const char *bytes, size_t length);

/* Did the peer say, in what was received, that it sends no more? No edge tells of that. */
bool link_has_ended(const struct link *link);

/* What was wrong with TLS, in Go's words where it has some. */
void link_problem(const struct link *link, char *text, size_t size);

/* `to`, which was only initialised, becomes what `from` was, which is closed then. False with
 * errno: the loop does not take it, and `from` is good for nothing but to be closed. */
bool link_move(struct link *to, struct link *from);

/* Nothing happens when it is closed. */
void link_close(struct link *link);

/* `trust` and `options` are the run's; see engine.h. All is borrowed. */
void links_init(struct links *links, struct loop *loop, const struct address *local,
                const struct tls *trust, const struct tls_options *options);
void links_fini(struct links *links);

#endif
