#include "loadgen/command/tls_flags.h"

#include "loadgen/target/message.h"

bool tls_set_proxy_header(void *field, const char *text, struct err *err)
{
    struct proxy_options *proxy = field;
    if (proxy->header_count == PROXY_HEADERS_MAX) {
        return err_set(err, ERR_USAGE, "at most %d headers", PROXY_HEADERS_MAX);
    }
    proxy->headers[proxy->header_count++] = text;
    return message_check_header(text, err);
}

bool tls_flags_apply(const struct tls_flags *flags, struct plan *plan, struct err *err)
{
    plan->tls = flags->tls;
    plan->proxy = flags->proxy;
    plan->http2 = flags->http2;
    plan->h2c = flags->h2c;
    proxy_options_from_environment(&plan->proxy);
    return proxy_check(&plan->proxy, err);
}
