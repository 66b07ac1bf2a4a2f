#include "loadgen/users/request/flight.h"

#include <lua5.4/lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/http/answer/capture.h"
#include "loadgen/http/hop.h"
#include "loadgen/target/request/parts.h"
#include "loadgen/users/lua/state.h"

void flight_take_cookies(const struct flight *flight, struct cookies *cookies,
                         const struct capture *answer)
{
    if (answer) {
        const struct slice headers = {answer->headers.bytes, answer->headers.length};
        cookies_take(cookies, headers, &flight->from);
    }
}

/* Copies host and path of the hop, which are valid only during flight_hop. */
static void move_to(struct flight *flight, const struct redirect *to)
{
    struct parts parts;
    parts_of(&to->request, &parts);
    const char *host = to->host[0] ? to->host : flight->from.host;
    size_t length = strlen(host) + 1;
    char *hop = memory_of(malloc(length + parts.path.length));
    memcpy(hop, host, length);
    memcpy(hop + length, parts.path.at, parts.path.length);
    flight->from = (struct cookie_url){
        hop,
        {hop + length, parts.path.length},
        to->host[0] ? to->is_https : flight->from.is_https,
    };
    free(flight->hop);
    flight->hop = hop;
}

void flight_hop(struct flight *flight, struct cookies *cookies, const struct capture *answer,
                struct hop *hop)
{
    struct bytes cookie = {0};
    flight_take_cookies(flight, cookies, answer);
    move_to(flight, hop->to);
    cookies_write(cookies, &flight->from, &cookie);
    bool has_any = cookie.length > 0;
    bytes_add(&cookie, "", 1);
    if (cookie.has_failed) {
        memory_of(NULL);
    }
    hop_set_header(hop, "Cookie", has_any ? cookie.at : NULL);
    bytes_free(&cookie);
}

void flight_free(struct flight *flight)
{
    if (flight) {
        if (flight->answer != LUA_NOREF) {
            luaL_unref(flight->state->lua, LUA_REGISTRYINDEX, flight->answer);
        }
        state_give(flight->state, flight->size);
        free(flight->hop);
        free(flight);
    }
}
