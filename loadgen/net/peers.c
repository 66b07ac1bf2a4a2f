#include "loadgen/net/peers.h"

#include <stdlib.h>
#include <string.h>

enum { MOVES_MAX = 100 }; /* connections moved by one call of peers_balance */

void peers_init(struct peers *peers, uint64_t *total_deficit)
{
    memset(peers, 0, sizeof *peers);
    peers->total_deficit = total_deficit;
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

static bool *connected_flag(struct peers *peers, int family)
{
    return &peers->has_connected[family == AF_INET6];
}

static void set_deficit(struct peers *peers, struct peer *peer, uint64_t deficit)
{
    *peers->total_deficit = *peers->total_deficit - peer->deficit + deficit;
    peer->deficit = deficit;
}

/* Addresses. */

/* IPv6 first, then in numerical order. */
static int compare(const void *a, const void *b)
{
    const struct address *x = a;
    const struct address *y = b;
    if (x->length != y->length) {
        return x->length > y->length ? -1 : 1;
    }
    return memcmp(&x->socket, &y->socket, x->length);
}

/* Sorts and removes duplicates. Returns the number left. */
static size_t sort(struct address *addresses, size_t count)
{
    size_t kept = 0;
    if (count > 0) { /* without addresses, there may be no list */
        qsort(addresses, count, sizeof *addresses, compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare(&addresses[kept - 1], &addresses[i]) != 0) {
            addresses[kept++] = addresses[i];
        }
    }
    return kept;
}

/* The rotation index of the k-th sorted address: families alternate. */
static size_t index_of(size_t k, size_t six, size_t count)
{
    size_t four = count - six;
    size_t pairs = six < four ? six : four;
    size_t rank = k < six ? k : k - six;
    if (rank >= pairs) {
        return pairs + rank; /* after the pairs, only one family is left */
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

/* Adds a peer for a new address, or reuses one that is gone and has no connections. */
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

/* The number of IPv6 addresses among the sorted ones. */
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
        const struct peer *peer = peers->list[index_of(i, six, count)];
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

/* Fills in_turn with the peers of these addresses, and marks all others as gone. */
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
        in_turn[index_of(i, six, count)] = peer;
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
        set_deficit(peers, peer, !peer->is_gone && peer->is_new);
    }
    free(peers->list);
    peers->list = in_turn;
    peers->count = count;
    peers->excluded = 0;
    peers->turn = peers->is_set ? peers->turn : thread * count / threads;
    peers->is_set = peers->is_set || count > 0;
    return PEERS_CHANGED;
}

/* Connections. */

static bool is_usable(const struct peers *peers, const struct peer *peer)
{
    return peers->excluded == 0 || family_of(peer) != peers->excluded;
}

size_t peers_usable_count(const struct peers *peers)
{
    size_t count = 0;
    for (size_t i = 0; i < peers->count; i++) {
        count += is_usable(peers, peers->list[i]);
    }
    return count;
}

/* Takes one from the deficit of the first peer in rotation that has one; NULL: none. */
static struct peer *find_deficit(struct peers *peers)
{
    for (size_t i = 0; *peers->total_deficit > 0 && i < peers->count; i++) {
        struct peer *peer = peers->list[(peers->turn + i) % peers->count];
        if (peer->deficit > 0 && is_usable(peers, peer)) {
            set_deficit(peers, peer, peer->deficit - 1);
            return peer;
        }
    }
    return NULL;
}

void peer_add_deficit(struct peer *peer)
{
    if (!peer->is_gone && !peer->is_failing && peer->deficit == 0 && is_usable(peer->peers, peer)) {
        set_deficit(peer->peers, peer, 1);
    }
}

void peers_revive(struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        struct peer *peer = peers->list[i];
        if (peer->open == 0 && peer->deficit == 0 && is_usable(peers, peer)) {
            set_deficit(peers, peer, 1);
        }
    }
}

bool peers_have_deficit(const struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        if (peers->list[i]->deficit > 0) {
            return true;
        }
    }
    return false;
}

struct peer *peers_next(struct peers *peers)
{
    struct peer *peer = find_deficit(peers);
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

void peer_connected(struct peer *peer)
{
    peer->is_failing = false;
    *connected_flag(peer->peers, family_of(peer)) = true;
}

bool peer_has_worked(const struct peer *peer)
{
    return *connected_flag(peer->peers, family_of(peer));
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

bool peer_connect_failed(struct peer *peer)
{
    struct peers *peers = peer->peers;
    int family = family_of(peer);
    int other = family == AF_INET6 ? AF_INET : AF_INET6;
    peer->is_failing = true;
    peers->failed_connects++;
    set_deficit(peers, peer, 0);
    if (*connected_flag(peers, family) || !has_family(peers, other)) {
        return false;
    }
    if (peers->excluded == other) {
        peers->excluded = 0; /* neither works: use both again */
        return false;
    }
    peers->excluded = family;
    for (struct peer *left = peers->all; left; left = left->next) {
        if (family_of(left) == family) {
            set_deficit(peers, left, 0);
        }
    }
    return true;
}

void peer_release(struct peer *peer)
{
    peer->open--;
    peer->surplus -= peer->surplus > 0;
}

/* Balancing. */

/* Moves one connection from the peer with the most to that with the fewest. False if they are even.
 */
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
            (!fewest || peer->open + peer->deficit < fewest->open + fewest->deficit)) {
            fewest = peer;
        }
    }
    if (!most || !fewest || most->open - most->surplus <= fewest->open + fewest->deficit + 1) {
        return false;
    }
    most->surplus++;
    set_deficit(peers, fewest, fewest->deficit + 1);
    return true;
}

bool peers_balance(struct peers *peers)
{
    uint64_t open = 0;
    for (size_t i = 0; i < peers->count; i++) {
        struct peer *peer = peers->list[i];
        open += peer->open;
        peer->surplus = 0;
        set_deficit(peers, peer, peer->is_new && is_usable(peers, peer));
    }
    uint64_t moves = open / 10 < 1 ? 1 : open / 10 > MOVES_MAX ? MOVES_MAX : open / 10;
    uint64_t moved = 0;
    while (moved < moves && move_one(peers)) {
        moved++;
    }
    return moved > 0;
}
