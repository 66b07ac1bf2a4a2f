#include "loadgen/web/http/route.h"

#include <string.h>

bool http_route_is_at(const struct http_route *route, const char *path, char id[HTTP_ID_MAX + 1])
{
    const char *pattern = route->path;
    size_t before = strcspn(pattern, "*");
    id[0] = '\0';
    if (pattern[before] == '\0') {
        return strcmp(pattern, path) == 0;
    }
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    size_t length = strcspn(path + before, "/");
    if (length == 0 || length > HTTP_ID_MAX ||
        strcmp(pattern + before + 1, path + before + length) != 0) {
        return false;
    }
    memcpy(id, path + before, length);
    id[length] = '\0';
    return true;
}
