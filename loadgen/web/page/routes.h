/*
 * routes - the routes of the page.
 *
 *     /              the page; its files are in page/
 *     /page/state    what it shows (view.h); ?generation=G&width=W&from=N: the points it already
 *                    has
 *
 * The page starts and stops tests with the routes of locust/routes.h. All its URLs are relative, so
 * it also works behind a proxy that adds a prefix to the path.
 *
 * Threads: the server's thread.
 */
#ifndef LOADGEN_WEB_PAGE_ROUTES_H
#define LOADGEN_WEB_PAGE_ROUTES_H

#include "loadgen/base/bytes.h"
#include "loadgen/web/http/route.h"

/* {0} ends the list. */
extern const struct http_route page_routes[];

/* Adds the content of a file of the page, whose path must be one of these routes. */
void page_file_add(const char *path, struct bytes *out);

#endif
