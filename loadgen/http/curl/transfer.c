#include "loadgen/http/curl/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/http/hop.h"

void curl_transfer_begin_answer(struct curl_transfer *t)
{
    struct exchange *x = &t->exchange;
    struct capture *capture = x->terms->keeps_answers ? &t->capture : NULL;
    if (capture) {
        capture_begin(capture, x->terms->max_body);
    }
    answer_begin(&t->answer, t->request->is_head, x->reason, sizeof x->reason, capture);
}

bool curl_transfer_set_hop(struct curl_transfer *t, const struct request *hop)
{
    if (!t->hop_bytes && !(t->hop_bytes = malloc(HOP_BYTES_MAX))) {
        return false;
    }
    memcpy(t->hop_bytes, hop->bytes, hop->length);
    t->hop = *hop;
    t->hop.bytes = t->hop_bytes;
    t->request = &t->hop;
    t->prepared_request = NULL;
    return true;
}

void curl_transfer_release(struct curl_transfer *t)
{
    lookup_cancel(&t->wait);
    if (t->reserved) {
        peer_release(t->reserved);
        t->reserved = NULL;
    }
}

const char *curl_transfer_location(const struct curl_transfer *t)
{
    struct curl_header *header = NULL;
    for (size_t i = 0;
         curl_easy_header(t->easy, "Location", i, CURLH_HEADER, -1, &header) == CURLHE_OK; i++) {
        if (!location_is_empty(header->value)) {
            return header->value; /* the first that is not empty counts */
        }
    }
    return "";
}
