#include "loadgen/http/hop.h"

#include <stdio.h>

#include "loadgen/http/outgoing.h"

bool hop_make(const struct engine_config *config, struct exchange *x, const struct request *sent,
              bool is_https, const char *location, char *scratch, char *bytes, struct redirect *hop)
{
    const char *problem = NULL;
    if (x->redirects == config->max_redirects) {
        snprintf(x->reason, sizeof x->reason, "stopped after %d redirects", config->max_redirects);
        return false;
    }
    struct request whole = *sent;
    whole.length = redirect_needs(sent, x->code);
    whole.length = outgoing_write(&whole, x->number, scratch, HOP_BYTES_MAX);
    whole.bytes = scratch;
    whole.sequence_at = 0;
    if (whole.length == 0) {
        problem = "redirected with a request that is too long to be sent again";
    } else if (redirect_follow(&whole, is_https, x->code, location, bytes, HOP_BYTES_MAX, hop,
                               &problem)) {
        return true;
    }
    snprintf(x->reason, sizeof x->reason, "%s", problem);
    return false;
}

void hop_begin(struct exchange *x)
{
    x->redirects++;
    x->code = 0;
    x->sent_ns = 0;
    x->first_byte_ns = 0;
    x->bytes_in = 0;
}
