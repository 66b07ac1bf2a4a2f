/*
 * curl_outcome - what libcurl's results are called: from a CURLcode and its text to an outcome.
 *
 * The kinds and texts are those that engine_h1's exchanges have, so that a report does not tell
 * which engine it was; numbers of ports and streams are left out, so that equal failures are one
 * entry.
 *
 * Threads: the engine's. Memory: none.
 */
#ifndef LOADGEN_HTTP_CURL_OUTCOME_H
#define LOADGEN_HTTP_CURL_OUTCOME_H

#include "loadgen/http/curl_transfer.h"

/* Says in the exchange how it ended. */
void curl_outcome_conclude(struct curl_transfer *transfer, CURLcode result);

#endif
