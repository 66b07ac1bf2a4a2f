/*
 * engine_curl - HTTP/1.1 through proxies and their tunnels: libcurl's multi interface on our event
 * loop.
 *
 * Timestamps are read from the clock, not from CURLINFO_*_TIME_T, which are in microseconds:
 * - sent: in CURLOPT_PREREQFUNCTION, when the connection is open (TCP, proxy, TLS), before libcurl
 *   builds the request. Building it takes microseconds, which count as service.
 * - first byte: in CURLOPT_HEADERFUNCTION, with the status line.
 * - done: after the curl_multi_socket_action that read the end of the answer.
 *
 * Differences from h1/engine.h:
 * - libcurl itself sends a request again, up to five times, when a reused connection closes before
 *   the first byte of the answer. We see each such try as it begins (CURLOPT_PREREQFUNCTION,
 *   CURLOPT_OPENSOCKETFUNCTION), count it as a retry, and stop it unless the request is idempotent.
 *   Redirects are followed by us, not by libcurl.
 * - When the server closes an idle connection, its descriptor stays open until the owner's next
 *   request to the same address, or until none of the owner's connections to it is alive.
 * - The limit on idle connections to each address of a proxy is max_idle times the number of
 *   origins that share the proxy. We shut down connections beyond it (multi/sockets.h).
 * - The body of a HEAD request is not sent.
 *
 * libcurl resolves nothing: CURLOPT_RESOLVE gives it a dummy address, and
 * CURLOPT_OPENSOCKETFUNCTION connects each socket to the address that we chose.
 *
 * Threads: see http/engine.h; starts none. Memory: a transfer (easy handle) is created when more
 * exchanges are in flight than ever before, and kept until the end; libcurl allocates memory for
 * each request.
 */
#ifndef LOADGEN_HTTP_CURL_ENGINE_H
#define LOADGEN_HTTP_CURL_ENGINE_H

#include "loadgen/http/engine.h"

extern const struct engine_type engine_curl;

#endif
