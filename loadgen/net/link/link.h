/*
 * link - a connection to a server: a non-blocking socket on the loop, plain or with TLS.
 *
 *     link_connect -> link_connect_result -> [link_start_tls -> link_handshake]
 *         -> link_send, link_receive -> link_close
 *
 * The owner embeds a struct link, receives its edge-triggered events (loop.h), and resumes the
 * pending operation. A step of the handshake that must wait for the peer returns LINK_PENDING; call
 * link_handshake at the next edge. All links of a thread share one buffer for received TLS data.
 *
 * Even with TLS, link_send makes one send call, and link_receive normally makes one recv call.
 * link_receive makes none if data arrived together with the end of the handshake, and more than one
 * only if the first brought no application data.
 *
 * Threads: a struct links and its links belong to one thread. Memory: links_fini after the last
 * link_close. OpenSSL allocates memory for each TLS connection.
 */
#ifndef LOADGEN_NET_LINK_LINK_H
#define LOADGEN_NET_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "loadgen/net/address.h"
#include "loadgen/net/link/link_tls.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/peers.h"

struct link {
    struct loop_watch watch; /* first member, for the loop's callback; fd -1: closed */
    struct links *links;
    struct peer *peer;    /* remote address; link_shutdown and link_close release it; NULL: none */
    struct link_tls *tls; /* NULL: plain */
    bool is_drained; /* the last link_receive emptied the socket; more data causes a new edge */
};

/* Cost of connect(2). */
struct link_connects {
    uint64_t count;
    uint64_t ns; /* total, including the kernel's search for a free local port */
};

/* Shared by the links of a thread. */
struct links {
    struct loop *loop;
    const struct address *local;    /* source address; length 0: chosen by the kernel */
    struct link_connects *connects; /* NULL: not counted */
    struct link_tls_shared tls;
};

/* Initializes a link that was set to zero. The loop calls `on_ready` with the watch of the link. */
void link_init(struct link *link, struct links *links,
               void (*on_ready)(struct loop_watch *watch, uint32_t events));

/* Starts to connect; the link takes over the peer, even on failure. False with errno on failure. */
bool link_connect(struct link *link, struct peer *peer);

/* True if this errno reports a limit of this machine, so any other address would fail too. */
bool link_is_local_limit(int number);

/*
 * True if a connect that failed with this errno found no free local port: EADDRNOTAVAIL, after an
 * earlier connect to the peer's family succeeded. The peer is then not to blame.
 */
bool link_lacks_port(const struct link *link, int number);

/* After the first edge: 0 if the link is connected, otherwise the errno of the failure. */
int link_connect_result(struct link *link);

enum link_step { LINK_DONE, LINK_PENDING, LINK_FAILED };

/*
 * Starts and continues the TLS handshake. On LINK_FAILED errno is 0 if the peer closed, EPROTO if
 * link_problem has the reason, otherwise the errno of the system call.
 */
enum link_step link_start_tls(struct link *link, struct link_host *host, bool offers_h2);
enum link_step link_handshake(struct link *link);

/* After the handshake: true if HTTP/2 was negotiated (ALPN). */
bool link_speaks_h2(const struct link *link);

/*
 * Like recv(2) and send(2) on a non-blocking socket; errno EPROTO is a TLS error (link_problem).
 * `buffer` has LINK_RECEIVE bytes.
 */
ssize_t link_receive(struct link *link, char *buffer);
ssize_t link_send(struct link *link, const char *bytes, size_t length);

/* True if a TLS link has received close_notify, which no edge reports, or the end of the stream. */
bool link_has_ended(const struct link *link);

/* Writes the TLS error, in Go's words if Go has the same error. */
void link_problem(const struct link *link, char *text, size_t size);

/*
 * Moves the connection of `from` to `to`, which must be initialized but not connected. `from` is
 * closed afterwards. False with errno if the loop refuses: the caller must close `from`.
 */
bool link_move(struct link *to, struct link *from);

/*
 * Sends close_notify on a TLS link, and releases the struct peer. The socket stays open until
 * link_close, so that the server can close first.
 */
void link_shutdown(struct link *link);

/*
 * Closes the link, after sending close_notify on a TLS link unless that was sent before. Does
 * nothing if it is closed.
 */
void link_close(struct link *link);

/* `trust` and `options` are the run's (engine.h). `connects` may be NULL. Borrows all arguments. */
void links_init(struct links *links, struct loop *loop, const struct address *local,
                const struct tls *trust, const struct tls_options *options,
                struct link_connects *connects);
void links_fini(struct links *links);

#endif
