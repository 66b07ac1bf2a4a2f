#include "target-api/http/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "common/clock.h"

enum {
    POLLS_PER_TIMEOUT = 20,
    CLOSE_WAIT = 8, /* TCP_CLOSE_WAIT: the peer has closed */
    BATCH = 64,     /* connections polled without releasing the lock */
};

enum state { FREE, IDLE, RECEIVING, ANSWERING, SENDING };

struct connection {
    /* Written by the serving thread. */
    _Atomic(enum state) state;
    atomic_uint_fast64_t requests; /* begun */
    atomic_uint_fast64_t begun_ns;
    int socket;
    struct metrics_shard *shard;
    size_t next_free; /* index + 1; while FREE */
    /* The polling thread's. */
    uint64_t seen_requests;
    uint64_t seen_bytes;
    bool has_seen_bytes;
    uint64_t since_ns; /* when the incomplete request began; 0: none */
    bool is_expired;
    bool has_seen_end;
    uint64_t moved_bytes; /* in both directions */
    uint64_t moved_ns;    /* the last poll at which moved_bytes grew */
};

struct connections {
    size_t limit;
    uint64_t deadline_ns;
    uint64_t idle_ns;
    atomic_size_t reserved;
    atomic_uint_fast64_t refused;
    atomic_uint_fast64_t expired;
    pthread_mutex_t lock; /* guards the free list, is_ending, and changes from and to FREE */
    pthread_cond_t ending;
    bool is_ending;
    size_t first_free; /* index + 1 */
    size_t used;       /* entries ever used */
    pthread_t thread;
    struct connection entries[];
};

/* Detects the first bytes of a request that libmicrohttpd has not reported yet. */
static void poll_idle(struct connection *c, uint64_t requests, uint64_t bytes, uint64_t now)
{
    if (requests != c->seen_requests || !c->has_seen_bytes) {
        c->seen_requests = requests;
        c->seen_bytes = bytes;
        c->has_seen_bytes = true;
        c->since_ns = 0;
    } else if (bytes > c->seen_bytes && c->since_ns == 0) {
        c->since_ns = now;
    }
}

/*
 * If a client sends data and closes at once, libmicrohttpd 0.9.75 may get both in one event, read
 * the data and miss the end. An end seen at two polls was missed; shutting down raises another
 * event.
 */
static void poll_end(struct connection *c, unsigned tcp_state)
{
    if (tcp_state != CLOSE_WAIT) {
        return;
    }
    if (c->has_seen_end) {
        shutdown(c->socket, SHUT_RDWR);
    }
    c->has_seen_end = true;
}

static void poll_deadline(struct connections *connections, struct connection *c, uint64_t now)
{
    if (!c->is_expired && c->since_ns != 0 && now > c->since_ns &&
        now - c->since_ns > connections->deadline_ns) {
        c->is_expired = true;
        atomic_fetch_add(&connections->expired, 1); /* before the client sees the end */
        shutdown(c->socket, SHUT_RDWR);
    }
}

/* Closes the connection if no byte has moved for idle_ns. */
static void poll_idle_time(const struct connections *connections, struct connection *c,
                           uint64_t bytes, uint64_t now)
{
    if (bytes != c->moved_bytes) {
        c->moved_bytes = bytes;
        c->moved_ns = now;
    } else if (now > c->moved_ns && now - c->moved_ns > connections->idle_ns) {
        shutdown(c->socket, SHUT_RDWR);
    }
}

static void poll_one(struct connections *connections, struct connection *c, uint64_t now)
{
    enum state state = atomic_load_explicit(&c->state, memory_order_acquire);
    uint64_t requests = atomic_load_explicit(&c->requests, memory_order_relaxed);
    if (state == FREE) {
        return;
    }
    if (state == ANSWERING || state == SENDING) {
        c->has_seen_bytes = false;
        c->since_ns = 0;
    }
    if (state == ANSWERING) { /* the client can only wait */
        c->moved_ns = now;
        return;
    }
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    getsockopt(c->socket, IPPROTO_TCP, TCP_INFO, &info, &len);
    poll_idle_time(connections, c, info.tcpi_bytes_received + info.tcpi_bytes_acked, now);
    if (state == SENDING) {
        return;
    }
    poll_end(c, info.tcpi_state);
    if (state == IDLE) {
        poll_idle(c, requests, info.tcpi_bytes_received, now);
    } else if (c->since_ns == 0 || requests > c->seen_requests + 1) {
        c->since_ns = atomic_load_explicit(&c->begun_ns, memory_order_relaxed);
        c->seen_requests = requests - 1;
    }
    poll_deadline(connections, c, now);
}

static void poll_all(struct connections *connections)
{
    for (size_t i = 0; i < connections->used; i++) {
        if (i % BATCH == BATCH - 1) { /* a serving thread may be waiting */
            pthread_mutex_unlock(&connections->lock);
            pthread_mutex_lock(&connections->lock);
        }
        poll_one(connections, &connections->entries[i], clock_now_ns());
    }
}

static void *run(void *cls)
{
    struct connections *connections = cls;
    uint64_t least_ns = connections->deadline_ns < connections->idle_ns ? connections->deadline_ns
                                                                        : connections->idle_ns;
    uint64_t step_ns = least_ns / POLLS_PER_TIMEOUT;
    step_ns = step_ns > NS_PER_S ? NS_PER_S : step_ns;
    pthread_mutex_lock(&connections->lock);
    while (!connections->is_ending) {
        struct timespec until = clock_system_time(clock_now_ns() + step_ns);
        pthread_cond_timedwait(&connections->ending, &connections->lock, &until);
        poll_all(connections);
    }
    pthread_mutex_unlock(&connections->lock);
    return NULL;
}

struct connections *connections_create(size_t limit, uint64_t deadline_ns, uint64_t idle_ns,
                                       struct err *err)
{
    struct connections *connections =
        calloc(1, sizeof *connections + limit * sizeof connections->entries[0]);
    if (!connections) {
        err_set(err, ERR_FAILED, "not enough memory for %zu connections; lower -max-connections",
                limit);
        return NULL;
    }
    connections->limit = limit;
    connections->deadline_ns = deadline_ns;
    connections->idle_ns = idle_ns;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&connections->ending, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&connections->lock, NULL);
    if (pthread_create(&connections->thread, NULL, run, connections) != 0) {
        err_set(err, ERR_FAILED, "cannot start the thread for timeouts");
        pthread_cond_destroy(&connections->ending);
        pthread_mutex_destroy(&connections->lock);
        free(connections);
        return NULL;
    }
    return connections;
}

void connections_destroy(struct connections *connections)
{
    if (!connections) {
        return;
    }
    pthread_mutex_lock(&connections->lock);
    connections->is_ending = true;
    pthread_cond_signal(&connections->ending);
    pthread_mutex_unlock(&connections->lock);
    pthread_join(connections->thread, NULL);
    pthread_cond_destroy(&connections->ending);
    pthread_mutex_destroy(&connections->lock);
    free(connections);
}

bool connections_reserve(struct connections *connections)
{
    if (atomic_fetch_add(&connections->reserved, 1) < connections->limit) {
        return true;
    }
    atomic_fetch_sub(&connections->reserved, 1);
    atomic_fetch_add(&connections->refused, 1);
    return false;
}

struct connection *connections_open(struct connections *connections, int socket,
                                    struct metrics_shard *shard)
{
    pthread_mutex_lock(&connections->lock);
    size_t index = connections->first_free;
    if (index == 0) { /* one is unused, because it was reserved */
        index = ++connections->used;
    } else {
        connections->first_free = connections->entries[index - 1].next_free;
    }
    struct connection *c = &connections->entries[index - 1];
    c->socket = socket;
    c->shard = shard;
    c->seen_requests = 0;
    c->seen_bytes = 0;
    c->has_seen_bytes = true; /* anything received by the first poll is new */
    c->since_ns = 0;
    c->is_expired = false;
    c->has_seen_end = false;
    c->moved_bytes = 0;
    c->moved_ns = clock_now_ns();
    atomic_store_explicit(&c->requests, 0, memory_order_relaxed);
    atomic_store_explicit(&c->state, IDLE, memory_order_relaxed);
    pthread_mutex_unlock(&connections->lock);
    return c;
}

void connections_close(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    atomic_store_explicit(&connection->state, FREE, memory_order_relaxed);
    connection->next_free = connections->first_free;
    connections->first_free = (size_t)(connection - connections->entries) + 1;
    pthread_mutex_unlock(&connections->lock);
    atomic_fetch_sub(&connections->reserved, 1);
}

struct metrics_shard *connection_shard(const struct connection *connection)
{
    return connection->shard;
}

void connection_begin(struct connection *connection, uint64_t now_ns)
{
    uint64_t requests = atomic_load_explicit(&connection->requests, memory_order_relaxed);
    atomic_store_explicit(&connection->requests, requests + 1, memory_order_relaxed);
    atomic_store_explicit(&connection->begun_ns, now_ns, memory_order_relaxed);
    atomic_store_explicit(&connection->state, RECEIVING, memory_order_release);
}

void connection_received(struct connection *connection)
{
    atomic_store_explicit(&connection->state, ANSWERING, memory_order_release);
}

void connection_answered(struct connection *connection)
{
    atomic_store_explicit(&connection->state, SENDING, memory_order_release);
}

void connection_end(struct connection *connection)
{
    atomic_store_explicit(&connection->state, IDLE, memory_order_release);
}

struct connections_counts connections_count(const struct connections *connections)
{
    return (struct connections_counts){
        .limit = connections->limit,
        .open = atomic_load(&connections->reserved),
        .refused = atomic_load(&connections->refused),
        .expired = atomic_load(&connections->expired),
    };
}
