#include "loadgen/net/peers.h"

#include <stdlib.h>
#include <string.h>

enum { MOVES_MAX = 100 }; /* of connections, in one call of peers_balance */

void peers_init(struct peers *peers, uint64_t *owed)
{
    memset(peers, 0, sizeof *peers);
    peers->owed = owed;
}

void peers_fini(struct peers *peers)
{
    while (peers->all) {
        struct peer *next = peers->all->next;
        free(peers->all);
        peers->all = next;
    }
    free(peers->list);
}

static int family_of(const struct peer *peer)
{
    return peer->address.socket.any.sa_family;
}

static bool *is_made(struct peers *peers, int family)
{
    return &peers->is_made[family == AF_INET6];
}

static void set_owed(struct peers *peers, struct peer *peer, uint64_t owed)
{
    *peers->owed = *peers->owed - peer->owed + owed;
    peer->owed = owed;
}

/* What the name is now. */

/* IPv6 first, then by number. */
static int compare(const void *a, const void *b)
{
    const struct address *x = a;
    const struct address *y = b;
    if (x->length != y->length) {
        return x->length > y->length ? -1 : 1;
    }
    return memcmp(&x->socket, &y->socket, x->length);
}

/* Sorts and drops what is there twice. Returns how many there are. */
static size_t sort(struct address *addresses, size_t count)
{
    qsort(addresses, count, sizeof *addresses, compare);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare(&addresses[kept - 1], &addresses[i]) != 0) {
            addresses[kept++] = addresses[i];
        }
    }
    return kept;
}

/* Where the k-th of the sorted addresses stands when the families alternate. */
static size_t place_of(size_t k, size_t six, size_t count)
{
    size_t four = count - six;
    size_t pairs = six < four ? six : four;
    size_t rank = k < six ? k : k - six;
    if (rank >= pairs) {
        return pairs + rank; /* behind the pairs only one family is left */
    }
    return 2 * rank + (k >= six);
}

static struct peer *find(const struct peers *peers, const struct address *address)
{
    struct peer *peer = peers->all;
    while (peer && compare(&peer->address, address) != 0) {
        peer = peer->next;
    }
    return peer;
}

/* A peer for a new address: one that has gone and is of no use any more, or a new one. */
static struct peer *add(struct peers *peers, const struct address *address,
                        struct address_list *list)
{
    struct peer *peer = peers->all;
    while (peer && !(peer->is_gone && peer->open == 0)) {
        peer = peer->next;
    }
    if (!peer) {
        peer = calloc(1, sizeof *peer);
        if (!peer) {
            return NULL;
        }
        peer->next = peers->all;
        peers->all = peer;
    }
    *peer = (struct peer){.peers = peers, .address = *address, .is_new = true, .next = peer->next};
    peer->address.number = address_list_add(list, address);
    return peer;
}

/* How many of the sorted addresses are IPv6. */
static size_t count_six(const struct address *addresses, size_t count)
{
    size_t six = 0;
    while (six < count && addresses[six].socket.any.sa_family == AF_INET6) {
        six++;
    }
    return six;
}

static bool is_same(const struct peers *peers, const struct address *addresses, size_t count)
{
    size_t six = count_six(addresses, count);
    for (size_t i = 0; count == peers->count && i < count; i++) {
        const struct peer *peer = peers->list[place_of(i, six, count)];
        if (compare(&peer->address, &addresses[i]) != 0) {
            return false;
        }
    }
    return count == peers->count;
}

static void forget(struct peers *peers)
{
    for (struct peer *peer = peers->all; peer; peer = peer->next) {
        peer->is_gone = true;
    }
}

/* Fills in_turn with the peers of these addresses; only they have not gone then. */
static bool choose(struct peers *peers, const struct address *addresses, size_t count,
                   struct address_list *list, struct peer **in_turn)
{
    size_t six = count_six(addresses, count);
    forget(peers);
    for (size_t i = 0; i < count; i++) {
        struct peer *peer = find(peers, &addresses[i]);
        peer = peer ? peer : add(peers, &addresses[i], list);
        if (!peer) {
            return false;
        }
        peer->is_gone = false;
        in_turn[place_of(i, six, count)] = peer;
    }
    return true;
}

enum peers_change peers_set(struct peers *peers, struct address *addresses, size_t count,
                            struct address_list *list, unsigned thread, unsigned threads)
{
    count = sort(addresses, count);
    if (is_same(peers, addresses, count)) {
        return PEERS_SAME;
    }
    struct peer **in_turn = calloc(count + 1, sizeof(struct peer *));
    if (!in_turn || !choose(peers, addresses, count, list, in_turn)) {
        free(in_turn);
        forget(peers);
        for (size_t i = 0; i < peers->count; i++) {
            peers->list[i]->is_gone = false;
        }
        return PEERS_NO_MEMORY;
    }
    for (struct peer *peer = peers->all; peer; peer = peer->next) {
        set_owed(peers, peer, !peer->is_gone && peer->is_new);
    }
    free(peers->list);
    peers->list = in_turn;
    peers->count = count;
    peers->left_out = 0;
    peers->turn = peers->is_set ? peers->turn : thread * count / threads;
    peers->is_set = peers->is_set || count > 0;
    return PEERS_CHANGED;
}

/* Connections. */

static bool is_usable(const struct peers *peers, const struct peer *peer)
{
    return peers->left_out == 0 || family_of(peer) != peers->left_out;
}

size_t peers_usable_count(const struct peers *peers)
{
    size_t count = 0;
    for (size_t i = 0; i < peers->count; i++) {
        count += is_usable(peers, peers->list[i]);
    }
    return count;
}

/* The first from the turn on that is owed a connection; NULL: none is. */
static struct peer *find_owed(struct peers *peers)
{
    for (size_t i = 0; *peers->owed > 0 && i < peers->count; i++) {
        struct peer *peer = peers->list[(peers->turn + i) % peers->count];
        if (peer->owed > 0 && is_usable(peers, peer)) {
            set_owed(peers, peer, peer->owed - 1);
            return peer;
        }
    }
    return NULL;
}

bool peers_are_owed(const struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        if (peers->list[i]->owed > 0) {
            return true;
        }
    }
    return false;
}

struct peer *peers_next(struct peers *peers)
{
    struct peer *peer = find_owed(peers);
    if (!peer) {
        size_t left = peers->count;
        do {
            peer = peers->list[peers->turn++ % peers->count];
        } while (!is_usable(peers, peer) && --left > 0);
    }
    peer->is_new = false;
    peer->open++;
    return peer;
}

void peer_made(struct peer *peer)
{
    peer->is_failing = false;
    *is_made(peer->peers, family_of(peer)) = true;
}

static bool has_family(const struct peers *peers, int family)
{
    for (size_t i = 0; i < peers->count; i++) {
        if (family_of(peers->list[i]) == family) {
            return true;
        }
    }
    return false;
}

bool peer_lost(struct peer *peer)
{
    struct peers *peers = peer->peers;
    int family = family_of(peer);
    int other = family == AF_INET6 ? AF_INET : AF_INET6;
    peer->is_failing = true;
    set_owed(peers, peer, 0);
    if (*is_made(peers, family) || !has_family(peers, other)) {
        return false;
    }
    if (peers->left_out == other) {
        peers->left_out = 0; /* neither works: both get their turn again */
        return false;
    }
    peers->left_out = family;
    for (struct peer *left = peers->all; left; left = left->next) {
        if (family_of(left) == family) {
            set_owed(peers, left, 0);
        }
    }
    return true;
}

void peer_release(struct peer *peer)
{
    peer->open--;
    peer->surplus -= peer->surplus > 0;
}

/* Balance. */

/* One connection from the peer with the most to the one with the fewest. False: it is even. */
static bool move_one(struct peers *peers)
{
    struct peer *most = NULL;
    struct peer *fewest = NULL;
    for (size_t i = 0; i < peers->count; i++) {
        struct peer *peer = peers->list[i];
        if (!is_usable(peers, peer)) {
            continue;
        }
        if (!most || peer->open - peer->surplus > most->open - most->surplus) {
            most = peer;
        }
        if (!peer->is_failing &&
            (!fewest || peer->open + peer->owed < fewest->open + fewest->owed)) {
            fewest = peer;
        }
    }
    if (!most || !fewest || most->open - most->surplus <= fewest->open + fewest->owed + 1) {
        return false;
    }
    most->surplus++;
    set_owed(peers, fewest, fewest->owed + 1);
    return true;
}

bool peers_balance(struct peers *peers)
{
    uint64_t open = 0;
    for (size_t i = 0; i < peers->count; i++) {
        struct peer *peer = peers->list[i];
        open += peer->open;
        peer->surplus = 0;
        set_owed(peers, peer, peer->is_new && is_usable(peers, peer));
    }
    uint64_t moves = open / 10 < 1 ? 1 : open / 10 > MOVES_MAX ? MOVES_MAX : open / 10;
    uint64_t moved = 0;
    while (moved < moves && move_one(peers)) {
        moved++;
    }
    return moved > 0;
}
