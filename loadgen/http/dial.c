#include "loadgen/http/dial.h"

#include <errno.h>

static void fail(struct dial *dial, enum outcome outcome, int system_error, const char *reason)
{
    dial->owner->on_failed(dial, outcome, system_error, reason);
}

/* The address refused or did not answer. */
static void fail_address(struct dial *dial, int number)
{
    if (peer_connect_failed(dial->link->peer)) { /* try the other family */
        link_close(dial->link);
        dial_begin(dial);
    } else {
        fail(dial, OUTCOME_CONNECT, number, "");
    }
}

/* False with errno. */
static bool connect_with_room(struct dial *dial, struct peer *peer)
{
    if (link_connect(dial->link, peer)) {
        return true;
    }
    bool is_short = dial->link->watch.fd < 0 && link_is_local_limit(errno);
    int number = errno;
    if (is_short && dial->owner->make_room(dial)) {
        return link_connect(dial->link, peer);
    }
    errno = number;
    return false;
}

static void connect_to(struct dial *dial, struct peer *peer)
{
    dial->address = peer->address.number;
    dial->state = DIAL_CONNECTING;
    if (connect_with_room(dial, peer)) {
        return;
    }
    int number = errno;
    if (link_is_local_limit(number) || link_lacks_port(dial->link, number)) {
        fail(dial, OUTCOME_CONNECT, number, "");
    } else {
        fail_address(dial, number);
    }
}

static void on_answer(struct lookup *lookup, struct peer *peer)
{
    struct dial *dial = (struct dial *)((char *)lookup - offsetof(struct dial, lookup));
    if (peer) {
        connect_to(dial, peer);
    } else {
        fail(dial, OUTCOME_DNS, 0, lookup_problem(lookup));
    }
}

void dial_begin(struct dial *dial)
{
    struct peer *peer = NULL;
    dial->state = DIAL_RESOLVING;
    dial->address = ADDRESS_NONE;
    dial->lookup.on_answer = on_answer;
    switch (resolver_next(dial->origin->destination, &dial->lookup, &peer)) {
    case LOOKUP_DONE:
        connect_to(dial, peer);
        break;
    case LOOKUP_FAILED:
        fail(dial, OUTCOME_DNS, 0, lookup_problem(&dial->lookup));
        break;
    case LOOKUP_PENDING:
        break;
    }
}

/* True: the handshake is complete. */
static bool finish_handshake(struct dial *dial, enum link_step step)
{
    if (step == LINK_FAILED) {
        char reason[REASON_MAX] = "";
        int number = errno;
        enum outcome outcome = dial_link_outcome(dial->link, number, reason);
        fail(dial, outcome, outcome == OUTCOME_TLS ? 0 : number, reason);
    }
    return step == LINK_DONE;
}

static bool finish_connecting(struct dial *dial)
{
    int number = link_connect_result(dial->link);
    if (number) {
        fail_address(dial, number);
        return false;
    }
    peer_connected(dial->link->peer);
    if (!dial->origin->is_https) {
        return true;
    }
    dial->state = DIAL_HANDSHAKE;
    return finish_handshake(
        dial, link_start_tls(dial->link, &dial->origin->base->secure, dial->owner->offers_h2));
}

bool dial_continue(struct dial *dial)
{
    switch (dial->state) {
    case DIAL_RESOLVING: /* an event of a link that was closed in this batch of events */
        return false;
    case DIAL_CONNECTING:
        return finish_connecting(dial);
    case DIAL_HANDSHAKE:
        break;
    }
    return finish_handshake(dial, link_handshake(dial->link));
}

const char *dial_cancel(struct dial *dial)
{
    switch (dial->state) {
    case DIAL_RESOLVING:
        lookup_cancel(&dial->lookup);
        return lookup_problem(&dial->lookup);
    case DIAL_CONNECTING:
        peer_connect_failed(dial->link->peer);
        break;
    case DIAL_HANDSHAKE:
        break;
    }
    return NULL;
}

enum outcome dial_link_outcome(const struct link *link, int number, char reason[REASON_MAX])
{
    switch (number) {
    case 0:
        return OUTCOME_CLOSED;
    case EPROTO:
        link_problem(link, reason, REASON_MAX);
        return OUTCOME_TLS;
    default:
        return link_is_local_limit(number) ? OUTCOME_CONNECT : OUTCOME_RESET;
    }
}
