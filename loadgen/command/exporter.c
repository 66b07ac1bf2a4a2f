#include "loadgen/command/exporter.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli.h"
#include "common/file_limit.h"
#include "loadgen/net/address.h"
#include "loadgen/report/prometheus.h"

enum {
    CONNECTIONS_MAX = 16,
    IDLE_MAX_S = 120, /* between two scrapes that use the same connection */
};

struct exporter {
    struct MHD_Daemon *daemon;
    const char *name;
    const struct rows *rows;
    pthread_mutex_t lock; /* of the two below */
    char *text;
    size_t length;
};

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response, const char *header, const char *value)
{
    if (!response) {
        return MHD_NO;
    }
    MHD_add_response_header(response, header, value);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **context)
{
    (void)url;
    (void)version;
    (void)upload_data;
    struct exporter *exporter = cls;
    if (!*context) {
        *context = cls; /* any mark will do; an answer on this call would close the connection */
        return MHD_YES;
    }
    if (*upload_data_size > 0) {
        *upload_data_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        return queue(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                     MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT), "Allow",
                     "GET, HEAD");
    }
    pthread_mutex_lock(&exporter->lock);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(exporter->length, exporter->text, MHD_RESPMEM_MUST_COPY);
    pthread_mutex_unlock(&exporter->lock);
    return queue(connection, MHD_HTTP_OK, response, "Content-Type",
                 "text/plain; version=0.0.4; charset=utf-8");
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
static bool serve(struct exporter *exporter, int fd, struct err *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* clang-format off */
    exporter->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD,
        0, NULL, NULL, handle, exporter,
        MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S,
        MHD_OPTION_END);
    /* clang-format on */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!exporter->daemon) {
        close(fd);
        return err_set(err, ERR_FAILED, "cannot start the thread that serves metrics");
    }
    return true;
}

struct exporter *exporter_start(const char *address, const char *name, const struct rows *rows,
                                const struct summary *summary, struct err *err)
{
    struct address at = {.length = 0};
    int fd = parse(address, &at, err) ? listen_at(&at, err) : -1;
    if (fd < 0) {
        return NULL;
    }
    struct exporter *exporter = calloc(1, sizeof *exporter);
    if (!exporter) {
        close(fd);
        err_set(err, ERR_FAILED, "not enough memory to serve metrics");
        return NULL;
    }
    exporter->name = name;
    exporter->rows = rows;
    pthread_mutex_init(&exporter->lock, NULL);
    exporter_show(exporter, summary);
    if (!serve(exporter, fd, err)) {
        exporter_stop(exporter);
        return NULL;
    }
    char text[ADDRESS_TEXT];
    fprintf(stderr, "loadgen: metrics at http://%s/metrics\n", address_print(&at, text));
    return exporter;
}

static void show(struct exporter *exporter, struct prometheus_page *page)
{
    page->name = exporter->name;
    page->rows = exporter->rows;
    file_limit_count_open(&page->open_files);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out) {
        return;
    }
    bool ok = prometheus_write(page, out);
    if (fclose(out) == 0 && ok) {
        pthread_mutex_lock(&exporter->lock);
        char *old = exporter->text;
        exporter->text = text;
        exporter->length = length;
        pthread_mutex_unlock(&exporter->lock);
        text = old;
    }
    free(text);
}

void exporter_show_second(struct exporter *exporter, const struct second *second)
{
    if (exporter) {
        struct prometheus_page page = {
            .tally = second->total,
            .generator = second->generator,
            .offered = second->intended,
            .sent = second->started,
            .in_flight = second->in_flight,
        };
        show(exporter, &page);
    }
}

void exporter_show(struct exporter *exporter, const struct summary *summary)
{
    if (exporter) {
        struct prometheus_page page = {
            .tally = summary->tally,
            .generator = &summary->generator,
            .offered = summary->intended,
            .sent = summary->started,
            .dropped_waiting = summary->not_started - summary->too_late,
            .dropped_too_late = summary->too_late,
        };
        show(exporter, &page);
    }
}

void exporter_stop(struct exporter *exporter)
{
    if (exporter) {
        if (exporter->daemon) {
            MHD_stop_daemon(exporter->daemon);
        }
        pthread_mutex_destroy(&exporter->lock);
        free(exporter->text);
        free(exporter);
    }
}
