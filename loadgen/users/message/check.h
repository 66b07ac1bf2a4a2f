/*
 * check - prints the actions of the users of `run -check`, one user after the other: the functions
 * that they begin, requests as sent, answers, and fired results.
 *
 *     Shopper: browse
 *     > GET /users_name/1 HTTP/1.1
 *     > Host: 127.0.0.1:5000
 *     < 200, 16 bytes in 1.2ms
 *     < Content-Type: application/json
 *     <
 *     < {"name":"user1"}
 *     = WS send: 12.5ms, 10 bytes
 *
 * Bodies are cut after CHECK_BODY_MAX bytes. Control bytes that could affect a terminal are printed
 * as dots.
 *
 * Threads: one.
 */
#ifndef LOADGEN_USERS_MESSAGE_CHECK_H
#define LOADGEN_USERS_MESSAGE_CHECK_H

#include <stdio.h>

#include "common/slice.h"
#include "loadgen/http/exchange.h"

enum { CHECK_BODY_MAX = 1024 };

void check_function(FILE *out, const char *class, const char *function);
void check_exchange(FILE *out, const struct exchange *exchange);
void check_fired(FILE *out, const char *type, struct slice name, const struct exchange *fired);

#endif
