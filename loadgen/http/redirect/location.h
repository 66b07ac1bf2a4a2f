/*
 * location - reads a Location header as curl does, and resolves it as in RFC 3986, 5.2.
 *
 *     http://host/x  http:/host/x  http:///host/x   another host, or the same one
 *     //host/x  ///host/x                           the same scheme
 *     /x  x  ../x  ?y  #z                           the same host
 *
 * A space becomes %20 in a path and + in a query; a non-ASCII byte becomes %XX. All other bytes
 * stay unchanged. The fragment is never sent.
 *
 * Threads: pure functions. Memory: slices of the text.
 */
#ifndef LOADGEN_HTTP_REDIRECT_LOCATION_H
#define LOADGEN_HTTP_REDIRECT_LOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/http/redirect/room.h"
#include "loadgen/target/request/url.h"

enum { LOCATION_MAX = 32768, LOCATION_PROBLEM = 192 };

struct location {
    bool has_host;
    struct url url;     /* scheme, host and port, if has_host */
    struct slice user;  /* name:password as written; `at` NULL: none */
    struct slice path;  /* as written */
    struct slice query; /* without '?'; `at` NULL: none */
};

/* Placeholder for a Location for which there was no memory; compare its address. */
extern const char location_lost[];

/* True if the text is only white space; the answer is then not a redirect. */
bool location_is_empty(const char *text);

/*
 * If the text has no scheme, `is_https` determines it. False: the Location cannot be followed;
 * `problem` says why.
 */
bool location_read(const char *text, bool is_https, struct location *location,
                   char problem[LOCATION_PROBLEM]);

/* Writes path and query for the request line; `base` is path and query of the last request. */
void location_write_target(const struct location *location, struct slice base, struct room *room);

#endif
