/*
 * engine_curl - what goes through a proxy: libcurl's multi interface on our own epoll loop.
 *
 * It speaks HTTP/1.1 with proxies, and through their tunnels.
 *
 * What libcurl lets us see, and so what the moments are:
 * - sent: CURLOPT_PREREQFUNCTION, when the connection is there (TCP, TLS, proxy) and before the
 *   request is put together; that takes libcurl some microseconds, which count as service.
 * - first byte: CURLOPT_HEADERFUNCTION with the status line. When the line comes in two pieces it
 *   is after the second one.
 * - done: after the curl_multi_socket_action that read the end of the answer; it reads one
 *   connection.
 * Each is read from the clock there. None is earlier than its event; CURLINFO_*_TIME_T, which count
 * microseconds, are not used.
 *
 * What counts as what, where it is not as engine_h1.h has it:
 * - libcurl sends a request again, on another connection, when a reused one closes before any byte
 *   of the answer, up to five times. Each such try is seen at its start (CURLOPT_PREREQFUNCTION and
 *   CURLOPT_OPENSOCKETFUNCTION): it is counted as a retry, and stopped there unless the request is
 *   repeatable. It never follows a redirect; we do.
 * - An idle connection that the server closed is closed here before the next new one is made.
 * - max_idle bounds all connections of the thread, idle or not, over all places: libcurl then
 *   closes one that is idle. A name's connections are made evenly over its addresses, but they are
 *   not balanced again when these change, nor used in turn.
 * - The body of a HEAD is not sent.
 *
 * Addresses: libcurl resolves nothing. It is told a dummy (CURLOPT_RESOLVE), and each new socket is
 * connected to the address of its endpoint, or of its proxy, in CURLOPT_OPENSOCKETFUNCTION.
 *
 * Threads: none of its own; see engine.h. Memory: a transfer (easy handle) is made when more are in
 * flight than ever before, and kept; libcurl itself allocates for each request.
 */
#ifndef LOADGEN_HTTP_ENGINE_CURL_H
#define LOADGEN_HTTP_ENGINE_CURL_H

#include "loadgen/http/engine.h"

extern const struct engine_type engine_curl;

#endif
