/*
 * follow - what happens when libcurl has ended a try: the exchange is done, continues at another
 * address, is redirected, or is handed over to another engine.
 */
#ifndef LOADGEN_HTTP_CURL_FOLLOW_H
#define LOADGEN_HTTP_CURL_FOLLOW_H

#include "loadgen/http/curl/state.h"

/* For drive.h's on_ended; the context is the engine. */
void curl_on_ended(void *context, struct curl_transfer *t, CURLcode result, uint64_t now_ns);

/* Sends the hop to t->origin; copies its bytes. */
void curl_begin_hop(struct curl_engine *curl, struct curl_transfer *t, const struct redirect *hop);

#endif
