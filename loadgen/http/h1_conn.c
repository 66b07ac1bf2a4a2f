#include "loadgen/http/h1_conn.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { SLAB_CONNS = 256 };

struct slab {
    struct slab *next;
    struct conn conns[SLAB_CONNS];
};

static bool add_slab(struct conns *conns)
{
    struct slab *slab = calloc(1, sizeof *slab);
    if (!slab) {
        return false;
    }
    slab->next = conns->slabs;
    conns->slabs = slab;
    for (size_t i = 0; i < SLAB_CONNS; i++) {
        slab->conns[i].h1 = conns->h1;
        slab->conns[i].watch.fd = -1;
        slab->conns[i].next = conns->free;
        conns->free = &slab->conns[i];
    }
    return true;
}

bool conns_init(struct conns *conns, struct h1 *h1, const struct engine_config *config)
{
    memset(conns, 0, sizeof *conns);
    conns->h1 = h1;
    conns->pools = calloc(config->endpoint_count, sizeof *conns->pools);
    if (!conns->pools || !add_slab(conns)) {
        return false;
    }
    conns->config = config;
    conns->pool_count = config->endpoint_count;
    return true;
}

void conns_fini(struct conns *conns)
{
    for (size_t i = 0; i < conns->pool_count; i++) {
        while (conns->pools[i].idle) {
            conns_drop_idle(conns, conns->pools[i].idle);
        }
        free(conns->pools[i].host);
    }
    while (conns->slabs) {
        struct slab *slab = conns->slabs;
        for (size_t i = 0; i < SLAB_CONNS; i++) {
            answer_fini(&slab->conns[i].answer);
            capture_fini(&slab->conns[i].capture);
            free(slab->conns[i].hop_bytes);
        }
        conns->slabs = slab->next;
        free(slab);
    }
    free(conns->pools);
}

static void remove_idle(struct conns *conns, struct conn *conn)
{
    struct pool *pool = &conns->pools[conn->endpoint];
    pool->idle_count--;
    if (conn->prev) {
        conn->prev->next = conn->next;
    } else {
        pool->idle = conn->next;
    }
    if (conn->next) {
        conn->next->prev = conn->prev;
    } else {
        pool->idle_last = conn->prev;
    }
}

/* The idle one that should be used now; NULL: a new one should be opened. */
static struct conn *choose_idle(const struct conns *conns, const struct pool *pool)
{
    if (!pool->idle || !pool->place->is_several) {
        return pool->idle;
    }
    bool is_owed = place_is_owed(pool->place) && pool->open < conns->config->max_connections;
    return is_owed ? NULL : pool->idle_last;
}

/* The place of an endpoint is looked for when it is first used: a live source adds some later. */
static bool find_place(struct conns *conns, uint32_t endpoint)
{
    struct pool *pool = &conns->pools[endpoint];
    const struct endpoint *known = &conns->config->endpoints[endpoint];
    if (!pool->place) {
        pool->place = resolver_find(conns->config->resolver, known->host, known->port);
    }
    return pool->place;
}

struct conn *conns_take(struct conns *conns, uint32_t endpoint)
{
    struct pool *pool = &conns->pools[endpoint];
    struct conn *conn = choose_idle(conns, pool);
    if (conn) {
        remove_idle(conns, conn);
        return conn;
    }
    if ((!conns->free && !add_slab(conns)) || !find_place(conns, endpoint)) {
        return NULL;
    }
    conn = conns->free;
    conns->free = conn->next;
    conn->endpoint = endpoint;
    pool->open++;
    return conn;
}

void conns_push_flight(struct conns *conns, struct conn *conn)
{
    conn->next = NULL;
    conn->prev = conns->newest;
    if (conns->newest) {
        conns->newest->next = conn;
    } else {
        conns->oldest = conn;
    }
    conns->newest = conn;
}

void conns_remove_flight(struct conns *conns, struct conn *conn)
{
    if (conn->prev) {
        conn->prev->next = conn->next;
    } else {
        conns->oldest = conn->next;
    }
    if (conn->next) {
        conn->next->prev = conn->prev;
    } else {
        conns->newest = conn->prev;
    }
}

void conns_insert_flight(struct conns *conns, struct conn *conn)
{
    struct conn *before = conns->newest;
    while (before && before->exchange.started_ns > conn->exchange.started_ns) {
        before = before->prev;
    }
    conn->prev = before;
    conn->next = before ? before->next : conns->oldest;
    *(conn->prev ? &conn->prev->next : &conns->oldest) = conn;
    *(conn->next ? &conn->next->prev : &conns->newest) = conn;
}

void conns_replace_flight(struct conns *conns, struct conn *old, struct conn *conn)
{
    conn->prev = old->prev;
    conn->next = old->next;
    *(conn->prev ? &conn->prev->next : &conns->oldest) = conn;
    *(conn->next ? &conn->next->prev : &conns->newest) = conn;
}

void conns_push_idle(struct conns *conns, struct conn *conn)
{
    struct pool *pool = &conns->pools[conn->endpoint];
    conn->state = CONN_IDLE;
    conn->is_reused = true;
    conn->prev = NULL;
    conn->next = pool->idle;
    if (pool->idle) {
        pool->idle->prev = conn;
    } else {
        pool->idle_last = conn;
    }
    pool->idle = conn;
    pool->idle_count++;
}

void conn_close_socket(struct conn *conn)
{
    if (conn->watch.fd >= 0) {
        close(conn->watch.fd);
        conn->watch.fd = -1;
    }
    if (conn->peer) {
        peer_release(conn->peer);
        conn->peer = NULL;
    }
}

void conns_release(struct conns *conns, struct conn *conn)
{
    conn_close_socket(conn);
    conns->pools[conn->endpoint].open--;
    conn->state = CONN_FREE;
    conn->next = conns->free;
    conns->free = conn;
}

void conns_drop_idle(struct conns *conns, struct conn *conn)
{
    remove_idle(conns, conn);
    conns_release(conns, conn);
}

void conns_drop_surplus(struct conns *conns)
{
    for (size_t i = 0; i < conns->pool_count; i++) {
        for (struct conn *conn = conns->pools[i].idle; conn;) {
            struct conn *next = conn->next;
            if (peer_is_surplus(conn->peer)) {
                conns_drop_idle(conns, conn);
            }
            conn = next;
        }
    }
}

bool conns_find_endpoint(struct conns *conns, const char *host, uint16_t port, uint32_t *endpoint)
{
    const struct engine_config *config = conns->config;
    for (size_t i = 0; i < conns->pool_count; i++) {
        bool is_targets = i < config->endpoint_count;
        if (is_targets && (!conns->pools[i].place || config->endpoints[i].is_https)) {
            continue; /* may not be there yet, or is another engine's */
        }
        const char *known = is_targets ? config->endpoints[i].host : conns->pools[i].host;
        uint16_t known_port = is_targets ? config->endpoints[i].port : conns->pools[i].port;
        if (known_port == port && strcasecmp(known, host) == 0) {
            *endpoint = (uint32_t)i;
            return true;
        }
    }
    if (conns->pool_count == config->endpoint_count + CONNS_REDIRECTED_MAX) {
        return false;
    }
    struct pool pool = {.place = resolver_find(config->resolver, host, port), .port = port};
    struct pool *larger = realloc(conns->pools, (conns->pool_count + 1) * sizeof *larger);
    conns->pools = larger ? larger : conns->pools;
    pool.host = strdup(host);
    if (!pool.place || !larger || !pool.host) {
        free(pool.host);
        return false;
    }
    *endpoint = (uint32_t)conns->pool_count;
    conns->pools[conns->pool_count++] = pool;
    return true;
}
