#include "loadgen/http/h2/conn.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

static void close_pool(struct origin *origin)
{
    struct h2_conns *conns =
        (struct h2_conns *)((char *)origin->origins - offsetof(struct h2_conns, origins));
    struct h2_pool *pool = (struct h2_pool *)origin;
    while (pool->conns) {
        h2_conns_release(conns, pool->conns);
    }
    turns_fini(&pool->turns);
}

static void set_free(struct h2_conns *conns, struct h2_conn *conn)
{
    h2_session_close(&conn->session);
    link_close(&conn->link);
    free(conn->unsent);
    conn->unsent = NULL;
    conn->state = H2_FREE;
    conn->next = conns->free;
    conns->free = conn;
}

/* The server has closed it, or took too long. */
static void close_closing(struct closing *closing, struct flight *flight)
{
    struct h2_conns *conns =
        (struct h2_conns *)((char *)closing - offsetof(struct h2_conns, closing));
    set_free(conns, (struct h2_conn *)((char *)flight - offsetof(struct h2_conn, flight)));
}

bool h2_conns_init(struct h2_conns *conns, struct h2 *h2, const struct engine_config *config)
{
    conns->h2 = h2;
    conns->config = config;
    bool ok = origins_init(&conns->origins, config, sizeof(struct h2_pool));
    conns->origins.close = close_pool;
    conns->closing.close = close_closing;
    return ok;
}

void h2_conns_fini(struct h2_conns *conns)
{
    closing_end_all(&conns->closing);
    for (struct origin *origin = conns->origins.all; origin; origin = origin->next) {
        close_pool(origin);
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
    return conn->state == H2_OPEN ? &conn->lane->open : &conn->pool->dialing;
}

static void leave(struct h2_conn *conn)
{
    if (conn->is_roomy) {
        struct h2_roomy *list = list_of(conn);
        *(conn->prev_roomy ? &conn->prev_roomy->next_roomy : &list->first) = conn->next_roomy;
        *(conn->next_roomy ? &conn->next_roomy->prev_roomy : &list->last) = conn->prev_roomy;
        conn->is_roomy = false;
        if (conn->state == H2_OPEN && !list->first) {
            turns_set_out(&conn->lane->turn);
        }
    }
}

static void join(struct h2_conn *conn)
{
    struct h2_roomy *list = list_of(conn);
    bool has_turns = conn->pool->origin.destination->address_count > 1;
    conn->is_roomy = true;
    conn->prev_roomy = has_turns ? list->last : NULL;
    conn->next_roomy = has_turns ? NULL : list->first;
    *(conn->prev_roomy ? &conn->prev_roomy->next_roomy : &list->first) = conn;
    *(conn->next_roomy ? &conn->next_roomy->prev_roomy : &list->last) = conn;
    if (conn->state == H2_OPEN) {
        turns_set_ready(&conn->pool->turns, &conn->lane->turn);
    }
}

void h2_conn_sort(struct h2_conn *conn)
{
    bool is_roomy = !conn->is_retired && h2_conn_load(conn) < h2_conn_limit(conn);
    if (is_roomy && !conn->is_roomy) {
        join(conn);
    } else if (!is_roomy) {
        leave(conn);
    }
}

bool h2_conn_open(struct h2_conn *conn)
{
    struct turns *turns = &conn->pool->turns;
    if (turns->size == 0) {
        turns_init(turns, sizeof(struct h2_lane));
    }
    conn->lane = (struct h2_lane *)turns_find(turns, conn->link.peer);
    if (!conn->lane) {
        return false;
    }
    leave(conn);
    conn->state = H2_OPEN;
    for (size_t i = 0; i < conn->waiting.count; i++) {
        turns_count_request(turns, &conn->lane->turn);
    }
    h2_conn_sort(conn);
    return true;
}

size_t h2_conn_limit(const struct h2_conn *conn)
{
    if (!conn->config->keepalive) {
        return 1;
    }
    size_t limit = conn->session.nghttp2 ? h2_session_max_streams(&conn->session) : H2_STREAMS_MAX;
    return limit ? limit : H2_STREAMS_MAX; /* if the server allows none now, streams wait */
}

size_t h2_conn_load(const struct h2_conn *conn)
{
    return conn->waiting.count + conn->session.streams.count;
}

struct h2_conn *h2_pool_choose(struct h2_pool *pool)
{
    struct h2_lane *due = (struct h2_lane *)turns_first(&pool->turns);
    struct h2_conn *conn = due ? due->open.first : pool->dialing.first;
    if (due) {
        turns_count_request(&pool->turns, &due->turn);
    }
    if (conn && pool->origin.destination->address_count > 1) {
        leave(conn);
        join(conn); /* to the end: the others take their turns first */
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
    conn->lane = NULL;
    conn->is_used = conn->is_retired = conn->is_ending = conn->is_idle = false;
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

/* Takes it out of its pool. */
static void leave_pool(struct h2_conn *conn)
{
    struct h2_pool *pool = conn->pool;
    assert(h2_conn_load(conn) == 0);
    leave(conn);
    lookup_cancel(&conn->dial.lookup);
    pool->idle_count -= conn->is_idle;
    pool->count--;
    *(conn->prev ? &conn->prev->next : &pool->conns) = conn->next;
    if (conn->next) {
        conn->next->prev = conn->prev;
    }
}

void h2_conns_release(struct h2_conns *conns, struct h2_conn *conn)
{
    leave_pool(conn);
    set_free(conns, conn);
}

void h2_conns_begin_closing(struct h2_conns *conns, struct h2_conn *conn, uint64_t now_ns)
{
    leave_pool(conn);
    link_shutdown(&conn->link);
    conn->state = H2_CLOSING;
    closing_begin(&conns->closing, &conn->flight, now_ns);
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
