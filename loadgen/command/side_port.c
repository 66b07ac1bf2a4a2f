#include "loadgen/command/side_port.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli.h"

enum {
    CONNECTIONS_MAX = 16,
    IDLE_MAX_S = 120, /* between two requests on the same connection */
};

struct side_port {
    struct MHD_Daemon *daemon;
    side_port_fn *answer;
    void *context;
};

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **context)
{
    (void)version;
    (void)upload_data;
    struct side_port *port = cls;
    if (!*context) {
        *context = cls; /* any mark will do; an answer on this call would close the connection */
        return MHD_YES;
    }
    if (*upload_data_size > 0) {
        *upload_data_size = 0;
        return MHD_YES;
    }
    unsigned status = MHD_HTTP_OK;
    struct MHD_Response *response = NULL;
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
        response = port->answer(port->context, url, &status);
    } else {
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    }
    if (!response) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Takes "host:port", "[::1]:port" and ":port" apart. */
static bool parse(const char *text, struct address *address, struct err *err)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : sizeof host;
    uint16_t port = 0;
    bool is_bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (length >= sizeof host || !cli_set_port(&port, colon + 1, NULL) ||
        (!is_bracketed && memchr(text, ':', length))) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not HOST:PORT, as 127.0.0.1:8880 or [::1]:8880 (port 0 is any "
                       "free one)",
                       text);
    }
    snprintf(host, sizeof host, "%.*s", (int)length - 2 * is_bracketed, text + is_bracketed);
    return address_resolve(host[0] ? host : "0.0.0.0", port, address, err);
}

static const char *remedy(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "; stop what listens there or choose another port (0: any free one)";
    case EACCES:
        return "; choose a port above 1023";
    case EADDRNOTAVAIL:
        return "; no network interface has this address";
    default:
        return "";
    }
}

/* The listening socket, -1 with err; writes down in `address` where it really listens. */
static int listen_at(struct address *address, struct err *err)
{
    int fd = socket(address->socket.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1; /* a new run must not wait for the connections of the last one to be forgotten */
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, &address->socket.any, address->length) == 0 && listen(fd, CONNECTIONS_MAX) == 0 &&
        getsockname(fd, &address->socket.any, &address->length) == 0) {
        return fd;
    }
    int error = errno;
    char text[ADDRESS_TEXT];
    err_set(err, ERR_FAILED, "cannot listen on %s: %s%s", address_print(address, text),
            strerror(error), remedy(error));
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* Takes the socket over. SIGINT and SIGTERM are for the thread that waits for them. */
static bool serve(struct side_port *port, int fd, struct err *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* clang-format off */
    port->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD,
        0, NULL, NULL, handle, port,
        MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S,
        MHD_OPTION_END);
    /* clang-format on */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!port->daemon) {
        close(fd);
        return err_set(err, ERR_FAILED, "cannot start the thread that serves HTTP");
    }
    return true;
}

struct side_port *side_port_open(const char *text, side_port_fn *answer, void *context,
                                 struct address *where, struct err *err)
{
    *where = (struct address){.length = 0};
    int fd = parse(text, where, err) ? listen_at(where, err) : -1;
    if (fd < 0) {
        return NULL;
    }
    struct side_port *port = calloc(1, sizeof *port);
    if (!port) {
        close(fd);
        err_set(err, ERR_FAILED, "not enough memory to serve HTTP");
        return NULL;
    }
    *port = (struct side_port){.answer = answer, .context = context};
    if (!serve(port, fd, err)) {
        side_port_close(port);
        return NULL;
    }
    return port;
}

void side_port_close(struct side_port *port)
{
    if (port && port->daemon) {
        MHD_stop_daemon(port->daemon);
    }
    free(port);
}
