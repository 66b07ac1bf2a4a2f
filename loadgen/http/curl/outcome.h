/*
 * outcome - maps libcurl's result code and error text to an outcome.
 *
 * Outcomes and texts match those of the HTTP/1.1 engine.
 *
 * Threads: the engine's. Memory: none.
 */
#ifndef LOADGEN_HTTP_CURL_OUTCOME_H
#define LOADGEN_HTTP_CURL_OUTCOME_H

#include "loadgen/http/curl/transfer.h"

/* Sets outcome, status, reason and bytes of the exchange. */
void curl_outcome_conclude(struct curl_transfer *transfer, CURLcode result);

#endif
