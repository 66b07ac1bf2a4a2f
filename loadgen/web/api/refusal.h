/*
 * refusal - error replies of the API: {"error": {"field": "rate", "text": "..."}}. `field` is null
 * if the error concerns no field.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_API_REFUSAL_H
#define LOADGEN_WEB_API_REFUSAL_H

#include <stdbool.h>

#include "loadgen/web/http/exchange.h"

/* Fills in the whole reply. `field` NULL or "": none. */
void refusal_reply(struct http_reply *reply, unsigned status, const char *field, const char *text);

/* True if the path belongs to the API. */
bool refusal_is_api(const char *path);

/* Converts an error reply from text to JSON. Keeps its status and its error headers. */
void refusal_convert(struct http_reply *reply);

#endif
