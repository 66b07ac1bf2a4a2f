#include "loadgen/scrape/scrape.h"

#include <ares.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/names/resolver.h"
#include "loadgen/target/request/url.h"

/* One scrape, while it is taken. The lists have the same indexes. */
struct work {
    const struct scrape_urls *urls;
    const struct plan *plan;
    struct address_list addresses;
    struct scrape_pod *pods;
    struct fetch fetches[SCRAPE_PODS_MAX];
    size_t count;
    const char *url; /* the one being resolved */
    struct url parsed;
};

bool scrape_add_url(void *field, const char *text, struct err *err)
{
    struct scrape_urls *urls = field;
    struct url url;
    if (urls->count == SCRAPE_URLS_MAX) {
        return err_set(err, ERR_USAGE, "at most %d URLs", SCRAPE_URLS_MAX);
    }
    urls->list[urls->count++] = text;
    return url_parse(text, &url, err);
}

static struct scrape_pod *add_pod(struct work *work)
{
    return work->count < SCRAPE_PODS_MAX ? &work->pods[work->count++] : NULL;
}

static void add_unresolved(struct work *work, const char *problem)
{
    struct scrape_pod *pod = add_pod(work);
    if (pod) {
        snprintf(pod->address, sizeof pod->address, "%.100s", work->parsed.authority);
        snprintf(pod->problem, sizeof pod->problem, "%s", problem);
    }
}

static bool has_v4(const struct work *work, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (work->addresses.items[numbers[i]].socket.any.sa_family == AF_INET) {
            return true;
        }
    }
    return false;
}

static void on_destination(void *context, const struct destination *destination,
                           const uint32_t *numbers, size_t count)
{
    struct work *work = context;
    bool only_v4 = has_v4(work, numbers, count);
    (void)destination;
    for (size_t i = 0; i < count; i++) {
        const struct address *address = &work->addresses.items[numbers[i]];
        size_t index = work->count;
        struct scrape_pod *pod = NULL;
        if (!only_v4 || address->socket.any.sa_family == AF_INET) {
            pod = add_pod(work);
        }
        if (pod) {
            address_print(address, pod->address);
            work->fetches[index] = (struct fetch){.url = work->url, .address = *address};
        }
    }
}

/* The addresses of one URL's host. */
static bool resolve(struct work *work, struct loop *loop, int stop_fd, struct err *err)
{
    const struct plan *plan = work->plan;
    const struct resolver_config config = {
        .names =
            {
                .servers = plan->resolvers,
                .family = plan->local.length ? plan->local.socket.any.sa_family : AF_UNSPEC,
                .addresses = &work->addresses,
                .threads = 1,
            },
        .connect_to = plan->connect_to,
        .connect_to_count = plan->connect_to_count,
    };
    size_t before = work->count;
    struct resolver *resolver = resolver_create(&config, loop, err);
    bool ok = resolver && (resolver_find(resolver, work->parsed.host, work->parsed.port) ||
                           err_set(err, ERR_FAILED, "not enough memory for addresses"));
    if (ok) {
        resolver_resolve_all(resolver, clock_now_ns() + SCRAPE_NAMES_NS, stop_fd);
        resolver_visit(resolver, on_destination, work);
        if (work->count == before) {
            add_unresolved(work, "the host has no address");
        }
    }
    resolver_destroy(resolver);
    return ok;
}

static bool resolve_all(struct work *work, int stop_fd, struct err *err)
{
    struct loop *loop = loop_create(err);
    bool ok = loop != NULL;
    for (size_t i = 0; ok && i < work->urls->count; i++) {
        work->url = work->urls->list[i];
        ok = url_parse(work->url, &work->parsed, err) && resolve(work, loop, stop_fd, err);
    }
    loop_destroy(loop);
    return ok;
}

/* The path of a URL, without its query: labels may have it. */
static void copy_path(const char *url, struct bytes *path)
{
    struct url parsed;
    bytes_clear(path);
    if (url_parse(url, &parsed, NULL)) {
        url_add_bare_path(&parsed, path);
    }
    bytes_add(path, "", 1);
}

static void read_page(struct scrape_pod *pod, const struct fetch *fetch, struct bytes *path)
{
    struct err err = {.code = ERR_NONE};
    const struct slice page = {fetch->body.at ? fetch->body.at : "", fetch->body.length};
    copy_path(fetch->url, path);
    if (fetch->problem[0] != '\0') {
        snprintf(pod->problem, sizeof pod->problem, "%s", fetch->problem);
    } else if (!path->has_failed && !reading_parse(&pod->reading, page, path->at, &err)) {
        snprintf(pod->problem, sizeof pod->problem, "%.*s", FETCH_PROBLEM - 1, err.text);
    }
}

static void fetch_pages(struct work *work, int stop_fd)
{
    struct bytes path = {0};
    fetch_all(work->fetches, work->count, work->plan->tls.is_insecure, SCRAPE_PAGES_NS, stop_fd);
    for (size_t i = 0; i < work->count; i++) {
        if (work->fetches[i].url) {
            read_page(&work->pods[i], &work->fetches[i], &path);
            bytes_free(&work->fetches[i].body);
        }
    }
    bytes_free(&path);
}

bool scrape_open(struct err *err)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        return err_set(err, ERR_FAILED, "cannot initialize c-ares");
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        ares_library_cleanup();
        return err_set(err, ERR_FAILED, "libcurl cannot be used");
    }
    return true;
}

void scrape_close(void)
{
    curl_global_cleanup();
    ares_library_cleanup();
}

static bool take(struct work *work, int stop_fd, struct err *err)
{
    bool ok = resolve_all(work, stop_fd, err);
    if (ok) {
        fetch_pages(work, stop_fd);
    }
    return ok;
}

bool scrape_read(struct scrape *scrape, const struct scrape_urls *urls, const struct plan *plan,
                 int stop_fd, struct err *err)
{
    *scrape = (struct scrape){0};
    struct work *work = calloc(1, sizeof *work);
    scrape->pods = calloc(SCRAPE_PODS_MAX, sizeof *scrape->pods);
    if (!work || !scrape->pods) {
        free(work);
        return err_set(err, ERR_FAILED, "not enough memory for the target's metrics");
    }
    work->urls = urls;
    work->plan = plan;
    work->pods = scrape->pods;
    address_list_init(&work->addresses);
    bool ok = take(work, stop_fd, err);
    address_list_fini(&work->addresses);
    scrape->count = work->count;
    scrape->at_ns = clock_now_ns();
    for (size_t i = 0; i < scrape->count; i++) {
        scrape->read += scrape->pods[i].problem[0] == '\0';
    }
    free(work);
    return ok;
}

bool scrape_take(struct scrape *scrape, const struct scrape_urls *urls, const struct plan *plan,
                 int stop_fd, struct err *err)
{
    *scrape = (struct scrape){0};
    if (!scrape_open(err)) {
        return false;
    }
    bool ok = scrape_read(scrape, urls, plan, stop_fd, err);
    scrape_close();
    return ok;
}

void scrape_free(struct scrape *scrape)
{
    free(scrape->pods);
    *scrape = (struct scrape){0};
}

struct scrape scrape_copy(const struct scrape *scrape)
{
    struct scrape copy = *scrape;
    copy.pods = NULL;
    if (scrape->count > 0) {
        copy.pods = memory_of(malloc(scrape->count * sizeof *copy.pods));
        memcpy(copy.pods, scrape->pods, scrape->count * sizeof *copy.pods);
    }
    return copy;
}

const struct scrape_pod *scrape_find_pod(const struct scrape *scrape, const char *address)
{
    for (size_t i = 0; i < scrape->count; i++) {
        if (strcmp(scrape->pods[i].address, address) == 0) {
            return &scrape->pods[i];
        }
    }
    return NULL;
}

const struct scrape_pod *scrape_find_unread(const struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->count; i++) {
        if (scrape->pods[i].problem[0] != '\0') {
            return &scrape->pods[i];
        }
    }
    return NULL;
}
