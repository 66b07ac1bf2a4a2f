#include "loadgen/http/route.h"

#include "loadgen/http/engine_curl.h"
#include "loadgen/http/engine_h1.h"

const struct engine_type *route_to(const struct engine_config *config, bool is_https,
                                   const char *host, uint16_t port)
{
    struct proxy proxy;
    bool is_curls = is_https || config->h2c || config->only_curl ||
                    (config->proxy && proxy_for(config->proxy, is_https, host, port, &proxy));
    return is_curls ? &engine_curl : &engine_h1;
}
