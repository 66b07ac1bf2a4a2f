/*
 * setup - creates transfers, and sets up their easy handles.
 *
 * Fixed options are set once per handle. For another request to the same origin, only URL, method,
 * headers and body are set again; for the same request, only its number.
 *
 * Threads: the engine's. Memory: curl_setup_destroy.
 */
#ifndef LOADGEN_HTTP_CURL_SETUP_H
#define LOADGEN_HTTP_CURL_SETUP_H

#include "loadgen/http/curl/transfer.h"

/* NULL with err: out of memory, or libcurl lacks an option. */
struct curl_transfer *curl_setup_create(const struct engine_config *config,
                                        struct curl_sockets *sockets, CURLSH *share,
                                        struct err *err);
void curl_setup_destroy(struct curl_transfer *transfer); /* NULL is allowed */

/* Prepares the first try of transfer->request to transfer->origin. False: out of memory. */
bool curl_setup_request(struct curl_transfer *transfer);

/* Prepares another try of the same request. */
void curl_setup_another_try(struct curl_transfer *transfer);

#endif
