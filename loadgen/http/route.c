#include "loadgen/http/route.h"

#include "loadgen/http/engine_curl.h"
#include "loadgen/http/engine_h1.h"
#include "loadgen/http/engine_h2.h"

const struct engine_type *route_to(const struct engine_config *config, bool is_https,
                                   const char *host, uint16_t port)
{
    struct proxy proxy;
    if (config->only_curl) {
        return &engine_curl;
    }
    if (config->h2c && !is_https) {
        return &engine_h2;
    }
    if (config->proxy && proxy_for(config->proxy, is_https, host, port, &proxy)) {
        return &engine_curl;
    }
    return config->http2 && is_https ? &engine_h2 : &engine_h1;
}
