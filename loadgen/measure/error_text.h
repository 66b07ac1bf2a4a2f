/*
 * error_text - the error message of an unsuccessful exchange, in the format of vegeta and Go.
 *
 *     404 Not Found
 *     Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused
 *     Get "http://127.0.0.1:5000/": read tcp ->127.0.0.1:5000: read: connection reset by peer
 *     Get "http://127.0.0.1:5000/": EOF
 *     Get "http://127.0.0.1:5000/": context deadline exceeded (Client.Timeout exceeded while
 *         awaiting headers)
 *
 * If a script called the result a failure, the text is the reason that the script gave, except for
 * errors of this machine (error_text_is_ours), which show that the measurement is bad. Texts never
 * contain the local port, so equal failures have equal texts.
 *
 * Threads: pure functions. Memory: the text is the caller's.
 */
#ifndef LOADGEN_MEASURE_ERROR_TEXT_H
#define LOADGEN_MEASURE_ERROR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/http/exchange.h"
#include "loadgen/target/targets.h"

enum { ERROR_TEXT_MAX = 512 };

/* True if the exchange failed. A script's judgement decides, if there is one; without one, only an
 * answer with 200 <= code < 400 is a success. */
bool error_text_is_needed(const struct exchange *exchange);

/* True if the text is the reason that a script gave. */
bool error_text_is_given(const struct exchange *exchange);

/* Writes the text; `target` is the target of the exchange's request. */
void error_text_write(const struct exchange *exchange, const struct target *target,
                      const struct address_list *addresses, char text[ERROR_TEXT_MAX]);

/* Removes local ports from Go's texts, "read tcp 1.2.3.4:5->6.7.8.9:80: ...". Idempotent. */
void error_text_strip_ports(char *text);

/* True if the text says that no local port was free. */
bool error_text_lacks_port(const char *text);

/* True if the text says that this machine lacked a local port, descriptors or memory. */
bool error_text_is_ours(const char *text);

#endif
