/*
 * fetch - gets small pages from several addresses at once, with a timeout.
 *
 * Each page is fetched over a new connection, with HTTP/1.1, no proxy and no redirects. A page
 * fails if it exceeds FETCH_BYTES_MAX, if its status is not 200, or if it is not complete in time;
 * the other pages are still fetched. The client is libcurl: its CPU cost does not matter outside
 * the measured window.
 *
 * Threads: one; call curl_global_init first. Memory: the caller frees each body (bytes_free).
 */
#ifndef LOADGEN_SCRAPE_FETCH_H
#define LOADGEN_SCRAPE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/base/bytes.h"
#include "loadgen/net/address.h"

enum { FETCH_BYTES_MAX = 4 * 1024 * 1024, FETCH_PROBLEM = 256 };

struct fetch {
    const char *url;        /* NULL: nothing to get */
    struct address address; /* connects there, whatever the URL's host */
    struct bytes body;
    char problem[FETCH_PROBLEM]; /* why the page failed; "": it succeeded */
    /* Private: */
    void *easy; /* NULL: the transfer has ended */
    struct curl_slist *connect_to;
};

/*
 * Returns when every page has arrived or failed, after timeout_ns, or when stop_fd (-1: none) is
 * readable. `is_insecure`: certificates are not verified; otherwise the system's roots are trusted.
 */
void fetch_all(struct fetch *list, size_t count, bool is_insecure, uint64_t timeout_ns,
               int stop_fd);

#endif
