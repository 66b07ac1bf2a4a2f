#include "loadgen/net/link/link.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

void links_init(struct links *links, struct loop *loop, const struct address *local,
                const struct tls *trust, const struct tls_options *options,
                struct link_connects *connects)
{
    links->loop = loop;
    links->local = local;
    links->connects = connects;
    links->tls = (struct link_tls_shared){.trust = trust, .options = options};
}

void links_fini(struct links *links)
{
    link_tls_shared_fini(&links->tls);
}

void link_init(struct link *link, struct links *links,
               void (*on_ready)(struct loop_watch *watch, uint32_t events))
{
    link->watch.fd = -1;
    link->watch.on_ready = on_ready;
    link->links = links;
}

bool link_is_local_limit(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOMEM || number == ENOBUFS;
}

bool link_lacks_port(const struct link *link, int number)
{
    return number == EADDRNOTAVAIL && peer_has_worked(link->peer);
}

/* Same result as connect(2). */
static int connect_counted(struct link_connects *connects, int fd, const struct address *address)
{
    uint64_t before_ns = clock_now_ns();
    int failed = connect(fd, &address->socket.any, address->length);
    if (connects) {
        int problem = errno;
        connects->count++;
        connects->ns += clock_now_ns() - before_ns;
        errno = problem;
    }
    return failed;
}

bool link_connect(struct link *link, struct peer *peer)
{
    const struct address *address = &peer->address;
    int on = 1;
    link->peer = peer;
    link->watch.fd = address_socket(address, link->links->local);
    if (link->watch.fd < 0) {
        return false;
    }
    setsockopt(link->watch.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* no-op on unix */
    return (connect_counted(link->links->connects, link->watch.fd, address) == 0 ||
            errno == EINPROGRESS) &&
           loop_add(link->links->loop, &link->watch);
}

int link_connect_result(struct link *link)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(link->watch.fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    return problem;
}

enum link_step link_start_tls(struct link *link, struct link_host *host, bool offers_h2)
{
    link->tls = link_tls_open(&link->links->tls, link->watch.fd, host, offers_h2);
    if (!link->tls) {
        errno = ENOMEM;
        return LINK_FAILED;
    }
    return link_handshake(link);
}

enum link_step link_handshake(struct link *link)
{
    int done = link_tls_handshake(link->tls);
    return done > 0 ? LINK_DONE : done < 0 && errno == EAGAIN ? LINK_PENDING : LINK_FAILED;
}

bool link_speaks_h2(const struct link *link)
{
    return link->tls && link_tls_is_h2(link->tls);
}

ssize_t link_receive(struct link *link, char *buffer)
{
    if (link->tls) {
        return link_tls_receive(link->tls, buffer, &link->is_drained);
    }
    ssize_t n = recv(link->watch.fd, buffer, LINK_RECEIVE, 0);
    link->is_drained = n < LINK_RECEIVE;
    return n;
}

ssize_t link_send(struct link *link, const char *bytes, size_t length)
{
    return link->tls ? link_tls_send(link->tls, bytes, length)
                     : send(link->watch.fd, bytes, length, MSG_NOSIGNAL);
}

bool link_has_ended(const struct link *link)
{
    return link->tls && link_tls_has_ended(link->tls);
}

void link_problem(const struct link *link, char *text, size_t size)
{
    link_tls_problem(link->tls, text, size);
}

bool link_move(struct link *to, struct link *from)
{
    struct loop *loop = from->links->loop;
    loop_remove(loop, &from->watch);
    to->watch.fd = from->watch.fd;
    if (!loop_add(loop, &to->watch)) {
        int problem = errno;
        to->watch.fd = -1;
        errno = problem;
        return false;
    }
    to->peer = from->peer;
    to->tls = from->tls;
    from->watch.fd = -1;
    from->peer = NULL;
    from->tls = NULL;
    return true;
}

static void release_peer(struct link *link)
{
    if (link->peer) {
        peer_release(link->peer);
        link->peer = NULL;
    }
}

void link_shutdown(struct link *link)
{
    if (link->tls) {
        link_tls_finish(link->tls);
    }
    release_peer(link);
}

void link_close(struct link *link)
{
    if (link->tls) {
        link_tls_close(link->tls);
        link->tls = NULL;
    }
    if (link->watch.fd >= 0) {
        close(link->watch.fd);
        link->watch.fd = -1;
    }
    release_peer(link);
}
