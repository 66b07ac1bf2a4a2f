/*
 * assign - chooses which connection carries a request, and when.
 *
 *     an idle one of the next lane in turn       -> libcurl sends immediately
 *     a new one to the resolver's next address   -> libcurl connects, then sends
 *     a new one, but the resolver has no answer  -> the transfer waits for it
 *
 * An address that has too few connections gets a new one even if others are idle: it is new, was
 * down, or cannot keep up (turns.h).
 *
 * The exchange ends if no connection can be assigned: out of memory, no address, or an invalid
 * proxy.
 */
#ifndef LOADGEN_HTTP_CURL_ASSIGN_H
#define LOADGEN_HTTP_CURL_ASSIGN_H

#include "loadgen/http/curl/state.h"

/* Sends t->request to t->origin. Call curl_drive_run afterwards. */
void curl_assign(struct curl_engine *curl, struct curl_transfer *t);

/* Sends it again, after a try that stopped with CURL_STOP_MOVES. */
void curl_assign_again(struct curl_engine *curl, struct curl_transfer *t);

/* Removes the transfer from libcurl, which closes its connection if it has not ended. */
void curl_unassign(struct curl_transfer *t, uint64_t now_ns);

#endif
