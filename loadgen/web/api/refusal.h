/*
 * refusal - errors of the API: {"error": {"field": "rate", "text": "..."}}. The field is null if
 * the error is not about one.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_API_REFUSAL_H
#define LOADGEN_WEB_API_REFUSAL_H

#include <stdbool.h>

#include "loadgen/web/http/exchange.h"

/* Fills in the whole reply. `field` NULL or "": none. */
void refusal_reply(struct http_reply *reply, unsigned status, const char *field, const char *text);

/* Does the path belong to the API? */
bool refusal_is_api(const char *path);

/* Makes a reply of text one in JSON, with the same status and headers about it. */
void refusal_convert(struct http_reply *reply);

#endif
