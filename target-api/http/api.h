/*
 * api - libmicrohttpd's callbacks for the API port: connections, requests, bodies and answers.
 *
 * libmicrohttpd answers malformed requests (400) and headers that exceed its memory pool (431)
 * without calling a handler. It logs them, and api_log counts them.
 *
 * Threads: the serving threads, concurrently; any thread may set is_draining. Memory: the struct's
 * pointers are borrowed; the struct must not move.
 */
#ifndef TARGET_API_HTTP_API_H
#define TARGET_API_HTTP_API_H

#include <microhttpd.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "target-api/http/answer.h"
#include "target-api/http/connections.h"
#include "target-api/http/delays.h"
#include "target-api/http/limits.h"
#include "target-api/http/metrics.h"
#include "target-api/http/request.h"

struct service;

/* Answers a complete request; *route is for metrics_count. */
typedef struct reply api_answer_fn(const struct service *service, struct request *request,
                                   size_t *route);

struct api {
    api_answer_fn *answer;
    const struct service *service;
    const struct limits *limits;
    struct metrics *metrics;
    struct answers *answers; /* one per thread, by metrics_shard_index */
    struct connections *connections;
    struct delays *delays; /* NULL: no reply has a delay */
    struct request_budget budget;
    atomic_bool is_draining; /* close each connection after its next answer */
};

/* MHD_AcceptPolicyCallback: MHD_NO at the connection limit. */
enum MHD_Result api_accept(void *cls, const struct sockaddr *address, socklen_t len);

/* MHD_OPTION_NOTIFY_CONNECTION */
void api_connection(void *cls, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode what);

/* MHD_OPTION_URI_LOG_CALLBACK: called first, with the request line. */
void *api_begin(void *cls, const char *uri, struct MHD_Connection *connection);

/*
 * MHD_AccessHandlerCallback: called after the headers, for each piece of the body, and at the end.
 */
enum MHD_Result api_handle(void *cls, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *upload_data,
                           size_t *upload_data_size, void **context);

/* MHD_OPTION_NOTIFY_COMPLETED */
void api_end(void *cls, struct MHD_Connection *connection, void **context,
             enum MHD_RequestTerminationCode why);

/* MHD_OPTION_EXTERNAL_LOGGER */
void api_log(void *cls, const char *format, va_list args);

/* Resumes a suspended connection whose delay has expired (delays.h). */
void api_resume(void *connection);

#endif
