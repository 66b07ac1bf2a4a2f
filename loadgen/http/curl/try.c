#include "loadgen/http/curl/try.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "common/clock.h"

/* Connections. */

/* True if the request may be sent, or sent again. */
static bool can_try(struct curl_transfer *t)
{
    if (t->tries > 0 && !t->request->is_idempotent) {
        t->stop = CURL_STOP_REPEATED;
        return false;
    }
    return true;
}

/* The request is about to be sent, on a new connection or a reused one. */
static int on_connected(void *context, char *peer, char *own, int peer_port, int own_port)
{
    struct curl_transfer *t = context;
    (void)peer, (void)own, (void)peer_port, (void)own_port;
    if (!can_try(t)) {
        return CURL_PREREQFUNC_ABORT;
    }
    if (t->socket) {
        t->socket->is_connected = true;
        peer_connected(t->lane->turn.peer);
        t->socket = NULL;
    }
    t->exchange.address = t->lane->turn.peer->address.number;
    t->exchange.retries = (uint16_t)(t->exchange.retries + (t->tries > 0));
    t->tries++;
    t->exchange.first_byte_ns = 0;
    curl_transfer_begin_answer(t);
    t->exchange.sent_ns = clock_now_ns();
    return CURL_PREREQFUNC_OK;
}

/* Gets the address of a new connection, which must be the lane's. False: `stop` is set. */
static bool take_peer(struct curl_transfer *t)
{
    struct peer *peer = t->reserved;
    t->reserved = NULL;
    if (!peer) { /* no idle connection was alive and led to this origin */
        switch (resolver_next(t->origin->origin.destination, &t->wait, &peer)) {
        case LOOKUP_DONE:
            break;
        case LOOKUP_FAILED:
            t->stop = CURL_STOP_UNRESOLVED;
            return false;
        case LOOKUP_PENDING:
            t->stop = CURL_STOP_WAITS;
            return false;
        }
    }
    if (peer != t->lane->turn.peer) {
        t->reserved = peer;
        t->stop = CURL_STOP_MOVES;
        return false;
    }
    return true;
}

/* If descriptors run out, closes the sockets that are closing. NULL with errno. */
static struct curl_socket *open_socket(struct curl_transfer *t)
{
    struct curl_socket *socket = curl_sockets_open(t->sockets, t->lane, &t->config->local);
    if (!socket && (errno == EMFILE || errno == ENFILE)) {
        closing_end_all(&t->sockets->closing);
        socket = curl_sockets_open(t->sockets, t->lane, &t->config->local);
    }
    return socket;
}

/* The lane's address failed. If that excludes its family, the transfer moves to another address. */
static void fail_peer(struct curl_transfer *t)
{
    if (peer_connect_failed(t->lane->turn.peer)) {
        t->stop = CURL_STOP_MOVES;
    }
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct curl_transfer *t = context;
    (void)purpose;
    t->exchange.sent_ns = 0; /* earlier tries count as connecting */
    t->exchange.address = ADDRESS_NONE;
    if (!can_try(t) || !take_peer(t)) {
        return CURL_SOCKET_BAD;
    }
    const struct address *address = &t->lane->turn.peer->address;
    t->exchange.address = address->number;
    struct curl_socket *socket = open_socket(t);
    if (!socket) {
        t->exchange.system_error = errno;
        if (errno == EAFNOSUPPORT || errno == EINVAL) { /* else a local limit */
            fail_peer(t);
        }
        peer_release(t->lane->turn.peer);
        return CURL_SOCKET_BAD;
    }
    to->family = address->socket.any.sa_family;
    to->addrlen = address->length;
    memcpy(&to->addr, &address->socket, address->length);
    socket->user = t;
    t->socket = socket;
    return socket->watch.fd;
}

static int on_close(void *context, curl_socket_t fd)
{
    struct curl_socket *socket = curl_sockets_at(context, fd);
    struct curl_transfer *t = socket->user;
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    bool is_over = false; /* the answer is complete, and the server has not closed */
    if (t) {
        /* After a reset the state is CLOSE, after an orderly close it is CLOSE_WAIT. */
        t->is_reset = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
                      info.tcpi_state == TCP_CLOSE;
        is_over = !t->config->keepalive && !t->is_abandoned && answer_is_complete(&t->answer) &&
                  info.tcpi_state == TCP_ESTABLISHED;
    }
    if (t && t->socket == socket) {
        fail_peer(t); /* libcurl could not connect */
        t->socket = NULL;
    }
    if (is_over) {
        curl_sockets_begin_closing(socket, clock_now_ns());
    } else {
        curl_sockets_close(socket);
    }
    return 0;
}

static CURLcode on_tls(CURL *easy, void *context, void *user)
{
    struct curl_transfer *t = user;
    (void)easy;
    t->peer = (struct tls_peer){
        .tls = t->config->tls,
        .host = t->origin->origin.host,
        .reason = t->exchange.reason,
        .reason_size = sizeof t->exchange.reason,
    };
    return tls_apply(&t->peer, context) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* Answers. */

/* Makes libcurl close the connection after this transfer. */
static void forbid_reuse(struct curl_transfer *t)
{
    if (!t->forbids_reuse) {
        t->forbids_reuse = true;
        curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

static size_t feed(struct curl_transfer *t, const char *bytes, size_t length)
{
    size_t used = 0;
    enum answer_state state = answer_feed(&t->answer, bytes, length, &used);
    if (state == ANSWER_COMPLETE && used < length) {
        t->exchange.violations |= VIOLATION_BIT(excess);
        forbid_reuse(t);
    }
    if (answer_is_doubtful(&t->answer)) {
        forbid_reuse(t);
    }
    return state == ANSWER_BROKEN ? 0 : length;
}

static size_t on_header(char *line, size_t one, size_t length, void *context)
{
    struct curl_transfer *t = context;
    (void)one;
    if (t->exchange.first_byte_ns == 0) {
        t->exchange.first_byte_ns = clock_now_ns();
    }
    return feed(t, line, length);
}

static size_t on_body(char *bytes, size_t one, size_t length, void *context)
{
    (void)one;
    return feed(context, bytes, length);
}

bool curl_try_set_callbacks(struct curl_transfer *t)
{
    CURL *easy = t->easy;
    bool ok = true;
#define SET(option, value) ok = curl_easy_setopt(easy, option, value) == CURLE_OK && ok
    SET(CURLOPT_PREREQFUNCTION, on_connected);
    SET(CURLOPT_PREREQDATA, t);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
    SET(CURLOPT_CLOSESOCKETDATA, t->sockets);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
    SET(CURLOPT_SSL_CTX_DATA, t);
#undef SET
    return ok;
}
