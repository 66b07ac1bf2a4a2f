/*
 * handlers - the functions that compute the answers of the routes.
 *
 * The router calls a handler only if path and method match and the whole body was kept (request.h).
 *
 * Threads: any, concurrently; handlers share only the store.
 */
#ifndef TARGET_API_HANDLERS_H
#define TARGET_API_HANDLERS_H

#include "target-api/http/reply.h"
#include "target-api/http/request.h"
#include "target-api/service.h"

typedef struct reply handler_fn(const struct service *service, const struct request *request);

handler_fn handlers_root;
handler_fn handlers_health;
handler_fn handlers_metadata;
handler_fn handlers_name_by_path;
handler_fn handlers_name_by_query;
handler_fn handlers_attribute;
handler_fn handlers_add_user;

#endif
