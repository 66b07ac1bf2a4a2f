/*
 * state - the state of a libcurl engine, and its parts. A part calls only parts below it.
 *
 *     engine.c     the contract: start, resume, timeouts
 *     follow.c     the end of a try: done, continued elsewhere, redirected, handed over
 *     outcome.c    libcurl's result -> outcome
 *     assign.c     which connection carries a request
 *     end.c        the end of an exchange
 *     setup.c      easy handles; message.c: their requests
 *     try.c        callbacks of libcurl
 *     transfer.c   an exchange in libcurl
 *     origin.c     what libcurl needs to know about an origin
 *     multi/drive.c    runs libcurl: one multi handle per address
 *     multi/sockets.c  libcurl's sockets on the loop
 *     multi/lane.c     the connections to one address
 *
 * Threads: all parts run on the engine's thread.
 */
#ifndef LOADGEN_HTTP_CURL_STATE_H
#define LOADGEN_HTTP_CURL_STATE_H

#include "loadgen/http/curl/multi/drive.h"
#include "loadgen/http/curl/multi/sockets.h"
#include "loadgen/http/curl/origin.h"
#include "loadgen/http/curl/transfer.h"
#include "loadgen/http/engine.h"
#include "loadgen/http/flights.h"
#include "loadgen/http/hop.h"

struct curl_engine {
    struct engine engine; /* first member: an engine is cast to its curl_engine */
    struct engine_config config;
    engine_done_fn *done;
    void *owner;
    struct tls *own_tls; /* NULL: the run's is used */
    CURLSH *share;       /* TLS sessions and dummy addresses; used by one thread, without locks */
    struct curl_sockets sockets;
    struct curl_drive drive;
    struct curl_route *routes;
    struct origins origins;
    struct flights flights;
    struct curl_transfer *free;
    /* Values at the last check of idle connections: */
    uint64_t changes; /* resolver_changes */
    struct engine_limits limits;
    char scratch[HOP_BYTES_MAX];
};

#endif
