#include "loadgen/http/h2_conn.h"

#include <assert.h>
#include <stdlib.h>

bool h2_conns_init(struct h2_conns *conns, struct h2 *h2, const struct engine_config *config)
{
    conns->h2 = h2;
    conns->config = config;
    return origins_init(&conns->origins, config, sizeof(struct h2_pool));
}

void h2_conns_fini(struct h2_conns *conns)
{
    for (struct origin *origin = conns->origins.all; origin; origin = origin->next) {
        struct h2_pool *pool = (struct h2_pool *)origin;
        while (pool->conns) {
            h2_conns_release(conns, pool->conns);
        }
    }
    while (conns->free) {
        struct h2_conn *conn = conns->free;
        conns->free = conn->next;
        free(conn);
    }
    while (conns->free_streams) {
        struct h2_stream *stream = conns->free_streams;
        conns->free_streams = stream->next;
        capture_fini(&stream->capture);
        free(stream->location);
        free(stream->hop_bytes);
        free(stream);
    }
    origins_fini(&conns->origins);
}

/* Lists. */

static struct h2_roomy *list_of(struct h2_conn *conn)
{
    return conn->state == H2_OPEN ? &conn->pool->open : &conn->pool->made;
}

static void leave(struct h2_conn *conn)
{
    if (conn->is_roomy) {
        struct h2_roomy *list = list_of(conn);
        *(conn->prev_roomy ? &conn->prev_roomy->next_roomy : &list->first) = conn->next_roomy;
        *(conn->next_roomy ? &conn->next_roomy->prev_roomy : &list->last) = conn->prev_roomy;
        conn->is_roomy = false;
    }
}

static void join(struct h2_conn *conn)
{
    struct h2_roomy *list = list_of(conn);
    bool has_turns = conn->pool->origin.place->address_count > 1;
    conn->is_roomy = true;
    conn->prev_roomy = has_turns ? list->last : NULL;
    conn->next_roomy = has_turns ? NULL : list->first;
    *(conn->prev_roomy ? &conn->prev_roomy->next_roomy : &list->first) = conn;
    *(conn->next_roomy ? &conn->next_roomy->prev_roomy : &list->last) = conn;
}

void h2_conn_sort(struct h2_conn *conn)
{
    bool is_roomy = !conn->is_over && h2_conn_load(conn) < h2_conn_limit(conn);
    if (is_roomy && !conn->is_roomy) {
        join(conn);
    } else if (!is_roomy) {
        leave(conn);
    }
}

void h2_conn_open(struct h2_conn *conn)
{
    leave(conn);
    conn->state = H2_OPEN;
    h2_conn_sort(conn);
}

size_t h2_conn_limit(const struct h2_conn *conn)
{
    if (!conn->config->keepalive) {
        return 1;
    }
    size_t limit = conn->session.nghttp2 ? h2_session_limit(&conn->session) : H2_STREAMS_MAX;
    return limit ? limit : H2_STREAMS_MAX; /* a server that wants none now is waited for */
}

size_t h2_conn_load(const struct h2_conn *conn)
{
    return conn->waiting.count + conn->session.streams.count;
}

struct h2_conn *h2_pool_choose(struct h2_pool *pool)
{
    struct h2_conn *conn = pool->open.first ? pool->open.first : pool->made.first;
    if (conn && pool->origin.place->address_count > 1) {
        leave(conn);
        join(conn); /* the others have their turn before */
    }
    return conn;
}

/* Conns and streams. */

struct h2_conn *h2_conns_take(struct h2_conns *conns, struct h2_pool *pool)
{
    struct h2_conn *conn = conns->free;
    if (conn) {
        conns->free = conn->next;
    } else if (!(conn = calloc(1, sizeof *conn))) {
        return NULL;
    }
    conn->h2 = conns->h2;
    conn->config = conns->config;
    conn->pool = pool;
    conn->session = (struct h2_session){0};
    conn->is_used = conn->is_over = conn->is_idle = false;
    conn->received_ns = 0;
    conn->prev = NULL;
    conn->next = pool->conns;
    if (pool->conns) {
        pool->conns->prev = conn;
    }
    pool->conns = conn;
    pool->count++;
    return conn;
}

void h2_conns_release(struct h2_conns *conns, struct h2_conn *conn)
{
    struct h2_pool *pool = conn->pool;
    assert(h2_conn_load(conn) == 0);
    leave(conn);
    resolver_cancel(&conn->wait);
    pool->idle_count -= conn->is_idle;
    pool->count--;
    *(conn->prev ? &conn->prev->next : &pool->conns) = conn->next;
    if (conn->next) {
        conn->next->prev = conn->prev;
    }
    h2_session_close(&conn->session);
    link_close(&conn->link);
    free(conn->unsent);
    conn->unsent = NULL;
    conn->state = H2_FREE;
    conn->next = conns->free;
    conns->free = conn;
}

struct h2_stream *h2_conns_take_stream(struct h2_conns *conns)
{
    struct h2_stream *stream = conns->free_streams;
    if (stream) {
        conns->free_streams = stream->next;
    } else {
        stream = calloc(1, sizeof *stream);
    }
    return stream;
}

void h2_conns_release_stream(struct h2_conns *conns, struct h2_stream *stream)
{
    stream->next = conns->free_streams;
    conns->free_streams = stream;
}
