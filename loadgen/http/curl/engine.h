/*
 * engine_curl - HTTP/1.1 through proxies and their tunnels: libcurl's multi interface on our event
 * loop.
 *
 * Timestamps, each read from the clock; CURLINFO_*_TIME_T, in microseconds, are not used:
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
 * - When the server closes an idle connection, libcurl closes its end only when it next needs a
 *   connection.
 * - max_idle applies per address of a proxy, multiplied by the number of origins that share the
 *   proxy. We shut down idle connections beyond it (multi/sockets.h).
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
