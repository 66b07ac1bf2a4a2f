#include "loadgen/command/flags/tls_flags.h"

#include "loadgen/target/request/message.h"

bool tls_set_proxy_header(void *field, const char *text, struct err *err)
{
    struct proxy_options *proxy = field;
    if (proxy->header_count == PROXY_HEADERS_MAX) {
        return err_set(err, ERR_USAGE, "at most %d headers", PROXY_HEADERS_MAX);
    }
    if (!message_check_header(text, err)) {
        return false;
    }
    if (!message_is_computed(text)) { /* CONNECT has no body */
        proxy->headers[proxy->header_count++] = text;
    }
    return true;
}

void tls_flags_apply(const struct tls_flags *flags, struct plan *plan)
{
    plan->tls = flags->tls;
    plan->proxy = flags->proxy;
    plan->http2 = flags->http2;
    plan->h2c = flags->h2c;
    if (!plan->unix_socket) {
        proxy_options_from_environment(&plan->proxy);
    }
}

static bool is_direct(const struct plan *plan, const struct endpoint *endpoint)
{
    return plan->h2c && !endpoint->is_https;
}

bool tls_needs_proxy(const struct plan *plan, const struct targets *targets)
{
    bool needs_one = false;
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *endpoint = &targets->endpoints[i];
        struct proxy proxy;
        needs_one |=
            !is_direct(plan, endpoint) &&
            proxy_for(&plan->proxy, endpoint->is_https, endpoint->host, endpoint->port, &proxy);
    }
    return needs_one;
}

bool tls_check_proxies(const struct plan *plan, const struct targets *targets, struct err *err)
{
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *endpoint = &targets->endpoints[i];
        if (!is_direct(plan, endpoint) &&
            !proxy_check(&plan->proxy, endpoint->is_https, endpoint->host, endpoint->port, err)) {
            return false;
        }
    }
    return true;
}
