/*
 * try - libcurl's callbacks while it tries to send a request and to read the answer.
 *
 *     on_open -> [on_tls] -> on_connected -> on_header, on_body -> on_close
 *
 * libcurl may try several times. If a try must not continue, the callback sets `stop` and returns
 * an error; follow.c decides what comes next.
 *
 * answer.h reads all bytes of an answer, including chunk framing. So answers are accepted and
 * refused for the same reasons as without a proxy.
 */
#ifndef LOADGEN_HTTP_CURL_TRY_H
#define LOADGEN_HTTP_CURL_TRY_H

#include "loadgen/http/curl/transfer.h"

/* Sets the callbacks of the transfer's handle. False: libcurl lacks one, or out of memory. */
bool curl_try_set_callbacks(struct curl_transfer *transfer);

#endif
