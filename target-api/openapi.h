/*
 * openapi - /openapi.json: our own routes, as OpenAPI 3.0 describes them, from the router's table.
 *
 * Threads: any.
 */
#ifndef TARGET_API_OPENAPI_H
#define TARGET_API_OPENAPI_H

#include "target-api/handlers.h"

handler_fn openapi_answer;

#endif
