#include "loadgen/http/curl_transfer.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

/* Tries. */

/* May the request be sent, again if it was before? Each try that may is counted. */
static bool begin_try(struct curl_transfer *t)
{
    if (t->tries > 0 && !t->request->is_repeatable) {
        t->is_stopped = true;
        return false;
    }
    return true;
}

/* The connection that the try goes over; each place has but one address as a rule. */
static void note_address(struct curl_transfer *t, int own_port)
{
    if (t->socket) {
        t->socket->own_port = own_port;
        t->place->address = t->socket->address;
        if (t->socket->peer) {
            peer_made(t->socket->peer);
        }
        t->socket = NULL;
    } else if (t->place->place->address_count > 1) {
        struct curl_socket *socket = curl_sockets_find(t->sockets, t->place, own_port);
        t->exchange.address = socket ? socket->address : ADDRESS_NONE;
        return;
    }
    t->exchange.address = t->place->address;
}

/* The connection is there, new or used before. */
static int on_connected(void *context, char *peer, char *own, int peer_port, int own_port)
{
    struct curl_transfer *t = context;
    (void)peer, (void)own, (void)peer_port;
    if (!begin_try(t)) {
        return CURL_PREREQFUNC_ABORT;
    }
    note_address(t, own_port);
    t->exchange.retries = (uint16_t)(t->exchange.retries + (t->tries > 0));
    t->tries++;
    t->exchange.first_byte_ns = 0;
    t->exchange.sent_ns = clock_now_ns();
    return CURL_PREREQFUNC_OK;
}

/* The address for a new connection. NULL: there is none now. */
static struct peer *take_peer(struct curl_transfer *t)
{
    struct peer *peer = t->reserved;
    t->reserved = NULL;
    if (!peer) {
        switch (resolver_next(t->place->place, &t->wait, &peer)) {
        case LOOKUP_DONE:
            break;
        case LOOKUP_FAILED:
            t->has_no_address = true;
            return NULL;
        case LOOKUP_WAITS:
            t->waits = true;
            return NULL;
        }
    }
    return peer;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct curl_transfer *t = context;
    (void)purpose;
    t->exchange.sent_ns = 0; /* what was sent before counts as connecting */
    t->exchange.address = ADDRESS_NONE;
    if (!begin_try(t)) {
        return CURL_SOCKET_BAD;
    }
    struct peer *peer = take_peer(t);
    if (!peer) {
        return CURL_SOCKET_BAD;
    }
    const struct address *address = &peer->address;
    t->exchange.address = address->number;
    struct curl_socket *socket = curl_sockets_open(t->sockets, peer, &t->config->local);
    if (!socket) {
        int problem = errno;
        bool is_peers = problem == EAFNOSUPPORT || problem == EINVAL;
        t->exchange.system_error = problem;
        t->is_lost = is_peers && peer_lost(peer); /* else it is our own limit */
        peer_release(peer);
        return CURL_SOCKET_BAD;
    }
    to->family = address->socket.any.sa_family;
    to->addrlen = address->length;
    memcpy(&to->addr, &address->socket, address->length);
    socket->place = t->place;
    socket->user = t;
    t->socket = socket;
    return socket->watch.fd;
}

static int on_close(void *context, curl_socket_t fd)
{
    struct curl_socket *socket = curl_sockets_at(context, fd);
    struct curl_transfer *t = socket->user;
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (t) {
        /* A reset leaves no connection behind, an orderly close leaves half of one. */
        t->is_reset = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
                      info.tcpi_state == TCP_CLOSE;
    }
    if (t && t->socket == socket) {
        t->is_lost = peer_lost(socket->peer); /* libcurl gives up connecting */
        t->socket = NULL;
    }
    curl_sockets_close(socket);
    return 0;
}

static CURLcode on_tls(CURL *easy, void *context, void *user)
{
    struct curl_transfer *t = user;
    (void)easy;
    t->peer = t->place->peer;
    t->peer.reason = t->exchange.reason;
    t->peer.reason_size = sizeof t->exchange.reason;
    return tls_apply(&t->peer, context) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* What comes back. */

/* "HTTP/1.1 404 Not Found\r\n". False: it is no answer for us. */
static bool take_status(struct curl_transfer *t, const char *line, size_t length)
{
    const char *end = line + length;
    const char *space = memchr(line, ' ', length);
    unsigned code = 0;
    for (const char *c = space ? space + 1 : end; c < end && *c >= '0' && *c <= '9'; c++) {
        code = code * 10 + (unsigned)(*c - '0');
    }
    if (code < 100 || code == 101) {
        snprintf(t->exchange.reason, sizeof t->exchange.reason, "malformed HTTP response: %s",
                 code == 101 ? "the server switched protocols, which was not asked for"
                             : "a status below 100");
        return false;
    }
    while (end > line && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' ')) {
        end--;
    }
    t->exchange.reason[0] = '\0';
    if (code >= 400 && end - space > 5) {
        snprintf(t->exchange.reason, sizeof t->exchange.reason, "%.*s", (int)(end - space - 5),
                 space + 5);
    }
    return true;
}

/* What is kept: the headers of the last answer, but none of an interim one or behind the body. */
static void keep_header(struct curl_transfer *t, const char *line, size_t length, bool is_status)
{
    if (is_status) {
        capture_begin(&t->capture, t->config->max_body);
    } else if (length > 2 && !t->is_head_over) {
        capture_header(&t->capture, line, length - 2);
        capture_header_end(&t->capture);
    }
}

static size_t on_header(char *line, size_t one, size_t length, void *context)
{
    struct curl_transfer *t = context;
    (void)one;
    if (t->exchange.first_byte_ns == 0) {
        t->exchange.first_byte_ns = clock_now_ns();
    }
    bool is_status = length > 5 && memcmp(line, "HTTP/", 5) == 0;
    if (t->config->keeps_answers) {
        keep_header(t, line, length, is_status);
    }
    t->is_head_over = !is_status && (t->is_head_over || length <= 2);
    return !is_status || take_status(t, line, length) ? length : 0;
}

static size_t on_body(char *bytes, size_t one, size_t length, void *context)
{
    struct curl_transfer *t = context;
    (void)one;
    t->exchange.bytes_in += length;
    if (t->config->keeps_answers) {
        capture_body(&t->capture, bytes, length);
    }
    return length;
}

const char *curl_transfer_location(const struct curl_transfer *t)
{
    struct curl_header *header = NULL;
    CURLHcode failed = curl_easy_header(t->easy, "Location", 0, CURLH_HEADER, -1, &header);
    return failed ? "" : header->value;
}

/* Making and preparing. */

static bool set_fixed(struct curl_transfer *t)
{
    const struct engine_config *config = t->config;
    bool verifies = !config->secure->is_insecure;
    CURL *easy = t->easy;
    bool ok = true;
#define SET(option, value) ok = curl_easy_setopt(easy, option, value) == CURLE_OK && ok
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->problem);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    SET(CURLOPT_FORBID_REUSE, config->keepalive && config->max_idle > 0 ? 0L : 1L);
    SET(CURLOPT_FRESH_CONNECT, config->keepalive ? 0L : 1L);
    SET(CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, config->timeout_ns ? 0L : (long)INT32_MAX);
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
    SET(CURLOPT_CAINFO, NULL); /* tls.h has what is trusted */
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_SSL_VERIFYPEER, verifies ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, verifies ? 2L : 0L);
    SET(CURLOPT_SSL_SESSIONID_CACHE, config->secure->has_tickets ? 1L : 0L);
    SET(CURLOPT_NOPROXY, ""); /* proxy.h has read the environment */
    SET(CURLOPT_SHARE, t->share);
#undef SET
    return ok;
}

/* libcurl 7.88 counts the retries of a handle over all its transfers, and fails the sixth. */
static bool make_anew(struct curl_transfer *t)
{
    curl_easy_reset(t->easy);
    t->prepared_place = NULL;
    return set_fixed(t);
}

struct curl_transfer *curl_transfer_create(const struct engine_config *config,
                                           struct curl_sockets *sockets, CURLSH *share,
                                           struct err *err)
{
    struct curl_transfer *t = calloc(1, sizeof *t);
    if (t) {
        t->config = config;
        t->sockets = sockets;
        t->share = share;
        t->easy = curl_easy_init();
    }
    if (!t || !t->easy || !set_fixed(t)) {
        curl_transfer_destroy(t);
        err_set(err, ERR_FAILED, "libcurl %s cannot be used: no memory, or it lacks TLS",
                curl_version_info(CURLVERSION_NOW)->version);
        return NULL;
    }
    return t;
}

void curl_transfer_destroy(struct curl_transfer *t)
{
    if (t) {
        curl_easy_cleanup(t->easy);
        curl_message_fini(&t->message);
        capture_fini(&t->capture);
        free(t->hop_bytes);
        free(t);
    }
}

static bool prepare_place(struct curl_transfer *t)
{
    const struct curl_place *place = t->place;
    struct curl_slist *headers = place->has_proxy && place->is_https ? place->proxy_headers : NULL;
    return curl_easy_setopt(t->easy, CURLOPT_RESOLVE, place->dummies) == CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_PROXYHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_PROXY, place->has_proxy ? place->proxy.url : "") ==
               CURLE_OK;
}

enum curl_again curl_transfer_again(struct curl_transfer *t)
{
    if (t->waits) {
        return CURL_AGAIN_LATER;
    }
    if (t->is_lost) { /* another family */
        t->is_lost = false;
        t->exchange.system_error = 0;
        return CURL_AGAIN_NOW;
    }
    return CURL_AGAIN_NOT;
}

void curl_transfer_let_go(struct curl_transfer *t)
{
    resolver_cancel(&t->wait);
    t->waits = false;
    if (t->reserved) {
        peer_release(t->reserved);
        t->reserved = NULL;
    }
}

bool curl_transfer_prepare(struct curl_transfer *t)
{
    const struct request *request = t->request;
    const struct curl_place *place = t->place;
    assert(request && place);
    if (t->tries > 1 && !make_anew(t)) {
        return false;
    }
    t->tries = 0;
    t->is_stopped = t->is_reset = t->is_lost = t->has_no_address = false;
    t->is_head_over = false;
    t->exchange.bytes_in = 0;
    t->exchange.reason[0] = '\0';
    if (t->prepared_place != place) {
        t->prepared_request = NULL;
        t->prepared_place = prepare_place(t) ? place : NULL;
    }
    /* The memory of a live source's request may hold another one by now. */
    if (t->prepared_request != request || request->slot || request == &t->hop) {
        bool ok =
            t->prepared_place && curl_message_set(&t->message, t->easy, place->origin, request);
        t->prepared_request = ok ? request : NULL;
    }
    curl_message_number(&t->message, t->exchange.number);
    return t->prepared_request != NULL;
}
