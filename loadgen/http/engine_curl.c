#include "loadgen/http/engine_curl.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "loadgen/http/curl_outcome.h"
#include "loadgen/http/curl_places.h"
#include "loadgen/http/curl_sockets.h"
#include "loadgen/http/curl_transfer.h"
#include "loadgen/http/hop.h"
#include "loadgen/http/route.h"

enum { REAP_ROUNDS = 2 };

struct curl_engine {
    struct engine engine; /* first member: an engine is cast to its curl_engine */
    struct engine_config config;
    engine_done_fn *done;
    void *owner;
    struct tls *own_tls; /* NULL: the run's is used */
    CURLM *multi;
    CURLSH *share; /* TLS sessions; of this thread alone, so without locks */
    struct curl_sockets sockets;
    struct curl_places places;
    struct flights flights;
    struct curl_transfer *free;
    uint64_t changes_seen; /* resolver_changes */
    uint64_t timer_ns;     /* when libcurl wants to be called; UINT64_MAX: never */
    bool has_new;          /* transfers were given to libcurl that it has not begun */
    bool is_reaping;       /* reap is at work further up the stack */
    char scratch[HOP_BYTES_MAX];
};

static struct curl_engine *curl_of(struct engine *engine)
{
    return (struct curl_engine *)engine;
}

static void insert_flight(struct curl_engine *curl, struct curl_transfer *t)
{
    flights_add(&curl->flights, &t->flight, t->exchange.started_ns);
    t->place->in_flight++;
}

static void remove_flight(struct curl_engine *curl, struct curl_transfer *t)
{
    flights_remove(&curl->flights, &t->flight);
    t->place->in_flight--;
}

static struct curl_transfer *take_transfer(struct curl_engine *curl)
{
    struct curl_transfer *t = curl->free;
    if (t) {
        curl->free = t->next;
        return t;
    }
    return curl_transfer_create(&curl->config, &curl->sockets, curl->share, NULL);
}

static void free_transfer(struct curl_engine *curl, struct curl_transfer *t)
{
    t->next = curl->free;
    curl->free = t;
}

/* The end of an exchange. */

/* The transfer, which libcurl has given back, tells the owner; who may at once start the next. */
static void complete(struct curl_engine *curl, struct curl_transfer *t)
{
    remove_flight(curl, t);
    curl_transfer_let_go(t);
    /* The owner may start the next request with this transfer: it hands out its own copy. */
    struct exchange exchange = t->exchange;
    free_transfer(curl, t);
    curl->done(curl->owner, &exchange);
}

__attribute__((format(printf, 3, 4))) static void
complete_protocol(struct curl_engine *curl, struct curl_transfer *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t->exchange.reason, sizeof t->exchange.reason, format, args);
    va_end(args);
    t->exchange.outcome = OUTCOME_PROTOCOL;
    t->exchange.code = 0;
    t->exchange.done_ns = clock_now_ns();
    complete(curl, t);
}

static void complete_unresolved(struct curl_engine *curl, struct curl_transfer *t)
{
    t->exchange.outcome = OUTCOME_DNS;
    t->exchange.done_ns = clock_now_ns();
    snprintf(t->exchange.reason, sizeof t->exchange.reason, "%s",
             resolver_problem(t->place->place));
    complete(curl, t);
}

static void add(struct curl_engine *curl, struct curl_transfer *t)
{
    if (curl_multi_add_handle(curl->multi, t->easy) == CURLM_OK) {
        curl->has_new = true;
    } else {
        complete_protocol(curl, t, "not enough memory for libcurl");
    }
}

static void reap(struct curl_engine *curl);

/* The resolver has an address for a connection, or none. */
static void on_answer(struct resolver_wait *wait, struct peer *peer)
{
    struct curl_transfer *t =
        (struct curl_transfer *)((char *)wait - offsetof(struct curl_transfer, wait));
    struct curl_engine *curl = t->engine;
    t->waits = false;
    t->reserved = peer;
    if (peer) {
        add(curl, t);
        reap(curl);
    } else {
        complete_unresolved(curl, t);
    }
}

/* Gives t->request to libcurl, which begins with it when it is next called. */
static void give(struct curl_engine *curl, struct curl_transfer *t)
{
    t->wait.on_answer = on_answer;
    t->engine = curl;
    if (curl_transfer_prepare(t)) {
        add(curl, t);
    } else {
        complete_protocol(curl, t, "not enough memory for libcurl");
    }
}

/* Following. */

/* Lets this engine's transfer send the hop; its bytes are copied. */
static void give_hop(struct curl_engine *curl, struct curl_transfer *t, const struct redirect *hop)
{
    if (!t->hop_bytes && !(t->hop_bytes = malloc(HOP_BYTES_MAX))) {
        complete_protocol(curl, t, "not enough memory for a redirect");
        return;
    }
    memcpy(t->hop_bytes, hop->request.bytes, hop->request.length);
    t->hop = hop->request;
    t->hop.bytes = t->hop_bytes;
    t->request = &t->hop;
    give(curl, t);
}

/* Where the hop leads; NULL when the exchange has ended, or is another engine's now. */
static struct curl_place *place_of_hop(struct curl_engine *curl, struct curl_transfer *t,
                                       const struct redirect *hop)
{
    if (!hop->host[0]) {
        return t->place;
    }
    const struct engine_type *to = route_to(&curl->config, hop->is_https, hop->host, hop->port);
    if (to != &engine_curl) {
        struct exchange so_far = t->exchange;
        remove_flight(curl, t);
        curl_transfer_let_go(t);
        free_transfer(curl, t);
        hop_begin(&so_far);
        curl->config.hand_over(curl->config.hand_over_context, to, &so_far, hop, NULL);
        return NULL;
    }
    struct curl_place *place = curl_places_find(&curl->places, hop);
    if (!place) {
        complete_protocol(curl, t, "redirected to %.40s, after %d other hosts", hop->host,
                          CURL_PLACES_REDIRECTED_MAX);
    }
    return place;
}

static void follow(struct curl_engine *curl, struct curl_transfer *t)
{
    char bytes[HOP_BYTES_MAX];
    struct redirect hop;
    if (!hop_make(&curl->config, &t->exchange, t->request, t->place->is_https,
                  curl_transfer_location(t), curl->scratch, bytes, &hop)) {
        t->exchange.outcome = OUTCOME_PROTOCOL;
        t->exchange.code = 0;
        t->exchange.done_ns = clock_now_ns();
        complete(curl, t);
        return;
    }
    struct curl_place *place = place_of_hop(curl, t, &hop);
    if (place) {
        t->place->in_flight--;
        place->in_flight++;
        t->place = place;
        hop_begin(&t->exchange);
        give_hop(curl, t, &hop);
    }
}

/* What libcurl has finished. */

static void finish(struct curl_engine *curl, struct curl_transfer *t, CURLcode result,
                   uint64_t now_ns)
{
    curl_multi_remove_handle(curl->multi, t->easy);
    switch (curl_transfer_again(t)) {
    case CURL_AGAIN_NOW:
        add(curl, t);
        return;
    case CURL_AGAIN_LATER:
        return;
    case CURL_AGAIN_NOT:
        break;
    }
    curl_outcome_conclude(t, result);
    t->exchange.done_ns = now_ns;
    if (t->exchange.outcome == OUTCOME_ANSWERED && redirect_is_one(t->exchange.code) &&
        curl->config.max_redirects >= 0) {
        follow(curl, t);
        return;
    }
    if (t->exchange.outcome == OUTCOME_ANSWERED && curl->config.keeps_answers) {
        t->exchange.capture = &t->capture;
    }
    complete(curl, t);
}

/* All that libcurl finished in its last call. */
static void reap_once(struct curl_engine *curl, uint64_t now_ns)
{
    int left = 0;
    CURLMsg *message = NULL;
    while ((message = curl_multi_info_read(curl->multi, &left))) {
        char *private = NULL;
        CURLcode result = message->data.result; /* the message goes with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        finish(curl, (struct curl_transfer *)(void *)private, result, now_ns);
    }
}

/*
 * Takes what libcurl has finished and lets it begin with what was started; an owner that starts
 * requests from inside `done` adds to the same round. What is left after some rounds waits for the
 * next turn of the loop, where timers and other connections have theirs.
 */
static void reap(struct curl_engine *curl)
{
    int running = 0;
    if (curl->is_reaping) {
        return;
    }
    curl->is_reaping = true;
    reap_once(curl, clock_now_ns());
    for (unsigned round = 0; round < REAP_ROUNDS && curl->has_new; round++) {
        curl->has_new = false;
        curl_multi_socket_action(curl->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        reap_once(curl, clock_now_ns());
    }
    if (curl->has_new) {
        curl->timer_ns = 0;
    }
    curl->is_reaping = false;
}

/* What libcurl asks of the loop, and is told by it. */

static void on_ready(void *context, int fd, uint32_t events)
{
    struct curl_engine *curl = context;
    int what =
        (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
    int running = 0;
    if (events & (EPOLLHUP | EPOLLERR)) {
        what |= CURL_CSELECT_ERR | CURL_CSELECT_IN;
    }
    curl_multi_socket_action(curl->multi, fd, what, &running);
    reap(curl);
}

static int on_want(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
    struct curl_engine *curl = context;
    struct curl_socket *socket = curl_sockets_at(&curl->sockets, fd);
    char *private = NULL;
    (void)unused;
    if (what != CURL_POLL_REMOVE) {
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        socket->user = (struct curl_transfer *)(void *)private;
    }
    return curl_sockets_want(&curl->sockets, socket, what) ? 0 : -1;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_engine *curl = context;
    (void)multi;
    curl->timer_ns =
        timeout_ms < 0 ? UINT64_MAX : clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    return 0;
}

/* The engine's contract. */

static bool curl_has_room(struct engine *engine, uint32_t endpoint)
{
    struct curl_engine *curl = curl_of(engine);
    const struct curl_place *place = curl_places_at(&curl->places, endpoint);
    return !place || place->in_flight < curl->config.max_connections;
}

static void end_at_once(struct curl_engine *curl, const struct exchange *exchange,
                        const char *problem)
{
    struct exchange ended = *exchange;
    ended.outcome = OUTCOME_PROTOCOL;
    ended.code = 0;
    ended.done_ns = clock_now_ns();
    snprintf(ended.reason, sizeof ended.reason, "%s", problem);
    curl->done(curl->owner, &ended);
}

static void curl_start(struct engine *engine, const struct request *request, uint64_t number,
                       uint64_t intended_ns, uint64_t wait_ns, uint64_t started_ns)
{
    struct curl_engine *curl = curl_of(engine);
    struct curl_place *place = curl_places_at(&curl->places, request->endpoint);
    struct curl_transfer *t = place ? take_transfer(curl) : NULL;
    struct exchange exchange = {
        .request = request,
        .number = number,
        .intended_ns = intended_ns,
        .wait_ns = wait_ns,
        .started_ns = started_ns,
        .address = ADDRESS_NONE,
    };
    if (!t) {
        end_at_once(curl, &exchange, "not enough memory for libcurl");
        return;
    }
    t->exchange = exchange;
    t->request = request;
    t->place = place;
    insert_flight(curl, t);
    give(curl, t);
    reap(curl);
}

static void curl_resume(struct engine *engine, const struct exchange *so_far,
                        const struct redirect *hop, struct link *link)
{
    (void)link; /* only comes from engines that find out that it is not theirs */
    struct curl_engine *curl = curl_of(engine);
    struct curl_place *place = curl_places_find(&curl->places, hop);
    struct curl_transfer *t = place ? take_transfer(curl) : NULL;
    if (!t) {
        char text[REASON_MAX];
        snprintf(text, sizeof text, "redirected to %.40s, after %d other hosts", hop->host,
                 CURL_PLACES_REDIRECTED_MAX);
        end_at_once(curl, so_far, text);
        return;
    }
    t->exchange = *so_far;
    t->place = place;
    insert_flight(curl, t);
    give_hop(curl, t, hop);
    reap(curl);
}

static uint64_t oldest_deadline_ns(const struct curl_engine *curl)
{
    return flights_deadline_ns(&curl->flights, curl->config.timeout_ns);
}

static struct curl_transfer *oldest(const struct curl_engine *curl)
{
    return (struct curl_transfer *)((char *)curl->flights.oldest -
                                    offsetof(struct curl_transfer, flight));
}

static uint64_t curl_next_deadline_ns(struct engine *engine)
{
    const struct curl_engine *curl = curl_of(engine);
    uint64_t oldest_ns = oldest_deadline_ns(curl);
    return oldest_ns < curl->timer_ns ? oldest_ns : curl->timer_ns;
}

/* Takes it out of libcurl's hands, which closes the connection or ends the stream. */
static void time_out(struct curl_engine *curl, struct curl_transfer *t)
{
    if (t->waits) {
        resolver_cancel(&t->wait);
        complete_unresolved(curl, t);
        return;
    }
    curl_multi_remove_handle(curl->multi, t->easy);
    t->exchange.outcome = OUTCOME_TIMED_OUT;
    t->exchange.code = 0;
    t->exchange.bytes_in = 0;
    t->exchange.reason[0] = '\0';
    t->exchange.done_ns = clock_now_ns();
    complete(curl, t);
}

static void curl_expire(struct engine *engine, uint64_t now_ns)
{
    struct curl_engine *curl = curl_of(engine);
    int running = 0;
    if (curl->timer_ns <= now_ns) {
        curl->timer_ns = UINT64_MAX;
        curl->has_new = false;
        curl_multi_socket_action(curl->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        reap(curl);
    }
    uint64_t changes = resolver_changes(curl->config.resolver);
    if (changes != curl->changes_seen) {
        curl->changes_seen = changes;
        curl_sockets_end_surplus(&curl->sockets);
    }
    while (oldest_deadline_ns(curl) <= now_ns) {
        time_out(curl, oldest(curl));
    }
}

static void curl_abandon(struct engine *engine)
{
    struct curl_engine *curl = curl_of(engine);
    while (curl->flights.oldest) {
        time_out(curl, oldest(curl));
    }
}

static void curl_destroy(struct engine *engine)
{
    struct curl_engine *curl = curl_of(engine);
    if (!curl) {
        return;
    }
    assert(!curl->flights.oldest);
    curl_multi_cleanup(curl->multi);
    while (curl->free) {
        struct curl_transfer *t = curl->free;
        curl->free = t->next;
        curl_transfer_destroy(t);
    }
    curl_share_cleanup(curl->share);
    curl_sockets_fini(&curl->sockets);
    curl_places_fini(&curl->places);
    tls_close(curl->own_tls);
    curl_global_cleanup();
    free(curl);
}

static bool set_up(struct curl_engine *curl, struct loop *loop, struct err *err)
{
    const struct engine_config *config = &curl->config;
    if (!config->tls) { /* a redirect leads to https, or a live source */
        curl->own_tls = tls_open(config->secure, err);
        curl->config.tls = curl->own_tls;
    }
    if (!config->tls) {
        return false;
    }
    curl->sockets = (struct curl_sockets){.loop = loop, .on_ready = on_ready, .context = curl};
    curl->multi = curl_multi_init();
    curl->share = curl_share_init();
    if (!curl->multi || !curl->share || !curl_places_init(&curl->places, config)) {
        return err_set(err, ERR_FAILED, "not enough memory for libcurl");
    }
    curl_share_setopt(curl->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, on_want);
    curl_multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl);
    curl_multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(curl->multi, CURLMOPT_TIMERDATA, curl);
    uint64_t idle = config->max_idle < INT32_MAX / config->endpoint_count
                        ? config->max_idle * config->endpoint_count
                        : INT32_MAX;
    curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, (long)idle);
    curl->free = curl_transfer_create(config, &curl->sockets, curl->share, err);
    return curl->free != NULL;
}

static struct engine *curl_create(const struct engine_config *config, struct loop *loop,
                                  engine_done_fn *done, void *owner, struct err *err)
{
    struct curl_engine *curl = calloc(1, sizeof *curl);
    if (!curl || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(curl);
        err_set(err, ERR_FAILED, "not enough memory for libcurl");
        return NULL;
    }
    curl->engine.type = &engine_curl;
    curl->config = *config;
    curl->done = done;
    curl->owner = owner;
    curl->timer_ns = UINT64_MAX;
    if (!set_up(curl, loop, err)) {
        curl_destroy(&curl->engine);
        return NULL;
    }
    return &curl->engine;
}

const struct engine_type engine_curl = {
    .name = "curl",
    .create = curl_create,
    .destroy = curl_destroy,
    .has_room = curl_has_room,
    .start = curl_start,
    .resume = curl_resume,
    .next_deadline_ns = curl_next_deadline_ns,
    .expire = curl_expire,
    .abandon = curl_abandon,
};
