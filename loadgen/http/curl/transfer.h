/*
 * transfer - one exchange in libcurl: an easy handle, its request, and the state of its tries.
 *
 *     free -> [waiting for an address] -> in a lane: libcurl has it -> free
 *                        ^                          |
 *                        +----- CURL_STOP_WAITS ----+
 *
 * Threads: the engine's. Memory: setup.h.
 */
#ifndef LOADGEN_HTTP_CURL_TRANSFER_H
#define LOADGEN_HTTP_CURL_TRANSFER_H

#include <curl/curl.h>

#include "loadgen/http/answer/answer.h"
#include "loadgen/http/curl/message.h"
#include "loadgen/http/curl/multi/sockets.h"
#include "loadgen/http/curl/origin.h"
#include "loadgen/http/engine.h"
#include "loadgen/http/flights.h"

struct curl_engine;

/* Why a callback stopped a try, for which libcurl then reports an error. */
enum curl_stop {
    CURL_STOP_NONE,       /* the try was not stopped */
    CURL_STOP_REPEATED,   /* a request that is not idempotent would have been sent again */
    CURL_STOP_UNRESOLVED, /* the lookup failed */
    CURL_STOP_WAITS,      /* the lookup has no answer yet; wait.on_answer will be called */
    CURL_STOP_MOVES, /* the request continues at another address: `reserved`, or the next in turn */
};

struct curl_transfer {
    struct flight flight;
    struct curl_transfer *next; /* in the free list */
    struct curl_engine *engine;
    const struct engine_config *config;
    struct curl_sockets *sockets;
    CURLSH *share;
    CURL *easy;
    struct curl_origin *origin;
    const struct curl_origin *prepared_origin; /* set up in the handle; NULL: none */
    const struct request *prepared_request;    /* set up in the handle; NULL: none, or outdated */
    struct curl_message message;
    const struct request *request; /* being sent: the exchange's, or `hop` */
    struct request hop;            /* after a redirect */
    char *hop_bytes;               /* HOP_BYTES_MAX; NULL before the first redirect */
    struct tls_peer peer;
    struct lookup wait;
    struct peer *reserved;      /* peer of the connection to open; NULL: none */
    struct curl_lane *lane;     /* NULL: libcurl does not have it */
    struct curl_socket *socket; /* being connected; NULL: none */
    enum curl_stop stop;        /* of the last try */
    unsigned tries;             /* of this request, including the current one */
    bool is_abandoned;          /* was removed from libcurl before its end */
    bool is_reset;              /* the connection of the last try was reset, not closed */
    bool forbids_reuse;         /* libcurl closes the connection after this transfer */
    struct answer answer;
    struct capture capture;
    struct exchange exchange;
    char problem[CURL_ERROR_SIZE]; /* libcurl's error message */
};

/* Resets the reader of answers. Call this before each try. */
void curl_transfer_begin_answer(struct curl_transfer *transfer);

/* Copies a redirected request, to be sent next. False: out of memory. */
bool curl_transfer_set_hop(struct curl_transfer *transfer, const struct request *hop);

/* Cancels the transfer's lookup and releases its reserved peer. */
void curl_transfer_release(struct curl_transfer *transfer);

/* The Location of a redirect; "" without one. */
const char *curl_transfer_location(const struct curl_transfer *transfer);

#endif
