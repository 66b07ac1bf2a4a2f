#include "loadgen/http/curl/follow.h"

#include "loadgen/http/curl/assign.h"
#include "loadgen/http/curl/end.h"
#include "loadgen/http/curl/outcome.h"

void curl_begin_hop(struct curl_engine *curl, struct curl_transfer *t, const struct redirect *hop)
{
    if (curl_transfer_set_hop(t, &hop->request)) {
        curl_assign(curl, t);
    } else {
        curl_end_protocol(curl, t, "not enough memory for a redirect");
    }
}

static void hand_over(struct curl_engine *curl, struct curl_transfer *t, const struct redirect *hop)
{
    struct exchange so_far = t->exchange;
    curl_end_silently(curl, t);
    hop_begin(&so_far);
    curl->config.hand_over(curl->config.context, curl->engine.type, &so_far, hop, NULL);
}

/* Sends the hop to this origin. */
static void move(struct curl_engine *curl, struct curl_transfer *t, struct curl_origin *origin,
                 const struct redirect *hop)
{
    t->origin->in_flight--;
    origin->in_flight++;
    t->origin = origin;
    hop_begin(&t->exchange);
    curl_begin_hop(curl, t, hop);
}

static void follow(struct curl_engine *curl, struct curl_transfer *t)
{
    char *reason = t->exchange.reason;
    char bytes[HOP_BYTES_MAX];
    struct redirect hop;
    struct origin *origin = &t->origin->origin;
    const struct redirect_origin from = origin_of_redirect(origin);
    if (!hop_make(&t->exchange, t->request, &from, curl_transfer_location(t), &t->capture,
                  curl->scratch, bytes, &hop)) {
        curl_end_protocol(curl, t, reason);
        return;
    }
    if (hop.host[0]) {
        if (!engine_can_follow(&curl->config, curl->engine.type, &hop)) {
            hand_over(curl, t, &hop);
            return;
        }
        origin = origins_find(&curl->origins, &hop, t->exchange.terms->owner, reason);
    }
    if (origin) {
        move(curl, t, (struct curl_origin *)origin, &hop);
    } else {
        curl_end_protocol(curl, t, reason);
    }
}

static void conclude(struct curl_engine *curl, struct curl_transfer *t, CURLcode result,
                     uint64_t now_ns)
{
    struct exchange *x = &t->exchange;
    curl_outcome_conclude(t, result);
    x->done_ns = now_ns;
    curl_transfer_release(t);
    if (x->outcome == OUTCOME_ANSWERED && redirect_is_status(x->code) &&
        hop_is_wanted(x, curl_transfer_location(t))) {
        follow(curl, t);
        return;
    }
    if (x->outcome == OUTCOME_ANSWERED && x->terms->keeps_answers) {
        x->capture = &t->capture;
    }
    curl_end(curl, t);
}

void curl_on_ended(void *context, struct curl_transfer *t, CURLcode result, uint64_t now_ns)
{
    struct curl_engine *curl = context;
    curl_unassign(t, now_ns);
    switch (t->stop) {
    case CURL_STOP_MOVES:
        curl_assign_again(curl, t);
        break;
    case CURL_STOP_WAITS:
        break;
    case CURL_STOP_NONE:
    case CURL_STOP_REPEATED:
    case CURL_STOP_UNRESOLVED:
        conclude(curl, t, result, now_ns);
        break;
    }
}
