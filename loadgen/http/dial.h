/*
 * dial - opens a connection to an origin: looks up its name, connects, and performs the TLS
 * handshake.
 *
 *     dial_begin -> [resolving] -> connecting -> [TLS] -> dial_continue returns true
 *                        |             |           |
 *                        +-------------+-----------+----> on_failed
 *
 * The owner embeds a struct dial next to its link, and calls dial_continue at each event of the
 * link, until that returns true or on_failed is called. If an address fails and its family is
 * excluded (peers.h), the dial continues with another address; otherwise the failure is final.
 *
 * Threads: belongs to the engine's thread. Memory: none; the dial must not move while it is
 * resolving.
 */
#ifndef LOADGEN_HTTP_DIAL_H
#define LOADGEN_HTTP_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/http/exchange.h"
#include "loadgen/http/origins.h"
#include "loadgen/net/link/link.h"
#include "loadgen/net/names/resolver.h"

struct dial;

struct dial_owner {
    bool offers_h2; /* in the TLS handshake */

    /*
     * Called when the dial has failed. `reason` is "" except for DNS and TLS. May be called from
     * dial_begin, dial_continue and resolver_expire, and may begin another dial.
     */
    void (*on_failed)(struct dial *dial, enum outcome outcome, int system_error,
                      const char *reason);

    /*
     * Called when a limit of this machine, such as the limit on descriptors, prevents a new socket.
     * Closes the connections that wait for the server to close. False: there are none.
     */
    bool (*make_room)(struct dial *dial);
};

enum dial_state { DIAL_RESOLVING, DIAL_CONNECTING, DIAL_HANDSHAKE };

struct dial {
    const struct dial_owner *owner;
    struct link *link; /* initialized by the owner; must be closed when dial_begin is called */
    struct origin *origin;
    struct lookup lookup;
    enum dial_state state;
    uint32_t address; /* being tried; index in the run's address_list.h; ADDRESS_NONE: none yet */
};

void dial_begin(struct dial *dial);

/* Call this after each event of the link. True: the connection is open. */
bool dial_continue(struct dial *dial);

/*
 * Cancels a dial that is not complete, without calling on_failed. Returns why there is no address
 * yet, or NULL if there is an address. An address that is not connected yet counts as failed.
 */
const char *dial_cancel(struct dial *dial);

/*
 * The outcome of a link that broke with errno `number` (0: the peer closed it). After a TLS error,
 * `reason` describes the error.
 */
enum outcome dial_link_outcome(const struct link *link, int number, char reason[REASON_MAX]);

#endif
