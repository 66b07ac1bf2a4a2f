/*
 * end - ends the exchange of a transfer, which must have been removed from libcurl. The transfer is
 * freed before `done` is called, so `done` may reuse it for the next exchange.
 */
#ifndef LOADGEN_HTTP_CURL_END_H
#define LOADGEN_HTTP_CURL_END_H

#include "loadgen/http/curl/state.h"

/* Frees the transfer without calling `done`. */
void curl_end_silently(struct curl_engine *curl, struct curl_transfer *t);

/* Passes the exchange to `done`. */
void curl_end(struct curl_engine *curl, struct curl_transfer *t);

/* Ends the exchange with OUTCOME_PROTOCOL and this reason, which may be t->exchange.reason. */
void curl_end_protocol(struct curl_engine *curl, struct curl_transfer *t, const char *reason);

/* Ends the exchange with OUTCOME_DNS: the lookup failed or timed out. */
void curl_end_unresolved(struct curl_engine *curl, struct curl_transfer *t);

#endif
