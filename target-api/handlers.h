/*
 * handlers - what each route answers.
 *
 * A handler is called with a request whose path, method and body size fit its route.
 *
 * Threads: any, several at once; what they share is in the store.
 */
#ifndef TARGET_API_HANDLERS_H
#define TARGET_API_HANDLERS_H

#include "target-api/reply.h"
#include "target-api/request.h"
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
