#include "loadgen/http/route.h"

#include "loadgen/http/engine_curl.h"
#include "loadgen/http/engine_h1.h"
#include "loadgen/http/engine_h2.h"

const struct engine_type *route_to(const struct engine_config *config, bool is_https,
                                   const char *host, uint16_t port)
{
    struct proxy proxy;
    if (config->only_curl ||
        (config->proxy && proxy_for(config->proxy, is_https, host, port, &proxy))) {
        return &engine_curl;
    }
    bool may_be_h2 = is_https ? config->http2 : config->h2c;
    return may_be_h2 ? &engine_h2 : &engine_h1;
}
