#include "loadgen/http/h1_conn.h"

#include <stdlib.h>
#include <string.h>

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
        link_init(&slab->conns[i].link, conns->config->links, NULL);
        slab->conns[i].next = conns->free;
        conns->free = &slab->conns[i];
    }
    return true;
}

bool conns_init(struct conns *conns, struct h1 *h1, const struct engine_config *config)
{
    memset(conns, 0, sizeof *conns);
    conns->h1 = h1;
    conns->config = config;
    return origins_init(&conns->origins, config, sizeof(struct pool)) && add_slab(conns);
}

void conns_fini(struct conns *conns)
{
    for (struct origin *origin = conns->origins.all; origin; origin = origin->next) {
        struct pool *pool = (struct pool *)origin;
        while (pool->idle) {
            conns_drop_idle(conns, pool->idle);
        }
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
    origins_fini(&conns->origins);
}

static void remove_idle(struct conn *conn)
{
    struct pool *pool = conn->pool;
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
    if (!pool->idle || pool->origin.place->address_count < 2) {
        return pool->idle;
    }
    bool is_owed = place_is_owed(pool->origin.place) && pool->open < conns->config->max_connections;
    return is_owed ? NULL : pool->idle_last;
}

struct conn *conns_take(struct conns *conns, struct pool *pool)
{
    struct conn *conn = choose_idle(conns, pool);
    if (conn) {
        remove_idle(conn);
        return conn;
    }
    if (!conns->free && !add_slab(conns)) {
        return NULL;
    }
    conn = conns->free;
    conns->free = conn->next;
    conn->pool = pool;
    pool->open++;
    return conn;
}

void conn_push_idle(struct conn *conn)
{
    struct pool *pool = conn->pool;
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

void conns_release(struct conns *conns, struct conn *conn)
{
    link_close(&conn->link);
    conn->pool->open--;
    conn->state = CONN_FREE;
    conn->next = conns->free;
    conns->free = conn;
}

void conns_drop_idle(struct conns *conns, struct conn *conn)
{
    remove_idle(conn);
    conns_release(conns, conn);
}

void conns_drop_surplus(struct conns *conns)
{
    for (struct origin *origin = conns->origins.all; origin; origin = origin->next) {
        for (struct conn *conn = ((struct pool *)origin)->idle; conn;) {
            struct conn *next = conn->next;
            if (peer_is_surplus(conn->link.peer)) {
                conns_drop_idle(conns, conn);
            }
            conn = next;
        }
    }
}
