/*
 * curl_transfer - one exchange in libcurl's hands: an easy handle, what it sends, what it has seen.
 *
 * A handle is made once, with everything that never changes. For a request to the place that it had
 * before only the number changes; nothing is set anew.
 *
 * Threads: belongs to the engine's. Memory: curl_transfer_destroy.
 */
#ifndef LOADGEN_HTTP_CURL_TRANSFER_H
#define LOADGEN_HTTP_CURL_TRANSFER_H

#include <curl/curl.h>

#include "loadgen/http/curl_message.h"
#include "loadgen/http/curl_places.h"
#include "loadgen/http/curl_sockets.h"
#include "loadgen/http/engine.h"
#include "loadgen/http/flights.h"

struct curl_engine;

struct curl_transfer {
    struct flight flight;
    struct curl_transfer *next; /* in the free list */
    struct curl_engine *engine;
    const struct engine_config *config;
    struct curl_sockets *sockets;
    CURLSH *share;
    CURL *easy;
    struct curl_place *place;
    const struct curl_place *prepared_place; /* that the handle is set up for; NULL: none */
    const struct request *prepared_request;  /* NULL: none */
    struct curl_message message;
    const struct request *request; /* being sent: the exchange's, or its hop after a redirect */
    struct request hop;
    char *hop_bytes; /* NULL until a redirect came this way */
    struct tls_peer peer;
    struct resolver_wait wait;
    struct peer *reserved;      /* for a connection that it is going to make; NULL: none */
    struct curl_socket *socket; /* that it has opened and libcurl connects; NULL: none */
    bool waits;                 /* for an address: wait.on_answer will be called */
    bool has_no_address;        /* the name was not resolved */
    unsigned tries;             /* of this request, at their start */
    bool is_stopped;            /* another try would have been one too many */
    bool is_lost;               /* no connection; but the place has addresses of another family */
    bool is_reset;              /* the connection of the last try was reset, not closed */
    bool is_head_over;
    struct capture capture;
    struct exchange exchange;
    char problem[CURL_ERROR_SIZE]; /* libcurl's words */
};

/* `share` may be NULL. NULL with err: no memory, or a libcurl that lacks what is needed. */
struct curl_transfer *curl_transfer_create(const struct engine_config *config,
                                           struct curl_sockets *sockets, CURLSH *share,
                                           struct err *err);
void curl_transfer_destroy(struct curl_transfer *transfer);

/*
 * Makes the handle ready to send t->request to t->place, as the first try of a new hop. False: no
 * memory.
 */
bool curl_transfer_prepare(struct curl_transfer *transfer);

enum curl_again {
    CURL_AGAIN_NOT,   /* it has ended */
    CURL_AGAIN_NOW,   /* to be given to libcurl once more: it could not make its connection that way
                       */
    CURL_AGAIN_LATER, /* as soon as its address is there: `waits` */
};

/* After libcurl gave the transfer back: what follows? */
enum curl_again curl_transfer_again(struct curl_transfer *transfer);

/* What it holds of the resolver is given back: it ends. */
void curl_transfer_let_go(struct curl_transfer *transfer);

/* The Location of a redirect; "" without one. */
const char *curl_transfer_location(const struct curl_transfer *transfer);

#endif
