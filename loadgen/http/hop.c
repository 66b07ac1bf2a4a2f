#include "loadgen/http/hop.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/http/outgoing.h"
#include "loadgen/http/redirect/room.h"
#include "loadgen/target/request/parts.h"

bool hop_is_wanted(const struct exchange *x, const char *location)
{
    return x->terms->max_redirects >= 0 && !location_is_empty(location);
}

static void fail_long(struct exchange *x)
{
    snprintf(x->reason, sizeof x->reason,
             "redirected: request line and headers exceed the limit of %d bytes", HOP_BYTES_MAX);
}

/* Removes the headers with this name. Returns the remaining headers. */
static struct slice remove_header(struct hop *hop, const char *name)
{
    struct request *request = hop->request;
    struct parts parts;
    parts_of(request, &parts);
    char *at = hop->bytes + (parts.headers.at - request->bytes);
    char *end = at;
    for (struct slice rest = parts.headers; rest.length > 0;) {
        struct slice line = parts_next_line(&rest);
        if (!parts_line_is(line, name)) {
            memmove(end, line.at, line.length + 2); /* its CRLF too */
            end += line.length + 2;
        }
    }
    return (struct slice){at, (size_t)(end - at)};
}

void hop_set_header(struct hop *hop, const char *name, const char *value)
{
    struct slice headers = remove_header(hop, name);
    size_t end = (size_t)(headers.at - hop->bytes) + headers.length;
    struct room room = {.at = hop->bytes, .size = HOP_BYTES_MAX, .length = end};
    if (value) {
        room_add_text(&room, name);
        room_add_text(&room, ": ");
        room_add_text(&room, value);
        room_add_text(&room, "\r\n");
    }
    room_add_text(&room, "\r\n");
    hop->is_short |= room.is_short;
    hop->request->length = room.length;
    hop->request->layout = parts_find(hop->bytes, room.length);
}

/*
 * Copies the request into `scratch` with its number inserted; the body is not copied. False: it
 * does not fit.
 */
static bool put_number(const struct request *sent, uint64_t number, char *scratch,
                       struct request *whole)
{
    struct parts parts;
    parts_of(sent, &parts);
    *whole = *sent;
    whole->length = (size_t)(parts.headers.at + parts.headers.length + 2 - sent->bytes);
    whole->layout = (struct request_layout){0}; /* inserting the number shifts the offsets */
    whole->tail = NULL;
    whole->tail_length = 0;
    whole->length = outgoing_write(whole, number, scratch, HOP_BYTES_MAX);
    whole->bytes = scratch;
    whole->sequence_at = 0;
    whole->tail = parts.raw_body.at;
    whole->tail_length = parts.raw_body.length;
    return whole->length > 0;
}

bool hop_make(struct exchange *x, const struct request *sent, const struct redirect_origin *from,
              const char *location, const struct capture *answer, char *scratch, char *bytes,
              struct redirect *to)
{
    const struct terms *terms = x->terms;
    struct request whole;
    if (x->redirects == terms->max_redirects) {
        snprintf(x->reason, sizeof x->reason, "stopped after %d redirects", terms->max_redirects);
        return false;
    }
    if (!put_number(sent, x->number, scratch, &whole)) {
        fail_long(x);
        return false;
    }
    if (!redirect_follow(&whole, from, x->code, location, bytes, HOP_BYTES_MAX, to, x->reason)) {
        return false;
    }
    if (terms->on_hop) {
        struct hop hop = {.from = from, .to = to, .request = &to->request, .bytes = bytes};
        terms->on_hop(terms->context, x, answer, &hop);
        if (hop.is_short) {
            fail_long(x);
            return false;
        }
    }
    return true;
}

void hop_begin(struct exchange *x)
{
    x->redirects++;
    x->code = 0;
    x->sent_ns = 0;
    x->first_byte_ns = 0;
    x->bytes_in = 0;
}
