/*
 * api - what libmicrohttpd calls on the first port: connections come and go, requests begin, gather
 * their body, are answered and end.
 *
 * Answers that libmicrohttpd makes by itself (400 to what is no HTTP, 431 to headers that its pool
 * of memory cannot hold) never come to a handler. It does log them, and that is where they are
 * counted.
 *
 * Threads: the callbacks are called by the threads that serve, several at once; api_is_draining
 * from any. Memory: what the struct points to is borrowed; the struct must not move.
 */
#ifndef TARGET_API_API_H
#define TARGET_API_API_H

#include <microhttpd.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "target-api/answer.h"
#include "target-api/connections.h"
#include "target-api/delays.h"
#include "target-api/limits.h"
#include "target-api/metrics.h"
#include "target-api/request.h"
#include "target-api/service.h"

struct api {
    const struct service *service;
    const struct limits *limits;
    struct metrics *metrics;
    struct answers *answers; /* one a thread, in the order of metrics' shards */
    struct connections *connections;
    struct delays *delays; /* NULL: no handler asks for one */
    struct request_budget budget;
    atomic_bool is_draining; /* each answer closes its connection */
};

/* MHD's `apc`: whether there is room for one connection more. */
enum MHD_Result api_accept(void *cls, const struct sockaddr *address, socklen_t len);

/* MHD_OPTION_NOTIFY_CONNECTION */
void api_connection(void *cls, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode what);

/* MHD_OPTION_URI_LOG_CALLBACK: called with the request line, before anything else of a request. */
void *api_begin(void *cls, const char *uri, struct MHD_Connection *connection);

/* MHD's `dh`: called with the headers, with each piece of the body, and at the end. */
enum MHD_Result api_handle(void *cls, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *upload_data,
                           size_t *upload_data_size, void **context);

/* MHD_OPTION_NOTIFY_COMPLETED */
void api_end(void *cls, struct MHD_Connection *connection, void **context,
             enum MHD_RequestTerminationCode why);

/* MHD_OPTION_EXTERNAL_LOGGER */
void api_log(void *cls, const char *format, va_list args);

/* A delay is over (delays.h). */
void api_resume(void *connection);

#endif
