/*
 * assign - chooses which connection carries a request, and when.
 *
 *     an idle connection of the next lane in turn         -> libcurl sends immediately
 *     a new connection to the resolver's next address     -> libcurl connects, then sends
 *     a new connection, and the lookup is still pending   -> the transfer waits for the lookup
 *
 * An address that has too few connections, because it is new, was down, or cannot keep up
 * (turns.h), gets a new connection even if others are idle.
 *
 * The exchange ends if no connection can be assigned: out of memory, no address, or an invalid
 * proxy.
 */
#ifndef LOADGEN_HTTP_CURL_ASSIGN_H
#define LOADGEN_HTTP_CURL_ASSIGN_H

#include "loadgen/http/curl/state.h"

/* Sends t->request to t->origin. Call curl_drive_run afterwards. */
void curl_assign(struct curl_engine *curl, struct curl_transfer *t);

/* Sends the request again, after a try that stopped with CURL_STOP_MOVES. */
void curl_assign_again(struct curl_engine *curl, struct curl_transfer *t);

/*
 * Removes the transfer from libcurl, which closes the connection of a transfer that has not ended.
 */
void curl_unassign(struct curl_transfer *t, uint64_t now_ns);

#endif
