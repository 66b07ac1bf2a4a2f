/*
 * head - rejects requests whose head (request line and headers) two parsers could interpret
 * differently.
 *
 * libmicrohttpd 0.9.75 accepts such heads: those with different Content-Lengths, Content-Length
 * together with Transfer-Encoding, a NUL that hides the rest of a line, folded lines (whose text it
 * appends to the header's name), or white space before a colon. A proxy that interprets them
 * differently could send one client's answer to another (RFC 9112, 11.2). Such a request gets 400
 * (501 for an unknown transfer coding), and its connection is closed.
 *
 * head_lookup.c keeps libmicrohttpd from answering such a request before head_check is called.
 *
 * Threads: any. Memory: none.
 */
#ifndef COMMON_HTTP_HEAD_H
#define COMMON_HTTP_HEAD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

/* Parts of a request line, as passed to libmicrohttpd's callbacks. */
struct head_line {
    const char *method;
    const char *uri_end; /* the NUL after the URI; NULL: unknown */
    const char *version;
};

/*
 * Call this when the headers have been read. Returns 0 if they are unambiguous, otherwise the
 * status to answer with before closing the connection.
 */
unsigned head_check(struct MHD_Connection *connection, const struct head_line *line);

/* The body of a plain-text answer with the status that head_check returned. */
const char *head_reason(unsigned status);

/*
 * Hides the query from libmicrohttpd, which would parse it into the connection's memory pool;
 * 0.9.75 hangs if the query does not fit there. Call this from MHD_OPTION_URI_LOG_CALLBACK, after
 * copying the URI.
 */
void head_cut_query(const char *uri);

/*
 * Parses a Content-Length, and trims blanks from the end of *value. False: empty, not only digits,
 * or too large for 64 bits.
 */
bool head_parse_length(struct slice *value, unsigned long long *length);

/* Returns the value without the blanks at its end. */
struct slice head_trim(const char *value, size_t len);

#endif
