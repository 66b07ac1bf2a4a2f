/*
 * scrape - reads the metrics of every pod of a target at the same time.
 *
 *     URL -- every address of its host --> pages (fetch.h) --> readings (reading.h)
 *
 * The name is resolved each time, with the plan's name servers and -connect-to, because pods come
 * and go. Each address is a pod; if a name has addresses of both families, only the IPv4 ones
 * count, because a pod may have one of each.
 *
 * Resolving takes at most SCRAPE_NAMES_NS per URL; fetching takes at most SCRAPE_PAGES_NS for all
 * pages. A pod that cannot be read is part of the result, with the reason. At most SCRAPE_PODS_MAX
 * pods are read; further ones are ignored.
 *
 * Threads: scrape_take on one thread, outside the measured window; scrape_read also during it, on a
 * separate thread. Memory: scrape_free.
 */
#ifndef LOADGEN_SCRAPE_SCRAPE_H
#define LOADGEN_SCRAPE_SCRAPE_H

#include "common/clock.h"
#include "loadgen/net/address.h"
#include "loadgen/order/plan.h"
#include "loadgen/scrape/fetch.h"
#include "loadgen/scrape/reading.h"

enum { SCRAPE_URLS_MAX = 64, SCRAPE_PODS_MAX = 256 };
#define SCRAPE_NAMES_NS (2 * NS_PER_S)
#define SCRAPE_PAGES_NS (2 * NS_PER_S)

/* The URLs of the metrics; filled by scrape_add_url. */
struct scrape_urls {
    const char *list[SCRAPE_URLS_MAX];
    size_t count;
};

struct scrape_pod {
    char address[ADDRESS_TEXT];  /* the host, if it has no address */
    char problem[FETCH_PROBLEM]; /* why it could not be read; "": it was read */
    struct reading reading;
};

struct scrape {
    struct scrape_pod *pods;
    size_t count;
    size_t read;    /* number of pods that were read */
    uint64_t at_ns; /* when all pages had arrived or failed */
};

/* The setter of a flag (common/cli.h); the field is a struct scrape_urls, the URL is borrowed. */
bool scrape_add_url(void *field, const char *text, struct err *err);

/* Reads the metrics of all pods; ends early when stop_fd (-1: none) is readable. False with err if
 * memory, c-ares or libcurl is not available; call scrape_free even then. */
bool scrape_take(struct scrape *scrape, const struct scrape_urls *urls, const struct plan *plan,
                 int stop_fd, struct err *err);

/*
 * The same for many scrapes: call scrape_read on any thread between scrape_open and scrape_close,
 * which initialize and release c-ares and libcurl. Call these two while no other thread initializes
 * or releases either library.
 */
bool scrape_open(struct err *err);
bool scrape_read(struct scrape *scrape, const struct scrape_urls *urls, const struct plan *plan,
                 int stop_fd, struct err *err);
void scrape_close(void);

void scrape_free(struct scrape *scrape);

/* A copy, which the caller frees. */
struct scrape scrape_copy(const struct scrape *scrape);

/* The pod with this address; NULL: none. */
const struct scrape_pod *scrape_find_pod(const struct scrape *scrape, const char *address);

/* The first pod that could not be read; NULL: none. */
const struct scrape_pod *scrape_find_unread(const struct scrape *scrape);

#endif
