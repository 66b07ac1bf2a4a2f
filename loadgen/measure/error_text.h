/*
 * error_text - what an unsuccessful exchange is called, in the words that vegeta's users know.
 *
 *     404 Not Found
 *     Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused
 *     Get "http://127.0.0.1:5000/": read tcp ->127.0.0.1:5000: read: connection reset by peer
 *     Get "http://127.0.0.1:5000/": EOF
 *     Get "http://127.0.0.1:5000/": context deadline exceeded (Client.Timeout exceeded while
 *         awaiting headers)
 *
 * No text holds our own port, so that equal failures are one entry.
 */
#ifndef LOADGEN_MEASURE_ERROR_TEXT_H
#define LOADGEN_MEASURE_ERROR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/http/engine.h"
#include "loadgen/target/targets.h"

enum { ERROR_TEXT_MAX = 512 };

/* Is this a success as vegeta has it, 200 <= code < 400? Then there is no text. */
bool error_text_is_needed(const struct exchange *exchange);

/* Writes the text. */
void error_text_write(const struct exchange *exchange, const struct targets *targets,
                      const struct address_list *addresses, char text[ERROR_TEXT_MAX]);

/*
 * Takes the local ports out of a text of Go's, "read tcp 1.2.3.4:5->6.7.8.9:80: ...": each failure
 * has another one.
 */
void error_text_strip_ports(char *text);

#endif
