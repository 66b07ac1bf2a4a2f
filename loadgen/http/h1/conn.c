#include "loadgen/http/h1/conn.h"

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
        link_init(&slab->conns[i].link, conns->config->links, conns->on_ready);
        slab->conns[i].next = conns->free;
        conns->free = &slab->conns[i];
    }
    return true;
}

/* Closes its connections, which are idle. */
static void close_pool(struct origin *origin)
{
    struct conns *conns =
        (struct conns *)((char *)origin->origins - offsetof(struct conns, origins));
    struct pool *pool = (struct pool *)origin;
    for (struct turn *turn = pool->turns.all; turn; turn = turn->next) {
        struct lane *lane = (struct lane *)turn;
        while (lane->idle) {
            conns_drop_idle(conns, lane->idle);
        }
    }
    turns_fini(&pool->turns);
}

static void set_free(struct conns *conns, struct conn *conn)
{
    link_close(&conn->link);
    conn->state = CONN_FREE;
    conn->next = conns->free;
    conns->free = conn;
}

/* The server has closed it, or took too long. */
static void close_closing(struct closing *closing, struct flight *flight)
{
    struct conns *conns = (struct conns *)((char *)closing - offsetof(struct conns, closing));
    set_free(conns, (struct conn *)((char *)flight - offsetof(struct conn, flight)));
}

bool conns_init(struct conns *conns, struct h1 *h1, const struct engine_config *config,
                void (*on_ready)(struct loop_watch *watch, uint32_t events))
{
    memset(conns, 0, sizeof *conns);
    conns->h1 = h1;
    conns->on_ready = on_ready;
    conns->config = config;
    if (!origins_init(&conns->origins, config, sizeof(struct pool))) {
        return false;
    }
    conns->origins.close = close_pool;
    conns->closing.close = close_closing;
    return add_slab(conns);
}

void conns_fini(struct conns *conns)
{
    closing_end_all(&conns->closing);
    for (struct origin *origin = conns->origins.all; origin; origin = origin->next) {
        close_pool(origin);
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
    struct lane *lane = conn->lane;
    conn->pool->idle_count--;
    *(conn->prev ? &conn->prev->next : &lane->idle) = conn->next;
    if (conn->next) {
        conn->next->prev = conn->prev;
    }
}

/* Takes an idle connection out of its lane. */
static void use_idle(struct conn *conn)
{
    struct turns *turns = &conn->pool->turns;
    remove_idle(conn);
    if (conn->pool->origin.destination->address_count > 1) {
        turns_count_request(turns, &conn->lane->turn);
        if (!conn->lane->idle) {
            turns_set_busy(turns, &conn->lane->turn);
        }
    }
}

/*
 * The next lane in turn. Lanes without idle connections are taken out only here, so that a single
 * address does not leave and enter the turns with each request.
 */
static struct lane *find_due(struct pool *pool)
{
    struct lane *due = (struct lane *)turns_first(&pool->turns);
    while (due && !due->idle && pool->origin.destination->address_count > 1) {
        turns_set_out(&due->turn);
        due = (struct lane *)turns_first(&pool->turns);
    }
    return due;
}

/* True if an address should get a new connection now and the limits allow one. */
static bool wants_another(struct conns *conns, struct pool *pool, struct lane *due, uint64_t now_ns)
{
    const struct exchange *last = &due->idle->exchange;
    bool is_calm =
        conns->config->is_open_loop &&
        now_ns > 2 * last->done_ns - last->sent_ns; /* idle for longer than its last request took */
    bool has_room = pool->open < conns->config->limits->max_connections;
    if (!destination_update_deficit(pool->origin.destination, &pool->turns, is_calm, has_room)) {
        return false;
    }
    if (!has_room && due->turn.peer->open > 1) {
        conns_drop_idle(conns, due->idle); /* makes room for an address with a deficit */
        return true;
    }
    return has_room;
}

/* The idle connection to use now; NULL: open a new one. */
static struct conn *choose_idle(struct conns *conns, struct pool *pool, uint64_t now_ns)
{
    struct lane *due = find_due(pool);
    bool has_choice = due && pool->origin.destination->address_count > 1;
    if (!due || (has_choice && wants_another(conns, pool, due, now_ns))) {
        return NULL;
    }
    return due->idle;
}

struct conn *conns_take(struct conns *conns, struct pool *pool, uint64_t now_ns)
{
    struct conn *conn = choose_idle(conns, pool, now_ns);
    if (conn) {
        use_idle(conn);
        return conn;
    }
    if (!conns->free && !add_slab(conns)) {
        return NULL;
    }
    conn = conns->free;
    conns->free = conn->next;
    conn->pool = pool;
    conn->lane = NULL;
    pool->open++;
    return conn;
}

/* The lane of an open connection. NULL: out of memory. */
static struct lane *find_lane(struct conn *conn)
{
    struct turns *turns = &conn->pool->turns;
    if (turns->size == 0) {
        turns_init(turns, sizeof(struct lane));
    }
    struct turn *turn = turns_find(turns, conn->link.peer);
    if (turn) {
        turns_count_request(turns, turn); /* the request that it was opened for */
    }
    return (struct lane *)turn;
}

bool conn_push_idle(struct conn *conn)
{
    struct pool *pool = conn->pool;
    struct lane *lane = conn->lane ? conn->lane : find_lane(conn);
    if (!lane) {
        return false;
    }
    conn->lane = lane;
    conn->state = CONN_IDLE;
    conn->is_reused = true;
    conn->prev = NULL;
    conn->next = lane->idle;
    if (lane->idle) {
        lane->idle->prev = conn;
    }
    lane->idle = conn;
    pool->idle_count++;
    turns_set_ready(&pool->turns, &lane->turn);
    return true;
}

void conns_release(struct conns *conns, struct conn *conn)
{
    conn->pool->open--;
    set_free(conns, conn);
}

void conns_begin_closing(struct conns *conns, struct conn *conn, uint64_t now_ns)
{
    link_shutdown(&conn->link);
    conn->pool->open--;
    conn->state = CONN_CLOSING;
    closing_begin(&conns->closing, &conn->flight, now_ns);
}

void conns_drop_idle(struct conns *conns, struct conn *conn)
{
    remove_idle(conn);
    conns_release(conns, conn);
}

void conns_drop_surplus(struct conns *conns)
{
    for (struct origin *origin = conns->origins.all; origin; origin = origin->next) {
        for (struct turn *turn = ((struct pool *)origin)->turns.all; turn; turn = turn->next) {
            while (((struct lane *)turn)->idle && peer_is_surplus(turn->peer)) {
                conns_drop_idle(conns, ((struct lane *)turn)->idle);
            }
        }
    }
}

static bool has_excess(const struct pool *pool, const struct engine_limits *limits)
{
    return pool->idle_count > limits->max_idle || pool->open > limits->max_connections;
}

void conns_drop_excess(struct conns *conns)
{
    for (struct origin *origin = conns->origins.all; origin; origin = origin->next) {
        struct pool *pool = (struct pool *)origin;
        for (struct turn *turn = pool->turns.all; turn; turn = turn->next) {
            struct lane *lane = (struct lane *)turn;
            while (lane->idle && has_excess(pool, conns->config->limits)) {
                conns_drop_idle(conns, lane->idle);
            }
        }
    }
}
