#include "target-api/admin.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/answer.h"

enum {
    CONNECTIONS_MAX = 256,
    IDLE_MAX_S = 30,
};

struct admin {
    struct MHD_Daemon *daemon;
    const struct server *server;
    const struct exposition *exposition;
};

static struct reply plain(unsigned status, const char *text)
{
    struct reply reply = reply_static(status, text);
    reply.content_type = "text/plain; charset=utf-8";
    return reply;
}

static struct reply livez(const struct admin *admin)
{
    (void)admin;
    return plain(200, "ok\n");
}

static struct reply readyz(const struct admin *admin)
{
    return server_is_draining(admin->server) ? plain(503, "stopping\n") : plain(200, "ok\n");
}

static struct reply metrics_page(const struct admin *admin)
{
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    exposition_write(admin->exposition, &b);
    return reply_buffer(200, &b, "text/plain; version=0.0.4; charset=utf-8");
}

static const struct {
    const char *path;
    struct reply (*answer)(const struct admin *admin);
} pages[] = {
    {"/livez", livez},
    {"/readyz", readyz},
    {"/metrics", metrics_page},
};

static struct reply answer_path(const struct admin *admin, const char *method, const char *path)
{
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(pages[i].path, path) != 0) {
            continue;
        }
        if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
            return pages[i].answer(admin);
        }
        struct reply reply = plain(405, "method not allowed\n");
        reply.allow = "GET, HEAD";
        return reply;
    }
    return plain(404, "not found; there are /livez, /readyz and /metrics\n");
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **context)
{
    (void)version;
    (void)upload_data;
    if (!*context) {
        *context = cls; /* any mark will do; an answer on this call would close the connection */
        return MHD_YES;
    }
    if (*upload_data_size > 0) {
        *upload_data_size = 0;
        return MHD_YES;
    }
    struct reply reply = answer_path(cls, method, url);
    return answer_queue(NULL, connection, &reply);
}

struct admin *admin_start(struct listener *listener, const struct server *server,
                          const struct exposition *exposition, struct err *err)
{
    struct admin *admin = calloc(1, sizeof *admin);
    if (!admin) {
        listener_close(listener);
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    admin->server = server;
    admin->exposition = exposition;
    /* clang-format off */
    admin->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD,
        0, NULL, NULL, handle, admin,
        MHD_OPTION_LISTEN_SOCKET, listener->socket,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S,
        MHD_OPTION_END);
    /* clang-format on */
    if (!admin->daemon) {
        listener_close(listener);
        free(admin);
        err_set(err, ERR_FAILED, "cannot start the thread for %s", listener->address);
        return NULL;
    }
    listener->socket = -1;
    return admin;
}

void admin_stop(struct admin *admin)
{
    if (admin) {
        MHD_stop_daemon(admin->daemon);
        free(admin);
    }
}
